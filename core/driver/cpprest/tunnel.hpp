// Asks the user's HTTP proxy for a tunnel to the server on a connection that is already open.
// Must not put the proxy's credentials into any text.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/driver/asio_types.hpp"
#include "core/driver/transport.hpp"
#include "core/websocket/response_head.hpp"

namespace graceline::driver::cpprest {

/// I/O thread only. One use. The socket's owner ends it by closing the socket.
class Tunnel : public std::enable_shared_from_this<Tunnel> {
  public:
    using Done = std::function<void(const std::optional<TransportFailure>& failure)>;

    Tunnel(Socket& socket, const TransportSettings& settings, Done done);
    void start();

  private:
    void read();
    void take(std::span<const std::uint8_t> bytes);
    void fail(std::string text);
    void finish(const std::optional<TransportFailure>& failure);

    Socket& socket_;
    std::string request_;
    Done done_;
    websocket::ResponseHead head_;
    std::array<std::uint8_t, 4096> buffer_;
};

}  // namespace graceline::driver::cpprest
