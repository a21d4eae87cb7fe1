// The place on 127.0.0.1 where cpprestsdk connects to, instead of to the server.
// Must not let anybody in but the connections that were announced from inside this process.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/driver/asio_types.hpp"
#include "core/driver/loop.hpp"

namespace graceline::driver::cpprest {

/// cpprestsdk binds its socket before it connects, and announces that port: no other program can
/// come from there. I/O thread only, but for announce().
class HttpDoor : public std::enable_shared_from_this<HttpDoor> {
  public:
    explicit HttpDoor(const std::shared_ptr<Loop>& loop);

    /// False: there is no port to be had. `entered` is never called from inside a call.
    bool open(std::function<void(Socket)> entered);
    std::uint16_t port() const { return port_; }

    /// Any thread. False: the door is shut, and the connection must not be made.
    bool announce(std::uint16_t port);

    /// Nobody gets in any more, but the port stays ours: cpprestsdk may still come, with a request
    /// and its secrets, and must not find another program there.
    void shut();
    /// Gives the port back; for when cpprestsdk has let go of it.
    void dismantle();

  private:
    using Acceptor =
        boost::asio::basic_socket_acceptor<Tcp, boost::asio::io_context::executor_type>;

    void accept();
    bool was_announced(std::uint16_t port);

    Acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::function<void(Socket)> entered_;
    std::mutex mutex_;
    bool shut_ = false;
    std::vector<std::uint16_t> announced_;
};

}  // namespace graceline::driver::cpprest
