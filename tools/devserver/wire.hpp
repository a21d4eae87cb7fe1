// The byte stream under HTTP and WebSocket: plain or TLS, and the place where it can be frozen.
// Must not know what the bytes mean, but for a pong that it was told to withhold.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <optional>
#include <string>

namespace graceline::devserver {

namespace net = boost::asio;
using ErrorCode = boost::system::error_code;
using TcpSocket = net::basic_stream_socket<net::ip::tcp, net::io_context::executor_type>;
using GateTimer = net::basic_waitable_timer<std::chrono::steady_clock,
                                            net::wait_traits<std::chrono::steady_clock>,
                                            net::io_context::executor_type>;

class Wire {
  public:
    using executor_type = TcpSocket::executor_type;
    using next_layer_type = TcpSocket;

    explicit Wire(TcpSocket socket) : state_(std::make_unique<State>(std::move(socket))) {}

    executor_type get_executor() { return state_->socket.get_executor(); }
    TcpSocket& next_layer() { return state_->socket; }
    const TcpSocket& next_layer() const { return state_->socket; }

    // From now on everything goes through TLS; the caller does the handshake.
    net::ssl::stream<TcpSocket&>& start_tls(net::ssl::context& context) {
        return state_->tls.emplace(state_->socket, context);
    }
    net::ssl::stream<TcpSocket&>* tls() { return state_->tls ? &*state_->tls : nullptr; }

    // A frozen wire holds back what it reads, reads no further and writes nothing; the peer sees an
    // open connection with nobody at the other end.
    void set_frozen(bool frozen) {
        state_->frozen = frozen;
        if (!frozen) state_->gate.cancel();
    }
    bool is_frozen() const { return state_->frozen; }

    // `abrupt` sends a reset instead of an orderly end.
    void shut(bool abrupt) {
        if (state_->closed) return;
        state_->closed = true;
        ErrorCode ignored;
        if (abrupt) state_->socket.set_option(net::socket_base::linger(true, 0), ignored);
        state_->socket.close(ignored);
        state_->gate.cancel();
    }

    // Swallows the next write that consists of exactly these bytes (Beast answers pings by itself
    // and offers no way not to).
    void withhold(std::string frame) { state_->withheld = std::move(frame); }

    // Completes at once, or when the wire is thawed or shut.
    template <class Handler>
    void wait_thawed(Handler&& handler) {
        if (!state_->blocked()) {
            net::post(get_executor(), std::forward<Handler>(handler));
            return;
        }
        state_->gate.async_wait(
            [handler = std::forward<Handler>(handler)](ErrorCode) mutable { handler(); });
    }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return net::async_compose<Token, void(ErrorCode, std::size_t)>(
            ReadOperation<Buffers>{*state_, buffers}, token, state_->socket);
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return net::async_compose<Token, void(ErrorCode, std::size_t)>(
            WriteOperation<Buffers>{*state_, buffers}, token, state_->socket);
    }

  private:
    struct State {
        explicit State(TcpSocket given)
            : socket(std::move(given)), gate(socket.get_executor(), GateTimer::time_point::max()) {}

        bool blocked() const { return frozen && !closed; }

        TcpSocket socket;
        std::optional<net::ssl::stream<TcpSocket&>> tls;
        GateTimer gate;  // never expires; a thaw cancels its waits
        bool frozen = false;
        bool closed = false;
        std::string withheld;
    };

    enum class Step { start, transfer, gate };

    // Reads first and holds the result back while frozen: a read that was under way when the freeze
    // began must not deliver either.
    template <class Buffers>
    struct ReadOperation {
        State& state;
        Buffers buffers;
        Step step = Step::start;
        ErrorCode result = {};
        std::size_t size = 0;

        template <class Self>
        void operator()(Self& self, ErrorCode error = {}, std::size_t transferred = 0) {
            if (step == Step::start) {
                step = Step::transfer;
                if (state.tls) return state.tls->async_read_some(buffers, std::move(self));
                return state.socket.async_read_some(buffers, std::move(self));
            }
            if (step == Step::transfer) {
                result = error;
                size = transferred;
                step = Step::gate;
            }
            if (state.blocked()) return state.gate.async_wait(std::move(self));
            if (state.closed) return self.complete(net::error::operation_aborted, 0);
            self.complete(result, size);
        }
    };

    template <class Buffers>
    struct WriteOperation {
        State& state;
        Buffers buffers;
        Step step = Step::start;
        bool withheld = false;

        template <class Self>
        void operator()(Self& self, ErrorCode error = {}, std::size_t transferred = 0) {
            if (step == Step::transfer) return self.complete(error, transferred);
            if (state.blocked()) {
                step = Step::gate;
                return state.gate.async_wait(std::move(self));
            }
            step = Step::transfer;
            if (state.closed) {
                return net::post(state.socket.get_executor(), [op = std::move(self)]() mutable {
                    op(ErrorCode(net::error::operation_aborted), 0);
                });
            }
            if (is_withheld()) {
                state.withheld.clear();
                const std::size_t all = net::buffer_size(buffers);
                return net::post(state.socket.get_executor(),
                                 [op = std::move(self), all]() mutable { op(ErrorCode(), all); });
            }
            if (state.tls) return state.tls->async_write_some(buffers, std::move(self));
            state.socket.async_write_some(buffers, std::move(self));
        }

        bool is_withheld() const {
            if (state.withheld.empty()) return false;
            if (net::buffer_size(buffers) != state.withheld.size()) return false;
            std::string bytes(state.withheld.size(), '\0');
            net::buffer_copy(net::buffer(bytes), buffers);
            return bytes == state.withheld;
        }
    };

    std::unique_ptr<State> state_;
};

// Found by Beast when a WebSocket ends.
template <class Handler>
void async_teardown(boost::beast::role_type role, Wire& wire, Handler&& handler) {
    using boost::beast::websocket::async_teardown;
    if (wire.tls()) {
        wire.tls()->async_shutdown(std::forward<Handler>(handler));
    } else {
        async_teardown(role, wire.next_layer(), std::forward<Handler>(handler));
    }
}

}  // namespace graceline::devserver
