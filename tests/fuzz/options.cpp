// graceline_options from hostile bytes, through the C API's own validation, up to the request.
// Must not reach OpenSSL's PEM parser or the network: options_stubs.cpp stands in their place.
#include "capi/src/options.hpp"

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "capi/src/guard.hpp"
#include "core/client/token_rule.hpp"
#include "core/websocket/handshake.hpp"
#include "tests/fuzz/byte_source.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace graceline::fuzz {
namespace {

constexpr const char* kCanary = "c4nary";

/// The texts that the options point to.
class Texts {
  public:
    explicit Texts(ByteSource& bytes) : bytes_(bytes) {}

    /// Sometimes NULL, sometimes a long one; a NUL in it ends it, as in C.
    const char* maybe() {
        const auto kind = bytes_.below(8);
        if (kind < 2) return nullptr;
        std::string text = bytes_.text();
        if (kind == 7) {
            const std::string part = text;
            while (!part.empty() && text.size() < 9'000) text += part;
        }
        return keep(text);
    }
    const char* secret() {
        const char* text = maybe();
        return text ? keep(std::string(kCanary) + text) : nullptr;
    }
    const char* keep(std::string text) {
        kept_.push_back(std::move(text));
        return kept_.back().c_str();
    }

  private:
    ByteSource& bytes_;
    std::deque<std::string> kept_;
};

int64_t number(ByteSource& bytes, int64_t usual) {
    switch (bytes.below(8)) {
        case 0:
            return static_cast<int64_t>(bytes.number(8));
        case 1:
            return static_cast<int64_t>(bytes.number(2));
        case 2:
            return -1;
        default:
            return usual;
    }
}

struct Input {
    graceline_options options{};
    graceline_history_options history{};
    std::array<graceline_header, 70> headers{};
    std::array<const char*, 20> subprotocols{};
    std::array<const char*, 3> frames{};
    std::array<graceline_disposition_row, 2> rows{};
    std::array<const char*, 3> pins{};
};

void fill_history(ByteSource& bytes, Texts& texts, Input& in) {
    auto& h = in.history;
    graceline_history_options_init(&h, sizeof h);
    h.host_fetches = bytes.flag();
    h.messages_url = bytes.flag() ? "https://h/m{?before,after,limit}" : texts.maybe();
    h.messages_previous_url = texts.maybe();
    h.conversations_url = texts.maybe();
    h.headers = in.headers.data();
    h.headers_count = static_cast<int32_t>(bytes.below(3));
    h.scope = static_cast<int32_t>(number(bytes, h.scope));
    h.json_items_pointer = texts.maybe();
    h.json_id_pointer = texts.maybe();
    h.json_next_cursor_pointer = texts.maybe();
    h.page_bytes = number(bytes, h.page_bytes);
    in.options.history = &h;
}

void fill_tls(ByteSource& bytes, Texts& texts, Input& in) {
    auto& o = in.options;
    o.tls_ca_pem = texts.maybe();
    o.tls_client_certificate_pem = texts.secret();
    o.tls_client_key_pem = texts.secret();
    o.tls_insecure_skip_verification = bytes.flag();
    o.tls_pins_count = static_cast<int32_t>(bytes.below(in.pins.size() + 1));
    for (auto& pin : in.pins) {
        // The right shape, sometimes with one wrong letter.
        std::string text = "sha256/" + std::string(43, 'A') + "=";
        if (bytes.flag()) text[bytes.below(text.size())] = static_cast<char>(bytes.byte());
        pin = bytes.flag() ? texts.keep(text) : texts.maybe();
    }
    o.tls_pins = in.pins.data();
}

void fill_hooks(ByteSource& bytes, graceline_options& o) {
    if (bytes.flag()) o.begin_background_time = [](void*, int64_t*) -> uint64_t { return 1; };
    if (bytes.flag()) o.end_background_time = [](void*, uint64_t) {};
    if (bytes.flag()) o.remaining_background_time = [](void*) -> int64_t { return 1; };
    if (bytes.flag()) o.log = [](void*, graceline_log_level, const char*) {};
    o.log_level = static_cast<int32_t>(number(bytes, o.log_level));
    o.retry_attempts = static_cast<int32_t>(number(bytes, o.retry_attempts));
    o.retry_total_ms = number(bytes, o.retry_total_ms);
    o.ping_interval_ms = number(bytes, o.ping_interval_ms);
    o.receive_queue_bytes = number(bytes, o.receive_queue_bytes);
}

void fill(ByteSource& bytes, Texts& texts, Input& in) {
    auto& o = in.options;
    graceline_options_init(&o, sizeof o);
    o.url = bytes.flag() ? "wss://example.org/feed?room=1" : texts.maybe();
    o.allow_insecure_ws_beyond_loopback = bytes.flag();
    o.grace_ms = number(bytes, o.grace_ms);
    o.connect_timeout_ms = number(bytes, o.connect_timeout_ms);
    o.backoff_initial_ms = number(bytes, o.backoff_initial_ms);
    o.backoff_max_ms = number(bytes, o.backoff_max_ms);
    o.max_message_bytes = number(bytes, o.max_message_bytes);
    o.max_fragments = static_cast<int32_t>(number(bytes, o.max_fragments));
    o.token = texts.secret();
    o.token_placement = static_cast<int32_t>(bytes.below(5));
    o.token_name = texts.maybe();
    o.host_provides_token = bytes.flag();
    o.permessage_deflate = bytes.flag();
    o.headers_count = static_cast<int32_t>(bytes.below(in.headers.size() + 1));
    for (int32_t i = 0; i < o.headers_count; ++i) {
        auto& header = in.headers[static_cast<std::size_t>(i)];
        header = bytes.flag() ? graceline_header{"X-Own", "value"}
                              : graceline_header{texts.maybe(), texts.secret()};
    }
    o.headers = in.headers.data();
    o.subprotocols_count = static_cast<int32_t>(bytes.below(in.subprotocols.size() + 1));
    for (int32_t i = 0; i < o.subprotocols_count; ++i) {
        in.subprotocols[static_cast<std::size_t>(i)] =
            bytes.flag() ? texts.keep("p" + std::to_string(i)) : texts.maybe();
    }
    o.subprotocols = in.subprotocols.data();
    o.connect_frames_count = static_cast<int32_t>(bytes.below(in.frames.size() + 1));
    for (auto& frame : in.frames) frame = texts.maybe();
    o.connect_frames = in.frames.data();
    o.tls_server_name = texts.maybe();
    o.proxy_url = texts.maybe();
    o.proxy_user = texts.secret();
    o.proxy_password = texts.secret();
    o.json_id_pointer = texts.maybe();
    o.json_ack_pointer = texts.maybe();
    o.json_outgoing_id_member = texts.maybe();
    o.last_message_id = texts.maybe();
    o.dispositions_count = static_cast<int32_t>(bytes.below(in.rows.size() + 1));
    for (auto& row : in.rows) {
        row = {static_cast<uint16_t>(bytes.number(2)), static_cast<uint16_t>(bytes.number(2)),
               static_cast<int32_t>(bytes.below(6))};
    }
    o.dispositions = in.rows.data();
    if (bytes.flag()) fill_tls(bytes, texts, in);
    if (bytes.flag()) fill_hooks(bytes, o);
    if (bytes.flag()) fill_history(bytes, texts, in);
}

std::size_t lines_of(const std::string& text) {
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = text.find("\r\n", at)) != std::string::npos; at += 2) ++lines;
    return lines;
}

