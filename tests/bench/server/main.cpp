// The one fast WebSocket server that every subject of the bench talks to.
// Must not listen on anything but 127.0.0.1, and ends when its standard input is closed.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "tests/bench/server/connection.hpp"
#include "tests/bench/server/tls.hpp"

namespace graceline::bench {
namespace {

constexpr int kBacklog = 4096;
constexpr std::size_t kMaxFrozenConnections = 64;
constexpr std::size_t kEventsPerWait = 256;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

struct Listener {
    int descriptor = -1;
    int port = 0;
    SSL_CTX* context = nullptr;
};

Listener listen_on_loopback(SSL_CTX* context) {
    Listener listener{socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 0, context};
    if (listener.descriptor < 0) fail("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener.descriptor, generic, size) != 0) fail("bind");
    if (listen(listener.descriptor, kBacklog) != 0) fail("listen");
    if (getsockname(listener.descriptor, generic, &size) != 0) fail("getsockname");
    listener.port = ntohs(address.sin_port);
    return listener;
}

class Server {
  public:
    explicit Server(ServerTls tls) : tls_(std::move(tls)) {
        epoll_ = epoll_create1(EPOLL_CLOEXEC);
        if (epoll_ < 0) fail("epoll_create1");
        listeners_ = {listen_on_loopback(nullptr), listen_on_loopback(tls_.with_tickets.get()),
                      listen_on_loopback(tls_.without_tickets.get())};
        for (const Listener& listener : listeners_) watch(listener.descriptor, EPOLLIN);
        watch(STDIN_FILENO, EPOLLIN);
    }

    void announce() const {
        std::cout << "{\"plain\": " << listeners_[0].port << ", \"tls\": " << listeners_[1].port
                  << ", \"tls_fresh\": " << listeners_[2].port << "}" << std::endl;
    }

    void run() {
        std::array<epoll_event, kEventsPerWait> events{};
        while (running_) {
            const int count =
                epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            if (count < 0 && errno != EINTR) fail("epoll_wait");
            for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
        }
    }

  private:
    void watch(int descriptor, std::uint32_t events) const {
        epoll_event event{};
        event.events = events;
        event.data.fd = descriptor;
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
    }

    void handle(const epoll_event& event) {
        const int descriptor = event.data.fd;
        if (descriptor == STDIN_FILENO) return read_command();
        for (const Listener& listener : listeners_) {
            if (listener.descriptor == descriptor) return accept_all(listener);
        }
        const auto found = connections_.find(descriptor);
        if (found == connections_.end()) return;
        Connection& connection = *found->second;
        const bool dead = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
        const bool was_frozen = connection.frozen();
        if (dead ||
            !connection.on_ready((event.events & EPOLLIN) != 0, (event.events & EPOLLOUT) != 0)) {
            drop(descriptor);
            return;
        }
        if (connection.frozen() && !was_frozen) remember_frozen(descriptor);
        rearm(connection);
    }

    void accept_all(const Listener& listener) {
        while (true) {
            const int descriptor =
                accept4(listener.descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (descriptor < 0) return;
            ++shared_.stats.accepted;
            auto connection = std::make_unique<Connection>(descriptor, listener.context, shared_);
            connection->armed_events = EPOLLIN;
            watch(descriptor, EPOLLIN);
            connections_[descriptor] = std::move(connection);
        }
    }

    void rearm(Connection& connection) const {
        std::uint32_t wanted = 0;
        if (connection.wants_read()) wanted |= EPOLLIN;
        if (connection.wants_write()) wanted |= EPOLLOUT;
        if (wanted == connection.armed_events) return;
        connection.armed_events = wanted;
        epoll_event event{};
        event.events = wanted;
        event.data.fd = connection.descriptor();
        epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor(), &event);
    }

    // A frozen peer never closes, so the oldest ones are dropped once there are many.
    void remember_frozen(int descriptor) {
        frozen_.push_back(descriptor);
        if (frozen_.size() > kMaxFrozenConnections) drop(frozen_.front());
    }

    void drop(int descriptor) {
        connections_.erase(descriptor);
        std::erase(frozen_, descriptor);
    }

    void read_command() {
        std::array<char, 256> text{};
        const ssize_t got = read(STDIN_FILENO, text.data(), text.size());
        if (got <= 0) {
            running_ = false;
            return;
        }
        const std::string_view command(text.data(), static_cast<std::size_t>(got));
        if (command.find("stats") == std::string_view::npos) return;
        const ServerStats& stats = shared_.stats;
        std::cout << "{\"accepted\": " << stats.accepted << ", \"upgraded\": " << stats.upgraded
                  << ", \"tls_handshakes\": " << stats.tls_handshakes
                  << ", \"tls_resumed\": " << stats.tls_resumed
                  << ", \"open\": " << connections_.size() << "}" << std::endl;
    }

    ServerTls tls_;
    Shared shared_;
    int epoll_ = -1;
    bool running_ = true;
    std::vector<Listener> listeners_;
    std::unordered_map<int, std::unique_ptr<Connection>> connections_;
    std::deque<int> frozen_;
};

void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int run(int argc, char** argv) {
    std::string certificate_file;
    KeyKind kind = KeyKind::ecdsa;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const std::string_view value = argv[i + 1];
        if (name == "--ca-file") certificate_file = value;
        if (name == "--key" && value == "rsa") kind = KeyKind::rsa;
    }
    if (certificate_file.empty()) {
        std::cerr << "usage: bench_server --ca-file FILE [--key ecdsa|rsa]\n";
        return 2;
    }
    // A library must not do this; a program of its own may.
    std::signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    ServerTls tls = make_server_tls(kind);
    std::ofstream(certificate_file, std::ios::binary) << tls.certificate_pem;
    Server server(std::move(tls));
    server.announce();
    server.run();
    return 0;
}

}  // namespace
}  // namespace graceline::bench

int main(int argc, char** argv) {
    try {
        return graceline::bench::run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "bench_server: " << error.what() << '\n';
        return 1;
    }
}
