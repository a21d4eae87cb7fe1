// Every async call, cancelled while it waits and before it begins, and ended by the client's close.
// Must run against the scripted build, whose server stays silent for as long as a test wants.
import XCTest

@testable import Graceline

final class CancellationTests: XCTestCase, @unchecked Sendable {
    /// What the app's own HTTP does: nothing, until it is let go or cancelled.
    private final class SlowHTTP: Sendable {
        let asked = Locked(0)
        let cancelled = Locked(0)
        let answers = Locked(false)

        var fetch: @Sendable (FetchRequest) async throws -> FetchResponse {
            { [self] _ in
                asked.withLock { $0 += 1 }
                if answers.withLock({ $0 }) {
                    return FetchResponse(httpStatus: 200, body: Array("[]".utf8))
                }
                try await silence()
                return FetchResponse(httpStatus: 0, body: [])
            }
        }

        /// Ends by cancellation only.
        func silence() async throws {
            let never = Answer<Void>()
            try await never.value(onCancel: { self.cancelled.withLock { $0 += 1 } })
        }
    }

    private let http = SlowHTTP()

    private func made(_ change: (inout Configuration) -> Void = { _ in }) throws -> Client {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        try World.run("reset", .bool(true))
        var configuration = Configuration(url: "ws://127.0.0.1:1/ws")
        configuration.jsonIDPointer = "/id"
        var history = Configuration.History()
        history.fetch = http.fetch
        configuration.history = history
        change(&configuration)
        return try Client(configuration: configuration)
    }

    private func connected() throws -> Client {
        let client = try made()
        try client.start()
        try advance()
        XCTAssertEqual(client.status, .connected)
        return client
    }

    private func advance(_ milliseconds: Int64 = 0) throws {
        try World.run("advance_ms", .number(milliseconds))
    }

    private func until(_ what: String, _ isTrue: () throws -> Bool) async throws {
        let end = Date(timeIntervalSinceNow: 20)
        while try !isTrue() {
            if Date() > end { return XCTFail("waited too long for \(what)") }
            try advance()
            await Task.yield()
        }
    }

