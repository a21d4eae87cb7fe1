// Begin and end of the OS background task balance on random paths, with refusal and expiry on them.
// Must print the seed of what fails, and take its seeds in order: every run takes the same paths.
import UIKit
import XCTest

@testable import Graceline

/// SplitMix64: small, and the same everywhere.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

final class BalanceTests: XCTestCase, @unchecked Sendable {
    private static let paths: UInt64 = 60
    private static let stepsOnAPath = 40

    private enum Step: CaseIterable {
        case leave, comeBack, resign, activate, expire, refuse, grant, expireAtOnce, terminate
        case connect, disconnect, ping, cut, refuseConnections, acceptConnections
        case wait, waitLong, freeze, callExpiring, newClient
    }

    @MainActor
    private func take(_ step: Step) async throws {
        let app = UIApplication.shared
        switch step {
        case .leave: app.stubLeave()
        case .comeBack: app.stubReturn()
        case .resign: app.stubPost(UIApplication.willResignActiveNotification)
        case .activate: app.stubPost(UIApplication.didBecomeActiveNotification)
        case .expire:
            app.stubExpire()
            // What another thread was giving back waits for the main one; no time passes meanwhile.
            await untilAllIsGivenBack()
            XCTAssertEqual(app.stub.open.count, 0, "the system would end this app")
        case .refuse: app.stub.refuses = true
        case .grant:
            app.stub.refuses = false
            app.stub.expiresAtOnce = false
        case .expireAtOnce: app.stub.expiresAtOnce = true
        case .terminate: app.stubPost(UIApplication.willTerminateNotification)
        case .connect: SharedClient.connect()
        case .disconnect: SharedClient.disconnect()
        case .ping: SharedClient.ping()
        // Refused where there is no connection.
        case .cut: try? World.run("cut", .bool(true))
        case .refuseConnections: try World.run("server", .object(["accepts": .bool(false)]))
        case .acceptConnections: try World.run("server", .object(["accepts": .bool(true)]))
        case .wait: try World.run("advance_ms", .number(700))
        case .waitLong: try World.run("advance_ms", .number(31_000))
        case .freeze: try World.run("freeze_ms", .number(45_000))
        case .callExpiring: try? SharedClient.client?.backgroundTimeExpiring()
        case .newClient: try setUp(isAutomatic: app.stub.begun % 2 == 0)
        }
        try World.run("advance_ms", .number(0))
    }

    @MainActor
    private func untilAllIsGivenBack() async {
        let end = Date(timeIntervalSinceNow: 10)
        while UIApplication.shared.stub.open.count > 0, Date() < end { await Task.yield() }
    }

    @MainActor
    private func setUp(isAutomatic: Bool) throws {
        let settings = AppSettings.Builder(url: "ws://127.0.0.1:1/ws")
            .autoEstablishSocketConnection(isAutomatic).build()
        try SharedClient.setUp(settings)
    }

    @MainActor
    func testBeginAndEndBalanceOnRandomPaths() async throws {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        var begun = 0
        for seed in 1...Self.paths {
            try World.run("reset", .bool(true))
            UIApplication.shared.applicationState = .active
            UIApplication.shared.stub = UIApplication.Stub()
            var random = Seeded(state: seed)
            try setUp(isAutomatic: seed % 3 != 0)
            var path: [Step] = []
            for _ in 0..<Self.stepsOnAPath {
                let step = Step.allCases.randomElement(using: &random)!
                path.append(step)
                try await take(step)
            }
            SharedClient.tearDown()
            try World.run("advance_ms", .number(0))
            await untilAllIsGivenBack()
            let stub = UIApplication.shared.stub
            begun += stub.begun
            if stub.open.count > 0 || stub.wrongEnds > 0 || stub.begun != stub.ended {
                return XCTFail(
                    "seed \(seed): begun \(stub.begun), ended \(stub.ended), "
                        + "wrong \(stub.wrongEnds): \(path)")
            }
        }
        XCTAssertGreaterThan(begun, Int(Self.paths), "the paths hardly ask for time")
        print("\(Self.paths) random paths, \(begun) background tasks, each given back once")
    }
}
