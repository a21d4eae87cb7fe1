// Wrong calls: each is refused at the call, with the field and the rule, and nothing has changed.
// Must not need a server.
#include <string>

#include "tests/capi/host.hpp"

using namespace graceline::tests;

namespace {

struct BadOption {
    const char* name;
    std::function<void(graceline_options&)> spoil;
    const char* text;  ///< A part of the detail text.
};

const std::vector<BadOption>& bad_options() {
    static const graceline_header bad_name{"bad name", "x"};
    static const graceline_header injected{"X-A", "a\r\nX-B: b"};
    static const graceline_header host{"Host", "elsewhere"};
    static const graceline_disposition_row both{4000, 500, 0};
    static const char* const twice[] = {"chat", "chat"};
    static const char* const spaced[] = {"two words"};
    static const char* const no_pin[] = {"sha256/short"};
    static const char* const not_utf8[] = {"\xff"};
    static const std::vector<BadOption> table = {
        {"no url", [](auto& o) { o.url = nullptr; }, "url: is required"},
        {"empty url", [](auto& o) { o.url = ""; }, "url: is required"},
        {"http url", [](auto& o) { o.url = "http://localhost/"; }, "url: the scheme"},
        {"no host", [](auto& o) { o.url = "ws:///x"; }, "url: the host must not be empty"},
        {"port 0", [](auto& o) { o.url = "ws://localhost:0/"; }, "url: the port"},
        {"port text", [](auto& o) { o.url = "ws://localhost:80a/"; }, "url: the port"},
        {"port 65536", [](auto& o) { o.url = "ws://localhost:65536/"; }, "url: the port"},
        {"credentials", [](auto& o) { o.url = "ws://u:p@localhost/"; }, "url: credentials"},
        {"fragment", [](auto& o) { o.url = "ws://localhost/#a"; }, "url: a fragment"},
        {"space in url", [](auto& o) { o.url = "ws://localhost/a b"; }, "url: spaces"},
        {"newline in url", [](auto& o) { o.url = "ws://localhost/a\r\nX: y"; }, "url: spaces"},
        {"open bracket", [](auto& o) { o.url = "ws://[::1/"; }, "url: an IPv6 address"},
        {"ws beyond loopback", [](auto& o) { o.url = "ws://example.org/"; },
         "url: ws:// is for loopback only"},
        {"loopback look-alike", [](auto& o) { o.url = "ws://127.0.0.1.example.org/"; },
         "url: ws:// is for loopback only"},
        {"auto flag 2", [](auto& o) { o.auto_establish_socket_connection = 2; },
         "auto_establish_socket_connection: must be from 0 to 1"},
        {"transport 9", [](auto& o) { o.transport = 9; }, "transport: must be from"},
        {"session 9", [](auto& o) { o.session = 9; }, "session: must be from"},
        {"initial state terminate",
         [](auto& o) { o.initial_application_state = GRACELINE_APPLICATION_STATE_WILL_TERMINATE; },
         "initial_application_state: must be from"},
        {"grace -2", [](auto& o) { o.grace_ms = -2; }, "grace_ms: must be from 0 to 86400000"},
        {"grace above a day", [](auto& o) { o.grace_ms = 86'400'001; }, "grace_ms: must be"},
        {"trust time 0", [](auto& o) { o.trust_time_ms = 0; }, "trust_time_ms: must be"},
        {"resolve time-out 0", [](auto& o) { o.resolve_timeout_ms = 0; }, "resolve_timeout_ms"},
        {"connect time-out -1", [](auto& o) { o.connect_timeout_ms = -1; }, "connect_timeout_ms"},
        {"session time-out huge", [](auto& o) { o.session_timeout_ms = INT64_MAX; },
         "session_timeout_ms"},
        {"close time-out huge", [](auto& o) { o.close_timeout_ms = 10'001; }, "close_timeout_ms"},
        {"ping interval 1 ms", [](auto& o) { o.ping_interval_ms = 1; }, "ping_interval_ms"},
        {"pong time-out 0", [](auto& o) { o.pong_timeout_ms = 0; }, "pong_timeout_ms"},
        {"probe time-out huge", [](auto& o) { o.probe_timeout_ms = 10'001; }, "probe_timeout_ms"},
        {"backoff 0", [](auto& o) { o.backoff_initial_ms = 0; }, "backoff_initial_ms"},
        {"backoff max below initial", [](auto& o) { o.backoff_max_ms = 499; }, "backoff_max_ms"},
        {"retry total 0", [](auto& o) { o.retry_total_ms = 0; }, "retry_total_ms"},
        {"retry attempts -1", [](auto& o) { o.retry_attempts = -1; }, "retry_attempts"},
        {"dispositions missing", [](auto& o) { o.dispositions_count = 1; },
         "dispositions: must not be NULL"},
        {"disposition with two codes",
         [](auto& o) {
             o.dispositions = &both;
             o.dispositions_count = 1;
         },
         "dispositions[0]: exactly one"},
        {"message limit 0", [](auto& o) { o.max_message_bytes = 0; }, "max_message_bytes"},
        {"queue limit 1", [](auto& o) { o.receive_queue_bytes = 1; }, "receive_queue_bytes"},
        {"outbox bytes 0", [](auto& o) { o.outbox_bytes = 0; }, "outbox_bytes"},
        {"outbox count 0", [](auto& o) { o.outbox_messages = 0; }, "outbox_messages"},
        {"fragments 0", [](auto& o) { o.max_fragments = 0; }, "max_fragments"},
        {"headers missing", [](auto& o) { o.headers_count = 2; }, "headers: must not be NULL"},
        {"headers count", [](auto& o) { o.headers_count = 65; }, "headers_count: must be from"},
        {"header name",
         [](auto& o) {
             o.headers = &bad_name;
             o.headers_count = 1;
         },
         "headers[0]"},
        {"header injection",
         [](auto& o) {
             o.headers = &injected;
             o.headers_count = 1;
         },
         "headers[0]"},
        {"header override",
         [](auto& o) {
             o.headers = &host;
             o.headers_count = 1;
         },
         "headers[0]"},
        {"subprotocol twice",
         [](auto& o) {
             o.subprotocols = twice;
             o.subprotocols_count = 2;
         },
         "subprotocols[1]: must not be offered twice"},
        {"subprotocol with a space",
         [](auto& o) {
             o.subprotocols = spaced;
             o.subprotocols_count = 1;
         },
         "subprotocols[0]"},
        {"connect frame not UTF-8",
         [](auto& o) {
             o.connect_frames = not_utf8;
             o.connect_frames_count = 1;
         },
         "connect_frames"},
        {"token with a line end", [](auto& o) { o.token = "a\r\nb"; }, "token: must be visible"},
        {"token placement 7", [](auto& o) { o.token_placement = 7; }, "token_placement"},
        {"pin too short",
         [](auto& o) {
             o.tls_pins = no_pin;
             o.tls_pins_count = 1;
         },
         "tls_pins[0]: must be \"sha256/\""},
        {"certificate without key", [](auto& o) { o.tls_client_certificate_pem = "x"; },
         "tls_client_certificate_pem: must come together"},
        {"CA that is no PEM",
         [](auto& o) {
             o.url = "wss://localhost/";
             o.tls_ca_pem = "not a certificate";
         },
         "tls_ca_pem: the CA bundle holds no certificate"},
        {"client certificate that is no PEM",
         [](auto& o) {
             o.url = "wss://localhost/";
             o.tls_client_certificate_pem = "not a certificate";
             o.tls_client_key_pem = "not a key";
         },
         "tls_client_certificate_pem: the client certificate is not"},
        {"proxy scheme", [](auto& o) { o.proxy_url = "socks5://localhost:1"; }, "proxy_url"},
        {"proxy without port", [](auto& o) { o.proxy_url = "http://localhost"; }, "proxy_url"},
        {"proxy user alone", [](auto& o) { o.proxy_user = "u"; }, "proxy_user: needs proxy_url"},
        {"JSON pointer", [](auto& o) { o.json_id_pointer = "id"; }, "json_id_pointer"},
        {"end hook alone", [](auto& o) { o.end_background_time = [](void*, uint64_t) {}; },
         "begin and end hooks"},
        {"64 headers and a token in one more",
         [](auto& o) {
             static const std::vector<graceline_header> headers(64, {"X-Own", "1"});
             o.headers = headers.data();
             o.headers_count = 64;
             o.token = "t";
         },
         "token: with it in the request, there must be at most 64 headers"},
        {"64 headers and a token that the host will provide",
         [](auto& o) {
             static const std::vector<graceline_header> headers(64, {"X-Own", "1"});
             o.headers = headers.data();
             o.headers_count = 64;
             o.host_provides_token = 1;
         },
         "token: with it in the request"},
        {"token that is a subprotocol already",
         [](auto& o) {
             static const char* const names[] = {"chat"};
             o.subprotocols = names;
             o.subprotocols_count = 1;
             o.token = "chat";
             o.token_placement = GRACELINE_TOKEN_PLACEMENT_SUBPROTOCOL;
         },
         "token: with it in the request, a subprotocol must not be given twice"},
        {"token and its name too long for a query together",
         [](auto& o) {
             static const std::string name(9'000, 'n');
             static const std::string token(8'000, '%');
             o.token_name = name.c_str();
             o.token = token.c_str();
             o.token_placement = GRACELINE_TOKEN_PLACEMENT_QUERY;
         },
         "token: with it in the request, the target must not exceed"},
        {"log level 9", [](auto& o) { o.log_level = 9; }, "log_level"},
        {"struct_size 0", [](auto& o) { o.struct_size = 0; }, "options.struct_size"},
        {"struct_size of tomorrow", [](auto& o) { o.struct_size += 8; }, "options.struct_size"},
    };
    return table;
}

graceline_options good_options() {
    auto options = default_options();
    options.url = "ws://127.0.0.1:9/";
    return options;
}

}  // namespace

TEST_CASE("create: each bad option -> INVALID_ARGUMENT that names field and rule", "[capi]") {
    for (const auto& bad : bad_options()) {
        auto options = good_options();
        bad.spoil(options);
        graceline_client* client = reinterpret_cast<graceline_client*>(1);
        INFO(bad.name);
        CHECK(graceline_client_create(&options, &client) == GRACELINE_E_INVALID_ARGUMENT);
        CHECK(client == nullptr);
        const std::string text = graceline_last_error_text();
        INFO(text);
        CHECK(text.find(bad.text) != std::string::npos);
    }
}

TEST_CASE("create: bad option with a secret -> the secret is not in the text", "[capi]") {
    auto options = good_options();
    options.token = "SECRET-CANARY\n";
    graceline_client* client = nullptr;
    CHECK(graceline_client_create(&options, &client) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(std::string(graceline_last_error_text()).find("CANARY") == std::string::npos);
    options = good_options();
    options.url = "ws://localhost/?token=SECRET CANARY";
    CHECK(graceline_client_create(&options, &client) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(std::string(graceline_last_error_text()).find("CANARY") == std::string::npos);
}

TEST_CASE("create: fails -> the free functions of the hooks are not called", "[capi]") {
    auto options = good_options();
    int frees = 0;
    options.grace_ms = -5;
    options.log = [](void*, graceline_log_level, const char*) {};
    options.log_user_data = &frees;
    options.log_free = [](void* data) { ++*static_cast<int*>(data); };
    graceline_client* client = nullptr;
    CHECK(graceline_client_create(&options, &client) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(frees == 0);
}

TEST_CASE("create: options of an older, shorter header -> defaults for the rest", "[capi]") {
    auto options = good_options();
    const auto old_size = static_cast<std::uint32_t>(offsetof(graceline_options, token));
    graceline_options shorter;
    std::memset(static_cast<void*>(&shorter), 0xFF, sizeof shorter);
    REQUIRE(graceline_options_init(&shorter, old_size) == GRACELINE_OK);
    CHECK(shorter.struct_size == old_size);
    shorter.url = options.url;
    graceline_client* client = nullptr;
    INFO(graceline_last_error_text());
    CHECK(graceline_client_create(&shorter, &client) == GRACELINE_OK);
    graceline_client_release(client);
}

TEST_CASE("calls: NULL handle -> an error or the safe side, never a crash", "[capi]") {
    CHECK(graceline_client_start(nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_connect(nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_disconnect(nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_ping(nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_background_time_expiring(nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_configure_services(
              nullptr, GRACELINE_APPLICATION_STATE_DID_BACKGROUND) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_network_changed(nullptr, GRACELINE_NETWORK_OFF) ==
          GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_mark_refreshed(nullptr, 0) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_send(nullptr, nullptr, nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_connection_info(nullptr, nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_statistics(nullptr, nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    graceline_batch* batch = nullptr;
    CHECK(graceline_client_poll(nullptr, 0, 0, &batch) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_set_wake_hook(nullptr, nullptr, nullptr, nullptr) ==
          GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_wake_descriptor(nullptr) == -1);
    CHECK(graceline_client_connection_status(nullptr) == GRACELINE_CONNECTION_STATUS_DISCONNECTED);
    CHECK(graceline_client_background_task_enabled(nullptr) == 0);
    CHECK(graceline_client_background_time_remaining_ms(nullptr) == 0);
    CHECK(graceline_client_needs_refresh(nullptr) == 1);
    graceline_client_close(nullptr);
    graceline_client_release(nullptr);
    graceline_batch_release(nullptr);
    CHECK(graceline_batch_count(nullptr) == 0);
    CHECK(graceline_batch_events(nullptr) == nullptr);
    CHECK(graceline_options_init(nullptr, 8) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_create(nullptr, nullptr) == GRACELINE_E_INVALID_ARGUMENT);
}

TEST_CASE("calls: bad arguments on a live client -> refused, nothing changed", "[capi]") {
    auto options = good_options();
    options.auto_establish_socket_connection = 0;
    Host host(options);
    host.start();
    CHECK(graceline_client_configure_services(host, static_cast<graceline_application_state>(6)) ==
          GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_mark_refreshed(host, 12345) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_refresh_begin(host, nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    graceline_connection_info info{};
    CHECK(graceline_client_connection_info(host, &info) == GRACELINE_E_INVALID_ARGUMENT);
    graceline_batch* batch = nullptr;
    CHECK(graceline_client_poll(host, -2, 0, &batch) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_poll(host, 0, 0, nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(host.send("hello") == GRACELINE_E_NOT_CONNECTED);
    CHECK(std::string(graceline_last_error_text()).find("connect() wants one") !=
          std::string::npos);
    CHECK(host.send("\xff\xfe") == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(host.send(std::string(2 * 1024 * 1024, 'a')) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(graceline_client_ping(host) == GRACELINE_E_NOT_CONNECTED);
    graceline_outgoing message{};
    CHECK(graceline_client_send(host, &message, nullptr) == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(host.status() == GRACELINE_CONNECTION_STATUS_DISCONNECTED);
    CHECK(host.info().application_state == GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE);
}

TEST_CASE("calls: after close -> CLOSED, the safe side, and the last event is CLOSED", "[capi]") {
    Host host(good_options());
    host.start();
    graceline_client_close(host);
    graceline_client_close(host);
    CHECK(graceline_client_start(host) == GRACELINE_E_CLOSED);
    CHECK(graceline_client_connect(host) == GRACELINE_E_CLOSED);
    CHECK(graceline_client_disconnect(host) == GRACELINE_E_CLOSED);
    CHECK(graceline_client_ping(host) == GRACELINE_E_CLOSED);
    CHECK(graceline_client_configure_services(host, GRACELINE_APPLICATION_STATE_DID_BACKGROUND) ==
          GRACELINE_E_CLOSED);
    CHECK(host.send("late") == GRACELINE_E_CLOSED);
    std::uint64_t mark = 0;
    CHECK(graceline_client_refresh_begin(host, &mark) == GRACELINE_E_CLOSED);
    CHECK(host.status() == GRACELINE_CONNECTION_STATUS_DISCONNECTED);
    CHECK_FALSE(host.enabled());
    CHECK(host.needs_refresh());
    CHECK(host.remaining_ms() == 0);
    REQUIRE(host.wait_type(GRACELINE_EVENT_CLOSED));
    CHECK(host.seen.back().type == GRACELINE_EVENT_CLOSED);
    host.take(0);
    CHECK(host.last_poll == GRACELINE_E_CLOSED);
}

TEST_CASE("names: every number -> a name, unknown ones say so", "[capi]") {
    CHECK(std::string(graceline_status_name(GRACELINE_E_FULL)) == "GRACELINE_E_FULL");
    CHECK(std::string(graceline_reason_name(GRACELINE_REASON_PONG_TIMEOUT)) == "pong_timeout");
    CHECK(std::string(graceline_reason_name(static_cast<graceline_reason>(63))) == "unknown");
    CHECK(std::string(graceline_phase_name(GRACELINE_PHASE_CLOSING)) == "closing");
    CHECK(std::string(graceline_connection_status_name(
              GRACELINE_CONNECTION_STATUS_FEATURE_THROTTLED)) == "feature_throttled");
    CHECK(graceline_abi_version() == GRACELINE_ABI_VERSION);
    CHECK(std::string(graceline_version_text()) == GRACELINE_VERSION_TEXT);
}
