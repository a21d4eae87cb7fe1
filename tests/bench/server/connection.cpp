// One accepted connection of the bench server: TLS, upgrade, and the behaviour its path asked for.
// Must not own the epoll descriptor, and must not be faster to one client library than to another.
#include "tests/bench/server/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

namespace graceline::bench {
namespace {

constexpr std::size_t kMaxRequestBytes = std::size_t{16} * 1024;
constexpr std::size_t kMaxFloodPayloadBytes = std::size_t{64} * 1024 - 1;
constexpr std::size_t kMaxOutBytes = std::size_t{4} * 1024 * 1024;
constexpr int kTurnsPerWakeup = 16;  // So that one flood cannot starve the other connections.
constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view kAcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

constexpr unsigned kText = 1;
constexpr unsigned kClose = 8;
constexpr unsigned kPing = 9;
constexpr unsigned kPong = 10;

std::string accept_key(std::string_view key) {
    std::string text(key);
    text += kAcceptSuffix;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned digest_bytes = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &digest_bytes, EVP_sha1(), nullptr);
    std::array<unsigned char, 64> encoded{};
    const int size = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest_bytes));
    return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size)};
}

std::string_view header_value(std::string_view request, std::string_view name) {
    std::size_t at = request.find("\r\n");
    while (at != std::string_view::npos) {
        const std::size_t begin = at + 2;
        at = request.find("\r\n", begin);
        const std::string_view line = request.substr(begin, at - begin);
        if (line.size() <= name.size() || line[name.size()] != ':') continue;
        const bool same = std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
            return std::tolower(static_cast<unsigned char>(a)) ==
                   std::tolower(static_cast<unsigned char>(b));
        });
        if (!same) continue;
        std::string_view value = line.substr(name.size() + 1);
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
        return value;
    }
    return {};
}

std::uint64_t query_number(std::string_view query, std::string_view name, std::uint64_t otherwise) {
    while (!query.empty()) {
        const std::string_view item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), item.size() + 1));
        if (item.size() <= name.size() || !item.starts_with(name) || item[name.size()] != '=') {
            continue;
        }
        std::uint64_t number = otherwise;
        std::from_chars(item.data() + name.size() + 1, item.data() + item.size(), number);
        return number;
    }
    return otherwise;
}

Mode mode_of(std::string_view path) {
    if (path == "/flood") return Mode::flood;
    if (path == "/echo") return Mode::echo;
    if (path == "/sink") return Mode::sink;
    if (path == "/idle") return Mode::idle;
    if (path == "/pair") return Mode::pair;
    if (path == "/freeze") return Mode::freeze;
    return Mode::none;
}

void append_header(std::string& out, unsigned opcode, std::size_t size) {
    out.push_back(static_cast<char>(0x80U | opcode));
    if (size < 126) {
        out.push_back(static_cast<char>(size));
        return;
    }
    const int bytes = size <= 0xffff ? 2 : 8;
    out.push_back(static_cast<char>(bytes == 2 ? 126 : 127));
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>((static_cast<std::uint64_t>(size) >> shift) & 0xffU));
    }
}

}  // namespace

Shared::Shared() : buffer_(kMaxMessageBytes + kReadChunkBytes) {}

const Flood& Shared::flood(std::size_t payload_bytes) {
    for (const auto& flood : floods_) {
        if (flood->payload_bytes == payload_bytes) return *flood;
    }
    std::string frame;
    append_header(frame, kText, payload_bytes);
    constexpr std::string_view kPattern = "The quick brown fox jumps over the lazy dog. ";
    for (std::size_t i = 0; i < payload_bytes; ++i) frame.push_back(kPattern[i % kPattern.size()]);
    auto flood = std::make_unique<Flood>();
    flood->payload_bytes = payload_bytes;
    while (flood->frames.size() < kFloodBufferBytes) flood->frames += frame;
    flood->file = memfd_create("flood", MFD_CLOEXEC);
    const ssize_t wrote = write(flood->file, flood->frames.data(), flood->frames.size());
    if (wrote != static_cast<ssize_t>(flood->frames.size())) {
        throw std::system_error(errno, std::generic_category(), "memfd");
    }
    return *floods_.emplace_back(std::move(flood));
}

Connection::Connection(int descriptor, SSL_CTX* context, Shared& shared)
    : descriptor_(descriptor),
      shared_(shared),
      phase_(context == nullptr ? Phase::upgrade : Phase::tls) {
    const int on = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (context != nullptr) {
        ssl_ = SSL_new(context);
        SSL_set_fd(ssl_, descriptor_);
        SSL_set_accept_state(ssl_);
    }
}

Connection::~Connection() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    close(descriptor_);
}

bool Connection::wants_write() const {
    if (phase_ == Phase::tls) return false;
    return out_offset_ < out_.size() || (phase_ == Phase::open && flood_left_bytes_ > 0);
}

