// The options of a history, as OptionRows has those of the client.
// Must not need a server: a client is made, and nothing is fetched.
import CGraceline

@testable import Graceline

private typealias History = Configuration.History
private typealias Native = GracelineHistoryOptions

private let template = "http://127.0.0.1/m{?before,after,limit}"
private let perRoom = "http://127.0.0.1/m{?conversation,before,after,limit}"

private func row(
    _ name: String, good: @escaping (inout History) -> Void,
    arrives: @escaping (Native) -> Bool, rule: String = "",
    bad: ((inout History) -> Void)? = nil
) -> OptionRow {
    func within(_ change: @escaping (inout History) -> Void) -> (inout Configuration) -> Void {
        { configuration in
            var history = History()
            history.messagesURL = template
            change(&history)
            configuration.history = history
        }
    }
    return OptionRow(
        "history.\(name)", good: within(good),
        arrives: { $0.history.map { arrives($0.pointee) } ?? false }, rule: rule,
        bad: bad.map(within))
}

private func same(_ text: UnsafePointer<CChar>?, _ wanted: String) -> Bool {
    text.map { String(cString: $0) } == wanted
}

private func text(
    _ name: String, _ path: WritableKeyPath<History, String?>,
    _ field: KeyPath<Native, UnsafePointer<CChar>?>, good: String, rule: String, bad: String
) -> [OptionRow] {
    let good: (inout History) -> Void = { $0[keyPath: path] = good }
    let arrives: (Native) -> Bool = { native in
        var history = History()
        good(&history)
        return same(native[keyPath: field], history[keyPath: path]!)
    }
    return [
        row(name, good: good, arrives: arrives, rule: rule, bad: { $0[keyPath: path] = bad }),
        row(
            name, good: good, arrives: arrives, rule: "must not hold NUL",
            bad: { $0[keyPath: path] = "/\0" }),
    ]
}

private func pointer(
    _ name: String, _ path: WritableKeyPath<History, String?>,
    _ field: KeyPath<Native, UnsafePointer<CChar>?>
) -> [OptionRow] {
    text(name, path, field, good: "/x", rule: "'/'", bad: "x")
}

private func flag(
    _ name: String, _ path: WritableKeyPath<History, Bool?>, _ field: KeyPath<Native, Int32>,
    good: Bool = true
) -> OptionRow {
    row(
        name, good: { $0[keyPath: path] = good },
        arrives: { $0[keyPath: field] == (good ? 1 : 0) })
}

extension OptionRow {
    static var history: [OptionRow] { addresses + pages + pointers }

    private static var addresses: [OptionRow] {
        [
            row(
                "messagesURL", good: { $0.messagesURL = perRoom },
                arrives: { same($0.messages_url, perRoom) }, rule: "is needed",
                bad: { $0.messagesURL = nil }),
            row(
                "messagesURL", good: { $0.messagesURL = template },
                arrives: { same($0.messages_url, template) },
                rule: "set allowInsecureBeyondLoopback",
                bad: { $0.messagesURL = "http://example.org/{?before,after}" }),
            row(
                "headers[0]", good: { $0.headers = [("A", "b")] },
                arrives: { $0.headers_count == 1 && same($0.headers[0].name, "A") }, rule: "Host",
                bad: { $0.headers = [("Host", "evil")] }),
            row(
                "headers[0]", good: { $0.headers = [("A", "b")] },
                arrives: { same($0.headers[0].value, "b") }, rule: "must not hold NUL",
                bad: { $0.headers = [("A", "\0")] }),
            row(
                "fetch",
                good: { $0.fetch = { _ in FetchResponse(httpStatus: 200, body: []) } },
                arrives: { $0.host_fetches == 1 }),
            row(
                "hostFetches", good: { $0.hostFetches = true }, arrives: { $0.host_fetches == 1 }),
        ]
        + text(
            "messagesPreviousURL", \.messagesPreviousURL, \.messages_previous_url,
            good: template, rule: "brace", bad: "http://127.0.0.1/{")
        + text(
            "messagesNextURL", \.messagesNextURL, \.messages_next_url, good: template,
            rule: "brace", bad: "http://127.0.0.1/{")
        + text(
            "conversationsURL", \.conversationsURL, \.conversations_url,
            good: "http://127.0.0.1/c{?limit,cursor}", rule: "brace", bad: "http://127.0.0.1/{")
    }

