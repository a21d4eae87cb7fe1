// Lookup, connection, tunnel, and a pump each way.
// Must not hold more than one buffer a direction: what is not read stays with the sender.
#include "core/driver/cpprest/http_wire.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "core/driver/cpprest/tunnel.hpp"
#include "core/driver/proxy_tunnel.hpp"

namespace graceline::driver::cpprest {

namespace asio = boost::asio;

HttpWire::HttpWire(std::shared_ptr<Loop> loop, std::shared_ptr<const TransportSettings> settings,
                   Socket client, HttpWireOwner& owner)
    : loop_(std::move(loop)),
      settings_(std::move(settings)),
      owner_(&owner),
      client_(std::move(client)),
      server_(loop_->context().get_executor()) {}

void HttpWire::open() {
    const std::string& host = uses_proxy() ? settings_->proxy.host : settings_->host;
    ErrorCode not_literal;
    const auto literal = asio::ip::make_address(host, not_literal);
    if (!not_literal) return connect({literal});
    lookup_ = Lookup::start(loop_, host, [weak = weak_from_this()](const Resolved& resolved) {
        const auto self = weak.lock();
        if (!self || self->owner_ == nullptr) return;
        if (resolved.addresses.empty()) {
            return self->fail("the host name could not be resolved: " + resolved.error);
        }
        self->connect(resolved.addresses);
    });
}

void HttpWire::close() {
    owner_ = nullptr;
    ended_ = true;
    lookup_.reset();
    if (connector_) connector_->cancel();
    ErrorCode ignored;
    server_.close(ignored);
    client_.close(ignored);
}

void HttpWire::expect(std::uint64_t max_bytes) {
    received_ = 0;
    max_bytes_ = max_bytes;
}

void HttpWire::connect(const std::vector<asio::ip::address>& addresses) {
    const std::uint16_t port = uses_proxy() ? settings_->proxy.port : settings_->port;
    std::vector<Tcp::endpoint> endpoints;
    for (const auto& address : addresses) endpoints.emplace_back(address, port);
    connector_ = std::make_shared<Connector>(
        loop_, std::move(endpoints),
        [weak = weak_from_this()](Socket socket, const Tcp::endpoint&, ErrorCode error) {
            const auto self = weak.lock();
            if (!self || self->owner_ == nullptr) return;
            if (!error) return self->server_connected(std::move(socket));
            self->fail(std::string(self->uses_proxy() ? "the proxy" : "the host") +
                       " accepted no connection: " + error.message());
        });
    connector_->start();
}

void HttpWire::server_connected(Socket socket) {
    server_ = std::move(socket);
    ErrorCode ignored;
    server_.set_option(Tcp::no_delay(true), ignored);
    // Without TLS cpprestsdk itself speaks to the proxy, in the absolute form of RFC 9112 3.2.2.
    if (!uses_proxy() || !settings_->secure) return start_pumps();
    auto done = [self = shared_from_this()](const std::optional<TransportFailure>& failure) {
        if (self->owner_ == nullptr) return;
        if (failure) return self->fail(failure->text);
        self->start_pumps();
    };
    std::make_shared<Tunnel>(server_, *settings_, std::move(done))->start();
}

void HttpWire::start_pumps() {
    connected_ = true;
    pump_up();
    pump_down();
}

void HttpWire::pump_up() {
    client_.async_read_some(asio::buffer(up_),
                            [self = shared_from_this()](const ErrorCode& error, std::size_t size) {
                                if (self->owner_ == nullptr) return;
                                if (error) return self->end();
                                self->write_up(size);
                            });
}

void HttpWire::write_up(std::size_t size) {
    asio::async_write(server_, asio::buffer(up_.data(), size),
                      [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                          if (self->owner_ == nullptr) return;
                          if (!error) return self->pump_up();
                          // What the server still has to say may explain it; that it waits for
                          // no more than it got, it must be told.
                          ErrorCode ignored;
                          self->server_.shutdown(Socket::shutdown_send, ignored);
                      });
}

void HttpWire::pump_down() {
    server_.async_read_some(asio::buffer(down_),
                            [self = shared_from_this()](const ErrorCode& error, std::size_t size) {
                                if (self->owner_ == nullptr) return;
                                if (error) return self->server_ended(error);
                                self->received_ += size;
                                if (self->received_ > self->max_bytes_) {
                                    return self->owner_->wire_over_limit();
                                }
                                self->write_down(size);
                            });
}

void HttpWire::write_down(std::size_t size) {
    asio::async_write(client_, asio::buffer(down_.data(), size),
                      [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                          if (self->owner_ == nullptr) return;
                          if (error) return self->end();
                          self->pump_down();
                      });
}

// cpprestsdk learns of the end as it would from the server itself: a body that is ended by the
// connection is whole after an end, and cut after a reset.
void HttpWire::server_ended(const ErrorCode& error) {
    ended_ = true;
    ErrorCode ignored;
    if (error == asio::error::eof) {
        client_.shutdown(Socket::shutdown_send, ignored);
    } else {
        client_.set_option(asio::socket_base::linger(true, 0), ignored);
        client_.close(ignored);
    }
    owner_->wire_ended();
}

void HttpWire::end() {
    HttpWireOwner* const owner = owner_;
    close();
    owner->wire_ended();
}

void HttpWire::fail(std::string text) {
    HttpWireOwner* const owner = owner_;
    close();
    owner->wire_failed(HttpFailure::unreachable, std::move(text));
}

}  // namespace graceline::driver::cpprest
