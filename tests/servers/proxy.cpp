// A TCP proxy between a client and a server that spoils one thing: the n-th of its kind.
// Must not understand more of HTTP than where a request begins.
#include "tests/servers/proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>

namespace graceline::tests {

namespace {

constexpr int kBacklog = 64;
constexpr std::size_t kPieceBytes = 16 * 1024;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int new_socket() {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (handle < 0) throw std::runtime_error("proxy: no socket");
    return handle;
}

void set_at_once(int handle) {
    const int on = 1;
    ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool send_all(int handle, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(handle, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string receive(int handle) {
    std::string piece(kPieceBytes, '\0');
    const ssize_t count = ::recv(handle, piece.data(), piece.size(), 0);
    piece.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return piece;
}

void reset_at_close(int handle) {
    const linger at_once{1, 0};
    ::setsockopt(handle, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

FaultyProxy::FaultyProxy(std::uint16_t server_port, ProxyFault fault, int number)
    : server_port_(server_port), fault_(fault), left_(number), listener_(new_socket()) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    const bool ok = ::bind(listener_, any, size) == 0 && ::listen(listener_, kBacklog) == 0 &&
                    ::getsockname(listener_, any, &size) == 0 && ::pipe2(stop_, O_CLOEXEC) == 0;
    if (!ok) {
        ::close(listener_);
        throw std::runtime_error("proxy: cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

FaultyProxy::~FaultyProxy() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
    for (auto& pair : pairs_) end(pair, false);
}

void FaultyProxy::run() {
    for (;;) {
        std::vector<pollfd> watched{{stop_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
        for (const auto& pair : pairs_) {
            watched.push_back({pair.client, POLLIN, 0});
            watched.push_back({pair.server, POLLIN, 0});
        }
        if (::poll(watched.data(), watched.size(), -1) < 0) continue;
        if (watched[0].revents != 0) return;
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            auto& pair = pairs_[i];
            bool alive = true;
            if (watched[2 + 2 * i].revents != 0) alive = from_client(pair);
            if (alive && watched[3 + 2 * i].revents != 0) alive = from_server(pair);
            if (!alive) end(pair, false);
        }
        std::erase_if(pairs_, [](const Pair& pair) { return pair.client < 0; });
        if (watched[1].revents != 0) accept_one();
    }
}

void FaultyProxy::accept_one() {
    Pair pair;
    pair.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (pair.client < 0) return;
    if (strikes(ProxyFault::accept)) return end(pair, true);
    pair.server = new_socket();
    const auto address = loopback(server_port_);
    if (::connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return end(pair, true);
    }
    set_at_once(pair.client);
    set_at_once(pair.server);
    pairs_.push_back(pair);
}

bool FaultyProxy::from_client(Pair& pair) {
    const auto piece = receive(pair.client);
    if (piece.empty()) return false;
    const bool plain = piece.rfind("GET ", 0) == 0 && piece.find("Upgrade") == std::string::npos;
    if (plain && strikes(ProxyFault::request)) {
        return send_all(pair.client, "HTTP/1.1 500 Spoiled\r\nContent-Length: 0\r\n\r\n");
    }
    return send_all(pair.server, piece);
}

bool FaultyProxy::from_server(Pair& pair) {
    const auto piece = receive(pair.server);
    if (piece.empty()) return false;
    if (!strikes(ProxyFault::answer)) return send_all(pair.client, piece);
    send_all(pair.client, std::string_view(piece).substr(0, piece.size() / 2));
    end(pair, true);
    return true;
}

bool FaultyProxy::strikes(ProxyFault fault) {
    if (fault != fault_ || --left_ != 0) return false;
    struck_ = true;
    return true;
}

void FaultyProxy::end(Pair& pair, bool reset) {
    for (int* handle : {&pair.client, &pair.server}) {
        if (*handle < 0) continue;
        if (reset) reset_at_close(*handle);
        ::close(*handle);
        *handle = -1;
    }
}

}  // namespace graceline::tests
