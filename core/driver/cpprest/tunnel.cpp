// The client side of HTTP CONNECT.
// Must not touch the socket after its owner closed it.
#include "core/driver/cpprest/tunnel.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "core/driver/cpprest/failure.hpp"
#include "core/driver/proxy_tunnel.hpp"

namespace graceline::driver::cpprest {

namespace asio = boost::asio;

Tunnel::Tunnel(Socket& socket, const TransportSettings& settings, Done done)
    : socket_(socket),
      request_(write_connect_request(settings)),
      done_(std::move(done)),
      head_(kMaxProxyHeadBytes) {}

void Tunnel::start() {
    asio::async_write(socket_, asio::buffer(request_),
                      [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                          if (error == asio::error::operation_aborted) return;
                          if (error) return self->fail("the proxy closed the connection");
                          self->read();
                      });
}

void Tunnel::read() {
    socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](
                                                       const ErrorCode& error, std::size_t size) {
        if (error == asio::error::operation_aborted) return;
        if (error) return self->fail("the proxy closed the connection before it answered");
        self->take({self->buffer_.data(), size});
    });
}

void Tunnel::take(std::span<const std::uint8_t> bytes) {
    switch (head_.consume(bytes)) {
        case websocket::ResponseHead::State::need_more:
            return read();
        case websocket::ResponseHead::State::invalid:
            return fail(std::string("the proxy's answer is not HTTP: ") +
                        websocket::to_string(head_.error()));
        case websocket::ResponseHead::State::complete:
            break;
    }
    if (head_.status() < 200 || head_.status() > 299) return finish(proxy_refusal(head_.status()));
    // Nothing can come through a tunnel before we spoke.
    if (!bytes.empty()) return fail("the proxy sent bytes behind its answer");
    finish(std::nullopt);
}

void Tunnel::fail(std::string text) {
    finish(failure_of(engine::Reason::proxy_failed, std::move(text)));
}

void Tunnel::finish(const std::optional<TransportFailure>& failure) {
    std::exchange(done_, {})(failure);
}

}  // namespace graceline::driver::cpprest
