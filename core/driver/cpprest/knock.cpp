// The server side of HTTP CONNECT, for one client that we made ourselves.
// Must not use the authority of the request: the relay has one server, and that is fixed.
#include "core/driver/cpprest/knock.hpp"

#include <openssl/crypto.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <string_view>
#include <utility>

#include "core/websocket/http_text.hpp"

namespace graceline::driver::cpprest {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kWelcome = "HTTP/1.1 200 OK\r\n\r\n";

std::string_view header_value(std::string_view head, std::string_view wanted) {
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const auto line = head.substr(0, end);
        head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        if (websocket::equals_ignoring_case(line.substr(0, colon), wanted)) {
            return websocket::trimmed(line.substr(colon + 1));
        }
    }
    return {};
}

}  // namespace

Knock::Knock(Socket socket, std::string authorization, std::function<void(Socket)> entered)
    : socket_(std::move(socket)),
      authorization_(std::move(authorization)),
      entered_(std::move(entered)) {}

void Knock::start() {
    asio::async_read_until(socket_, buffer_, "\r\n\r\n",
                           [self = shared_from_this()](const ErrorCode& error, std::size_t size) {
                               if (error || !self->entered_) return self->close();
                               self->judge(size);
                           });
}

void Knock::close() {
    entered_ = nullptr;
    ErrorCode ignored;
    socket_.close(ignored);
}

void Knock::judge(std::size_t head_bytes) {
    const std::string_view head(static_cast<const char*>(buffer_.data().data()), head_bytes);
    const auto shown = header_value(head, "Proxy-Authorization");
    if (!head.starts_with("CONNECT ") || shown.size() != authorization_.size() ||
        CRYPTO_memcmp(shown.data(), authorization_.data(), shown.size()) != 0 ||
        buffer_.size() != head_bytes) {
        return close();
    }
    asio::async_write(socket_, asio::buffer(kWelcome),
                      [self = shared_from_this()](const ErrorCode& error, auto) {
                          if (error || !self->entered_) return self->close();
                          std::exchange(self->entered_, {})(std::move(self->socket_));
                      });
}

}  // namespace graceline::driver::cpprest
