// Takes an HTTP request apart before anything is done with it, and names the rule that it breaks.
// Must not put any part of the request into a text: URLs and headers carry secrets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/driver/http.hpp"

namespace graceline::driver::cpprest {

struct HttpAddress {
    bool secure = false;
    std::string host;  ///< In lower case, without brackets.
    std::uint16_t port = 0;
    std::string host_header;  ///< With brackets, and the port where it is not the default.
    std::string target;       ///< Path and query, "/" at least.

    bool same_origin(const HttpAddress& other) const {
        return secure == other.secure && port == other.port && host == other.host;
    }
};

/// Returns the broken rule, "" when all is well.
std::string parse_http_url(std::string_view text, HttpAddress& out);

/// The same for the headers and the time-out.
std::string http_request_error(const HttpRequest& request);

}  // namespace graceline::driver::cpprest
