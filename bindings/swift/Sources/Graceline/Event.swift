// What a client reports beside messages, each kind with its own members.
// Must not carry members of another kind, nor fail on kinds that a newer library has.
import CGraceline

/// A change of the connection. Repeated ones are joined; the last one stands.
public struct ConnectionChange: Sendable {
    public let status: ConnectionStatus
    public let phase: Phase
    public let reason: Reason
    public let attempt: Int
    /// nil: no retry is planned.
    public let retryIn: TimeSpan?
    /// 0: none.
    public let closeCode: Int
    public let httpStatus: Int
    /// For people.
    public let text: String
}

/// What became of the messages `ids`.
public struct SendFate: Sendable {
    public let fate: Fate
    public let ids: ClosedRange<UInt64>
    public let reason: Reason
}

/// What is known of the messages of one gap.
public struct Gap: Sendable {
    public let number: UInt64
    public let verdict: GapVerdict
    public let length: TimeSpan
    public let reason: Reason
}

/// A page that the app's own HTTP shall fetch.
public struct FetchRequest: Sendable {
    public let requestID: UInt64
    public let kind: PageKind
    public let direction: PageDirection
    public let limit: Int
    public let conversation: String?
    public let anchorID: String?
    public let anchorTime: String?
    public let cursor: String?
    /// Where a template was given: expanded, without the token.
    public let url: String?
}

/// The HTTP answer to a `FetchRequest`.
public struct FetchResponse: Sendable {
    /// 0: there was no answer.
    public var httpStatus: Int
    public var body: [UInt8]
    /// What the server advised.
    public var retryAfter: TimeSpan?

    public init(httpStatus: Int, body: [UInt8], retryAfter: TimeSpan? = nil) {
        self.httpStatus = httpStatus
        self.body = body
        self.retryAfter = retryAfter
    }
}

/// Messages or conversations of the history; of a conversation, `id` and `conversation` are its id.
public struct Page: RandomAccessCollection, @unchecked Sendable {
    let items: MessageBatch
    public let kind: PageKind
    public let end: PageEnd

    public var startIndex: Int { 0 }
    public var endIndex: Int { items.count }
    public subscript(position: Int) -> Message { items[position] }
}

/// How a fetch ended.
public struct RequestCompletion: Sendable {
    public let requestID: UInt64
    public let status: Status
    public let reason: Reason
    public let httpStatus: Int
    public let retryIn: TimeSpan?
    /// Of a fetch that succeeded.
    public let page: Page?
    let text: String

    func get() throws -> Page {
        if let page { return page }
        throw GracelineError(status, reason: reason, httpStatus: httpStatus, detail: text)
    }
}

/// One event of a client that is not a message.
public struct Event: Sendable {
    public enum Kind: Sendable {
        case connectionStatus(ConnectionChange)
        case backgroundTaskBegan(number: UInt64)
        case backgroundTaskEnded(number: UInt64, cause: TaskCause, reason: Reason)
        case gapVerdict(Gap)
        /// Exactly one for each return: skip the refresh, or refresh.
        case returnVerdict(ReturnVerdict, reason: Reason)
        case refreshNeeded(reason: Reason, sinceID: String?)
        case sendFate(SendFate)
        /// nil: the ping failed.
        case pingCompleted(roundTrip: Double?, reason: Reason)
        case tokenNeeded(requestID: UInt64)
        case fetchNeeded(FetchRequest)
        case requestCompleted(RequestCompletion)
        /// The last event of a client.
        case closed
        case unknown(type: UInt32)
    }

    /// Its place among the messages and events of this client.
    public let sequence: UInt64
    public let time: TimeSpan
    public let kind: Kind
}

extension Event {
    init(_ pointer: UnsafePointer<GracelineEvent>, owner: NativeBatch) {
        let event = pointer.pointee
        sequence = event.sequence
        time = TimeSpan(native: event.time_ms)
        guard let details = event.details else {
            kind = .unknown(type: event.type)
            return
        }
        kind = Kind(type: event.type, details.pointee, owner: owner)
    }
}

