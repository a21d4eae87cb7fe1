// What a client is made with; what is nil has the library's own default, stated in graceline.h.
// Must not repeat a default or a bound: the library names both when a value breaks one.
import Foundation

/// Options of a `Client`. Only `url` must be given.
public struct Configuration: Sendable {
    /// One more row of the published table of causes; give exactly one of the two codes.
    public struct DispositionRow: Sendable {
        public var closeCode: UInt16
        public var httpStatus: UInt16
        public var disposition: Disposition

        public init(closeCode: UInt16 = 0, httpStatus: UInt16 = 0, disposition: Disposition) {
            self.closeCode = closeCode
            self.httpStatus = httpStatus
            self.disposition = disposition
        }
    }

    public init(url: String) { self.url = url }

    // Connection.
    /// `ws://` (to loopback) or `wss://`, without credentials and fragment.
    public var url: String
    /// true: connects by itself from `start()` on. false: `connect()` and `disconnect()` decide.
    public var autoEstablishSocketConnection = true
    public var allowInsecureBeyondLoopback: Bool?
    public var transport: Transport?
    /// A push can start a process in background: give `.didBackground` then.
    public var initialApplicationState: ApplicationState?

    // Window.
    public var grace: TimeSpan?
    public var trustTime: TimeSpan?

    // Token.
    /// A fixed token. Never logged.
    public var token: String?
    public var tokenPlacement: TokenPlacement?
    public var tokenName: String?
    /// Asked for a token when one is needed, anew after a refusal; one question at a time. An error
    /// means "none now": it is tried again with backoff.
    public var tokenProvider: (@Sendable () async throws -> String)?
    /// true: the app answers `.tokenNeeded` events with `provideToken` by itself.
    public var hostProvidesToken = false
    public var tokenTimeout: TimeSpan?

    // Upgrade.
    public var headers: [(name: String, value: String)] = []
    public var subprotocols: [String] = []
    /// Text frames sent after every connect (subscribe), also after a reconnect without the app.
    public var connectFrames: [String] = []
    public var permessageDeflate: Bool?
    public var deflateNoContextTakeover: Bool?

    // Time-outs and heartbeat.
    public var resolveTimeout: TimeSpan?
    public var connectTimeout: TimeSpan?
    public var sessionTimeout: TimeSpan?
    public var closeTimeout: TimeSpan?
    public var pingInterval: TimeSpan?
    public var pongTimeout: TimeSpan?
    public var probeTimeout: TimeSpan?

    // Backoff.
    public var backoffInitial: TimeSpan?
    public var backoffMax: TimeSpan?
    public var retryTotal: TimeSpan?
    public var retryAttempts: Int?
    public var dispositions: [DispositionRow] = []

    // Limits.
    public var maxMessageBytes: Int?
    public var receiveQueueBytes: Int?
    public var outboxBytes: Int?
    public var outboxMessages: Int?
    public var maxFragments: Int?

    // TLS and proxy.
    /// Further trusted certificates, PEM. iOS has no store that OpenSSL could read: give a bundle.
    public var tlsCertificateAuthorities: String?
    public var tlsClientCertificate: String?
    public var tlsClientKey: String?
    public var tlsServerName: String?
    /// `sha256/BASE64` of the public key; give a backup pin too.
    public var tlsPins: [String] = []
    public var tlsUseSystemStore: Bool?
    public var tlsResumeSessions: Bool?
    /// For tests only.
    public var tlsInsecureSkipVerification: Bool?
    public var proxyURL: String?
    public var proxyUser: String?
    public var proxyPassword: String?

    // Messages with fields: JSON pointers (RFC 6901) into each text message.
    public var jsonIDPointer: String?
    public var jsonConversationPointer: String?
    public var jsonSenderPointer: String?
    public var jsonTimePointer: String?
    public var jsonAckPointer: String?
    public var jsonOutgoingIDMember: String?

    // Truth and history.
    /// Where the app stands, from `client.lastMessageID()` of an earlier run.
    public var lastMessageID: String?
    public var initialRefreshRequired: Bool?
    public var refreshByFetch: Bool?
    public var history: History?

    // The host.
    /// The system's background time. nil: granted without a limit, as outside iOS.
    public var backgroundTime: BackgroundTime?
    public var log: (@Sendable (LogLevel, String) -> Void)?
    public var logLevel: LogLevel?
}

extension Configuration {
    /// How the system's background time is asked for and given back. `BackgroundServices` fills it
    /// in
    /// on iOS; the library calls `end` exactly once for every id that `begin` returned.
    public struct BackgroundTime: Sendable {
        public struct Grant: Sendable {
            /// Any number but 0.
            public var id: UInt64
            /// `.unlimited`: not known yet.
            public var remaining: TimeSpan

            public init(id: UInt64, remaining: TimeSpan = .unlimited) {
                self.id = id
                self.remaining = remaining
            }
        }

        /// nil: refused. Runs on the thread of the call that begins the task.
        public var begin: @Sendable () -> Grant?
        public var end: @Sendable (UInt64) -> Void
        public var remaining: (@Sendable () -> TimeSpan)?

        public init(
            begin: @escaping @Sendable () -> Grant?, end: @escaping @Sendable (UInt64) -> Void,
            remaining: (@Sendable () -> TimeSpan)? = nil
        ) {
            self.begin = begin
            self.end = end
            self.remaining = remaining
        }
    }

    /// Where older and missed messages are fetched. On Apple's systems the app's own HTTP fetches:
    /// set `fetch` (see `HTTPFetcher`), or answer `.fetchNeeded` events with `providePage`.
    public struct History: Sendable {
        public init() {}

        /// Answers one page; given to the library as it comes. Cancelled when the client closes.
        public var fetch: (@Sendable (FetchRequest) async throws -> FetchResponse)?
        /// true: the app answers `.fetchNeeded` events by itself.
        public var hostFetches = false
        /// URL templates (RFC 6570), as in
        /// `https://host/messages{?conversation,before,after,limit}`.
        public var messagesURL: String?
        public var messagesPreviousURL: String?
        public var messagesNextURL: String?
        public var conversationsURL: String?
        public var headers: [(name: String, value: String)] = []
        public var scope: HistoryScope?
        public var newestFirst: Bool?
        public var refusesUnknownIDs: Bool?
        public var sendsToken: Bool?
        /// Where the app stands, per conversation.
        public var positions: [(conversation: String?, lastMessageID: String)] = []
        public var jsonItemsPointer: String?
        public var jsonIDPointer: String?
        public var jsonConversationPointer: String?
        public var jsonSenderPointer: String?
        public var jsonTimePointer: String?
        public var jsonBodyPointer: String?
        public var jsonNextCursorPointer: String?
        public var jsonPreviousCursorPointer: String?
        public var jsonCompletePointer: String?
        public var jsonConversationsItemsPointer: String?
        public var jsonConversationsIDPointer: String?
        public var jsonConversationsTimePointer: String?
        public var jsonConversationsNextCursorPointer: String?
        public var jsonConversationsCompletePointer: String?
        public var timeout: TimeSpan?
        public var pageBytes: Int?
    }
}
