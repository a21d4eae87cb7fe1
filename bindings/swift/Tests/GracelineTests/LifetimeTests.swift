// Clients that are let go: on any thread, inside hooks, with calls under way, with messages kept.
// Must see that the library freed what it was given: a leaked client would pass every other test.
import XCTest

@testable import Graceline

/// Counts what is alive; one is held by every closure that a client was given.
private final class Witness: Sendable {
    let alive: Locked<Int>
    init(_ alive: Locked<Int>) {
        self.alive = alive
        alive.withLock { $0 += 1 }
    }
    deinit { alive.withLock { $0 -= 1 } }
    func see() {}
}

/// Holds the last reference, for whoever lets it go.
private final class Last: Sendable {
    private let client: Locked<Client?>
    init(_ client: Client) { self.client = Locked(client) }
    func letGo() {
        // Out of the lock: the end of a client may call hooks.
        let taken = client.withLock { client in
            defer { client = nil }
            return client
        }
        _ = taken
    }
}

final class LifetimeTests: XCTestCase, @unchecked Sendable {
    private let alive = Locked(0)

    private func configuration() throws -> Configuration {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        let witness = Witness(alive)
        var configuration = Configuration(url: "ws://127.0.0.1:1/ws")
        configuration.log = { _, _ in witness.see() }
        configuration.logLevel = .debug
        configuration.backgroundTime = .init(
            begin: {
                witness.see()
                return .init(id: 1)
            }, end: { _ in witness.see() })
        configuration.tokenProvider = {
            witness.see()
            return "t"
        }
        var history = Configuration.History()
        history.fetch = { _ in
            witness.see()
            return FetchResponse(httpStatus: 200, body: Array("[]".utf8))
        }
        configuration.history = history
        return configuration
    }

    private func untilNothingIsAlive() async {
        let end = Date(timeIntervalSinceNow: 20)
        while alive.withLock({ $0 }) > 0, Date() < end {
            try? World.run("advance_ms", .number(0))
            await Task.yield()
        }
        XCTAssertEqual(alive.withLock { $0 }, 0, "clients, or what they were given, leaked")
    }

    func testOnAnyThread() async throws {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        try World.run("reset", .bool(true))
        let queue = DispatchQueue(label: "lets go", attributes: .concurrent)
        for number in 0..<400 {
            let client = try Client(configuration: configuration())
            if number % 5 != 0 { try client.start() }
            if number % 3 == 0 {
                try client.configureServices(.willResignActive)
                try client.configureServices(.didBackground)
            }
            let last = Last(client)
            switch number % 4 {
            case 0: Thread { last.letGo() }.start()
            case 1: queue.async { last.letGo() }
            case 2: Task.detached { last.letGo() }
            default: DispatchQueue.main.async { last.letGo() }
            }
        }
        await untilNothingIsAlive()
    }

    /// Its log lets it go. Nothing here may hold a closure of the configuration on.
    private func clientThatEndsItself(_ held: Locked<Last?>, _ calls: Locked<Int>) throws {
        var configuration = try configuration()
        let log = configuration.log!
        configuration.log = { level, text in
            log(level, text)
            calls.withLock { $0 += 1 }
            held.withLock { $0 }?.letGo()
        }
        let client = try Client(configuration: configuration)
        try client.start()
        held.withLock { $0 = Last(client) }
    }

    func testInsideAHookOfItsOwn() async throws {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        try World.run("reset", .bool(true))
        let calls = Locked(0)
        try clientThatEndsItself(Locked(nil), calls)
        try World.run("advance_ms", .number(60_000))
        await untilNothingIsAlive()
        XCTAssertGreaterThan(calls.withLock { $0 }, 0)
    }

    func testWhatIsKeptOutlivesTheClient() async throws {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        try World.run("reset", .bool(true))
        var client: Client? = try Client(configuration: configuration())
        try client?.start()
        let end = Date(timeIntervalSinceNow: 20)
        while client?.status != .connected, Date() < end {
            try World.run("advance_ms", .number(0))
            await Task.yield()
        }
        try World.run("server_sends", .list([.text("kept")]))
        var iterator = try XCTUnwrap(client).messages.makeAsyncIterator()
        let message = await iterator.next()
        let request = try XCTUnwrap(client).messagesRequest()
        let states = try XCTUnwrap(client).states
        let isOver = Locked(false)
        let following = Task {
            for await _ in states {}
            isOver.withLock { $0 = true }
        }
        client = nil
        let over = Date(timeIntervalSinceNow: 20)
        // The close goes to the server and back, in the world's time.
        while !isOver.withLock({ $0 }), Date() < over {
            try World.run("advance_ms", .number(100))
            await Task.yield()
        }
        guard isOver.withLock({ $0 }) else { return XCTFail("a stream that does not end") }
        await following.value
        XCTAssertEqual(message?.text, "kept")
        let next = await iterator.next()
        XCTAssertNil(next)
        do {
            _ = try await request.fetchPrevious()
            XCTFail("a fetch without a client")
        } catch {
            XCTAssertEqual((error as? GracelineError)?.status, .closed)
        }
        await untilNothingIsAlive()
    }

    /// A release makes 10,000; every run makes enough to see one that stays.
    func testManyAreMadeAndLetGo() async throws {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        for _ in 0..<1000 { _ = try Client(configuration: configuration()) }
        await untilNothingIsAlive()
    }
}
