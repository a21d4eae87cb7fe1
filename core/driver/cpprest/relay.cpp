// Two sockets, two pumps, one door.
// Must not hold more than one buffer a direction: what is not read stays with the sender.
#include "core/driver/cpprest/relay.hpp"

#include <netinet/tcp.h>
#include <openssl/rand.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "core/driver/cpprest/basic_credentials.hpp"
#include "core/driver/cpprest/failure.hpp"
#include "core/driver/cpprest/knock.hpp"
#include "core/driver/cpprest/tunnel.hpp"
#include "core/driver/proxy_tunnel.hpp"

namespace graceline::driver::cpprest {

namespace asio = boost::asio;
namespace {

// Empty when the generator failed.
std::string random_hex() {
    std::array<unsigned char, kRelaySecretBytes> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : bytes) {
        text.push_back(kDigits[byte >> 4U]);
        text.push_back(kDigits[byte & 15U]);
    }
    return text;
}

// cpprestsdk leaves Nagle's algorithm on: its second small write waits for our acknowledgement,
// which the kernel delays by 40 ms. The option does not last, so it is set after every read.
void acknowledge_now(Socket& socket) {
#ifdef TCP_QUICKACK
    const int on = 1;
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
#else
    static_cast<void>(socket);
#endif
}

}  // namespace

Relay::Relay(std::shared_ptr<Loop> loop, std::shared_ptr<const TransportSettings> settings,
             RelayOwner& owner)
    : loop_(std::move(loop)),
      settings_(std::move(settings)),
      owner_(&owner),
      last_bytes_(loop_->context()),
      server_(loop_->context().get_executor()),
      client_(loop_->context().get_executor()),
      acceptor_(loop_->context().get_executor()) {}

Relay::~Relay() = default;

void Relay::open() {
    // Later, because calls of the owner never come from inside a call.
    loop_->post([self = shared_from_this()] {
        if (self->owner_ != nullptr) self->resolve();
    });
}

void Relay::resolve() {
    if (uses_proxy()) {
        auto error = proxy_error(*settings_);
        if (!error.empty()) return fail(engine::Reason::proxy_failed, std::move(error));
    }
    const std::string& host = uses_proxy() ? settings_->proxy.host : settings_->host;
    ErrorCode not_literal;
    const auto literal = asio::ip::make_address(host, not_literal);
    if (!not_literal) return connect({literal});
    owner_->relay_progress(OpeningStep::resolving);
    if (owner_ == nullptr) return;
    lookup_ = Lookup::start(loop_, host, [weak = weak_from_this()](const Resolved& resolved) {
        const auto self = weak.lock();
        if (!self || self->owner_ == nullptr) return;
        if (resolved.addresses.empty()) {
            return self->fail(engine::Reason::resolve_failed,
                              "the host name could not be resolved: " + resolved.error);
        }
        self->connect(resolved.addresses);
    });
}

void Relay::connect(const std::vector<asio::ip::address>& addresses) {
    owner_->relay_progress(OpeningStep::connecting);
    if (owner_ == nullptr) return;
    const std::uint16_t port = uses_proxy() ? settings_->proxy.port : settings_->port;
    std::vector<Tcp::endpoint> endpoints;
    for (const auto& address : addresses) endpoints.emplace_back(address, port);
    connector_ = std::make_shared<Connector>(
        loop_, std::move(endpoints),
        [weak = weak_from_this()](Socket socket, const Tcp::endpoint& peer, ErrorCode error) {
            const auto self = weak.lock();
            if (!self || self->owner_ == nullptr) return;
            if (!error) return self->server_connected(std::move(socket), peer);
            const bool proxy = self->uses_proxy();
            self->fail(proxy ? engine::Reason::proxy_failed : engine::Reason::connect_failed,
                       std::string(proxy ? "the proxy" : "the host") +
                           " accepted no connection: " + error.message());
        });
    connector_->start();
}

void Relay::close() {
    if (std::exchange(closed_, true)) return;
    owner_ = nullptr;
    lookup_.reset();
    if (connector_) connector_->cancel();
    for (const auto& weak : knocks_) {
        if (const auto knock = weak.lock()) knock->close();
    }
    ErrorCode ignored;
    acceptor_.close(ignored);
    server_.close(ignored);
    last_bytes_.cancel();
    if (client_.is_open()) dismiss_client();
}

// Asio of the object's side waits for an edge of epoll: after one event, an end or a reset alike,
// its TLS shutdown starts one more read that nothing would wake for 5 s. So it gets two events.
void Relay::dismiss_client() {
    ErrorCode ignored;
    client_.shutdown(Socket::shutdown_send, ignored);
    last_bytes_.expires_after(kSecondEventDelay);
    last_bytes_.async_wait([self = shared_from_this()](const ErrorCode& error) {
        if (!error) self->reset_client();
    });
}

void Relay::finish() {
    if (closed_ || !client_.is_open()) return close();
    owner_ = nullptr;
    last_bytes_.expires_after(kLastBytesLimit);
    last_bytes_.async_wait([self = shared_from_this()](const ErrorCode& error) {
        if (!error) self->close();
    });
}

void Relay::set_reading(bool reading) {
    reading_ = reading;
    if (reading_) pump_down();
}

