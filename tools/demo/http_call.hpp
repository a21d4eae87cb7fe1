// One HTTP request to the dev server of the demo.
// Must not be used for anything but 127.0.0.1: no TLS, no redirects.
#pragma once

#include <cstdint>
#include <string>

namespace graceline::demo {

struct HttpAnswer {
    int status = 0;  // 0: no answer; `body` says why
    std::string body;
};

/// Blocks for at most a few seconds.
HttpAnswer http_call(std::uint16_t port, const std::string& method, const std::string& target,
                     const std::string& json_body = "");

}  // namespace graceline::demo
