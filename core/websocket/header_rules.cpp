// The rules that keep a request one request: no line breaks, no header that the codec owns.
// Must not repair anything: what breaks a rule is refused.
#include "core/websocket/header_rules.hpp"

#include <algorithm>
#include <array>

#include "core/websocket/http_text.hpp"

namespace graceline::websocket {
namespace {

constexpr std::array<std::string_view, 5> kOwnHeaders{"host", "upgrade", "connection",
                                                      "content-length", "transfer-encoding"};
constexpr std::string_view kOwnPrefix = "sec-websocket-";

bool is_control(char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte < 0x20 || byte == 0x7F;
}

bool is_own_header(std::string_view name) {
    return equals_ignoring_case(name.substr(0, kOwnPrefix.size()), kOwnPrefix) ||
           std::any_of(kOwnHeaders.begin(), kOwnHeaders.end(),
                       [name](std::string_view own) { return equals_ignoring_case(name, own); });
}

bool is_visible_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char character) { return character > 0x20 && character < 0x7F; });
}

}  // namespace

std::optional<std::string> header_error(std::string_view name, std::string_view value) {
    if (name.empty()) return "a header name must not be empty";
    if (name.size() > kMaxHeaderNameBytes) return "a header name must not exceed 256 bytes";
    if (!is_token(name)) return "a header name must consist of RFC 7230 token characters";
    if (is_own_header(name)) {
        return "Host, Upgrade, Connection, Content-Length, Transfer-Encoding and Sec-WebSocket-* "
               "headers are the library's own";
    }
    if (value.size() > kMaxHeaderValueBytes) return "a header value must not exceed 16384 bytes";
    if (std::any_of(value.begin(), value.end(), is_control)) {
        return "a header value must not contain control characters such as CR, LF or NUL";
    }
    return std::nullopt;
}

std::optional<std::string> subprotocol_error(std::string_view subprotocol) {
    if (subprotocol.empty()) return "a subprotocol must not be empty";
    if (subprotocol.size() > kMaxSubprotocolBytes)
        return "a subprotocol must not exceed 8192 bytes";
    if (!is_token(subprotocol)) return "a subprotocol must consist of RFC 7230 token characters";
    return std::nullopt;
}

std::optional<std::string> host_error(std::string_view host) {
    if (host.empty()) return "the host must not be empty";
    if (host.size() > kMaxHostBytes) return "the host must not exceed 512 bytes";
    if (!is_visible_ascii(host) || host.find_first_of("/?#@\\,") != std::string_view::npos) {
        return "the host must be a name or address with an optional port";
    }
    return std::nullopt;
}

std::optional<std::string> target_error(std::string_view target) {
    if (target.empty() || target.front() != '/') return "the target must start with a slash";
    if (target.size() > kMaxTargetBytes) return "the target must not exceed 16384 bytes";
    if (!is_visible_ascii(target) || target.find('#') != std::string_view::npos) {
        return "the target must be percent-encoded, without spaces, controls or a fragment";
    }
    return std::nullopt;
}

}  // namespace graceline::websocket
