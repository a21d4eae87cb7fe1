// The URL grammar that a client needs, strict: what is odd is refused with the rule it breaks.
// Must not accept what the upgrade request could not carry literally.
#include "core/client/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace graceline::client {

namespace {

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool starts_with_scheme(std::string_view text, std::string_view scheme) {
    if (text.size() < scheme.size()) return false;
    return std::equal(scheme.begin(), scheme.end(), text.begin(), [](char a, char b) {
        return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
    });
}

std::string port_error(std::string_view text, std::uint16_t& out) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value == 0 ||
        value > 65535) {
        return "the port must be a number from 1 to 65535";
    }
    out = static_cast<std::uint16_t>(value);
    return {};
}

/// host[:port], brackets around IPv6.
std::string authority_error(std::string_view text, std::string& host, std::uint16_t& port,
                            bool& has_port) {
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return "an IPv6 address needs its closing bracket";
        host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
        const auto fits = [](char c) { return is_alnum(c) || c == ':' || c == '.' || c == '%'; };
        if (host.find(':') == std::string::npos || !std::ranges::all_of(host, fits)) {
            return "the text in brackets must be an IPv6 address";
        }
        if (!rest.empty() && !rest.starts_with(':')) return "only a port may follow the host";
    } else {
        const auto colon = text.find(':');
        host = text.substr(0, colon);
        if (colon != std::string_view::npos) rest = text.substr(colon);
        if (host.empty()) return "the host must not be empty";
        if (host.size() > 253) return "the host must not be longer than 253 characters";
        const auto fits = [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; };
        if (!std::ranges::all_of(host, fits)) {
            return "the host may hold letters, digits, '-', '.' and '_' only (names in other "
                   "scripts in their xn-- form)";
        }
    }
    has_port = !rest.empty();
    return has_port ? port_error(rest.substr(1), port) : std::string{};
}

}  // namespace

std::string parse_websocket_url(std::string_view text, Url& out) {
    if (text.size() > kMaxUrlBytes) return "must not be longer than 8192 bytes";
    std::uint16_t default_port = 0;
    if (starts_with_scheme(text, "wss://")) {
        out.secure = true;
        default_port = 443;
        text.remove_prefix(6);
    } else if (starts_with_scheme(text, "ws://")) {
        out.secure = false;
        default_port = 80;
        text.remove_prefix(5);
    } else {
        return "the scheme must be ws:// or wss://";
    }
    const auto visible = [](char c) { return c > 0x20 && c < 0x7F; };
    if (!std::ranges::all_of(text, visible)) {
        return "spaces, control characters and characters beyond ASCII must be percent-encoded";
    }
    if (text.find('#') != std::string_view::npos) return "a fragment (#) is not allowed";
    const auto end = text.find_first_of("/?");
    const auto authority = text.substr(0, end);
    if (authority.find('@') != std::string_view::npos) {
        return "credentials in the URL are not allowed; use the token or a header";
    }
    bool has_port = false;
    out.port = default_port;
    if (auto error = authority_error(authority, out.host, out.port, has_port); !error.empty()) {
        return error;
    }
    const bool ipv6 = out.host.find(':') != std::string::npos;
    out.host_header.clear();
    if (ipv6) out.host_header += '[';
    out.host_header += out.host;
    if (ipv6) out.host_header += ']';
    if (out.port != default_port) out.host_header.append(":").append(std::to_string(out.port));
    out.target = end == std::string_view::npos ? "/" : std::string(text.substr(end));
    if (out.target.starts_with('?')) out.target.insert(0, "/");
    return {};
}

std::string parse_proxy_url(std::string_view text, std::string& out_host, std::uint16_t& out_port) {
    if (!starts_with_scheme(text, "http://")) return "must be http://host:port";
    text.remove_prefix(7);
    if (text.ends_with('/')) text.remove_suffix(1);
    if (text.find('@') != std::string_view::npos) {
        return "must not hold credentials; use proxy_user and proxy_password";
    }
    if (text.find_first_of("/?#") != std::string_view::npos) return "must be http://host:port";
    bool has_port = false;
    if (auto error = authority_error(text, out_host, out_port, has_port); !error.empty()) {
        return error;
    }
    return has_port ? std::string{} : "must be http://host:port, port included";
}

bool is_loopback(std::string_view host) {
    std::string lower(host);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower == "localhost" || lower.ends_with(".localhost") || lower == "::1") return true;
    // 127.0.0.0/8 as four numbers; a name such as 127.example.org is not one.
    int numbers = 0;
    std::string_view rest = lower;
    while (!rest.empty()) {
        const auto dot = rest.find('.');
        const auto part = rest.substr(0, dot);
        unsigned value = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (part.empty() || error != std::errc{} || end != part.data() + part.size()) return false;
        if (value > 255 || (numbers == 0 && value != 127)) return false;
        ++numbers;
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    return numbers == 4;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
        }
    }
    return encoded;
}

}  // namespace graceline::client
