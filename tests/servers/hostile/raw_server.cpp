// Blocking sockets with time-outs, so that a failing test ends; SHA-1 straight from OpenSSL.
// Must not raise SIGPIPE.
#include "tests/servers/hostile/raw_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace graceline::tests {
namespace {

using std::chrono::milliseconds;

bool wait_readable(int descriptor, milliseconds time) {
    pollfd wait{};
    wait.fd = descriptor;
    wait.events = POLLIN;
    return ::poll(&wait, 1, static_cast<int>(time.count())) == 1;
}

std::string base64(const unsigned char* bytes, std::size_t size) {
    std::string text((size + 2) / 3 * 4 + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes,
                                       static_cast<int>(size));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

}  // namespace

int ClientFrame::close_code() const {
    if (payload.size() < 2) return 1005;
    return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

RawPeer::RawPeer(int descriptor) : descriptor_(descriptor) {
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    timeval wait{};
    wait.tv_sec = kPeerPatience.count();
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
}

RawPeer::RawPeer(RawPeer&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), pending_(std::move(other.pending_)) {}

RawPeer::~RawPeer() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

bool RawPeer::fill() {
    std::array<char, 16 * 1024> buffer;
    const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    pending_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
}

std::string RawPeer::take(std::size_t size) {
    while (pending_.size() < size) {
        if (!fill()) return std::exchange(pending_, {});
    }
    std::string taken = pending_.substr(0, size);
    pending_.erase(0, size);
    return taken;
}

std::string RawPeer::read_request() {
    std::size_t end = 0;
    while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) return {};
    }
    return take(end + 4);
}

bool RawPeer::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool RawPeer::write_in_pieces(std::string_view bytes, std::size_t piece) {
    while (!bytes.empty()) {
        const auto part = bytes.substr(0, piece);
        if (!write(part)) return false;
        bytes.remove_prefix(part.size());
    }
    return true;
}

std::size_t RawPeer::write_without_waiting(std::string_view bytes) {
    const ssize_t sent =
        ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

std::optional<ClientFrame> RawPeer::read_frame() {
    const std::string start = take(2);
    if (start.size() != 2) return std::nullopt;
    ClientFrame frame;
    frame.opcode = static_cast<std::uint8_t>(start[0] & 0x0F);
    frame.masked = (start[1] & 0x80) != 0;
    std::uint64_t size = start[1] & 0x7F;
    if (size >= 126) {
        const std::string extended = take(size == 126 ? 2 : 8);
        size = 0;
        for (const char byte : extended) size = size << 8 | static_cast<unsigned char>(byte);
    }
    const std::string mask = frame.masked ? take(4) : std::string(4, '\0');
    frame.payload = take(static_cast<std::size_t>(size));
    if (frame.payload.size() != size || mask.size() != 4) return std::nullopt;
    for (std::size_t i = 0; i < frame.payload.size(); ++i) {
        frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
    }
    return frame;
}

bool RawPeer::ended_within(milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0 || !wait_readable(descriptor_, left)) return false;
        pending_.clear();
        if (!fill()) return true;
    }
}

void RawPeer::finish_writing() {
    ::shutdown(descriptor_, SHUT_WR);
}

void RawPeer::reset() {
    linger hard{};
    hard.l_onoff = 1;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    ::close(std::exchange(descriptor_, -1));
}

RawServer::RawServer() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(descriptor_, generic, size) != 0 || ::listen(descriptor_, SOMAXCONN) != 0 ||
        ::getsockname(descriptor_, generic, &size) != 0) {
        ::close(descriptor_);
        throw std::runtime_error("no port to listen on");
    }
    port_ = ntohs(address.sin_port);
}

RawServer::~RawServer() {
    ::close(descriptor_);
}

std::string RawServer::url(std::string_view target) const {
    return "ws://127.0.0.1:" + std::to_string(port_) + std::string(target);
}

RawPeer RawServer::accept() {
    if (!wait_readable(descriptor_, kPeerPatience)) throw std::runtime_error("nobody connected");
    const int descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) throw std::runtime_error("accept failed");
    return RawPeer(descriptor);
}

std::string header_of(std::string_view request, std::string_view name) {
    const std::string mark = "\r\n" + std::string(name) + ": ";
    const std::size_t at = request.find(mark);
    if (at == std::string_view::npos) return {};
    const std::size_t begin = at + mark.size();
    return std::string(request.substr(begin, request.find("\r\n", begin) - begin));
}

std::string accept_for(std::string_view request) {
    const std::string text =
        header_of(request, "Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
    return base64(digest.data(), size);
}

std::string good_answer(std::string_view request, std::string_view lines) {
    std::string answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept_for(request) + "\r\n";
    return answer.append(lines).append("\r\n");
}

}  // namespace graceline::tests
