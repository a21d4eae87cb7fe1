// Every option of a Configuration: a good value, how C sees it, and a bad one with its rule.
// Must leave no option out: OptionTests compares the names with the Configuration's own.
import CGraceline

@testable import Graceline

/// One option, by the name that a refusal must begin with.
struct OptionRow {
    let name: String
    let good: (inout Configuration) -> Void
    let arrives: (GracelineOptions) -> Bool
    let rule: String
    /// nil: no value breaks a rule, as with a flag.
    let bad: ((inout Configuration) -> Void)?

    init(
        _ name: String, good: @escaping (inout Configuration) -> Void,
        arrives: @escaping (GracelineOptions) -> Bool, rule: String = "",
        bad: ((inout Configuration) -> Void)? = nil
    ) {
        self.name = name
        self.good = good
        self.arrives = arrives
        self.rule = rule
        self.bad = bad
    }
}

private typealias Options = GracelineOptions
private typealias Span = WritableKeyPath<Configuration, TimeSpan?>
private typealias Text = WritableKeyPath<Configuration, String?>

private func same(_ text: UnsafePointer<CChar>?, _ wanted: String) -> Bool {
    text.map { String(cString: $0) } == wanted
}

private func span(
    _ name: String, _ path: Span, _ field: KeyPath<Options, Int64>, _ rule: String,
    good: Int64 = 1500, bad: Int64 = -7
) -> OptionRow {
    OptionRow(
        name, good: { $0[keyPath: path] = .milliseconds(good) },
        arrives: { $0[keyPath: field] == good }, rule: rule,
        bad: { $0[keyPath: path] = .milliseconds(bad) })
}

private func size(
    _ name: String, _ path: WritableKeyPath<Configuration, Int?>, _ field: KeyPath<Options, Int64>,
    _ rule: String
) -> OptionRow {
    OptionRow(
        name, good: { $0[keyPath: path] = 70_000 }, arrives: { $0[keyPath: field] == 70_000 },
        rule: rule, bad: { $0[keyPath: path] = 0 })
}

private func count(
    _ name: String, _ path: WritableKeyPath<Configuration, Int?>, _ field: KeyPath<Options, Int32>,
    _ rule: String
) -> OptionRow {
    // Larger than C's field: it must not come out as a small number.
    OptionRow(
        name, good: { $0[keyPath: path] = 7 }, arrives: { $0[keyPath: field] == 7 }, rule: rule,
        bad: { $0[keyPath: path] = 1 << 32 + 5 })
}

private func flag(
    _ name: String, _ path: WritableKeyPath<Configuration, Bool?>, _ field: KeyPath<Options, Int32>,
    good: Bool = true
) -> OptionRow {
    OptionRow(
        name, good: { $0[keyPath: path] = good }, arrives: { $0[keyPath: field] == (good ? 1 : 0) })
}

private func text(
    _ name: String, _ path: Text, _ field: KeyPath<Options, UnsafePointer<CChar>?>,
    good: String = "/x", rule: String = "must not hold NUL", bad: String = "/a\0b"
) -> OptionRow {
    OptionRow(
        name, good: { $0[keyPath: path] = good }, arrives: { same($0[keyPath: field], good) },
        rule: rule, bad: { $0[keyPath: path] = bad })
}

private let pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

extension OptionRow {
    static var connection: [OptionRow] {
        [
            OptionRow(
                "url", good: { $0.url = "ws://[::1]:9/" },
                arrives: { same($0.url, "ws://[::1]:9/") },
                rule: "ws:// is for loopback only; use wss://, or set allowInsecureBeyondLoopback",
                bad: { $0.url = "ws://example.org/" }),
            OptionRow(
                "url", good: { $0.url = "ws://127.0.0.1:9/" }, arrives: { $0.url != nil },
                rule: "must not hold NUL", bad: { $0.url = "ws://127.0.0.1/\0x" }),
            OptionRow(
                "autoEstablishSocketConnection", good: { $0.autoEstablishSocketConnection = false },
                arrives: { $0.auto_establish_socket_connection == 0 }),
            flag(
                "allowInsecureBeyondLoopback", \.allowInsecureBeyondLoopback,
                \.allow_insecure_ws_beyond_loopback),
            OptionRow(
                "transport", good: { $0.transport = .default }, arrives: { $0.transport == 0 },
                rule: "must be from 0", bad: { $0.transport = .unknown(9) }),
            OptionRow(
                "initialApplicationState", good: { $0.initialApplicationState = .didBackground },
                arrives: {
                    $0.initial_application_state == ApplicationState.didBackground.rawValue
                },
                rule: "must be from", bad: { $0.initialApplicationState = .willTerminate }),
            span(
                "grace", \.grace, \.grace_ms, "must be from 0 to 86400000 ms, or .unlimited"),
            span("trustTime", \.trustTime, \.trust_time_ms, "must be from 100 to 600000 ms"),
            text(
                "token", \.token, \.token, good: "secret", rule: "must not hold NUL",
                bad: "se\0cret"),
            text("token", \.token, \.token, good: "secret", rule: "visible ASCII", bad: "a\nb"),
            OptionRow(
                "token", good: { $0.token = "a" }, arrives: { same($0.token, "a") },
                rule: "must be nil together with tokenProvider",
                bad: {
                    $0.token = "a"
                    $0.tokenProvider = { "b" }
                }),
            OptionRow(
                "tokenPlacement", good: { $0.tokenPlacement = .query },
                arrives: { $0.token_placement == TokenPlacement.query.rawValue },
                rule: "must be from",
                bad: { $0.tokenPlacement = .unknown(9) }),
            text("tokenName", \.tokenName, \.token_name, good: "t"),
            OptionRow(
                "tokenProvider", good: { $0.tokenProvider = { "t" } },
                arrives: { $0.host_provides_token == 1 }),
            OptionRow(
                "hostProvidesToken", good: { $0.hostProvidesToken = true },
                arrives: { $0.host_provides_token == 1 }),
            span(
                "tokenTimeout", \.tokenTimeout, \.token_timeout_ms,
                "must be from 100 to 600000 ms"),
        ]
    }

