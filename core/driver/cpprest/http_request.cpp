// The grammar of an http URL, strict, and the rules of the headers.
// Must not mend anything: what would have to be encoded is refused.
#include "core/driver/cpprest/http_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/driver/cpprest/limits.hpp"
#include "core/websocket/header_rules.hpp"
#include "core/websocket/http_text.hpp"

namespace graceline::driver::cpprest {
namespace {

constexpr std::array<std::string_view, 7> kHeadersOfThePath{"expect",
                                                            "te",
                                                            "trailer",
                                                            "accept-encoding",
                                                            "keep-alive",
                                                            "proxy-connection",
                                                            "proxy-authorization"};

bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool take_scheme(std::string_view& text, std::string_view scheme) {
    if (!websocket::equals_ignoring_case(text.substr(0, scheme.size()), scheme)) return false;
    text.remove_prefix(scheme.size());
    return true;
}

bool read_port(std::string_view text, std::uint16_t& out) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    return !text.empty() && error == std::errc{} && stop == end && out != 0;
}

std::string split_authority(std::string_view authority, std::string_view& host,
                            std::string_view& port) {
    const bool bracketed = authority.starts_with('[');
    const auto end = authority.find(bracketed ? ']' : ':');
    if (bracketed) {
        if (end == std::string_view::npos) return "an IPv6 address needs its closing bracket";
        host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
    } else {
        host = authority.substr(0, end);
        port = end == std::string_view::npos ? std::string_view() : authority.substr(end);
    }
    const auto fits = [bracketed](char c) {
        return is_alnum(c) || c == '.' || (bracketed ? c == ':' : c == '-' || c == '_');
    };
    if (host.empty() || host.size() > websocket::kMaxHostBytes ||
        !std::all_of(host.begin(), host.end(), fits) ||
        (bracketed && host.find(':') == std::string_view::npos)) {
        return "the host must be a name or an address";
    }
    if (!port.empty() && port.front() != ':') return "only a port may follow the host";
    if (!port.empty()) port.remove_prefix(1);
    return {};
}

// cpprestsdk takes the target for RFC 3986 and would throw; and '%' must start an escape.
bool is_uri_text(std::string_view text) {
    constexpr std::string_view kOthers = "-._~:/?@!$&'()*+,;=";
    const auto is_hex = [](char c) {
        return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_alnum(text[i]) || kOthers.find(text[i]) != std::string_view::npos) continue;
        if (text[i] != '%' || i + 2 >= text.size() || !is_hex(text[i + 1]) ||
            !is_hex(text[i + 2])) {
            return false;
        }
        i += 2;
    }
    return true;
}

}  // namespace

std::string parse_http_url(std::string_view text, HttpAddress& out) {
    if (text.size() > kMaxHttpUrlBytes) return "the URL must not be longer than 8192 bytes";
    out.secure = take_scheme(text, "https://");
    if (!out.secure && !take_scheme(text, "http://")) {
        return "the URL's scheme must be http:// or https://";
    }
    if (text.find('#') != std::string_view::npos) return "the URL must not have a fragment (#)";
    const auto end = text.find_first_of("/?");
    const auto authority = text.substr(0, end);
    if (authority.find('@') != std::string_view::npos) {
        return "the URL must not hold credentials; use a header";
    }
    std::string_view host;
    std::string_view port;
    if (auto error = split_authority(authority, host, port); !error.empty()) return error;
    const std::uint16_t default_port = out.secure ? 443 : 80;
    out.port = default_port;
    if (!port.empty() && !read_port(port, out.port)) {
        return "the URL's port must be a number from 1 to 65535";
    }
    out.host.resize(host.size());
    std::transform(host.begin(), host.end(), out.host.begin(), lower);
    out.host_header = authority.starts_with('[') ? '[' + out.host + ']' : out.host;
    if (out.port != default_port) out.host_header += ':' + std::to_string(out.port);
    const auto target = end == std::string_view::npos ? std::string_view() : text.substr(end);
    out.target = target.starts_with('/') ? std::string(target) : '/' + std::string(target);
    if (!is_uri_text(target)) {
        return "the URL's path and query must be percent-encoded (RFC 3986)";
    }
    return {};
}

std::string http_request_error(const HttpRequest& request) {
    if (request.headers.size() > websocket::kMaxRequestHeaders) {
        return "there must not be more than 64 headers";
    }
    for (const auto& header : request.headers) {
        if (auto error = websocket::header_error(header.name, header.value)) return *error;
        const bool reserved = std::any_of(
            kHeadersOfThePath.begin(), kHeadersOfThePath.end(), [&](std::string_view own) {
                return websocket::equals_ignoring_case(header.name, own);
            });
        if (reserved) return "a header that governs the connection or the encoding is not allowed";
    }
    if (request.timeout < engine::Duration::zero() || request.timeout > kMaxHttpTimeout) {
        return "the time-out must be from 0 to 10 minutes";
    }
    return {};
}

}  // namespace graceline::driver::cpprest
