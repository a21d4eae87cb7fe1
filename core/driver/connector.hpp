// Connects to the first of several addresses that answers (RFC 8305, happy eyeballs).
// Must not resolve names, and must not speak on the connection.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "core/driver/asio_types.hpp"
#include "core/driver/loop.hpp"

namespace graceline::driver {

/// RFC 8305 section 8: "Connection Attempt Delay".
inline constexpr std::chrono::milliseconds kConnectStagger{250};

/// The order to try them in: families take turns, beginning with that of the first.
std::vector<Tcp::endpoint> interleave(const std::vector<Tcp::endpoint>& endpoints);

class Connector : public std::enable_shared_from_this<Connector> {
  public:
    /// The socket is open when there is no error. The error is that of the last address to fail.
    using Done = std::function<void(Socket socket, const Tcp::endpoint& peer, ErrorCode error)>;

    Connector(std::shared_ptr<Loop> loop, std::vector<Tcp::endpoint> endpoints, Done done);

    /// I/O thread. `done` comes later, once, unless cancel() comes first.
    void start();
    void cancel();

  private:
    void start_next();
    void connected(std::size_t index, const ErrorCode& error);
    void finish(Socket socket, const Tcp::endpoint& peer, const ErrorCode& error);

    std::shared_ptr<Loop> loop_;
    std::vector<Tcp::endpoint> endpoints_;
    Done done_;
    std::vector<Socket> attempts_;
    std::size_t failures_ = 0;
    ErrorCode last_error_;
    Timer stagger_;
};

}  // namespace graceline::driver
