// Messages and events of one client as objects with the members of tests/scenarios/README.md.
// Must join what the queue joins, so that it does not matter how fast events are taken.
import Foundation
import Graceline

final class Journal {
    private(set) var messages: [JSON] = []
    private(set) var events: [[String: JSON]] = []
    private(set) var tokenQuestion: UInt64 = 0
    private var pageQuestions: [UInt64] = []

    func takeMessages() -> JSON {
        defer { messages = [] }
        return .list(messages)
    }

    func takeEvents() -> JSON {
        defer { events = [] }
        return .list(events.map { .object($0) })
    }

    func takePageQuestion() -> UInt64 {
        pageQuestions.isEmpty ? 0 : pageQuestions.removeFirst()
    }

    func add(_ message: Message) { messages.append(Self.json(message)) }

    static func json(_ message: Message) -> JSON {
        .object([
            "text": .text(message.text), "id": .of(message.id),
            "conversation": .of(message.conversation), "sender": .of(message.sender),
            "time": .of(message.serverTime), "replayed": .bool(message.isReplayed),
        ])
    }

    func add(_ event: Event) {
        if case .tokenNeeded(let id) = event.kind { tokenQuestion = id }
        if case .fetchNeeded(let fetch) = event.kind { pageQuestions.append(fetch.requestID) }
        let object = Self.json(event.kind)
        if let last = events.last, last["type"] == object["type"] {
            if object["type"] == .text("connection_status"),
                last["connection_status"] == object["connection_status"]
            {
                events[events.count - 1] = object
                return
            }
            if object["type"] == .text("send_fate"), last["fate"] == object["fate"],
                last["reason"] == object["reason"], case .number(let end)? = last["last_id"],
                object["first_id"] == .number(end + 1)
            {
                events[events.count - 1]["last_id"] = object["last_id"]
                return
            }
        }
        events.append(object)
    }

    private static func json(_ kind: Event.Kind) -> [String: JSON] {
        switch kind {
        case .connectionStatus(let change):
            return [
                "type": .text("connection_status"),
                "connection_status": .text(change.status.name),
                "phase": .text(change.phase.name), "reason": .text(change.reason.name),
                "attempt": .of(change.attempt), "close_code": .of(change.closeCode),
                "retry_in_ms": change.retryIn.map { .number($0.milliseconds) } ?? .null,
                "http_status": .of(change.httpStatus),
            ]
        case .backgroundTaskBegan: return ["type": .text("background_task_began")]
        case .backgroundTaskEnded(_, let cause, let reason):
            return [
                "type": .text("background_task_ended"), "task_cause": .text(cause.name),
                "reason": .text(reason.name),
            ]
        case .gapVerdict(let gap):
            return [
                "type": .text("gap_verdict"), "gap_verdict": .text(gap.verdict.name),
                "gap_ms": .number(gap.length.milliseconds), "reason": .text(gap.reason.name),
            ]
        case .returnVerdict(let verdict, let reason):
            return [
                "type": .text("return_verdict"), "return_verdict": .text(verdict.name),
                "reason": .text(reason.name),
            ]
        case .refreshNeeded(let reason, let since):
            return [
                "type": .text("refresh_needed"), "reason": .text(reason.name),
                "since_id": .of(since),
            ]
        case .sendFate(let fate):
            return [
                "type": .text("send_fate"), "fate": .text(fate.fate.name),
                "first_id": .number(Int64(fate.ids.lowerBound)),
                "last_id": .number(Int64(fate.ids.upperBound)), "reason": .text(fate.reason.name),
            ]
        case .pingCompleted(_, let reason):
            return ["type": .text("ping_completed"), "reason": .text(reason.name)]
        case .tokenNeeded: return ["type": .text("token_needed")]
        case .fetchNeeded(let fetch): return json(fetch)
        case .requestCompleted(let completion): return json(completion)
        case .closed: return ["type": .text("closed")]
        case .unknown: return ["type": .text("unknown")]
        }
    }

    private static func json(_ fetch: FetchRequest) -> [String: JSON] {
        [
            "type": .text("fetch_needed"), "kind": .text(fetch.kind.name),
            "direction": .text(fetch.direction.name), "limit": .of(fetch.limit),
            "conversation": .of(fetch.conversation), "anchor_id": .of(fetch.anchorID),
            "cursor": .of(fetch.cursor),
        ]
    }

    private static func json(_ completion: RequestCompletion) -> [String: JSON] {
        let page: JSON? = completion.page.map {
            .object(["end": .text($0.end.name), "items": .list($0.map(json))])
        }
        return [
            "type": .text("request_completed"), "request_status": .text(completion.status.name),
            "reason": .text(completion.reason.name), "http_status": .of(completion.httpStatus),
            "retry_in_ms": completion.retryIn.map { .number($0.milliseconds) } ?? .null,
            "page": page ?? .null,
        ]
    }
}
