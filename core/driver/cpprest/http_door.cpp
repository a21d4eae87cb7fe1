// Listening, and the look at who comes in.
// Must not read from who comes in: a stranger is sent away unheard.
#include "core/driver/cpprest/http_door.hpp"

#include <utility>

#include "core/driver/cpprest/limits.hpp"
#include "core/driver/platform/platform.hpp"

namespace graceline::driver::cpprest {

namespace asio = boost::asio;

HttpDoor::HttpDoor(const std::shared_ptr<Loop>& loop) : acceptor_(loop->context().get_executor()) {}

bool HttpDoor::open(std::function<void(Socket)> entered) {
    ErrorCode error;
    const Tcp::endpoint place(asio::ip::address_v4::loopback(), 0);
    acceptor_.open(place.protocol(), error);
    if (!error) acceptor_.bind(place, error);
    if (!error) acceptor_.listen(kHttpDoorBacklog, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    if (error) {
        dismantle();
        return false;
    }
    entered_ = std::move(entered);
    accept();
    return true;
}

void HttpDoor::shut() {
    entered_ = nullptr;
}

void HttpDoor::dismantle() {
    shut();
    ErrorCode ignored;
    acceptor_.close(ignored);
}

void HttpDoor::accept() {
    acceptor_.async_accept([self = shared_from_this()](const ErrorCode& error, Socket socket) {
        if (!self->acceptor_.is_open()) return;
        // Without descriptors every new accept would fail at once, for ever.
        if (error && error != asio::error::connection_aborted) return self->dismantle();
        ErrorCode gone;
        const auto peer = socket.remote_endpoint(gone);
        if (!error && !gone && self->entered_ && platform::owns_loopback_port(peer.port())) {
            socket.set_option(Tcp::no_delay(true), gone);
            self->entered_(std::move(socket));
        }
        if (self->acceptor_.is_open()) self->accept();
    });
}

}  // namespace graceline::driver::cpprest
