// The place on 127.0.0.1 where cpprestsdk connects to, instead of to the server.
// Must not let anybody in but connections of this process.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/driver/asio_types.hpp"
#include "core/driver/loop.hpp"

namespace graceline::driver::cpprest {

/// Who comes in must come from a socket of this process: no other program gets at the server, its
/// proxy or its answers this way. I/O thread only.
class HttpDoor : public std::enable_shared_from_this<HttpDoor> {
  public:
    explicit HttpDoor(const std::shared_ptr<Loop>& loop);

    /// False: there is no port to be had. `entered` is never called from inside a call.
    bool open(std::function<void(Socket)> entered);
    std::uint16_t port() const { return port_; }

    /// Nobody gets in any more, but the port stays ours: cpprestsdk may still come, with a request
    /// and its secrets, and must not find another program there.
    void shut();
    /// Gives the port back; for when cpprestsdk has let go of it.
    void dismantle();

  private:
    using Acceptor =
        boost::asio::basic_socket_acceptor<Tcp, boost::asio::io_context::executor_type>;

    void accept();

    Acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::function<void(Socket)> entered_;
};

}  // namespace graceline::driver::cpprest
