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
        var listeners: [String: Listening] = [:]
        var watching: Task<Void, Never>?
        /// As of the last change that listeners were told.
        var told = ConnectionStatus.disconnected
    }

    private struct Listening {
        let listener: any ConnectionListener
        /// A change of phase alone is no news to it.
        var told: ConnectionStatus?
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
        // On the main actor from end to end: a task for each change could overtake another.
        let watching = Task { @MainActor in
            for await change in states {
                // What an ended stream still holds is of a client that is no longer this one.
                if Task.isCancelled { return }
                tell(change.status)
            }
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

    /// Ends the shared client, which the listeners hear; `setUp` may make another one.
    public static func tearDown() {
        let before = state.withLock { state in
            defer { state = State(listeners: state.listeners, told: state.told) }
            return (state.holder, state.watching)
        }
        before.1?.cancel()
        if before.0 != nil { Task { @MainActor in tell(getConnectionStatus()) } }
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
        state.withLock { $0.listeners[id] = Listening(listener: listener) }
        // What the others were told last: a query could be ahead of changes still to be told.
        Task { @MainActor in tell(state.withLock { $0.told }, only: id) }
    }

    public static func removeConnectionListener(_ id: String) {
        state.withLock { _ = $0.listeners.removeValue(forKey: id) }
    }

    @MainActor
    private static func tell(_ status: ConnectionStatus, only id: String? = nil) {
        let listeners: [any ConnectionListener] = state.withLock { state in
            let due = state.listeners.filter { key, each in
                each.told != status && (id == nil || id == key)
            }
            for key in due.keys { state.listeners[key]?.told = status }
            state.told = status
            return due.values.map(\.listener)
        }
        for listener in listeners { listener.tell(status) }
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
