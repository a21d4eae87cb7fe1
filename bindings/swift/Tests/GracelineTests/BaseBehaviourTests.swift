// The base behaviour's snippets, run against the stub UIKit in virtual time, with nothing else
// called.
// Must run against the scripted build of the library; without it the tests say that they are
// skipped.
import UIKit
import XCTest

@testable import Graceline

final class BaseBehaviourTests: XCTestCase, @unchecked Sendable {
    @MainActor
    private func launch(_ settings: AppSettings) throws -> (AppDelegate, ChatViewController) {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        try World.run("reset", .bool(true))
        UIApplication.shared.applicationState = .active
        UIApplication.shared.stub = UIApplication.Stub()
        let delegate = AppDelegate()
        UIApplication.shared.delegate = delegate
        try SharedClient.setUp(settings)
        try World.run("advance_ms", .number(0))
        return (delegate, ChatViewController())
    }

    private func settings() -> AppSettings {
        var history = Configuration.History()
        history.fetch = { _ in FetchResponse(httpStatus: 200, body: Array("[]".utf8)) }
        return AppSettings.Builder(url: "ws://127.0.0.1:1/ws").set(history: history)
            .with { $0.jsonIDPointer = "/id" }.build()
    }

    @MainActor
    private func check(_ expected: [(String, Int64)]) throws {
        let members = expected.map { ($0.0, JSON.number($0.1)) }
        try World.run("expect", .object(Dictionary(uniqueKeysWithValues: members)))
    }

    @MainActor
    private func waitForBackgroundTimeToBeGivenBack() async {
        let end = Date(timeIntervalSinceNow: 5)
        while UIApplication.shared.stub.ended < UIApplication.shared.stub.begun, Date() < end {
            await Task.yield()
        }
        XCTAssertEqual(UIApplication.shared.stub.ended, UIApplication.shared.stub.begun)
        XCTAssertEqual(UIApplication.shared.stub.wrongEnds, 0)
    }

    @MainActor
    func testQuickSwitchSkipsTheRefresh() async throws {
        let (delegate, screen) = try launch(settings())
        defer { SharedClient.tearDown() }
        XCTAssertEqual(SharedClient.getConnectionStatus(), .connected)
        UIApplication.shared.stubLeave()
        XCTAssertTrue(SharedClient.backgroundTaskEnabled(), "just entered background")
        try World.run("advance_ms", .number(3000))
        UIApplication.shared.stubReturn()
        try World.run("advance_ms", .number(0))
        screen.viewWillAppear(true)
        XCTAssertEqual(screen.refreshes, 0)
        try check([("attempts", 1), ("connections_open", 1)])
        // Minutes in the foreground: the return was seen, so no window closes on the app.
        try World.run("advance_ms", .number(120_000))
        XCTAssertEqual(SharedClient.getConnectionStatus(), .connected)
        try check([("attempts", 1)])
        XCTAssertEqual(UIApplication.shared.stub.begun, 1)
        await waitForBackgroundTimeToBeGivenBack()
        withExtendedLifetime(delegate) {}
    }

    @MainActor
    func testLongAbsenceRefreshes() async throws {
        let (delegate, screen) = try launch(settings())
        defer { SharedClient.tearDown() }
        UIApplication.shared.stubLeave()
        try World.run("advance_ms", .number(31_000))
        XCTAssertFalse(SharedClient.backgroundTaskEnabled(), "the window is over")
        XCTAssertEqual(SharedClient.getConnectionStatus(), .disconnected)
        try check([("connections_open", 0), ("closed_with", 1001)])
        await waitForBackgroundTimeToBeGivenBack()
        try World.run("advance_ms", .number(3_600_000))
        UIApplication.shared.stubReturn()
        try World.run("advance_ms", .number(0))
        screen.viewWillAppear(true)
        XCTAssertEqual(screen.refreshes, 1)
        XCTAssertEqual(SharedClient.getConnectionStatus(), .connected)
        try check([("attempts", 2), ("connections_open", 1)])
        withExtendedLifetime(delegate) {}
    }

