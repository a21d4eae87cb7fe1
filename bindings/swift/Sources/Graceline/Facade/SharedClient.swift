// The base behaviour's calls, word for word, as static functions over one client of the process.
// Must not throw or wait: code written for the base behaviour does not expect it.
import Foundation

/// One client for the process, with the calls of the base behaviour. Code that was written for them
/// changes its import, and says once `typealias TheOldName = SharedClient`. Before `setUp` and
/// after
/// an error every call gives the safe side: disconnected, and "refresh".
public enum SharedClient {
    #if canImport(UIKit) && !os(watchOS)
    private typealias Holder = BackgroundServices
    #else
    private typealias Holder = Client
    #endif

    private struct State {
        var holder: Holder?
        var listeners: [String: any ConnectionListener] = [:]
        var watching: Task<Void, Never>?
    }

    private static let state = Locked(State())

    /// The client behind the calls, for all that the base behaviour has no words for.
    public static var client: Client? {
        let holder = state.withLock { $0.holder }
        #if canImport(UIKit) && !os(watchOS)
        return holder?.client
        #else
        return holder
        #endif
    }

    // MARK: Set-up

    /// Makes the client; in auto mode it connects. On iOS the client observes the app by itself
    /// from
    /// here on, the return above all: the calls of the base behaviour never report it.
    @MainActor
    public static func setUp(_ settings: AppSettings) throws {
        #if canImport(UIKit) && !os(watchOS)
        let holder = try BackgroundServices(configuration: settings.configuration)
        try use(holder, holder.client)
        #else
        let holder = try Client(configuration: settings.configuration)
        try use(holder, holder)
        #endif
    }

    private static func use(_ holder: Holder, _ client: Client) throws {
        try client.start()
        let states = client.states
        let watching = Task {
            for await change in states { tell(change.status) }
        }
        let before = state.withLock { state in
            defer {
                state.holder = holder
                state.watching = watching
            }
            return (state.holder, state.watching)
        }
        before.1?.cancel()
    }

    /// Ends the shared client; `setUp` may make another one.
    public static func tearDown() {
        let before = state.withLock { state in
            defer { state = State(listeners: state.listeners) }
            return (state.holder, state.watching)
        }
        before.1?.cancel()
    }

    // MARK: The calls

    /// Tells of an app state; at least `.willResignActive` and `.didBackground`. Never blocks.
    public static func configureServices(_ application: ApplicationState) {
        #if canImport(UIKit) && !os(watchOS)
        state.withLock { $0.holder }?.configureServices(application)
        #else
        try? client?.configureServices(application)
        #endif
    }

    /// true: skip the refresh, updates were continuous. false: refresh messages and conversations.
    public static func backgroundTaskEnabled() -> Bool { client?.backgroundTaskEnabled ?? false }

    public static func connect() { try? client?.beginConnecting() }
    public static func disconnect() { try? client?.disconnect() }

    /// In background it restarts the window.
    public static func ping() { try? client?.beginPing() }

    public static func getConnectionStatus() -> ConnectionStatus { client?.status ?? .disconnected }

    // MARK: Listeners

    /// Tells the listener how the connection stands, and each change from then on.
    public static func addConnectionListener(_ id: String, _ listener: any ConnectionListener) {
        state.withLock { $0.listeners[id] = listener }
        let status = getConnectionStatus()
        Task { @MainActor in listener.tell(status) }
    }

    public static func removeConnectionListener(_ id: String) {
        state.withLock { _ = $0.listeners.removeValue(forKey: id) }
    }

    private static func tell(_ status: ConnectionStatus) {
        let listeners = state.withLock { Array($0.listeners.values) }
        Task { @MainActor in
            for listener in listeners { listener.tell(status) }
        }
    }

    // MARK: Pages, as the base behaviour asks for them

    /// The base behaviour's request; each fetch answers once, on the main actor.
    public final class MessagesRequest: Sendable {
        private let limit: Int
        private let conversation: String?
        private let made = Locked<Graceline.MessagesRequest?>(nil)

        /// Nothing is asked yet, so it can be made before `setUp`.
        public init(limit: Int = 30, conversation: String? = nil) {
            self.limit = limit
            self.conversation = conversation
        }

        public func fetchPrevious(
            onSuccess: @escaping @MainActor @Sendable ([Message]) -> Void,
            onError: @escaping @MainActor @Sendable (any Error) -> Void = { _ in }
        ) {
            fetch(onSuccess, onError) { try await $0.fetchPrevious() }
        }

        public func fetchNext(
            onSuccess: @escaping @MainActor @Sendable ([Message]) -> Void,
            onError: @escaping @MainActor @Sendable (any Error) -> Void = { _ in }
        ) {
            fetch(onSuccess, onError) { try await $0.fetchNext() }
        }

        private func fetch(
            _ onSuccess: @escaping @MainActor @Sendable ([Message]) -> Void,
            _ onError: @escaping @MainActor @Sendable (any Error) -> Void,
            _ call: @escaping @Sendable (Graceline.MessagesRequest) async throws -> Page
        ) {
            answer(onSuccess, onError) { try await call(try self.request()) }
        }

        private func request() throws -> Graceline.MessagesRequest {
            try made.withLock { made in
                if let made { return made }
                let request = try shared().messagesRequest(limit: limit, conversation: conversation)
                made = request
                return request
            }
        }
    }

    public final class ConversationsRequest: Sendable {
        private let limit: Int
        private let made = Locked<Graceline.ConversationsRequest?>(nil)

        public init(limit: Int = 30) { self.limit = limit }

        public func fetchNext(
            onSuccess: @escaping @MainActor @Sendable ([Message]) -> Void,
            onError: @escaping @MainActor @Sendable (any Error) -> Void = { _ in }
        ) {
            answer(onSuccess, onError) { try await self.request().fetchNext() }
        }

        private func request() throws -> Graceline.ConversationsRequest {
            try made.withLock { made in
                if let made { return made }
                let request = try shared().conversationsRequest(limit: limit)
                made = request
                return request
            }
        }
    }

    private static func shared() throws -> Client {
        guard let client else {
            throw GracelineError(.state, detail: "SharedClient.setUp was not called")
        }
        return client
    }

    private static func answer(
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

/// Told on the main actor of every change, beginning with how it stands.
public protocol ConnectionListener: AnyObject, Sendable {
    @MainActor func connected()
    @MainActor func connecting()
    @MainActor func disconnected()
    @MainActor func featureThrottled()
}

extension ConnectionListener {
    public func connected() {}
    public func connecting() {}
    public func disconnected() {}
    public func featureThrottled() {}

    @MainActor fileprivate func tell(_ status: ConnectionStatus) {
        switch status {
        case .connected: connected()
        case .connecting: connecting()
        case .featureThrottled: featureThrottled()
        default: disconnected()
        }
    }
}
