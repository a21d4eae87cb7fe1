// Pages of messages and of conversations, one fetch of an object at a time.
// Must not hold a client alive: a request may outlive it, and answers `closed` then.
import CGraceline

/// Pages through messages, back and forth.
public final class MessagesRequest: Sendable {
    private let handle: RequestHandle

    init(_ client: Client, limit: Int?, conversation: String?, startMessageID: String?,
        startTime: String?
    ) throws {
        let memory = CallMemory()
        var options = GracelineMessagesRequestOptions()
        let size = UInt32(MemoryLayout<GracelineMessagesRequestOptions>.size)
        try check(gracelineMessagesRequestOptionsInit(&options, structSize: size))
        if let limit { options.limit = Int32(clamping: limit) }
        options.conversation = memory.text(conversation, "conversation")
        options.start_message_id = memory.text(startMessageID, "startMessageID")
        options.start_time = memory.text(startTime, "startTime")
        try memory.check()
        var made: OpaquePointer?
        try withExtendedLifetime(memory) {
            try check(
                gracelineMessagesRequestCreate(
                    client.core.handle, options: &options, request: &made))
        }
        handle = RequestHandle(
            made!, answers: client.core.answers, release: gracelineMessagesRequestRelease,
            cancel: gracelineMessagesRequestCancel)
    }

    /// The next older page; the first one is the newest page, or the one before the start.
    public func fetchPrevious() async throws -> Page {
        try await handle.fetch(gracelineMessagesRequestFetchPrevious)
    }

    /// The next newer page; without a start the first one is the newest page.
    public func fetchNext() async throws -> Page {
        try await handle.fetch(gracelineMessagesRequestFetchNext)
    }

    /// The same without waiting; the page comes as a `.requestCompleted` event with this number.
    @discardableResult
    public func beginFetchPrevious() throws -> UInt64 {
        try handle.begin(gracelineMessagesRequestFetchPrevious)
    }

    @discardableResult
    public func beginFetchNext() throws -> UInt64 {
        try handle.begin(gracelineMessagesRequestFetchNext)
    }

    /// Ends the fetch under way with `cancelled`; the object can be used again.
    public func cancel() { handle.cancelNow() }
}

/// Pages through conversations.
public final class ConversationsRequest: Sendable {
    private let handle: RequestHandle

    init(_ client: Client, limit: Int?) throws {
        var options = GracelineConversationsRequestOptions()
        let size = UInt32(MemoryLayout<GracelineConversationsRequestOptions>.size)
        try check(gracelineConversationsRequestOptionsInit(&options, structSize: size))
        if let limit { options.limit = Int32(clamping: limit) }
        var made: OpaquePointer?
        try check(
            gracelineConversationsRequestCreate(
                client.core.handle, options: &options, request: &made))
        handle = RequestHandle(
            made!, answers: client.core.answers, release: gracelineConversationsRequestRelease,
            cancel: gracelineConversationsRequestCancel)
    }

    /// The next page of conversations.
    public func fetchNext() async throws -> Page {
        try await handle.fetch(gracelineConversationsRequestFetchNext)
    }

    @discardableResult
    public func beginFetchNext() throws -> UInt64 {
        try handle.begin(gracelineConversationsRequestFetchNext)
    }

    public func cancel() { handle.cancelNow() }
}

extension Client {
    public func messagesRequest(
        limit: Int? = nil, conversation: String? = nil, startMessageID: String? = nil,
        startTime: String? = nil
    ) throws -> MessagesRequest {
        try MessagesRequest(
            self, limit: limit, conversation: conversation, startMessageID: startMessageID,
            startTime: startTime)
    }

    public func conversationsRequest(limit: Int? = nil) throws -> ConversationsRequest {
        try ConversationsRequest(self, limit: limit)
    }
}

/// The handle of either request, released once.
private final class RequestHandle: @unchecked Sendable {
    typealias Fetch = (OpaquePointer, UnsafeMutablePointer<UInt64>?) -> GracelineStatus

    private let handle: OpaquePointer
    private let answers: Answers
    private let release: @Sendable (OpaquePointer?) -> Void
    private let cancel: @Sendable (OpaquePointer) -> GracelineStatus

    init(
        _ handle: OpaquePointer, answers: Answers,
        release: @escaping @Sendable (OpaquePointer?) -> Void,
        cancel: @escaping @Sendable (OpaquePointer) -> GracelineStatus
    ) {
        self.handle = handle
        self.answers = answers
        self.release = release
        self.cancel = cancel
    }

    deinit { release(handle) }

    func begin(_ fetch: Fetch) throws -> UInt64 {
        var id: UInt64 = 0
        try check(fetch(handle, &id))
        return id
    }

    func fetch(_ fetch: Fetch) async throws -> Page {
        let answer = try answers.request { try begin(fetch) }
        return try await answer.value(onCancel: { self.cancelNow() })
    }

    func cancelNow() { _ = cancel(handle) }
}