void Relay::server_connected(Socket socket, const Tcp::endpoint& peer) {
    server_ = std::move(socket);
    const auto address = peer.address().to_string();
    peer_ = (peer.address().is_v6() ? '[' + address + ']' : address) + ':' +
            std::to_string(peer.port());
    ErrorCode ignored;
    server_.set_option(Tcp::no_delay(true), ignored);
    if (!uses_proxy()) return listen();
    auto done = [self = shared_from_this()](const std::optional<TransportFailure>& failure) {
        if (self->owner_ == nullptr) return;
        if (failure) return self->fail(*failure);
        self->listen();
    };
    std::make_shared<Tunnel>(server_, *settings_, std::move(done))->start();
}

void Relay::listen() {
    ErrorCode error;
    const Tcp::endpoint door(asio::ip::address_v4::loopback(), 0);
    acceptor_.open(door.protocol(), error);
    if (!error) acceptor_.bind(door, error);
    if (!error) acceptor_.listen(static_cast<int>(kMaxKnocks), error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    user_ = random_hex();
    password_ = random_hex();
    if (error || password_.empty() || user_.empty()) {
        return fail(engine::Reason::internal_error, "the local relay could not be opened");
    }
    accept();
    owner_->relay_ready();
}

void Relay::accept() {
    acceptor_.async_accept([self = shared_from_this()](const ErrorCode& error, Socket socket) {
        if (self->owner_ == nullptr || !self->acceptor_.is_open()) return;
        if (error || self->knocks_.size() == kMaxKnocks) {
            return self->fail(engine::Reason::internal_error, "the local relay was disturbed");
        }
        const auto knock = std::make_shared<Knock>(std::move(socket),
                                                   basic_credentials(self->user_, self->password_),
                                                   [weak = std::weak_ptr(self)](Socket entered) {
                                                       const auto relay = weak.lock();
                                                       if (relay && relay->owner_ != nullptr)
                                                           relay->knock_entered(std::move(entered));
                                                   });
        self->knocks_.push_back(knock);
        knock->start();
        self->accept();
    });
}

void Relay::knock_entered(Socket socket) {
    if (client_.is_open()) return;
    client_ = std::move(socket);
    ErrorCode ignored;
    acceptor_.close(ignored);
    for (const auto& weak : knocks_) {
        if (const auto knock = weak.lock()) knock->close();
    }
    knocks_.clear();
    client_.set_option(Tcp::no_delay(true), ignored);
    client_.set_option(asio::socket_base::send_buffer_size(kRelaySendBufferBytes), ignored);
    owner_->relay_entered();
    if (owner_ == nullptr) return;
    pump_up();
    pump_down();
}

void Relay::pump_up() {
    client_.async_read_some(asio::buffer(up_),
                            [self = shared_from_this()](const ErrorCode& error, std::size_t size) {
                                if (error) return self->client_ended();
                                acknowledge_now(self->client_);
                                // Dismissed, the object may write what it likes, so that it finds
                                // its end.
                                if (self->closed_) return self->pump_up();
                                self->write_up(size);
                            });
}

void Relay::write_up(std::size_t size) {
    asio::async_write(server_, asio::buffer(up_.data(), size),
                      [self = shared_from_this(), size](const ErrorCode& failed, std::size_t) {
                          if (failed && !self->closed_) return self->end_client();
                          if (self->owner_ != nullptr) {
                              self->owner_->relay_written({self->up_.data(), size});
                          }
                          if (self->client_.is_open()) self->pump_up();
                      });
}

void Relay::client_ended() {
    if (closed_) {
        last_bytes_.cancel();
        return reset_client();
    }
    if (owner_ == nullptr) return close();
    ErrorCode ignored;
    server_.shutdown(Socket::shutdown_send, ignored);
}

void Relay::pump_down() {
    if (!reading_ || down_running_ || owner_ == nullptr || !client_.is_open()) return;
    down_running_ = true;
    server_.async_read_some(asio::buffer(down_),
                            [self = shared_from_this()](const ErrorCode& error, std::size_t size) {
                                if (self->owner_ == nullptr) return;
                                if (error) return self->end_client();
                                self->write_down(size);
                            });
}

void Relay::write_down(std::size_t size) {
    asio::async_write(client_, asio::buffer(down_.data(), size),
                      [self = shared_from_this()](const ErrorCode& error, auto) {
                          if (self->owner_ == nullptr || error) return;
                          self->down_running_ = false;
                          self->pump_down();
                      });
}

void Relay::end_client() {
    // The object learns of the end as it would from the server itself.
    ErrorCode ignored;
    client_.shutdown(Socket::shutdown_send, ignored);
    if (owner_ == nullptr) return close();
    if (!std::exchange(server_ended_, true)) owner_->relay_server_ended();
}

void Relay::reset_client() {
    ErrorCode ignored;
    client_.set_option(asio::socket_base::linger(true, 0), ignored);
    client_.close(ignored);
}

void Relay::fail(engine::Reason reason, std::string text) {
    fail(failure_of(reason, std::move(text)));
}

void Relay::fail(const TransportFailure& why) {
    if (owner_ == nullptr) return;
    RelayOwner* const owner = owner_;
    close();
    owner->relay_failed(why);
}

}  // namespace graceline::driver::cpprest
