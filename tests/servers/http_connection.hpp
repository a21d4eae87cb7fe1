// One HTTP/1.1 connection to a server on 127.0.0.1, kept open over many requests, for tests only.
// Must not grow: it blocks, and knows no TLS, no redirects and no chunks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/servers/devserver.hpp"

namespace graceline::tests {

class HttpConnection {
  public:
    // Throws std::runtime_error when nobody listens.
    explicit HttpConnection(std::uint16_t port);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    // Several may be sent before the first answer is read: the answers come in the same order.
    // `extra_headers` are whole lines without the line end.
    void send(std::string_view method, std::string_view target, std::string_view body = {},
              const std::vector<std::string>& extra_headers = {});
    // Throws std::runtime_error if there is no complete answer (cut, nothing for 70 s). `head`: the
    // request was a HEAD, so no body follows.
    HttpReply read(bool head = false);

  private:
    bool receive();

    int handle_;
    std::string received_;
};

}  // namespace graceline::tests
