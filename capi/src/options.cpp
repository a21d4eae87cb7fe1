// Validation of graceline_options: each field against its rule, before anything exists.
// Must name the field and the rule, and never repeat a secret.
#include "capi/src/options.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>

#include "capi/src/checks.hpp"
#include "capi/src/guard.hpp"
#include "core/client/url.hpp"
#include "core/driver/asio_transport.hpp"
#include "core/driver/platform/platform.hpp"
#include "core/session/json_pointer.hpp"
#include "core/session/outgoing_id.hpp"
#include "core/session/plain.hpp"
#include "core/websocket/handshake.hpp"
#include "core/websocket/utf8.hpp"

namespace graceline::capi {

namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int32_t kMaxSubprotocols = 16;
constexpr int32_t kMaxConnectFrames = static_cast<int32_t>(session::kMaxFramesAfterConnect);
constexpr std::size_t kMaxConnectFramesBytes = 64 * 1024;
constexpr int32_t kMaxDispositions = 64;
constexpr int32_t kMaxPins = 16;

driver::PublicKeyPin parse_pin(const std::string& field, const char* text) {
    constexpr std::size_t kEncoded = 44;  // base64 of 32 bytes
    const std::string pin = text_or_empty(text);
    std::array<std::uint8_t, 33> decoded{};
    const bool shaped = pin.starts_with("sha256/") && pin.size() == 7 + kEncoded &&
                        pin.back() == '=' && pin[pin.size() - 2] != '=';
    const auto* encoded = reinterpret_cast<const unsigned char*>(pin.data() + (shaped ? 7 : 0));
    if (!shaped || EVP_DecodeBlock(decoded.data(), encoded, static_cast<int>(kEncoded)) !=
                       static_cast<int>(decoded.size())) {
        invalid(field, "must be \"sha256/\" and the base64 of 32 bytes");
    }
    driver::PublicKeyPin result{};
    std::copy_n(decoded.begin(), result.size(), result.begin());
    return result;
}

void read_engine(const graceline_options& o, engine::Options& e) {
    e.auto_establish_socket_connection =
        flag("auto_establish_socket_connection", o.auto_establish_socket_connection);
    e.initial_application_state = static_cast<engine::ApplicationState>(
        in_range("initial_application_state", o.initial_application_state,
                 GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE,
                 GRACELINE_APPLICATION_STATE_WILL_ENTER_FOREGROUND));
    e.grace = duration_or_unlimited("grace_ms", o.grace_ms, 0, kDayMs);
    e.trust_time = duration("trust_time_ms", o.trust_time_ms, 100, 600'000);
    e.resolve_timeout = duration("resolve_timeout_ms", o.resolve_timeout_ms, 100, 60'000);
    e.connect_timeout = duration("connect_timeout_ms", o.connect_timeout_ms, 100, 120'000);
    e.session_timeout = duration("session_timeout_ms", o.session_timeout_ms, 100, 120'000);
    e.close_timeout = duration("close_timeout_ms", o.close_timeout_ms, 0, 10'000);
    e.ping_interval =
        duration_or_unlimited("ping_interval_ms", o.ping_interval_ms, 1'000, 3'600'000);
    e.pong_timeout = duration("pong_timeout_ms", o.pong_timeout_ms, 100, 120'000);
    e.probe_timeout = duration("probe_timeout_ms", o.probe_timeout_ms, 100, 10'000);
    e.backoff.initial = duration("backoff_initial_ms", o.backoff_initial_ms, 10, 3'600'000);
    e.backoff.maximum =
        duration("backoff_max_ms", o.backoff_max_ms, o.backoff_initial_ms, 3'600'000);
    e.backoff.total = duration_or_unlimited("retry_total_ms", o.retry_total_ms, 1, 7 * kDayMs);
    if (in_range("retry_attempts", o.retry_attempts, 0, 1'000'000) != 0) {
        e.backoff.attempts = static_cast<std::uint32_t>(o.retry_attempts);
    }
    e.initial_refresh_required = flag("initial_refresh_required", o.initial_refresh_required);
    driver::platform::fill_random({reinterpret_cast<std::uint8_t*>(&e.seed), sizeof e.seed});
    std::size_t index = 0;
    for (const auto& row :
         array("dispositions", o.dispositions, o.dispositions_count, kMaxDispositions)) {
        const auto field = element("dispositions", index++);
        if ((row.close_code != 0) == (row.http_status != 0)) {
            invalid(field, "exactly one of close_code and http_status must not be 0");
        }
        if (row.close_code != 0) in_range(field.c_str(), row.close_code, 1000, 4999);
        if (row.http_status != 0) in_range(field.c_str(), row.http_status, 300, 599);
        in_range((field + ".disposition").c_str(), row.disposition, GRACELINE_DISPOSITION_RETRY,
                 GRACELINE_DISPOSITION_TERMINAL);
        e.dispositions.push_back(
            {row.close_code, row.http_status, static_cast<engine::Disposition>(row.disposition)});
    }
}

void read_url(const graceline_options& o, driver::TransportSettings& t) {
    if (!o.url || !*o.url) invalid("url", "is required");
    client::Url url;
    if (const auto error = client::parse_websocket_url(o.url, url); !error.empty()) {
        invalid("url", error);
    }
    const bool anywhere =
        flag("allow_insecure_ws_beyond_loopback", o.allow_insecure_ws_beyond_loopback);
    if (!url.secure && !anywhere && !client::is_loopback(url.host)) {
        invalid("url",
                "ws:// is for loopback only; use wss://, or set "
                "allow_insecure_ws_beyond_loopback");
    }
    t.secure = url.secure;
    t.host = url.host;
    t.port = url.port;
    t.host_header = url.host_header;
    t.target = url.target;
}

void read_upgrade(const graceline_options& o, driver::TransportSettings& t) {
    read_headers("headers", o.headers, o.headers_count, t.headers);
    std::size_t index = 0;
    for (const auto* text :
         array("subprotocols", o.subprotocols, o.subprotocols_count, kMaxSubprotocols)) {
        const auto field = element("subprotocols", index++);
        const auto name = text_or_empty(text);
        if (const auto error = websocket::subprotocol_error(name)) invalid(field, *error);
        if (std::ranges::find(t.subprotocols, name) != t.subprotocols.end()) {
            invalid(field, "must not be offered twice");
        }
        t.subprotocols.push_back(name);
    }
    t.deflate.enabled = flag("permessage_deflate", o.permessage_deflate);
    const bool afresh = flag("deflate_no_context_takeover", o.deflate_no_context_takeover);
    t.deflate.client_no_context_takeover = afresh;
    t.deflate.server_no_context_takeover = afresh;
    t.limits.max_message_bytes = static_cast<std::uint64_t>(
        in_range("max_message_bytes", o.max_message_bytes, 125, 268'435'456));
    t.limits.max_fragments =
        static_cast<std::uint32_t>(in_range("max_fragments", o.max_fragments, 1, 1'000'000));
    t.write_buffer_bytes =
        static_cast<std::size_t>(in_range("outbox_bytes", o.outbox_bytes, 1'024, 268'435'456));
}

void read_token(const graceline_options& o, client::Settings& settings) {
    auto& rule = settings.token_rule;
    rule.placement = static_cast<client::TokenPlacement>(
        in_range("token_placement", o.token_placement, GRACELINE_TOKEN_PLACEMENT_HEADER,
                 GRACELINE_TOKEN_PLACEMENT_FIRST_FRAME));
    if (o.token_name && *o.token_name) rule.name = o.token_name;
    settings.token = text_or_empty(o.token);
    settings.engine.host_provides_token = flag("host_provides_token", o.host_provides_token);
    settings.engine.token_timeout =
        engine::milliseconds(in_range("token_timeout_ms", o.token_timeout_ms, 100, 600'000));
    if (settings.engine.host_provides_token && !settings.token.empty()) {
        invalid("token", "must be NULL together with host_provides_token");
    }
    if (const auto error = client::token_error(rule, settings.token); !error.empty()) {
        invalid("token", error);
    }
    const bool any = !settings.token.empty() || settings.engine.host_provides_token;
    if (any && rule.placement == client::TokenPlacement::first_frame) {
        settings.session.token_frame.emplace();
    }
}

/// What is valid by itself can be too much together: better said here than by every attempt.
void check_request(const client::Settings& settings, const driver::TransportSettings& transport) {
    const auto& rule = settings.token_rule;
    std::string token = settings.token;
    if (settings.engine.host_provides_token &&
        rule.placement != client::TokenPlacement::subprotocol) {
        token = "t";  // the shortest that may be provided
    }
    if (token.empty()) return;
    const auto error = client::request_rule(transport, rule, token);
    if (!error.empty()) invalid("token", "with it in the request, " + error);
}

void read_sending(const graceline_options& o, client::Settings& settings) {
    settings.outbox.messages =
        static_cast<std::uint64_t>(in_range("outbox_messages", o.outbox_messages, 1, 1'000'000));
    settings.outbox.bytes =
        static_cast<std::size_t>(in_range("outbox_bytes", o.outbox_bytes, 1'024, 268'435'456));
    if (!o.json_outgoing_id_member) return;
    if (const auto error = session::OutgoingId::error_in(o.json_outgoing_id_member)) {
        invalid("json_outgoing_id_member", *error);
    }
    settings.outgoing_id_member = o.json_outgoing_id_member;
    std::array<std::uint8_t, 12> random{};
    driver::platform::fill_random(random);
    constexpr char kDigits[] = "0123456789abcdef";
    for (const auto byte : random) {
        settings.id_prefix += kDigits[byte >> 4U];
        settings.id_prefix += kDigits[byte & 15U];
    }
    settings.id_prefix += '-';
}

void read_session(const graceline_options& o, session::PlainOptions& session) {
    in_range("session", o.session, GRACELINE_SESSION_PLAIN, GRACELINE_SESSION_PLAIN);
    std::size_t bytes = 0;
    std::size_t index = 0;
    for (const auto* text :
         array("connect_frames", o.connect_frames, o.connect_frames_count, kMaxConnectFrames)) {
        if (!text) invalid(element("connect_frames", index), "must not be NULL");
        session.frames_after_connect.push_back({websocket::Opcode::text, text});
        bytes += session.frames_after_connect.back().payload.size();
        ++index;
    }
    if (bytes > kMaxConnectFramesBytes) {
        invalid("connect_frames", "must not be longer than 65536 bytes in all");
    }
    const auto pointer = [](const char* field, const char* text, std::optional<std::string>& out) {
        if (!text) return;
        if (const auto error = session::pointer_error(text)) invalid(field, *error);
        out = text;
    };
    auto& pointers = session.pointers;
    pointer("json_id_pointer", o.json_id_pointer, pointers.id);
    pointer("json_conversation_pointer", o.json_conversation_pointer, pointers.conversation);
    pointer("json_sender_pointer", o.json_sender_pointer, pointers.sender);
    pointer("json_time_pointer", o.json_time_pointer, pointers.time);
    pointer("json_ack_pointer", o.json_ack_pointer, session.ack_pointer);
    if (const auto error = session::plain_options_error(session)) {
        invalid(error->field == "frames_after_connect" ? "connect_frames" : error->field,
                error->rule);
    }
}

void read_tls(const graceline_options& o, driver::TransportSettings& t) {
    auto& tls = t.tls;
    tls.ca_pem = text_or_empty(o.tls_ca_pem);
    tls.client_certificate_pem = text_or_empty(o.tls_client_certificate_pem);
    tls.client_key_pem = text_or_empty(o.tls_client_key_pem);
    if (tls.client_certificate_pem.empty() != tls.client_key_pem.empty()) {
        invalid("tls_client_certificate_pem", "must come together with tls_client_key_pem");
    }
    tls.server_name = text_or_empty(o.tls_server_name);
    tls.use_system_store = flag("tls_use_system_store", o.tls_use_system_store);
    tls.verify = !flag("tls_insecure_skip_verification", o.tls_insecure_skip_verification);
    tls.resume_sessions = flag("tls_resume_sessions", o.tls_resume_sessions);
    std::size_t index = 0;
    for (const auto* pin : array("tls_pins", o.tls_pins, o.tls_pins_count, kMaxPins)) {
        tls.pins.push_back(parse_pin(element("tls_pins", index++), pin));
    }
    if (!tls.verify && !tls.pins.empty()) {
        invalid("tls_pins", "need verification, which tls_insecure_skip_verification turns off");
    }
    if (!t.secure) return;
    if (const auto error = driver::check_tls_settings(tls); !error.empty()) {
        // What is wrong without the client's certificate too is the fault of the trusted ones.
        auto bare = tls;
        bare.client_certificate_pem.clear();
        bare.client_key_pem.clear();
        const bool trust = !driver::check_tls_settings(bare).empty();
        invalid(trust ? "tls_ca_pem" : "tls_client_certificate_pem", error);
    }
}

void read_proxy(const graceline_options& o, driver::TransportSettings& t) {
    if (!o.proxy_url || !*o.proxy_url) {
        if (o.proxy_user || o.proxy_password) {
            invalid("proxy_user", "needs proxy_url");
        }
        return;
    }
    auto& proxy = t.proxy;
    if (const auto error = client::parse_proxy_url(o.proxy_url, proxy.host, proxy.port);
        !error.empty()) {
        invalid("proxy_url", error);
    }
    proxy.user = text_or_empty(o.proxy_user);
    proxy.password = text_or_empty(o.proxy_password);
    const auto plain = [](const std::string& text) {
        return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
    };
    if (!plain(proxy.user) || proxy.user.find(':') != std::string::npos) {
        invalid("proxy_user", "must not hold ':' or control characters");
    }
    if (!plain(proxy.password)) invalid("proxy_password", "must not hold control characters");
}

void read_hooks(const graceline_options& o, client::Settings& settings) {
    const bool any =
        o.begin_background_time || o.end_background_time || o.remaining_background_time;
    if (any && (!o.begin_background_time || !o.end_background_time)) {
        invalid("begin_background_time", "begin and end hooks must be given together");
    }
    if (any) {
        auto hooks = std::make_shared<client::BackgroundTimeHooks>();
        hooks->begin = [fn = o.begin_background_time, data = o.background_time_user_data](
                           std::int64_t& remaining_ms) { return fn(data, &remaining_ms); };
        hooks->end = [fn = o.end_background_time,
                      data = o.background_time_user_data](std::uint64_t id) { fn(data, id); };
        if (o.remaining_background_time) {
            hooks->remaining = [fn = o.remaining_background_time,
                                data = o.background_time_user_data] { return fn(data); };
        }
        settings.engine.host_grants_time = true;
        settings.engine.host_tells_remaining = o.remaining_background_time != nullptr;
        settings.hooks = std::move(hooks);
    }
    const auto level =
        in_range("log_level", o.log_level, GRACELINE_LOG_LEVEL_ERROR, GRACELINE_LOG_LEVEL_DEBUG);
    if (o.log) {
        auto log = std::make_shared<client::LogHook>();
        log->level = static_cast<client::LogLevel>(level);
        log->write = [fn = o.log, data = o.log_user_data](client::LogLevel l, const char* text) {
            fn(data, static_cast<graceline_log_level>(l), text);
        };
        settings.log = std::move(log);
    }
}

}  // namespace

client::Settings settings_from(const graceline_options& o) {
    client::Settings settings;
    auto transport = std::make_shared<driver::TransportSettings>();
    read_url(o, *transport);
    read_engine(o, settings.engine);
    read_upgrade(o, *transport);
    read_token(o, settings);
    read_sending(o, settings);
    read_session(o, settings.session);
    read_tls(o, *transport);
    read_proxy(o, *transport);
    settings.receive_queue_bytes = static_cast<std::size_t>(
        in_range("receive_queue_bytes", o.receive_queue_bytes, 65'536, 1'073'741'824));
    const auto kind = in_range("transport", o.transport, GRACELINE_TRANSPORT_DEFAULT,
                               GRACELINE_TRANSPORT_CPPREST);
    settings.transport_kind = static_cast<client::TransportKind>(kind);
#ifndef GRACELINE_CPPREST_WEBSOCKET
    if (settings.transport_kind == client::TransportKind::cpprest) {
        throw ApiError(GRACELINE_E_UNSUPPORTED,
                       "transport: this build has no cpprest transport "
                       "(GRACELINE_CPPREST_WEBSOCKET=OFF)");
    }
#endif
    check_request(settings, *transport);
    read_history(o, *transport, settings);
    settings.transport = std::move(transport);
    read_hooks(o, settings);
    return settings;
}

}  // namespace graceline::capi