bool Connection::on_ready(bool readable, bool writable) {
    if (phase_ == Phase::tls) {
        if (!continue_handshake()) return false;
        if (phase_ == Phase::tls) return true;
        readable = true;  // The request may already be inside OpenSSL, where epoll cannot see it.
    }
    if (readable && mode_ != Mode::freeze && !read_all()) return false;
    // Data is often writable at once, so answers leave in the turn that made them.
    if (out_offset_ < out_.size() && !flush()) return false;
    if (phase_ == Phase::closing) return out_offset_ < out_.size();
    if ((writable || readable) && flood_left_bytes_ > 0) return flood_some();
    return true;
}

bool Connection::continue_handshake() {
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) {
        ++shared_.stats.tls_handshakes;
        if (SSL_session_reused(ssl_) == 1) ++shared_.stats.tls_resumed;
        phase_ = Phase::upgrade;
        return true;
    }
    return SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ;
}

bool Connection::read_all() {
    // With read-ahead OpenSSL may hold bytes that epoll cannot see, so TLS is read to its end.
    for (int turn = 0; ssl_ != nullptr || turn < kTurnsPerWakeup; ++turn) {
        unsigned char* const buffer = shared_.buffer();
        std::memcpy(buffer, tail_.data(), tail_.size());
        const std::size_t kept = tail_.size();
        const std::ptrdiff_t got = read_some(buffer + kept, Shared::kReadChunkBytes);
        if (got == -1) return true;
        if (got <= 0) return false;
        std::size_t size = kept + static_cast<std::size_t>(got);
        std::size_t used = 0;
        if (phase_ == Phase::upgrade) {
            const std::string_view text(reinterpret_cast<const char*>(buffer), size);
            const std::size_t end = text.find("\r\n\r\n");
            if (end == std::string_view::npos) {
                if (size > kMaxRequestBytes) return false;
                tail_.assign(text);
                continue;
            }
            if (!upgrade(text.substr(0, end + 2))) return false;
            used = end + 4;
        }
        const std::ptrdiff_t walked = walk_frames(buffer + used, size - used);
        if (walked < 0) return false;
        used += static_cast<std::size_t>(walked);
        if (size - used > Shared::kMaxMessageBytes) return false;
        tail_.assign(reinterpret_cast<const char*>(buffer) + used, size - used);
        if (phase_ == Phase::closing || mode_ == Mode::freeze) return true;
        if (out_.size() - out_offset_ > kMaxOutBytes) return false;
        // A short read means that the socket is empty; with TLS only WANT_READ says so.
        if (ssl_ == nullptr && static_cast<std::size_t>(got) < Shared::kReadChunkBytes) return true;
    }
    return true;
}

bool Connection::upgrade(std::string_view request) {
    const std::size_t begin = request.find(' ');
    const std::size_t end = request.find(' ', begin + 1);
    const std::string_view key = header_value(request, "Sec-WebSocket-Key");
    if (begin == std::string_view::npos || end == std::string_view::npos || key.empty()) {
        return false;
    }
    const std::string_view target = request.substr(begin + 1, end - begin - 1);
    const std::string_view path = target.substr(0, target.find('?'));
    const std::string_view query =
        path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view{};
    mode_ = mode_of(path);
    if (mode_ == Mode::none) return false;
    out_ += "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    // libwebsockets always asks for a subprotocol and wants it back.
    const std::string_view protocol = header_value(request, "Sec-WebSocket-Protocol");
    if (!protocol.empty()) {
        out_ += "Sec-WebSocket-Protocol: ";
        out_ += protocol.substr(0, protocol.find(','));
        out_ += "\r\n";
    }
    out_ += "Sec-WebSocket-Accept: " + accept_key(key) + "\r\n\r\n";
    phase_ = Phase::open;
    ++shared_.stats.upgraded;
    if (mode_ == Mode::pair) answer_at_ = 2;
    if (mode_ == Mode::sink) answer_at_ = query_number(query, "count", kEndless);
    if (mode_ == Mode::flood) {
        const std::uint64_t size =
            std::min<std::uint64_t>(query_number(query, "size", 100), kMaxFloodPayloadBytes);
        const std::uint64_t count = query_number(query, "count", 0);
        flood_ = &shared_.flood(size);
        std::string header;
        append_header(header, kText, size);
        flood_left_bytes_ = count == 0 ? kEndless : count * (header.size() + size);
    }
    return true;
}

std::ptrdiff_t Connection::walk_frames(unsigned char* data, std::size_t size) {
    std::size_t used = 0;
    while (size - used >= 2) {
        const unsigned char* const head = data + used;
        const std::size_t left = size - used;
        std::size_t header = 2;
        std::uint64_t length = head[1] & 0x7fU;
        if ((head[1] & 0x80U) == 0) return -1;
        if (length >= 126) {
            const std::size_t extra = length == 126 ? 2 : 8;
            if (left < 2 + extra) break;
            length = 0;
            for (std::size_t i = 0; i < extra; ++i) length = (length << 8U) | head[2 + i];
            header += extra;
            if (length > Shared::kMaxMessageBytes) return -1;
        }
        header += 4;
        if (left < header + length) break;
        on_data(head[0] & 0x0fU, head + header - 4, data + used + header,
                static_cast<std::size_t>(length));
        used += header + static_cast<std::size_t>(length);
        if (phase_ == Phase::closing || mode_ == Mode::freeze) break;
    }
    return static_cast<std::ptrdiff_t>(used);
}