/// What is valid can be sent: one request, with as many lines as it has headers.
void check_request(const client::Settings& settings, const std::string& token) {
    const auto transport =
        token.empty() ? settings.transport
                      : client::with_token(*settings.transport, settings.token_rule, token);
    websocket::HandshakeRequest request;
    request.host = transport->host_header;
    request.target = transport->target;
    request.headers = transport->headers;
    request.subprotocols = transport->subprotocols;
    request.deflate = transport->deflate;
    if (const auto rule = websocket::request_error(request)) {
        std::fprintf(stderr, "%s\n", rule->c_str());
        require(false, "valid options make a valid request");
    }
    const std::string text = websocket::write_request(request);
    const std::size_t own = 6;  // request line, Host, Upgrade, Connection, Key, Version
    const std::size_t lines = own + (request.subprotocols.empty() ? 0 : 1) +
                              (request.deflate.enabled ? 1 : 0) + request.headers.size() + 1;
    require(lines_of(text) == lines, "no option brings a line of its own");
    require(text.find('\0') == std::string::npos, "no NUL in a request");
    require(text.find("\r\n\r\n") + 4 == text.size(), "one head");
}

}  // namespace

void options(const std::uint8_t* data, std::size_t size) {
    ByteSource bytes(data, size);
    Texts texts(bytes);
    Input in;
    fill(bytes, texts, in);
    try {
        const auto settings = capi::settings_from(in.options);
        check_request(settings, settings.token);
        const std::string given = bytes.rest();
        if (!given.empty() && client::token_error(settings.token_rule, given).empty()) {
            check_request(settings, given);
        }
    } catch (const capi::ApiError& error) {
        const std::string text = error.what();
        require(error.status() != GRACELINE_OK && text.size() > 5, "a refusal says why");
        require(text.find(kCanary) == std::string::npos, "no secret in the text of a refusal");
    }
}

}  // namespace graceline::fuzz