    @MainActor
    func testManualModeWithoutConnectKeepsNothing() async throws {
        let settings = AppSettings.Builder(url: "ws://127.0.0.1:1/ws")
            .autoEstablishSocketConnection(false).build()
        let (delegate, _) = try launch(settings)
        defer { SharedClient.tearDown() }
        UIApplication.shared.stubLeave()
        XCTAssertFalse(SharedClient.backgroundTaskEnabled())
        XCTAssertEqual(UIApplication.shared.stub.begun, 0)
        UIApplication.shared.stubReturn()
        SharedClient.connect()
        try World.run("advance_ms", .number(0))
        UIApplication.shared.stubLeave()
        XCTAssertTrue(SharedClient.backgroundTaskEnabled())
        SharedClient.disconnect()
        try World.run("advance_ms", .number(0))
        XCTAssertFalse(SharedClient.backgroundTaskEnabled())
        try check([("closed_with", 1000)])
        await waitForBackgroundTimeToBeGivenBack()
        withExtendedLifetime(delegate) {}
    }

    @MainActor
    func testRefusedTimeEndsTheConnectionAtOnce() async throws {
        let (delegate, _) = try launch(settings())
        defer { SharedClient.tearDown() }
        UIApplication.shared.stub.refuses = true
        UIApplication.shared.stubLeave()
        try World.run("advance_ms", .number(0))
        XCTAssertFalse(SharedClient.backgroundTaskEnabled())
        XCTAssertEqual(SharedClient.client?.info.taskCause, .refused)
        try check([("connections_open", 0)])
        await waitForBackgroundTimeToBeGivenBack()
        withExtendedLifetime(delegate) {}
    }

    @MainActor
    func testExpiryGivesTheTimeBackInsideTheHandler() async throws {
        let (delegate, _) = try launch(settings())
        defer { SharedClient.tearDown() }
        UIApplication.shared.stubLeave()
        UIApplication.shared.stubExpire()
        // No await yet: it must have happened before the handler returned.
        XCTAssertEqual(UIApplication.shared.stub.open.count, 0)
        try World.run("advance_ms", .number(0))
        XCTAssertEqual(SharedClient.client?.info.taskCause, .osExpired)
        try check([("connections_open", 0)])
        await waitForBackgroundTimeToBeGivenBack()
        withExtendedLifetime(delegate) {}
    }

    @MainActor
    func testTimeThatExpiresWhileItIsGivenCountsAsRefused() async throws {
        let (delegate, _) = try launch(settings())
        defer { SharedClient.tearDown() }
        UIApplication.shared.stub.expiresAtOnce = true
        UIApplication.shared.stubLeave()
        try World.run("advance_ms", .number(0))
        XCTAssertEqual(SharedClient.client?.info.taskCause, .refused)
        await waitForBackgroundTimeToBeGivenBack()
        withExtendedLifetime(delegate) {}
    }

    @MainActor
    func testBackgroundOnlyWhenNoSceneIsInFront() async throws {
        let (delegate, _) = try launch(settings())
        defer { SharedClient.tearDown() }
        let (first, second) = (UIScene(), UIScene())
        first.stubPost(UIScene.didActivateNotification, .foregroundActive)
        second.stubPost(UIScene.didActivateNotification, .foregroundActive)
        first.stubPost(UIScene.willDeactivateNotification, .foregroundInactive)
        first.stubPost(UIScene.didEnterBackgroundNotification, .background)
        SharedClient.configureServices(.didBackground)
        XCTAssertEqual(SharedClient.client?.info.applicationState, .didBecomeActive)
        XCTAssertEqual(UIApplication.shared.stub.begun, 0)
        second.stubPost(UIScene.willDeactivateNotification, .foregroundInactive)
        second.stubPost(UIScene.didEnterBackgroundNotification, .background)
        XCTAssertEqual(SharedClient.client?.info.applicationState, .didBackground)
        first.stubPost(UIScene.willEnterForegroundNotification, .foregroundInactive)
        XCTAssertEqual(SharedClient.client?.info.applicationState, .willEnterForeground)
        try World.run("advance_ms", .number(0))
        await waitForBackgroundTimeToBeGivenBack()
        withExtendedLifetime(delegate) {}
    }

