// Blocking sockets with a receive time-out, so that a failing test ends.
// Must not raise SIGPIPE either: the tests watch for it.
#include "tests/driver/support/peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "core/websocket/handshake.hpp"
#include "tests/driver/support/recorder.hpp"

namespace graceline::tests {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

bool wait_readable(int descriptor, int timeout_ms) {
    pollfd wait{};
    wait.fd = descriptor;
    wait.events = POLLIN;
    return ::poll(&wait, 1, timeout_ms) == 1;
}

int patience_ms() {
    return static_cast<int>(std::chrono::milliseconds(kPatience).count());
}

std::string header_value(const std::string& request, const std::string& name) {
    const std::size_t at = request.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return request.substr(begin, request.find("\r\n", begin) - begin);
}

}  // namespace

int PeerFrame::close_code() const {
    if (payload.size() < 2) return 1005;
    return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

std::string server_frame(std::uint8_t first_byte, std::string_view payload) {
    std::string frame(1, static_cast<char>(first_byte));
    const std::size_t size = payload.size();
    const auto add_bytes = [&](int count) {
        for (int i = count - 1; i >= 0; --i) frame += static_cast<char>(size >> (8 * i));
    };
    if (size < 126) {
        add_bytes(1);
    } else if (size <= 0xFFFF) {
        frame += static_cast<char>(126);
        add_bytes(2);
    } else {
        frame += static_cast<char>(127);
        add_bytes(8);
    }
    return frame.append(payload);
}

std::string server_text(std::string_view payload) {
    return server_frame(0x81, payload);
}

std::string server_close(int code, std::string_view reason) {
    std::string payload;
    payload += static_cast<char>(code >> 8);
    payload += static_cast<char>(code);
    return server_frame(0x88, payload.append(reason));
}

Peer::Peer(int descriptor) : descriptor_(descriptor) {
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    timeval wait{};
    wait.tv_sec = kPatience.count();
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
}

Peer::~Peer() {
    close();
}

Peer::Peer(Peer&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      tls_(std::exchange(other.tls_, nullptr)),
      bio_(std::move(other.bio_)),
      pending_(std::move(other.pending_)) {}

bool Peer::accept_tls(SSL_CTX* context) {
    tls_ = SSL_new(context);
    // The driver's BIO, for it raises no SIGPIPE.
    bio_ = std::make_unique<driver::TlsBioState>();
    bio_->socket = descriptor_;
    BIO* const bio = driver::make_tls_bio(*bio_);
    SSL_set_bio(tls_, bio, bio);
    return SSL_accept(tls_) == 1;
}

bool Peer::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = tls_ != nullptr
                                 ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                 : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Peer::fill() {
    std::string buffer(kReadBytes, '\0');
    const ssize_t got = tls_ != nullptr
                            ? SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()))
                            : ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    pending_.append(buffer, 0, static_cast<std::size_t>(got));
    return true;
}

std::string Peer::read_some() {
    if (pending_.empty()) fill();
    return std::exchange(pending_, {});
}

std::string Peer::read_until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = pending_.find(mark)) == std::string::npos) {
        if (!fill()) return std::exchange(pending_, {});
    }
    return read_exactly(at + mark.size());
}

std::string Peer::read_exactly(std::size_t size) {
    while (pending_.size() < size) {
        if (!fill()) return std::exchange(pending_, {});
    }
    std::string taken = pending_.substr(0, size);
    pending_.erase(0, size);
    return taken;
}

std::optional<PeerFrame> Peer::read_frame() {
    const std::string start = read_exactly(2);
    if (start.size() != 2) return std::nullopt;
    PeerFrame frame;
    frame.first_byte = static_cast<std::uint8_t>(start[0]);
    frame.masked = (start[1] & 0x80) != 0;
    std::uint64_t size = start[1] & 0x7F;
    if (size >= 126) {
        const std::string extended = read_exactly(size == 126 ? 2 : 8);
        size = 0;
        for (const char byte : extended) size = size << 8 | static_cast<unsigned char>(byte);
    }
    const std::string mask = frame.masked ? read_exactly(4) : std::string(4, '\0');
    frame.payload = read_exactly(static_cast<std::size_t>(size));
    if (frame.payload.size() != size || mask.size() != 4) return std::nullopt;
    for (std::size_t i = 0; i < frame.payload.size(); ++i) {
        frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
    }
    for (const char byte : mask) frame.mask = frame.mask << 8 | static_cast<unsigned char>(byte);
    return frame;
}

std::optional<PeerFrame> Peer::read_frame_of(std::uint8_t opcode) {
    for (;;) {
        auto frame = read_frame();
        if (!frame || frame->opcode() == opcode) return frame;
    }
}

bool Peer::read_to_end() {
    for (;;) {
        if (!wait_readable(descriptor_, patience_ms())) return false;
        pending_.clear();
        if (!fill()) return true;
    }
}

std::string Peer::upgrade(std::string_view extra_headers, std::string_view behind) {
    const std::string request = read_until("\r\n\r\n");
    std::string answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        websocket::accept_key(header_value(request, "Sec-WebSocket-Key")) + "\r\n";
    answer.append(extra_headers).append("\r\n").append(behind);
    write(answer);
    return request;
}

void Peer::finish_writing() {
    ::shutdown(descriptor_, SHUT_WR);
}

void Peer::reset() {
    linger hard{};
    hard.l_onoff = 1;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close();
}

void Peer::close() {
    SSL_free(std::exchange(tls_, nullptr));
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Listener::Listener(bool ipv6, int backlog) {
    descriptor_ = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_storage address{};
    socklen_t size = 0;
    if (ipv6) {
        auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address);
        v6->sin6_family = AF_INET6;
        v6->sin6_addr = in6addr_loopback;
        size = sizeof(*v6);
    } else {
        auto* const v4 = reinterpret_cast<sockaddr_in*>(&address);
        v4->sin_family = AF_INET;
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        size = sizeof(*v4);
    }
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(descriptor_, generic, size) != 0 || ::listen(descriptor_, backlog) != 0 ||
        ::getsockname(descriptor_, generic, &size) != 0) {
        ::close(descriptor_);
        throw std::runtime_error("no port to listen on");
    }
    port_ = ntohs(ipv6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                       : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

Listener::~Listener() {
    close();
}

Peer Listener::accept() {
    if (!wait_readable(descriptor_, patience_ms())) throw std::runtime_error("nobody connected");
    const int descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) throw std::runtime_error("accept failed");
    return Peer(descriptor);
}

bool Listener::quiet() const {
    return !wait_readable(descriptor_, 0);
}

void Listener::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace graceline::tests
