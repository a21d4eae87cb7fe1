// The verbs of tests/scenarios/README.md, on the public API of this binding.
// Must let the world come to rest after each call of the library, and compare nothing before.
import Foundation

@testable import Graceline

/// One scenario, told step by step.
final class Story {
    private let time = HostTime()
    private var client: Client?
    private let journal = Journal()
    private var events: AsyncStream<Event>.AsyncIterator?
    private var mark: Client.RefreshMark?
    private var messagesRequests: [String: MessagesRequest] = [:]
    private var conversationsRequests: [String: ConversationsRequest] = [:]

    /// nil: as it should be. Else the step, what was expected and what came.
    static func run(_ scenario: JSON) async -> String? {
        var number = 0
        var step = JSON.null
        do {
            try only(scenario, ["name", "steps"])
            guard case .list(let steps)? = scenario["steps"] else { throw Slip("no steps") }
            try World.run("reset", .bool(true))
            let story = Story()
            for each in steps {
                number += 1
                step = each
                try await story.take(each)
            }
            return nil
        } catch {
            return "step \(number) \(step.written): \(error)"
        }
    }

    private func take(_ step: JSON) async throws {
        var members = try step.members()
        let error = members.removeValue(forKey: "error")
        guard members.count == 1, let (verb, value) = members.first else {
            throw Slip("a step has one verb")
        }
        if try look(verb, value) != nil {
            if error != nil { throw Slip("\"error\" goes with a call of the library") }
            if verb == "world" {
                try World.run(value)
                try await takeEvents()
            }
            if verb.hasPrefix("expect") || verb == "forget_events" { try compare(verb, value) }
            return
        }
        let expected = try error?.string() ?? "ok"
        var status = "ok"
        var detail = ""
        do {
            try call(verb, value)
        } catch let failure as GracelineError {
            status = failure.status.name
            detail = failure.detail
        }
        try World.run("advance_ms", .number(0))
        try await takeEvents()
        if status != expected {
            throw Mismatch("expected \(expected), got \(status) \(detail)")
        }
    }

    /// nil: not one of the verbs that only look.
    private func look(_ verb: String, _ value: JSON) throws -> Void? {
        switch verb {
        case "world", "expect", "expect_messages", "expect_events", "forget_events": return ()
        case "background_time":
            try time.set(value)
            return ()
        default: return nil
        }
    }

    private func compare(_ verb: String, _ value: JSON) throws {
        switch verb {
        case "expect": try Self.compare(value, try state(), "")
        case "expect_messages": try Self.compare(value, journal.takeMessages(), "")
        case "expect_events": try Self.compare(value, journal.takeEvents(), "")
        default: _ = journal.takeEvents()
        }
    }

    private func theClient() throws -> Client {
        guard let client else { throw Slip("there is no client yet: \"create\" comes first") }
        return client
    }

    private func call(_ verb: String, _ value: JSON) throws {
        switch verb {
        case "create":
            if client != nil { throw Slip("a scenario has one client") }
            let made = try Client(configuration: try configuration(from: value, time: time))
            client = made
            events = made.events.makeAsyncIterator()
        case "start": try plain(value) { try $0.start() }
        case "connect": try plain(value) { try $0.beginConnectingOnly() }
        case "disconnect": try plain(value) { try $0.disconnect() }
        case "ping": try plain(value) { try $0.beginPing() }
        case "close": try plain(value) { $0.close() }
        case "background_time_expiring": try plain(value) { try $0.backgroundTimeExpiring() }
        case "state": try theClient().configureServices(try named(value))
        case "network":
            let name = try value.string()
            let network = name == "unknown" ? Network.notTold : try named(value)
            try theClient().networkChanged(network)
        case "send": try send(value)
        case "refresh_begin": try plain(value) { mark = try $0.refreshBegin() }
        case "mark_refreshed":
            try plain(value) { try $0.markRefreshed(mark ?? Client.RefreshMark(number: 0)) }
        case "provide_token":
            try only(value, ["token"])
            try theClient().provideToken(
                try value["token"]?.string(), for: journal.tokenQuestion)
        case "provide_page": try providePage(value)
        case "fetch_previous": try messagesRequest(value).beginFetchPrevious()
        case "fetch_next": try messagesRequest(value).beginFetchNext()
        case "fetch_conversations": try conversationsRequest(value).beginFetchNext()
        default: throw Slip("unknown verb: \(verb)")
        }
    }

    private func plain(_ value: JSON, _ call: (Client) throws -> Void) throws {
        try only(value, [])
        try call(theClient())
    }