    static var upgrade: [OptionRow] {
        [
            OptionRow(
                "headers[1]", good: { $0.headers = [("A", "b"), ("C", "d")] },
                arrives: { $0.headers_count == 2 && same($0.headers[1].value, "d") }, rule: "Host",
                bad: { $0.headers = [("A", "b"), ("Host", "evil")] }),
            OptionRow(
                "headers[0]", good: { $0.headers = [("A", "b")] },
                arrives: { $0.headers_count == 1 },
                rule: "must not hold NUL", bad: { $0.headers = [("A", "b\0c")] }),
            OptionRow(
                "subprotocols[1]", good: { $0.subprotocols = ["a", "b"] },
                arrives: { $0.subprotocols_count == 2 && same($0.subprotocols[1], "b") },
                rule: "must not be offered twice", bad: { $0.subprotocols = ["a", "a"] }),
            OptionRow(
                "connectFrames[1]", good: { $0.connectFrames = ["a", "b"] },
                arrives: { $0.connect_frames_count == 2 && same($0.connect_frames[1], "b") },
                rule: "must not hold NUL", bad: { $0.connectFrames = ["a", "b\0"] }),
            OptionRow(
                "connectFrames", good: { $0.connectFrames = ["a"] },
                arrives: { $0.connect_frames_count == 1 }, rule: "must be from 0 to 64",
                bad: { $0.connectFrames = Array(repeating: "x", count: 65) }),
            flag("permessageDeflate", \.permessageDeflate, \.permessage_deflate),
            flag(
                "deflateNoContextTakeover", \.deflateNoContextTakeover,
                \.deflate_no_context_takeover),
        ]
    }

    static var timesAndLimits: [OptionRow] {
        [
            span("resolveTimeout", \.resolveTimeout, \.resolve_timeout_ms, "from 100 to 60000 ms"),
            span("connectTimeout", \.connectTimeout, \.connect_timeout_ms, "from 100 to 120000 ms"),
            span("sessionTimeout", \.sessionTimeout, \.session_timeout_ms, "from 100 to 120000 ms"),
            span("closeTimeout", \.closeTimeout, \.close_timeout_ms, "from 0 to 10000 ms"),
            span("pingInterval", \.pingInterval, \.ping_interval_ms, "or .unlimited"),
            span("pongTimeout", \.pongTimeout, \.pong_timeout_ms, "from 100 to 120000 ms"),
            span("probeTimeout", \.probeTimeout, \.probe_timeout_ms, "from 100 to 10000 ms"),
            span("backoffInitial", \.backoffInitial, \.backoff_initial_ms, "from 10 to 3600000 ms"),
            span("backoffMax", \.backoffMax, \.backoff_max_ms, "from 500 to 3600000 ms"),
            span("retryTotal", \.retryTotal, \.retry_total_ms, "or .unlimited", bad: 0),
            count("retryAttempts", \.retryAttempts, \.retry_attempts, "from 0 to 1000000"),
            OptionRow(
                "dispositions[0]",
                good: { $0.dispositions = [.init(closeCode: 4000, disposition: .terminal)] },
                arrives: {
                    $0.dispositions_count == 1 && $0.dispositions[0].close_code == 4000
                        && $0.dispositions[0].disposition == Disposition.terminal.rawValue
                }, rule: "exactly one of closeCode and httpStatus must not be 0",
                bad: { $0.dispositions = [.init(disposition: .retry)] }),
            size("maxMessageBytes", \.maxMessageBytes, \.max_message_bytes, "from 125 to"),
            size("receiveQueueBytes", \.receiveQueueBytes, \.receive_queue_bytes, "from 65536 to"),
            size("outboxBytes", \.outboxBytes, \.outbox_bytes, "from 1024 to"),
            count("outboxMessages", \.outboxMessages, \.outbox_messages, "from 1 to 1000000"),
            count("maxFragments", \.maxFragments, \.max_fragments, "from 1 to 1000000"),
        ]
    }

