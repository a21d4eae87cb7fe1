// Background fetch and the adapter's ends, against the stubs in virtual time.
// Must run against the scripted build of the library; without it the tests say that they are
// skipped.
import BackgroundTasks
import UIKit
import XCTest

@testable import Graceline

final class ServicesTests: XCTestCase, @unchecked Sendable {
    @MainActor
    private func services() throws -> BackgroundServices {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        try World.run("reset", .bool(true))
        UIApplication.shared.applicationState = .background
        UIApplication.shared.stub = UIApplication.Stub()
        var configuration = Configuration(url: "ws://127.0.0.1:1/ws")
        configuration.autoEstablishSocketConnection = false
        return try BackgroundServices(configuration: configuration)
    }

    /// The end hook runs on a thread of the library, so the time comes back a little later.
    @MainActor
    private func waitForTheTimeToComeBack() async {
        let end = Date(timeIntervalSinceNow: 10)
        while UIApplication.shared.stub.ended < UIApplication.shared.stub.begun, Date() < end {
            await Task.yield()
        }
        XCTAssertEqual(UIApplication.shared.stub.ended, UIApplication.shared.stub.begun)
        XCTAssertEqual(UIApplication.shared.stub.wrongEnds, 0)
    }

    @MainActor
    private func completions(of task: BGTask) async throws -> [Bool] {
        let end = Date(timeIntervalSinceNow: 10)
        while task.stubCompletions.isEmpty, Date() < end {
            try World.run("advance_ms", .number(0))
            await Task.yield()
        }
        return task.stubCompletions
    }

    @MainActor
    func testAFetchConnectsWorksAndCompletesOnce() async throws {
        let services = try services()
        let client = services.client
        XCTAssertEqual(client.info.applicationState, .didBackground, "a push started the process")
        let worked = Locked(false)
        XCTAssertTrue(
            BackgroundFetch.register(
                identifier: "org.example.refresh", every: .seconds(900), client: { client },
                work: { _ in worked.withLock { $0 = true } }))
        let task = try XCTUnwrap(BGTaskScheduler.shared.stubLaunch("org.example.refresh"))
        let completions = try await completions(of: task)
        XCTAssertEqual(completions, [true])
        XCTAssertTrue(worked.withLock { $0 })
        XCTAssertEqual(UIApplication.shared.stub.begun, 1, "a fresh window in background")
        XCTAssertTrue(BGTaskScheduler.shared.stubSubmitted.contains("org.example.refresh"))
        task.expirationHandler?()
        XCTAssertEqual(task.stubCompletions, [true], "never twice")
        await waitForTheTimeToComeBack()
        withExtendedLifetime(services) {}
    }

    @MainActor
    func testAFetchThatExpiresFailsOnce() async throws {
        let services = try services()
        let client = services.client
        try World.run("server", .object(["answers": .bool(false)]))
        BackgroundFetch.register(
            identifier: "org.example.late", every: .seconds(900), client: { client })
        let task = try XCTUnwrap(BGTaskScheduler.shared.stubLaunch("org.example.late"))
        let end = Date(timeIntervalSinceNow: 10)
        while UIApplication.shared.stub.begun == 0, Date() < end { await Task.yield() }
        task.expirationHandler?()
        let completions = try await completions(of: task)
        XCTAssertEqual(completions, [false])
        XCTAssertEqual(client.info.taskCause, .osExpired)
        try World.run("expect", .object(["connections_open": .number(0)]))
        await waitForTheTimeToComeBack()
        withExtendedLifetime(services) {}
    }

    @MainActor
    func testLettingServicesGoEndsTheObserversAndTheTime() async throws {
        var services: BackgroundServices? = try services()
        try services?.client.beginConnecting()
        XCTAssertEqual(UIApplication.shared.stub.begun, 1)
        services = nil
        try World.run("advance_ms", .number(0))
        await waitForTheTimeToComeBack()
        UIApplication.shared.stubReturn()
        UIApplication.shared.stubLeave()
        XCTAssertEqual(UIApplication.shared.stub.begun, 1, "nobody listens any more")
        XCTAssertEqual(UIApplication.shared.stub.wrongEnds, 0)
    }

    @MainActor
    func testTheTokenProviderIsAskedOnceATime() async throws {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        try World.run("reset", .bool(true))
        let asked = Locked(0)
        var configuration = Configuration(url: "ws://127.0.0.1:1/ws")
        configuration.tokenProvider = {
            asked.withLock { $0 += 1 }
            return "secret"
        }
        let client = try Client(configuration: configuration)
        try client.start()
        let end = Date(timeIntervalSinceNow: 10)
        while client.status != .connected, Date() < end {
            try World.run("advance_ms", .number(0))
            await Task.yield()
        }
        XCTAssertEqual(client.status, .connected)
        XCTAssertEqual(asked.withLock { $0 }, 1)
        try World.run("expect", .object(["token": .text("secret")]))
    }
}
