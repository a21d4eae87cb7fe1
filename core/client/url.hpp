// Takes a WebSocket URL apart (RFC 6455 section 3, RFC 3986) and says which rule one breaks.
// Must not resolve, decode or mend anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace graceline::client {

inline constexpr std::size_t kMaxUrlBytes = 8 * 1024;

struct Url {
    bool secure = false;
    std::string host;  ///< Without brackets.
    std::uint16_t port = 0;
    std::string host_header;  ///< With brackets, and the port where it is not the default.
    std::string target;       ///< Path and query, "/" at least.
};

/// Returns the broken rule, "" when all is well. The text never holds a part of the query.
std::string parse_websocket_url(std::string_view text, Url& out);

/// "http://host:port" of a proxy, nothing else.
std::string parse_proxy_url(std::string_view text, std::string& out_host, std::uint16_t& out_port);

/// localhost, *.localhost, 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

/// Percent-encodes all but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);

}  // namespace graceline::client