    private func send(_ value: JSON) throws {
        try only(value, ["text", "deduplication_id", "expires_in_ms"])
        var options = SendOptions()
        options.deduplicationID = try value["deduplication_id"]?.string()
        if let time = value["expires_in_ms"] { options.expiresIn = .milliseconds(try time.int()) }
        guard let text = value["text"] else { throw Slip("send needs a text") }
        try theClient().send(try text.string(), options: options)
    }

    private func providePage(_ value: JSON) throws {
        try only(value, ["http_status", "retry_after_ms", "body"])
        let page = FetchResponse(
            httpStatus: Int(try value["http_status"]?.int() ?? 200),
            body: Array((value["body"]?.written ?? "").utf8),
            retryAfter: try value["retry_after_ms"].map { .milliseconds(try $0.int()) })
        try theClient().providePage(page, for: journal.takePageQuestion())
    }

    private func messagesRequest(_ value: JSON) throws -> MessagesRequest {
        try only(value, ["conversation", "limit"])
        if let known = messagesRequests[value.written] { return known }
        let made = try theClient().messagesRequest(
            limit: try value["limit"].map { Int(try $0.int()) },
            conversation: try value["conversation"]?.string())
        messagesRequests[value.written] = made
        return made
    }

    private func conversationsRequest(_ value: JSON) throws -> ConversationsRequest {
        try only(value, ["limit"])
        if let known = conversationsRequests[value.written] { return known }
        let made = try theClient().conversationsRequest(
            limit: try value["limit"].map { Int(try $0.int()) })
        conversationsRequests[value.written] = made
        return made
    }

    private func state() throws -> JSON {
        let client = try theClient()
        let info = client.info
        let remaining = client.backgroundTimeRemaining.milliseconds
        return .object([
            "connection_status": .text(client.status.name),
            "background_task_enabled": .bool(client.backgroundTaskEnabled),
            "needs_refresh": .bool(client.needsRefresh),
            "background_time_remaining_ms": .number(remaining),
            "phase": .text(info.phase.name), "reason": .text(info.reason.name),
            "application_state": .text(info.applicationState.name),
            "task_cause": .text(info.taskCause.name), "trusted": .bool(info.isTrusted),
            "gap_open": .bool(info.isGapOpen), "task_running": .bool(info.isTaskRunning),
            "attempt": .of(info.attempt), "http_status": .of(info.httpStatus),
            "close_code": .of(info.closeCode),
            "last_message_id": .of(try client.lastMessageID()),
            "background_time_begun": .of(time.counts.begun),
            "background_time_ended": .of(time.counts.ended),
        ])
    }

    /// Takes what was reported, all of it, and nothing that is still to come.
    private func takeEvents() async throws {
        guard let core = client?.core else { return }
        core.drain()
        var batches = MessageBatches(queue: core.messages).makeAsyncIterator()
        while !core.messages.isEmpty, let batch = await batches.next() {
            for message in batch { journal.add(message) }
        }
        // An event of no kind marks the place.
        core.events.send(Event(sequence: .max, time: .zero, kind: .unknown(type: .max)))
        while let event = await nextEvent(), event.sequence != .max { journal.add(event) }
    }

    private func nextEvent() async -> Event? {
        guard var iterator = events else { return nil }
        defer { events = iterator }
        return await iterator.next()
    }

    static func only(_ value: JSON, _ known: Set<String>) throws {
        for name in try value.members().keys where !known.contains(name) {
            throw Slip("unknown member: \(name)")
        }
    }

    private func only(_ value: JSON, _ known: Set<String>) throws { try Self.only(value, known) }

    /// Every member of `expected`, deep; lists whole. `path` says which.
    static func compare(_ expected: JSON, _ got: JSON, _ path: String) throws {
        switch (expected, got) {
        case (.object(let members), .object(let others)):
            // Of two kinds of event the kind is what differs, not a member that only one has.
            if let type = members["type"], let other = others["type"], type != other { break }
            for (name, value) in members {
                guard let other = others[name] else {
                    throw Slip("unknown member: \(path)\(name)")
                }
                try compare(value, other, "\(path)\(name).")
            }
            return
        case (.list(let items), .list(let others)) where items.count == others.count:
            for (index, item) in items.enumerated() {
                try compare(item, others[index], "\(path)\(index + 1).")
            }
            return
        default: if expected == got { return }
        }
        throw Mismatch("\(path) expected \(expected.written), got \(got.written)")
    }
}

extension Client {
    /// The scenario says `start` by itself where it means it.
    fileprivate func beginConnectingOnly() throws { try beginConnecting() }
}