void Connection::on_data(unsigned opcode, const unsigned char* mask, unsigned char* payload,
                         std::size_t size) {
    const bool control = opcode >= kClose;
    if (mode_ == Mode::flood) {
        // An answer would cut a frame of the flood, so a flood only ends.
        if (opcode == kClose) phase_ = Phase::closing;
        return;
    }
    // The sink needs no payload, so it does not pay for unmasking; "done" is four bytes long.
    const bool only_counted = !control && mode_ == Mode::sink && size != 4;
    if (!only_counted) {
        for (std::size_t i = 0; i < size; ++i) {
            payload[i] = static_cast<unsigned char>(payload[i] ^ mask[i & 3U]);
        }
    }
    if (opcode == kPing) return append_frame(kPong, payload, size);
    if (opcode == kPong) return;
    if (opcode == kClose) {
        append_frame(kClose, payload, std::min<std::size_t>(size, 2));
        phase_ = Phase::closing;
        return;
    }
    if (mode_ == Mode::echo) return append_frame(opcode, payload, size);
    if (mode_ != Mode::sink && mode_ != Mode::pair) return;
    const bool done = mode_ == Mode::sink && size == 4 && std::memcmp(payload, "done", 4) == 0;
    if (!done) ++counted_;
    if (done || counted_ == answer_at_) {
        const std::string text = std::to_string(counted_);
        append_frame(kText, reinterpret_cast<const unsigned char*>(text.data()), text.size());
        counted_ = 0;
    }
}

void Connection::append_frame(unsigned opcode, const unsigned char* payload, std::size_t size) {
    append_header(out_, opcode, size);
    out_.append(reinterpret_cast<const char*>(payload), size);
}

bool Connection::flush() {
    while (out_offset_ < out_.size()) {
        const std::ptrdiff_t wrote =
            write_some(out_.data() + out_offset_, out_.size() - out_offset_);
        if (wrote == -1) return true;
        if (wrote <= 0) return false;
        out_offset_ += static_cast<std::size_t>(wrote);
    }
    out_.clear();
    out_offset_ = 0;
    return true;
}

bool Connection::flood_some() {
    if (out_offset_ < out_.size()) return true;  // The answer to the upgrade comes first.
    for (int turn = 0; turn < kTurnsPerWakeup && flood_left_bytes_ > 0; ++turn) {
        std::size_t size = flood_->frames.size() - flood_offset_;
        if (flood_left_bytes_ != kEndless) {
            size = static_cast<std::size_t>(std::min<std::uint64_t>(size, flood_left_bytes_));
        }
        const std::ptrdiff_t wrote = write_flood(size);
        if (wrote == -1) return true;
        if (wrote <= 0) return false;
        flood_offset_ = (flood_offset_ + static_cast<std::size_t>(wrote)) % flood_->frames.size();
        if (flood_left_bytes_ != kEndless) flood_left_bytes_ -= static_cast<std::uint64_t>(wrote);
    }
    return true;
}

std::ptrdiff_t Connection::write_flood(std::size_t size) {
    if (ssl_ != nullptr) return write_some(flood_->frames.data() + flood_offset_, size);
    auto offset = static_cast<off_t>(flood_offset_);
    const ssize_t wrote = sendfile(descriptor_, flood_->file, &offset, size);
    if (wrote >= 0) return wrote;
    return errno == EAGAIN || errno == EINTR ? -1 : -2;
}

std::ptrdiff_t Connection::read_some(unsigned char* data, std::size_t size) {
    if (ssl_ == nullptr) {
        const ssize_t got = recv(descriptor_, data, size, 0);
        if (got >= 0) return got;
        return errno == EAGAIN || errno == EINTR ? -1 : -2;
    }
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_, data, size, &got);
    if (result == 1) return static_cast<std::ptrdiff_t>(got);
    const int error = SSL_get_error(ssl_, result);
    if (error == SSL_ERROR_WANT_READ) return -1;
    return error == SSL_ERROR_ZERO_RETURN ? 0 : -2;
}

std::ptrdiff_t Connection::write_some(const char* data, std::size_t size) {
    if (ssl_ == nullptr) {
        const ssize_t wrote = send(descriptor_, data, size, MSG_NOSIGNAL);
        if (wrote >= 0) return wrote;
        return errno == EAGAIN || errno == EINTR ? -1 : -2;
    }
    std::size_t wrote = 0;
    const int result = SSL_write_ex(ssl_, data, size, &wrote);
    if (result == 1) return static_cast<std::ptrdiff_t>(wrote);
    return SSL_get_error(ssl_, result) == SSL_ERROR_WANT_WRITE ? -1 : -2;
}

}  // namespace graceline::bench