    /// Cancels the call once it waits, then makes it in a task that is cancelled already.
    private func cancels<Value: Sendable>(
        _ what: String, whenever isWaiting: @escaping () throws -> Bool,
        _ call: @escaping @Sendable () async throws -> Value
    ) async throws {
        let waiting = Task { try await call() }
        try await until("\(what) to wait", isWaiting)
        waiting.cancel()
        await ends(what, waiting)
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await call()
        }
        await ends("\(what), cancelled before", late)
    }

    private func ends<Value: Sendable>(_ what: String, _ task: Task<Value, any Error>) async {
        do {
            _ = try await task.value
            XCTFail("\(what) was not cancelled")
        } catch {
            XCTAssertTrue(error is CancellationError, "\(what): \(error)")
        }
    }

    func testConnect() async throws {
        let client = try made()
        try World.run("server", .object(["answers": .bool(false)]))
        try await cancels("connect", whenever: { client.info.phase == .upgrading }) {
            try await client.connect()
        }
        XCTAssertEqual(client.status, .connecting, "it stays wanted")
        XCTAssertEqual(client.core.answers.waitingCount, 0, "a cancelled call leaves nothing")
    }

    func testPing() async throws {
        let client = try connected()
        try World.run("server", .object(["pongs": .bool(false)]))
        try await cancels("ping", whenever: { client.statistics.pingsSent > 0 }) {
            try await client.ping()
        }
        XCTAssertEqual(client.status, .connected)
    }

    func testDeliverTakesTheMessageBack() async throws {
        let client = try connected()
        try World.run("server", .object(["accepts": .bool(false)]))
        try World.run("cut", .bool(true))
        try await cancels("deliver", whenever: { client.statistics.outboxCount > 0 }) {
            try await client.deliver("never sent")
        }
        try await until("an empty outbox") { client.statistics.outboxCount == 0 }
    }

    func testFetches() async throws {
        let client = try connected()
        let messages = try client.messagesRequest(limit: 10)
        let conversations = try client.conversationsRequest(limit: 10)
        let calls: [(String, @Sendable () async throws -> Page)] = [
            ("fetchPrevious", { try await messages.fetchPrevious() }),
            ("fetchNext", { try await messages.fetchNext() }),
            ("conversations", { try await conversations.fetchNext() }),
        ]
        for (what, call) in calls {
            let before = http.asked.withLock { $0 }
            try await cancels(what, whenever: { self.http.asked.withLock { $0 } > before }, call)
        }
        // Each object can be used again.
        http.answers.withLock { $0 = true }
        for (what, call) in calls {
            let count = Locked<Int?>(nil)
            let page = Task {
                let page = try await call()
                count.withLock { $0 = page.count }
            }
            try await until("\(what) again") { count.withLock { $0 } == 0 }
            page.cancel()
        }
    }

    func testAPageThatIsTooLargeEndsItsFetchAtOnce() async throws {
        let client = try made {
            $0.history?.pageBytes = 1024
            $0.history?.fetch = { _ in
                FetchResponse(httpStatus: 200, body: Array(repeating: 32, count: 4096))
            }
        }
        try client.start()
        try advance()
        let isOver = Locked(false)
        let fetching = Task {
            defer { isOver.withLock { $0 = true } }
            return try await client.messagesRequest().fetchPrevious()
        }
        // No time passes, so no time-out can be what ends it.
        try await until("the fetch to end") { isOver.withLock { $0 } }
        guard isOver.withLock({ $0 }) else { return client.close() }
        let status = await failure(fetching)
        XCTAssertNotNil(status)
    }

    func testIterationsEndAndTheNextOneGoesOn() async throws {
        let client = try connected()
        let calls: [(String, @Sendable () async -> Int)] = [
            ("messages", { await client.messages.reduce(0) { sum, _ in sum + 1 } }),
            ("batches", { await client.messageBatches.reduce(0) { $0 + $1.count } }),
            ("events", { await client.events.reduce(0) { sum, _ in sum + 1 } }),
        ]
        for (what, call) in calls {
            let waiting = Task { await call() }
            for _ in 0..<100 { await Task.yield() }
            waiting.cancel()
            let count = await waiting.value
            XCTAssertEqual(count, 0, what)
        }
        let states = Task { await client.states.reduce(into: 0) { sum, _ in sum += 1 } }
        for _ in 0..<100 { await Task.yield() }
        states.cancel()
        let seen = await states.value
        XCTAssertLessThanOrEqual(seen, 1, "how it stands, and no change")
        try World.run("server_sends", .list([.text("after the cancel")]))
        var next = client.messages.makeAsyncIterator()
        let message = await next.next()
        XCTAssertEqual(message?.text, "after the cancel")
    }

    func testClosingEndsEveryCallAndTheAppsOwnWork() async throws {
        let http = http
        let client = try made { $0.tokenProvider = { try await http.silence(); return "t" } }
        try client.start()
        let connecting = Task { try await client.connect() }
        let fetching = Task { try await client.messagesRequest().fetchPrevious() }
        let delivering = Task { try await client.deliver("waits") }
        try await until("all of them") {
            http.asked.withLock { $0 } == 1 && client.statistics.outboxCount == 1
                && client.core.answers.waitingCount == 3
        }
        client.close()
        try advance()
        let failures = [
            await failure(connecting), await failure(fetching), await failure(delivering),
        ]
        for status in failures {
            XCTAssertTrue(status == .closed || status == .notConnected, "\(failures)")
        }
        try await until("the app's own work to be cancelled") {
            http.cancelled.withLock { $0 } == 2
        }
    }

    private func failure<Value: Sendable>(_ task: Task<Value, any Error>) async -> Status? {
        do {
            _ = try await task.value
            return nil
        } catch {
            return (error as? GracelineError)?.status
        }
    }
}
