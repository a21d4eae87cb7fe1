// One connection with its window, its messages and its truth: the class an app holds.
// Must not block a caller, but for `backgroundTimeExpiring` and `.willTerminate`, which are
// bounded.
import CGraceline
import Foundation

/// A client of one WebSocket. Every method is safe from every thread. Letting it go closes it.
public final class Client: Sendable {
    let core: Core

    /// Makes a client; nothing is connected before `start()` or `connect()`.
    public init(configuration: Configuration) throws {
        core = try Core(configuration)
    }

    public convenience init(url: String) throws {
        try self.init(configuration: Configuration(url: url))
    }

    deinit { gracelineClientClose(core.handle) }

    // MARK: Connection

    /// In auto mode the connection is wanted from here on. A second start changes nothing.
    public func start() throws { try check(gracelineClientStart(core.handle)) }

    /// Wants a connection from now on, and returns when it is up. Throws when the cause is one that
    /// no retry mends, when `disconnect()` or the end of the window comes first, and
    /// `CancellationError` when the task is cancelled (the connection stays wanted then).
    public func connect() async throws {
        try beginConnecting()
        let answer = core.answers.connection()
        // By the state now, not by an event that may be an old one.
        core.answers.judgeConnections(core.connectionResult())
        try await answer.value(onCancel: { [core] in core.answers.forget(answer) })
    }

    /// Wants a connection from now on, and returns at once. Skips a backoff; in background it gives
    /// a fresh full window.
    public func beginConnecting() throws {
        try start()
        try check(gracelineClientConnect(core.handle))
    }

    /// Ends the session and the connection; none is wanted until `connect()`.
    public func disconnect() throws { try check(gracelineClientDisconnect(core.handle)) }

    /// Ends the client in order: pending calls get their answer, streams end. Returns at once.
    public func close() { gracelineClientClose(core.handle) }

    // MARK: Reports of the host

    /// Reports an app state. **A host that reports leaving must also report the return**;
    /// `BackgroundServices` does all of it on iOS.
    public func configureServices(_ state: ApplicationState) throws {
        try check(gracelineClientConfigureServices(core.handle, state: state.native()))
    }

    /// The system takes the background time back: returns when the connection is closed or aborted.
    public func backgroundTimeExpiring() throws {
        try check(gracelineClientBackgroundTimeExpiring(core.handle))
    }

    public func networkChanged(_ network: Network) throws {
        try check(gracelineClientNetworkChanged(core.handle, network: network.native()))
    }

    /// Measures the round trip, in seconds; in background restarts the window.
    public func ping() async throws -> Double {
        let answer = try core.answers.ping { try beginPing() }
        return try await answer.value(onCancel: { [core] in core.answers.forget(answer) })
    }

    /// As `ping()`, without waiting: the answer comes as an event.
    public func beginPing() throws { try check(gracelineClientPing(core.handle)) }

    // MARK: Queries; none of them blocks

    public var status: ConnectionStatus {
        ConnectionStatus(gracelineClientConnectionStatus(core.handle))
    }

    /// true: updates were continuous, skip the refresh. false: refresh messages and conversations.
    public var backgroundTaskEnabled: Bool {
        gracelineClientBackgroundTaskEnabled(core.handle) != 0
    }

    /// true: what is on screen may be stale.
    public var needsRefresh: Bool { gracelineClientNeedsRefresh(core.handle) != 0 }

    /// What is left of the window; `.unlimited` also before it started.
    public var backgroundTimeRemaining: TimeSpan {
        TimeSpan(native: gracelineClientBackgroundTimeRemainingMs(core.handle))
    }

    public var info: ConnectionInfo { ConnectionInfo(core.handle) }
    public var statistics: Statistics { Statistics(core.handle) }

    // MARK: Truth

    /// Taken before the app fetches by its own means.
    public struct RefreshMark: Sendable, Hashable {
        let number: UInt64
    }

    public func refreshBegin() throws -> RefreshMark {
        var number: UInt64 = 0
        try check(gracelineClientRefreshBegin(core.handle, mark: &number))
        return RefreshMark(number: number)
    }

    /// Closes the gaps that had ended when the mark was taken.
    public func markRefreshed(_ mark: RefreshMark) throws {
        try check(gracelineClientMarkRefreshed(core.handle, mark: mark.number))
    }

    /// The id of the last message before which nothing is missing: store it, and give it at the
    /// next
    /// start. nil: none yet.
    public func lastMessageID(conversation: String? = nil) throws -> String? {
        // No conversation has such a name; C would see the part before the NUL.
        if let conversation, conversation.utf8.contains(0) { return nil }
        while true {
            var size = 0
            try check(lastMessageID(conversation, nil, &size))
            if size == 0 { return nil }
            var buffer = [CChar](repeating: 0, count: size)
            var needed = size
            let status = lastMessageID(conversation, &buffer, &needed)
            // A longer one may have come in between.
            if status != .ok && needed > buffer.count { continue }
            try check(status)
            if needed == 0 { return nil }
            return buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        }
    }

    private func lastMessageID(
        _ conversation: String?, _ buffer: UnsafeMutablePointer<CChar>?, _ size: inout Int
    ) -> GracelineStatus {
        let room = size
        return withUnsafeMutablePointer(to: &size) { out in
            gracelineClientLastMessageId(
                core.handle, conversation: conversation, buffer: buffer, size: room, size: out)
        }
    }

    // MARK: Answers of the host

    /// Answers a `.tokenNeeded` event; nil: there is none now.
    public func provideToken(_ token: String?, for requestID: UInt64) throws {
        let memory = CallMemory()
        let text = memory.text(token, "token")
        try memory.check()
        try withExtendedLifetime(memory) {
            try check(
                gracelineClientProvideToken(
                    core.handle, requestId: requestID, token: text,
                    status: token == nil ? .state : .ok))
        }
    }

    /// Answers a `.fetchNeeded` event.
    public func providePage(_ response: FetchResponse, for requestID: UInt64) throws {
        try check(core.providePage(requestID, response))
    }
}