    @MainActor
    private func until(_ what: String, _ isTrue: () -> Bool) async throws {
        let end = Date(timeIntervalSinceNow: 10)
        while !isTrue() {
            if Date() > end { return XCTFail("waited too long for \(what)") }
            try World.run("advance_ms", .number(0))
            await Task.yield()
        }
    }

    /// The screen keeps its request objects: each refresh must begin at the newest page all the
    /// same, or the second absence would never be mended.
    @MainActor
    func testEveryLongAbsenceIsMendedByItsRefresh() async throws {
        let (delegate, screen) = try launch(settings())
        defer { SharedClient.tearDown() }
        for absence in 1...3 {
            UIApplication.shared.stubLeave()
            try World.run("advance_ms", .number(40_000))
            UIApplication.shared.stubReturn()
            try World.run("advance_ms", .number(0))
            screen.viewWillAppear(true)
            XCTAssertEqual(screen.refreshes, absence)
            try await until("refresh \(absence)") { SharedClient.client?.needsRefresh == false }
        }
        UIApplication.shared.stubLeave()
        UIApplication.shared.stubReturn()
        try World.run("advance_ms", .number(0))
        screen.viewWillAppear(true)
        XCTAssertEqual(screen.refreshes, 3, "what is fresh is not fetched again")
        await waitForBackgroundTimeToBeGivenBack()
        withExtendedLifetime(delegate) {}
    }

    @MainActor
    func testARequestServesTheNextClientToo() async throws {
        let request = SharedClient.MessagesRequest(limit: 30)
        var outcomes: [String] = []
        func fetch() {
            request.fetchPrevious(
                onSuccess: { _ in outcomes.append("page") },
                onError: { outcomes.append("\(($0 as? GracelineError)?.status.name ?? "?")") })
        }
        for _ in 0..<2 {
            let (delegate, _) = try launch(settings())
            let before = outcomes.count
            fetch()
            try await until("a page") { outcomes.count > before }
            SharedClient.tearDown()
            fetch()
            try await until("an error") { outcomes.count > before + 1 }
            withExtendedLifetime(delegate) {}
        }
        XCTAssertEqual(outcomes, ["page", "state", "page", "state"])
    }

    @MainActor
    private final class Listener: ConnectionListener {
        var heard: [ConnectionStatus] = []
        func connected() { heard.append(.connected) }
        func connecting() { heard.append(.connecting) }
        func disconnected() { heard.append(.disconnected) }
        func featureThrottled() { heard.append(.featureThrottled) }
    }

    @MainActor
    func testAListenerHearsHowItStandsAndEveryChangeInOrder() async throws {
        let (delegate, _) = try launch(settings())
        let (listener, gone) = (Listener(), Listener())
        SharedClient.addConnectionListener("screen", listener)
        SharedClient.addConnectionListener("gone", gone)
        try await until("how it stands") { listener.heard.last == .connected }
        SharedClient.removeConnectionListener("gone")
        let before = listener.heard.count
        let kept = gone.heard.count
        SharedClient.disconnect()
        try await until("the end") { listener.heard.last == .disconnected }
        SharedClient.connect()
        try await until("the connection") { listener.heard.last == .connected }
        try World.run("server", .object(["http_status": .number(503), "accepts": .bool(false)]))
        try World.run("cut", .bool(true))
        try World.run("advance_ms", .number(1000))
        try await until("the throttle") { listener.heard.last == .featureThrottled }
        SharedClient.tearDown()
        try await until("the end of the client") { listener.heard.last == .disconnected }
        XCTAssertEqual(gone.heard.count, kept, "who was removed hears nothing")
        let heard = Array(listener.heard[before...])
        for (index, status) in heard.enumerated().dropFirst() {
            XCTAssertNotEqual(status, heard[index - 1], "told twice: \(heard)")
        }
        XCTAssertEqual(
            heard.filter { $0 != .connecting },
            [.disconnected, .connected, .featureThrottled, .disconnected])
        SharedClient.removeConnectionListener("screen")
        withExtendedLifetime(delegate) {}
    }
}
