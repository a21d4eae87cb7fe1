// The set-up of the shared client in the words of the base behaviour.
// Must not hold options of its own: it is a Configuration with a builder.

/// Settings of the shared client: `AppSettings.Builder(url:).autoEstablishSocketConnection(false)
/// .build()`, or directly from a `Configuration`.
public struct AppSettings: Sendable {
    public var configuration: Configuration

    public init(_ configuration: Configuration) { self.configuration = configuration }

    public struct Builder: Sendable {
        private var configuration: Configuration

        public init(url: String) { configuration = Configuration(url: url) }

        /// true (the default): connected by itself. false: `connect()` and `disconnect()` decide.
        public func autoEstablishSocketConnection(_ isAutomatic: Bool) -> Builder {
            with { $0.autoEstablishSocketConnection = isAutomatic }
        }

        public func set(token: String) -> Builder { with { $0.token = token } }
        public func set(grace: TimeSpan) -> Builder { with { $0.grace = grace } }
        public func set(history: Configuration.History) -> Builder { with { $0.history = history } }

        /// Anything else.
        public func with(_ change: (inout Configuration) -> Void) -> Builder {
            var copy = self
            change(&copy.configuration)
            return copy
        }

        public func build() -> AppSettings { AppSettings(configuration) }
    }
}