    static var security: [OptionRow] {
        [
            text(
                "tlsCertificateAuthorities", \.tlsCertificateAuthorities, \.tls_ca_pem,
                good: "PEM"),
            OptionRow(
                "tlsCertificateAuthorities", good: { $0.tlsCertificateAuthorities = "PEM" },
                arrives: { same($0.tls_ca_pem, "PEM") }, rule: "holds no certificate",
                bad: {
                    $0.url = "wss://127.0.0.1/"
                    $0.tlsCertificateAuthorities = "none"
                }),
            OptionRow(
                "tlsClientCertificate",
                good: {
                    $0.tlsClientCertificate = "PEM"
                    $0.tlsClientKey = "KEY"
                }, arrives: { same($0.tls_client_certificate_pem, "PEM") },
                rule: "must come together with tlsClientKey",
                bad: { $0.tlsClientCertificate = "PEM" }),
            OptionRow(
                "tlsClientKey",
                good: {
                    $0.tlsClientCertificate = "PEM"
                    $0.tlsClientKey = "KEY"
                }, arrives: { same($0.tls_client_key_pem, "KEY") }, rule: "must not hold NUL",
                bad: { $0.tlsClientKey = "K\0" }),
            text("tlsServerName", \.tlsServerName, \.tls_server_name, good: "example.org"),
            OptionRow(
                "tlsPins[1]", good: { $0.tlsPins = [pin, pin] },
                arrives: { $0.tls_pins_count == 2 && same($0.tls_pins[1], pin) }, rule: "base64",
                bad: { $0.tlsPins = [pin, "md5/x"] }),
            OptionRow(
                "tlsPins", good: { $0.tlsPins = [pin] }, arrives: { $0.tls_pins_count == 1 },
                rule: "which tlsInsecureSkipVerification turns off",
                bad: {
                    $0.tlsPins = [pin]
                    $0.tlsInsecureSkipVerification = true
                }),
            flag("tlsUseSystemStore", \.tlsUseSystemStore, \.tls_use_system_store, good: false),
            flag("tlsResumeSessions", \.tlsResumeSessions, \.tls_resume_sessions, good: false),
            flag(
                "tlsInsecureSkipVerification", \.tlsInsecureSkipVerification,
                \.tls_insecure_skip_verification),
            text(
                "proxyURL", \.proxyURL, \.proxy_url, good: "http://127.0.0.1:3128",
                rule: "http://host:port", bad: "socks://x"),
            OptionRow(
                "proxyUser",
                good: {
                    $0.proxyURL = "http://127.0.0.1:3128"
                    $0.proxyUser = "me"
                }, arrives: { same($0.proxy_user, "me") }, rule: "needs proxyURL",
                bad: { $0.proxyUser = "me" }),
            OptionRow(
                "proxyPassword",
                good: {
                    $0.proxyURL = "http://127.0.0.1:3128"
                    $0.proxyPassword = "word"
                }, arrives: { same($0.proxy_password, "word") }, rule: "control characters",
                bad: {
                    $0.proxyURL = "http://127.0.0.1:3128"
                    $0.proxyPassword = "a\nb"
                }),
        ]
    }

    static var messages: [OptionRow] {
        [
            text("jsonIDPointer", \.jsonIDPointer, \.json_id_pointer, rule: "'/'", bad: "id"),
            text("jsonIDPointer", \.jsonIDPointer, \.json_id_pointer),
            text(
                "jsonConversationPointer", \.jsonConversationPointer, \.json_conversation_pointer,
                rule: "'/'", bad: "id"),
            text(
                "jsonSenderPointer", \.jsonSenderPointer, \.json_sender_pointer, rule: "'/'",
                bad: "id"),
            text("jsonTimePointer", \.jsonTimePointer, \.json_time_pointer, rule: "'/'", bad: "id"),
            text("jsonAckPointer", \.jsonAckPointer, \.json_ack_pointer, rule: "'/'", bad: "id"),
            text(
                "jsonOutgoingIDMember", \.jsonOutgoingIDMember, \.json_outgoing_id_member,
                good: "id",
                rule: "must be 1 to", bad: ""),
            text(
                "lastMessageID", \.lastMessageID, \.last_message_id, good: "m1",
                rule: "must be 1 to 1024 bytes", bad: String(repeating: "x", count: 1025)),
            flag(
                "initialRefreshRequired", \.initialRefreshRequired, \.initial_refresh_required),
            flag("refreshByFetch", \.refreshByFetch, \.refresh_by_fetch, good: false),
            OptionRow(
                "logLevel", good: { $0.logLevel = .debug },
                arrives: { $0.log_level == LogLevel.debug.rawValue }, rule: "must be from",
                bad: { $0.logLevel = .unknown(9) }),
            OptionRow(
                "log", good: { $0.log = { _, _ in } }, arrives: { $0.log == nil }),
            OptionRow(
                "backgroundTime",
                good: { $0.backgroundTime = .init(begin: { nil }, end: { _ in }) },
                arrives: { $0.begin_background_time == nil }),
        ]
    }
}
