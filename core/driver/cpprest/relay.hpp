// An in-process CONNECT proxy for exactly one cpprestsdk object: we own the socket to the server.
// Must not look into what it passes on, and must serve nobody who lacks its random secret.
#pragma once

#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/driver/asio_types.hpp"
#include "core/driver/connector.hpp"
#include "core/driver/cpprest/limits.hpp"
#include "core/driver/loop.hpp"
#include "core/driver/resolver.hpp"
#include "core/driver/transport.hpp"

namespace graceline::driver::cpprest {

class Knock;

/// Calls come on the I/O thread, never from inside a call of the Relay, never after close().
class RelayOwner {
  public:
    virtual void relay_progress(OpeningStep step) = 0;
    /// The server (or the tunnel to it) is connected; the object may now be started.
    virtual void relay_ready() = 0;
    /// The object has entered.
    virtual void relay_entered() = 0;
    /// Bytes of the object that are now in the kernel, on their way to the server.
    virtual void relay_written(std::span<const std::uint8_t> bytes) = 0;
    /// The server sent its last byte, or its connection broke; the object was told.
    virtual void relay_server_ended() = 0;
    /// There is no connection to the server, and there will be none.
    virtual void relay_failed(const TransportFailure& why) = 0;

  protected:
    ~RelayOwner() = default;
};

/// I/O thread only. Closing it is what makes abort immediate: whatever cpprestsdk waits for, it
/// gets the end of its connection at once, and the server's socket is already gone.
class Relay : public std::enable_shared_from_this<Relay> {
  public:
    Relay(std::shared_ptr<Loop> loop, std::shared_ptr<const TransportSettings> settings,
          RelayOwner& owner);
    ~Relay();

    void open();
    /// At once: the server's socket is free when it returns, whatever was on its way, and the
    /// object is being told.
    void close();
    /// Silent from now on, but what the object has still written goes out first, within
    /// kLastBytesLimit: its answer to a close frame, above all.
    void finish();

    /// Back-pressure: while stopped nothing more is read from the server.
    void set_reading(bool reading);

    /// Breaks the object's connection under it, so that it notices whatever it is waiting for.
    void reset_client();

    std::uint16_t port() const { return port_; }
    const std::string& user() const { return user_; }
    const std::string& password() const { return password_; }
    const std::string& peer() const { return peer_; }

  private:
    friend class Knock;
    using Acceptor =
        boost::asio::basic_socket_acceptor<Tcp, boost::asio::io_context::executor_type>;

    bool uses_proxy() const { return !settings_->proxy.host.empty(); }
    void resolve();
    void connect(const std::vector<boost::asio::ip::address>& addresses);
    void server_connected(Socket socket, const Tcp::endpoint& peer);
    void listen();
    void accept();
    void knock_entered(Socket socket);
    void dismiss_client();
    void pump_up();
    void write_up(std::size_t size);
    void pump_down();
    void write_down(std::size_t size);
    void end_client();
    void client_ended();
    void fail(engine::Reason reason, std::string text);
    void fail(const TransportFailure& why);

    std::shared_ptr<Loop> loop_;
    std::shared_ptr<const TransportSettings> settings_;
    RelayOwner* owner_;  ///< Null after close() and finish().
    bool closed_ = false;
    boost::asio::steady_timer last_bytes_;
    std::shared_ptr<Lookup> lookup_;
    std::shared_ptr<Connector> connector_;
    Socket server_;
    Socket client_;
    Acceptor acceptor_;
    std::vector<std::weak_ptr<Knock>> knocks_;
    std::uint16_t port_ = 0;
    std::string user_;
    std::string password_;
    std::string peer_;
    std::array<std::uint8_t, kRelayBufferBytes> up_;
    std::array<std::uint8_t, kRelayBufferBytes> down_;
    bool reading_ = true;
    bool down_running_ = false;
    bool server_ended_ = false;
};

}  // namespace graceline::driver::cpprest
