// Against the dev server over real sockets: connect, send, stream, cancel, history, ends.
// Must not sleep: every wait is for a condition, with a bound.
import Foundation
import XCTest

@testable import Graceline

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

final class EndToEndTests: XCTestCase, @unchecked Sendable {
    private static let server = ProcessInfo.processInfo.environment["GRACELINE_DEVSERVER"]

    private func url(_ path: String) throws -> String {
        try XCTSkipIf(World.isThere, "the library is the scripted build")
        return "\(try XCTUnwrap(Self.server, "GRACELINE_DEVSERVER is not set"))\(path)"
    }

    private func echo(_ change: (inout Configuration) -> Void = { _ in }) async throws -> Client {
        var configuration = Configuration(url: try url("/echo"))
        change(&configuration)
        let client = try Client(configuration: configuration)
        try await client.connect()
        return client
    }

    private func until(_ what: String, _ isTrue: () -> Bool) async {
        let end = Date(timeIntervalSinceNow: 20)
        while !isTrue() {
            if Date() > end { return XCTFail("waited too long for \(what)") }
            await Task.yield()
        }
    }

    func testConnectsSendsAndReceives() async throws {
        let client = try await echo()
        XCTAssertEqual(client.status, .connected)
        let fate = try await client.deliver("hällo")
        XCTAssertEqual(fate, .sent)
        try client.send(Data([0, 1, 255]))
        var messages = client.messages.makeAsyncIterator()
        let first = await messages.next()
        XCTAssertEqual(first?.text, "hällo")
        XCTAssertEqual(first?.isText, true)
        let second = await messages.next()
        XCTAssertEqual(second?.data, Data([0, 1, 255]))
        XCTAssertEqual(second?.isBinary, true)
        let roundTrip = try await client.ping()
        XCTAssertGreaterThan(roundTrip, 0)
        XCTAssertEqual(client.info.roundTrip ?? 0, roundTrip, accuracy: 1)
    }

    func testConnectThrowsWhatNoRetryMends() async throws {
        var configuration = Configuration(url: try url("/nowhere-at-all"))
        configuration.retryAttempts = 1
        configuration.backoffInitial = .milliseconds(10)
        configuration.backoffMax = .milliseconds(10)
        let client = try Client(configuration: configuration)
        do {
            try await client.connect()
            XCTFail("connected to nowhere")
        } catch let error as GracelineError {
            XCTAssertEqual(error.status, .notConnected)
            XCTAssertEqual(error.httpStatus, 404)
        }
    }

    func testCancelledCallsEndAtOnceAndNothingIsLost() async throws {
        let client = try await echo()
        let waiting = Task { await client.messageBatches.makeAsyncIterator().nextOnce() }
        waiting.cancel()
        let none = await waiting.value
        XCTAssertNil(none)
        try client.send("after the cancel")
        var messages = client.messages.makeAsyncIterator()
        let next = await messages.next()
        XCTAssertEqual(next?.text, "after the cancel")
        try client.disconnect()
        let connecting = Task { try await client.connect() }
        connecting.cancel()
        do { try await connecting.value } catch { XCTAssertTrue(error is CancellationError) }
    }

    func testStatesAreOneStreamForEachSubscriber() async throws {
        let client = try await echo()
        let (one, two) = (client.states, client.states)
        try client.disconnect()
        for stream in [one, two] {
            var seen: [ConnectionStatus] = []
            for await change in stream {
                seen.append(change.status)
                if change.status == .disconnected { break }
            }
            XCTAssertEqual(seen, [.connected, .disconnected])
        }
    }

    func testManyMessagesInOrderWithASlowReader() async throws {
        let client = try await echo { $0.receiveQueueBytes = 65_536 }
        let count = 20_000
        let sending = Task {
            var sent = 0
            while sent < count {
                do {
                    try client.send("message \(sent)")
                    sent += 1
                } catch let error as GracelineError where error.status == .full {
                    await Task.yield()
                }
            }
        }
        await until("back-pressure") { client.statistics.readingPaused > 0 }
        XCTAssertLessThan(client.statistics.queueBytes, 8 * 65_536)
        var seen = 0
        for await message in client.messages {
            if message.text != "message \(seen)" { return XCTFail("\(message.text) at \(seen)") }
            seen += 1
            if seen == count { break }
        }
        try await sending.value
        XCTAssertEqual(seen, count)
    }

    func testClientsMayBeLetGoOnAnyThread() async throws {
        let address = try url("/echo")
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    guard let client = try? Client(url: address) else {
                        return XCTFail("no client")
                    }
                    if number % 2 == 0 { try? await client.connect() } else { try? client.start() }
                    let stream = client.messageBatches
                    if number % 4 == 0 { Thread { _ = client.status }.start() }
                    // An iterator outlives its client, and ends.
                    let reader = Task { for await _ in stream {} }
                    client.close()
                    await reader.value
                }
            }
        }
    }

    func testPendingCallsEndWithTheClient() async throws {
        let client = try Client(url: try url("/echo"))
        try client.start()
        let connecting = Task { try await client.connect() }
        client.close()
        do {
            try await connecting.value
        } catch let error as GracelineError {
            XCTAssertTrue([.closed, .notConnected].contains(error.status), "\(error)")
        }
        for await _ in client.events {}
        for await _ in client.messages {}
    }

    func testHistoryByTheAppsOwnHTTP() async throws {
        let room = "swift\(ProcessInfo.processInfo.processIdentifier)"
        var history = Configuration.History()
        let base = try url("").replacingOccurrences(of: "ws://", with: "http://")
        history.messagesURL = "\(base)/messages?conversation=\(room){&before,after,limit}"
        history.conversationsURL = "\(base)/conversations{?limit,cursor}"
        history.jsonItemsPointer = "/items"
        history.jsonCompletePointer = "/complete"
        history.fetch = HTTPFetcher().fetch
        var configuration = Configuration(url: try url("/ws?room=\(room)"))
        configuration.jsonIDPointer = "/id"
        configuration.history = history
        let client = try Client(configuration: configuration)
        try await client.connect()
        for number in 0..<3 { try client.send(#"{"body":"number \#(number)"}"#) }
        var live = client.messages.makeAsyncIterator()
        var ids: [String?] = []
        for _ in 0..<3 { ids.append(await live.next()?.id) }
        let page = try await client.messagesRequest(limit: 10).fetchPrevious()
        XCTAssertEqual(page.map(\.id), ids)
        XCTAssertEqual(page.end, .proven)
        let conversations = try await client.conversationsRequest(limit: 50).fetchNext()
        XCTAssertTrue(conversations.contains { $0.id == room })
        XCTAssertFalse(client.needsRefresh)
    }
}

extension MessageBatches.AsyncIterator {
    fileprivate func nextOnce() async -> MessageBatch? {
        var copy = self
        return await copy.next()
    }
}
