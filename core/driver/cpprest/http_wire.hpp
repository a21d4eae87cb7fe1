// One connection of cpprestsdk, from the door to the server: we own the server's socket.
// Must not look into what it passes on, only count it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/driver/asio_types.hpp"
#include "core/driver/connector.hpp"
#include "core/driver/cpprest/limits.hpp"
#include "core/driver/http.hpp"
#include "core/driver/loop.hpp"
#include "core/driver/resolver.hpp"
#include "core/driver/transport.hpp"

namespace graceline::driver::cpprest {

/// Calls come on the I/O thread and never after close(). The wire is closed when it has failed.
class HttpWireOwner {
  public:
    /// There is no connection to the server, and there will be none.
    virtual void wire_failed(HttpFailure failure, std::string text) = 0;
    /// The server has sent more than the exchange may cost.
    virtual void wire_over_limit() = 0;
    /// One of the sides has ended: no further exchange can use it.
    virtual void wire_ended() = 0;

  protected:
    ~HttpWireOwner() = default;
};

/// I/O thread only. Closing it frees the server's socket at once, and cpprestsdk finds the end of
/// its connection, whatever it waits for.
class HttpWire : public std::enable_shared_from_this<HttpWire> {
  public:
    /// `settings` name the server, and the proxy when there is one.
    HttpWire(std::shared_ptr<Loop> loop, std::shared_ptr<const TransportSettings> settings,
             Socket client, HttpWireOwner& owner);

    void open();
    void close();

    /// The count of received bytes begins anew.
    void expect(std::uint64_t max_bytes);
    bool received_nothing() const { return received_ == 0; }
    /// Both sides are open.
    bool usable() const { return connected_ && !ended_; }

  private:
    bool uses_proxy() const { return !settings_->proxy.host.empty(); }
    void connect(const std::vector<boost::asio::ip::address>& addresses);
    void server_connected(Socket socket);
    void start_pumps();
    void pump_up();
    void write_up(std::size_t size);
    void pump_down();
    void write_down(std::size_t size);
    void server_ended(const ErrorCode& error);
    void end();
    void fail(std::string text);

    std::shared_ptr<Loop> loop_;
    std::shared_ptr<const TransportSettings> settings_;
    HttpWireOwner* owner_;  ///< Null after close().
    std::shared_ptr<Lookup> lookup_;
    std::shared_ptr<Connector> connector_;
    Socket client_;
    Socket server_;
    bool connected_ = false;
    bool ended_ = false;
    std::uint64_t received_ = 0;
    std::uint64_t max_bytes_ = 0;
    std::array<std::uint8_t, kRelayBufferBytes> up_;
    std::array<std::uint8_t, kRelayBufferBytes> down_;
};

}  // namespace graceline::driver::cpprest
