// The listening sockets, the signals and the orderly end of the dev server.
// Must not know HTTP or WebSocket.
#include "tools/devserver/server.hpp"

#include <unistd.h>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "tools/devserver/api.hpp"
#include "tools/devserver/connection.hpp"
#include "tools/devserver/limits.hpp"
#include "tools/devserver/tls.hpp"

namespace graceline::devserver {

namespace {

namespace net = boost::asio;
using net::ip::tcp;
using ErrorCode = boost::system::error_code;
using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<tcp, Executor>;
using Acceptor = net::basic_socket_acceptor<tcp, Executor>;

constexpr std::chrono::milliseconds kAcceptAgainAfter{100};

class Server {
  public:
    explicit Server(Options options)
        : context_(std::move(options)),
          tls_(make_tls_context(context_.options)),
          acceptor_(io_),
          control_acceptor_(io_),
          signals_(io_, SIGINT, SIGTERM),
          input_(io_),
          stop_timer_(io_) {}

    int run() {
        endpoint_ = listen(acceptor_, context_.options.port);
        if (context_.options.control_port) {
            control_endpoint_ = listen(control_acceptor_, *context_.options.control_port);
            accept_next(control_acceptor_, true);
        }
        accept_next(acceptor_, false);
        context_.on_faults_changed = [this] { follow_refuse_switch(); };
        signals_.async_wait([this](ErrorCode error, int) {
            if (!error) stop();
        });
        if (context_.options.exit_with_stdin) watch_input();
        announce();
        io_.run();
        return 0;
    }

  private:
    static tcp::endpoint listen(Acceptor& acceptor, std::uint16_t port) {
        const tcp::endpoint wanted(net::ip::address_v4::loopback(), port);
        ErrorCode error;
        acceptor.open(wanted.protocol(), error);
        if (!error) acceptor.set_option(net::socket_base::reuse_address(true), error);
        if (!error) acceptor.bind(wanted, error);
        if (!error) acceptor.listen(net::socket_base::max_listen_connections, error);
        if (error) {
            throw std::runtime_error("cannot listen on 127.0.0.1:" + std::to_string(port) + ": " +
                                     error.message());
        }
        return acceptor.local_endpoint();
    }

    void announce() {
        const Options& options = context_.options;
        if (!options.port_file.empty()) {
            std::ofstream file(options.port_file, std::ios::trunc);
            file << endpoint_.port() << '\n';
            if (options.control_port) file << control_endpoint_.port() << '\n';
            file.close();
            if (!file) throw std::runtime_error("cannot write the file of --port-file");
        }
        if (options.print_port) std::cout << endpoint_.port() << '\n';
        std::cout << "listening on " << (tls_ ? "wss" : "ws") << "://127.0.0.1:" << endpoint_.port()
                  << "/ws";
        if (options.control_port) {
            std::cout << " control http://127.0.0.1:" << control_endpoint_.port() << '/';
        }
        std::cout << std::endl;
    }

    void accept_next(Acceptor& acceptor, bool control) {
        acceptor.async_accept([this, &acceptor, control](ErrorCode error, Socket socket) {
            if (stopping_ || error == net::error::operation_aborted) return;
            if (error) {
                // Out of descriptors, most likely: try again when some may be free.
                auto retry = std::make_shared<net::steady_timer>(io_, kAcceptAgainAfter);
                retry->async_wait([this, &acceptor, control, retry](ErrorCode) {
                    if (acceptor.is_open()) accept_next(acceptor, control);
                });
                return;
            }
            take(std::move(socket), control);
            accept_next(acceptor, control);
        });
    }

    void take(Socket socket, bool control) {
        const bool refuse = context_.faults.refuse != Refuse::off;
        if (!control && (refuse || context_.hub.count() >= kMaxConnectionCount)) {
            ++context_.stats.connections_refused;
            ErrorCode ignored;
            socket.set_option(net::socket_base::linger(true, 0), ignored);
            socket.close(ignored);
            return;
        }
        start_connection(context_, std::move(socket), control ? nullptr : tls_.get(), control);
    }

    void follow_refuse_switch() {
        const bool closed = context_.faults.refuse == Refuse::close_port;
        if (stopping_ || closed == !acceptor_.is_open()) return;
        if (closed) {
            acceptor_.close();
            return;
        }
        try {
            listen(acceptor_, endpoint_.port());
            accept_next(acceptor_, false);
        } catch (const std::runtime_error& error) {
            // Somebody took the port meanwhile: say so and stay reachable on the control port.
            std::cerr << "graceline-devserver: " << error.what() << std::endl;
            ErrorCode ignored;
            acceptor_.close(ignored);
        }
    }

    void watch_input() {
        ErrorCode error;
        input_.assign(::dup(STDIN_FILENO), error);
        if (error) {
            throw std::runtime_error("--exit-with-stdin needs a pipe or a terminal as input");
        }
        input_.async_read_some(net::buffer(input_bytes_),
                               [this](ErrorCode read_error, std::size_t) {
                                   if (read_error) return stop();
                                   ErrorCode ignored;
                                   input_.close(ignored);
                                   watch_input();
                               });
    }

    void stop() {
        if (stopping_) return;
        stopping_ = true;
        ErrorCode ignored;
        acceptor_.close(ignored);
        control_acceptor_.close(ignored);
        signals_.cancel(ignored);
        input_.close(ignored);
        context_.hub.close_websockets({1001, "server stops"});
        stop_timer_.expires_after(kStopWithin);
        wait_for_the_last();
    }

    // Ends as soon as the last WebSocket has answered its close frame, else at the bound.
    void wait_for_the_last() {
        const bool over = std::chrono::steady_clock::now() >= stop_timer_.expiry();
        if (over || context_.stats.websockets_now == 0) {
            context_.hub.cut_all();
            poll_timer_.emplace(io_, kStatsCheckEvery);
            poll_timer_->async_wait([this](ErrorCode) { io_.stop(); });
            return;
        }
        poll_timer_.emplace(io_, kStatsCheckEvery);
        poll_timer_->async_wait([this](ErrorCode) { wait_for_the_last(); });
    }

    // The context comes first: the connections, which die with io_, use it.
    Context context_;
    std::unique_ptr<net::ssl::context> tls_;
    net::io_context io_{1};
    Acceptor acceptor_;
    Acceptor control_acceptor_;
    net::signal_set signals_;
    net::posix::stream_descriptor input_;
    net::steady_timer stop_timer_;
    std::optional<net::steady_timer> poll_timer_;
    std::array<char, 256> input_bytes_{};
    tcp::endpoint endpoint_;
    tcp::endpoint control_endpoint_;
    bool stopping_ = false;
};

}  // namespace

int run_server(Options options) {
    Server server(std::move(options));
    return server.run();
}

}  // namespace graceline::devserver