    private static var pages: [OptionRow] {
        [
            row(
                "scope",
                good: {
                    $0.messagesURL = perRoom
                    $0.scope = .perConversation
                },
                arrives: { $0.scope == HistoryScope.perConversation.rawValue },
                rule: "must be from 0",
                bad: { $0.scope = .unknown(9) }),
            flag("newestFirst", \.newestFirst, \.newest_first),
            flag("refusesUnknownIDs", \.refusesUnknownIDs, \.refuses_unknown_ids),
            flag("sendsToken", \.sendsToken, \.sends_token, good: false),
            row(
                "positions[1].lastMessageID",
                good: { $0.positions = [("a", "1"), ("b", "2")] },
                arrives: {
                    $0.positions_count == 2 && same($0.positions[1].conversation, "b")
                        && same($0.positions[1].last_message_id, "2")
                }, rule: "must be 1 to 1024 bytes",
                bad: { $0.positions = [("a", "1"), ("b", "")] }),
            row(
                "positions[0].conversation", good: { $0.positions = [(nil, "1")] },
                arrives: { $0.positions_count == 1 && $0.positions[0].conversation == nil },
                rule: "must not hold NUL", bad: { $0.positions = [("\0", "1")] }),
            row(
                "timeout", good: { $0.timeout = .seconds(2) }, arrives: { $0.timeout_ms == 2000 },
                rule: "must be from 100 to 120000 ms", bad: { $0.timeout = .zero }),
            row(
                "pageBytes", good: { $0.pageBytes = 2048 }, arrives: { $0.page_bytes == 2048 },
                rule: "must be from 1024", bad: { $0.pageBytes = 0 }),
        ]
    }

    private static var pointers: [OptionRow] {
        pointer("jsonItemsPointer", \.jsonItemsPointer, \.json_items_pointer)
        + pointer("jsonIDPointer", \.jsonIDPointer, \.json_id_pointer)
        + pointer(
            "jsonConversationPointer", \.jsonConversationPointer, \.json_conversation_pointer)
        + pointer("jsonSenderPointer", \.jsonSenderPointer, \.json_sender_pointer)
        + pointer("jsonTimePointer", \.jsonTimePointer, \.json_time_pointer)
        + pointer("jsonBodyPointer", \.jsonBodyPointer, \.json_body_pointer)
        + pointer(
            "jsonNextCursorPointer", \.jsonNextCursorPointer, \.json_next_cursor_pointer)
        + pointer(
            "jsonPreviousCursorPointer", \.jsonPreviousCursorPointer,
            \.json_previous_cursor_pointer)
        + pointer("jsonCompletePointer", \.jsonCompletePointer, \.json_complete_pointer)
        + pointer(
            "jsonConversationsItemsPointer", \.jsonConversationsItemsPointer,
            \.json_conversations_items_pointer)
        + pointer(
            "jsonConversationsIDPointer", \.jsonConversationsIDPointer,
            \.json_conversations_id_pointer)
        + pointer(
            "jsonConversationsTimePointer", \.jsonConversationsTimePointer,
            \.json_conversations_time_pointer)
        + pointer(
            "jsonConversationsNextCursorPointer", \.jsonConversationsNextCursorPointer,
            \.json_conversations_next_cursor_pointer)
        + pointer(
            "jsonConversationsCompletePointer", \.jsonConversationsCompletePointer,
            \.json_conversations_complete_pointer)
    }
}