extension Event.Kind {
    fileprivate init(type: UInt32, _ details: GracelineEventDetails, owner: NativeBatch) {
        let reason = Reason(rawValue: details.reason)
        switch GracelineEventType(rawValue: type) {
        case .connectionStatus: self = .connectionStatus(ConnectionChange(details))
        case .backgroundTaskBegan: self = .backgroundTaskBegan(number: details.task_number)
        case .backgroundTaskEnded:
            self = .backgroundTaskEnded(
                number: details.task_number, cause: TaskCause(rawValue: details.task_cause),
                reason: reason)
        case .gapVerdict:
            self = .gapVerdict(
                Gap(
                    number: details.gap_number,
                    verdict: GapVerdict(rawValue: details.gap_verdict),
                    length: TimeSpan(native: details.gap_ms), reason: reason))
        case .returnVerdict:
            self = .returnVerdict(
                ReturnVerdict(rawValue: details.return_verdict), reason: reason)
        case .refreshNeeded:
            self = .refreshNeeded(reason: reason, sinceID: optionalString(details.since_id))
        case .sendFate:
            self = .sendFate(
                SendFate(
                    fate: Fate(rawValue: details.fate),
                    ids: details.first_id...max(details.first_id, details.last_id),
                    reason: reason))
        case .pingCompleted:
            let time = details.round_trip_us
            self = .pingCompleted(roundTrip: time < 0 ? nil : Double(time) / 1e6, reason: reason)
        case .tokenNeeded: self = .tokenNeeded(requestID: details.request_id)
        case .fetchNeeded:
            guard let fetch = details.fetch else { self = .unknown(type: type); return }
            self = .fetchNeeded(FetchRequest(fetch.pointee, id: details.request_id))
        case .requestCompleted:
            self = .requestCompleted(RequestCompletion(details, owner: owner))
        case .closed: self = .closed
        default: self = .unknown(type: type)
        }
    }
}

extension ConnectionChange {
    fileprivate init(_ details: GracelineEventDetails) {
        status = ConnectionStatus(rawValue: details.connection_status)
        phase = Phase(rawValue: details.phase)
        reason = Reason(rawValue: details.reason)
        attempt = Int(details.attempt)
        retryIn = details.retry_in_ms < 0 ? nil : TimeSpan(native: details.retry_in_ms)
        closeCode = Int(details.close_code)
        httpStatus = Int(details.http_status)
        text = optionalString(details.text) ?? ""
    }
}

extension FetchRequest {
    fileprivate init(_ fetch: GracelineFetch, id: UInt64) {
        requestID = id
        kind = PageKind(rawValue: fetch.kind)
        direction = PageDirection(rawValue: fetch.direction)
        limit = Int(fetch.limit)
        conversation = optionalString(fetch.conversation)
        anchorID = optionalString(fetch.anchor_id)
        anchorTime = optionalString(fetch.anchor_time)
        cursor = optionalString(fetch.cursor)
        url = optionalString(fetch.url)
    }
}

extension RequestCompletion {
    fileprivate init(_ details: GracelineEventDetails, owner: NativeBatch) {
        requestID = details.request_id
        status = Status(rawValue: details.request_status)
        reason = Reason(rawValue: details.reason)
        httpStatus = Int(details.http_status)
        retryIn = details.retry_in_ms < 0 ? nil : TimeSpan(native: details.retry_in_ms)
        text = optionalString(details.text) ?? ""
        page = details.page.map { Page($0.pointee, owner: owner) }
    }
}

extension Page {
    fileprivate init(_ page: GracelinePage, owner: NativeBatch) {
        kind = PageKind(rawValue: page.kind)
        end = PageEnd(rawValue: page.end)
        let base = UnsafeRawPointer(page.items) ?? UnsafeRawPointer(bitPattern: 8)!
        items = MessageBatch(
            owner: owner, base: base, count: page.items == nil ? 0 : Int(page.count))
    }
}
