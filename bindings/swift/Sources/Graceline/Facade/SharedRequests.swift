// Pages in the words of the base behaviour: request objects with closures, over the shared client.
// Must not throw or wait, nor go on with an old page where a refresh is due.

extension SharedClient {
    /// The base behaviour's request; each fetch answers once, on the main actor. It can be kept for
    /// as long as its screen: after a gap its next fetch begins anew at the newest page, which is
    /// what the refresh on return needs, and it serves whatever client `setUp` makes.
    public final class MessagesRequest: Sendable {
        private let kept = Kept<Graceline.MessagesRequest>()
        private let limit: Int
        private let conversation: String?

        /// Nothing is asked yet, so it can be made before `setUp`.
        public init(limit: Int = 30, conversation: String? = nil) {
            self.limit = limit
            self.conversation = conversation
        }

        public func fetchPrevious(
            onSuccess: @escaping @MainActor @Sendable ([Message]) -> Void,
            onError: @escaping @MainActor @Sendable (any Error) -> Void = { _ in }
        ) {
            SharedClient.answer(onSuccess, onError) { try await self.request().fetchPrevious() }
        }

        public func fetchNext(
            onSuccess: @escaping @MainActor @Sendable ([Message]) -> Void,
            onError: @escaping @MainActor @Sendable (any Error) -> Void = { _ in }
        ) {
            SharedClient.answer(onSuccess, onError) { try await self.request().fetchNext() }
        }

        private func request() throws -> Graceline.MessagesRequest {
            try kept.request {
                try $0.messagesRequest(limit: self.limit, conversation: self.conversation)
            }
        }
    }

    /// As `MessagesRequest`, for the list of conversations.
    public final class ConversationsRequest: Sendable {
        private let kept = Kept<Graceline.ConversationsRequest>()
        private let limit: Int

        public init(limit: Int = 30) { self.limit = limit }

        public func fetchNext(
            onSuccess: @escaping @MainActor @Sendable ([Message]) -> Void,
            onError: @escaping @MainActor @Sendable (any Error) -> Void = { _ in }
        ) {
            SharedClient.answer(onSuccess, onError) {
                try await self.kept.request { try $0.conversationsRequest(limit: self.limit) }
                    .fetchNext()
            }
        }
    }

    fileprivate static func answer(
        _ onSuccess: @escaping @MainActor @Sendable ([Message]) -> Void,
        _ onError: @escaping @MainActor @Sendable (any Error) -> Void,
        _ page: @escaping @Sendable () async throws -> Page
    ) {
        Task { @MainActor in
            do {
                onSuccess(Array(try await page()))
            } catch {
                onError(error)
            }
        }
    }
}

/// The request behind one of the facade's, for as long as it still pages through what is true.
private final class Kept<Request: Sendable>: Sendable {
    private struct State {
        var request: Request?
        weak var client: Client?
        var connections: UInt64 = 0
    }

    private let state = Locked(State())

    func request(_ make: (Client) throws -> Request) throws -> Request {
        guard let client = SharedClient.client else {
            throw GracelineError(.state, detail: "SharedClient.setUp was not called")
        }
        // Of a connection that came after it, and stands behind a gap that nobody has closed yet.
        let connections = client.statistics.connections
        let isRefreshDue = client.needsRefresh
        return try state.withLock { state in
            let isOld = isRefreshDue && state.connections != connections
            if let request = state.request, state.client === client, !isOld { return request }
            let request = try make(client)
            state = State(request: request, client: client, connections: connections)
            return request
        }
    }
}
