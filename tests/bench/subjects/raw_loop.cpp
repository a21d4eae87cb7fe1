// The limit: an epoll loop with the smallest parser that can count messages, plain or OpenSSL.
// Must not check anything that a real client has to check (UTF-8, limits, accept key): that is
// what makes it the limit and not a client.
#include "tests/bench/subjects/raw_loop.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace graceline::bench {
namespace {

constexpr unsigned kText = 1;
constexpr unsigned kClose = 8;
constexpr std::size_t kFirstBufferBytes = 512;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

std::uint64_t next_mask() {
    // Good enough for the limit; a client takes its masks from the operating system.
    thread_local std::uint64_t state = 0x9e3779b97f4a7c15U;
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return state & 0xffffffffU;
}

}  // namespace

RawUrl parse_raw_url(const std::string& url) {
    RawUrl result;
    result.tls = url.starts_with("wss://");
    const std::size_t host = url.find("://") + 3;
    const std::size_t colon = url.find(':', host);
    const std::size_t slash = url.find('/', host);
    result.host = url.substr(host, colon - host);
    result.port = static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1, slash - colon - 1)));
    result.target = url.substr(slash);
    return result;
}

unsigned char* RawBuffer::room(std::size_t size) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (capacity_ - end_ < size) {
        const std::size_t kept = end_ - begin_;
        const std::size_t wanted = std::max({kept + size, capacity_ * 2, kFirstBufferBytes});
        auto bigger = std::make_unique_for_overwrite<unsigned char[]>(wanted);
        if (kept > 0) std::memcpy(bigger.get(), data_.get() + begin_, kept);
        data_ = std::move(bigger);
        capacity_ = wanted;
        begin_ = 0;
        end_ = kept;
    }
    unsigned char* const at = data_.get() + end_;
    end_ += size;
    return at;
}

void RawBuffer::append(std::string_view bytes) {
    std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
}

void RawBuffer::append_frame(unsigned opcode, std::string_view payload) {
    const std::size_t header = payload.size() < 126 ? 6 : 8;
    unsigned char* at = room(header + payload.size());
    at[0] = static_cast<unsigned char>(0x80U | opcode);
    if (header == 6) {
        at[1] = static_cast<unsigned char>(0x80U | payload.size());
    } else {
        at[1] = 0x80U | 126U;
        at[2] = static_cast<unsigned char>(payload.size() >> 8U);
        at[3] = static_cast<unsigned char>(payload.size());
    }
    std::uint64_t mask = next_mask();
    mask |= mask << 32U;
    std::memcpy(at + header - 4, &mask, 4);
    at += header;
    const char* from = payload.data();
    std::size_t left = payload.size();
    for (; left >= 8; left -= 8, at += 8, from += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, from, 8);
        word ^= mask;
        std::memcpy(at, &word, 8);
    }
    for (std::size_t i = 0; i < left; ++i) {
        at[i] = static_cast<unsigned char>(static_cast<unsigned char>(from[i]) ^
                                           ((mask >> (8U * (i & 3U))) & 0xffU));
    }
}

void RawBuffer::swap(RawBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
}

RawTls::RawTls(const std::string& ca_file) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr) != 1) {
        throw std::runtime_error("cannot load the certificate of the server");
    }
    SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                   SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context_, 1);
    SSL_CTX_set_session_cache_mode(context_,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context_, &RawTls::on_new_session);
    SSL_CTX_set_app_data(context_, this);
}

RawTls::~RawTls() {
    SSL_SESSION_free(newest_);
    SSL_CTX_free(context_);
}

int RawTls::on_new_session(SSL* ssl, SSL_SESSION* session) {
    auto* const self = static_cast<RawTls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    SSL_SESSION_free(std::exchange(self->newest_, session));
    return 1;
}

SSL* RawTls::make(const std::string& host, bool resume) {
    SSL* const ssl = SSL_new(context_);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    if (resume && newest_ != nullptr) SSL_set_session(ssl, newest_);
    SSL_set_connect_state(ssl);
    return ssl;
}

RawConnection::RawConnection(const RawUrl& url, RawTls* tls, bool resume) {
    request_ = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.host + ':' +
               std::to_string(url.port) +
               "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0) fail("socket");
    const int on = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(url.port);
    inet_pton(AF_INET, url.host.c_str(), &address.sin_addr);
    if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
        fail("connect");
    }
    if (tls != nullptr) {
        ssl_ = tls->make(url.host, resume);
        SSL_set_fd(ssl_, descriptor_);
    }
}

RawConnection::~RawConnection() {
    abort();
}

void RawConnection::abort() {
    if (ssl_ != nullptr) {
        // Without this OpenSSL marks the session of an aborted connection as not resumable.
        SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(std::exchange(ssl_, nullptr));
    }
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    state_ = State::closed;
}

bool RawConnection::wants_write() const {
    return state_ == State::connecting || (state_ != State::tls && !out.empty());
}

void RawConnection::start_upgrade() {
    state_ = State::upgrading;
    out.append(request_);
    request_ = std::string();
    flush();
    if (out.empty()) out = RawBuffer();  // An idle connection keeps no buffer.
}

bool RawConnection::on_ready(ReadBuffer& buffer) {
    if (state_ == State::connecting) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            abort();
            return false;
        }
        if (ssl_ == nullptr) {
            start_upgrade();
            return false;
        }
        state_ = State::tls;
    }
    if (state_ == State::tls) {
        const int result = SSL_do_handshake(ssl_);
        if (result != 1) {
            if (SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ) abort();
            return false;
        }
        start_upgrade();
    }
    for (int turn = 0; turn < kReadsPerWakeup; ++turn) {
        if (state_ == State::closed) return false;
        const std::size_t kept = tail_.size();
        std::memcpy(buffer.data(), tail_.data(), kept);
        const std::ptrdiff_t got = read_some(buffer.data() + kept, kReadChunkBytes);
        if (got == -1) break;
        if (got <= 0) {
            abort();
            return false;
        }
        const std::size_t size = kept + static_cast<std::size_t>(got);
        const std::size_t used = walk(buffer.data(), size);
        if (used == size) {
            tail_.clear();
        } else {
            tail_.assign(reinterpret_cast<const char*>(buffer.data()) + used, size - used);
        }
        if (ssl_ == nullptr && static_cast<std::size_t>(got) < kReadChunkBytes) break;
        if (turn + 1 == kReadsPerWakeup) return true;
    }
    if (!out.empty()) flush();
    return false;
}

std::size_t RawConnection::walk(const unsigned char* data, std::size_t size) {
    std::size_t used = 0;
    if (state_ == State::upgrading) {
        const std::string_view text(reinterpret_cast<const char*>(data), size);
        const std::size_t end = text.find("\r\n\r\n");
        if (end == std::string_view::npos) return 0;
        if (!text.starts_with("HTTP/1.1 101")) {
            abort();
            return size;
        }
        used = end + 4;
        state_ = State::open;
    }
    Batch batch;
    const std::size_t frames = walk_frames(data + used, size - used, batch);
    batch.frames = {reinterpret_cast<const char*>(data) + used, frames};
    if (batch.messages > 0 && on_batch) on_batch(batch);
    if (batch.closed) abort();
    return used + frames;
}

std::size_t RawConnection::walk_frames(const unsigned char* data, std::size_t size, Batch& batch) {
    std::size_t used = 0;
    while (size - used >= 2) {
        const unsigned char* const head = data + used;
        std::size_t header = 2;
        std::size_t length = head[1] & 0x7fU;
        if (length == 126) {
            if (size - used < 4) break;
            header = 4;
            length = (static_cast<std::size_t>(head[2]) << 8U) | head[3];
        }
        if (size - used < header + length) break;
        const unsigned opcode = head[0] & 0x0fU;
        if (opcode == kText) {
            ++batch.messages;
            batch.bytes += length;
            batch.last = {reinterpret_cast<const char*>(head) + header, length};
        } else if (opcode == kClose) {
            batch.closed = true;
        }
        used += header + length;
    }
    return used;
}

void RawConnection::flush() {
    while (!out.empty() && state_ != State::closed) {
        std::size_t wrote = 0;
        if (ssl_ == nullptr) {
            const ssize_t result = ::send(descriptor_, out.data(), out.size(), MSG_NOSIGNAL);
            if (result < 0) return;
            wrote = static_cast<std::size_t>(result);
        } else if (SSL_write_ex(ssl_, out.data(), out.size(), &wrote) != 1) {
            return;
        }
        out.consume(wrote);
    }
}

std::ptrdiff_t RawConnection::read_some(unsigned char* data, std::size_t size) {
    if (ssl_ == nullptr) {
        const ssize_t got = recv(descriptor_, data, size, 0);
        if (got >= 0) return got;
        return errno == EAGAIN || errno == EINTR ? -1 : -2;
    }
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_, data, size, &got);
    if (result == 1) return static_cast<std::ptrdiff_t>(got);
    return SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ ? -1 : -2;
}

RawLoop::RawLoop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      buffer_(std::make_unique_for_overwrite<RawConnection::ReadBuffer>()) {
    if (epoll_ < 0 || wake_ < 0) fail("epoll");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) fail("epoll_ctl");
}

RawLoop::~RawLoop() {
    ::close(wake_);
    ::close(epoll_);
}

void RawLoop::add(RawConnection& connection) {
    connection.armed_events = EPOLLOUT;
    epoll_event event{};
    event.events = connection.armed_events;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor(), &event) != 0) fail("epoll_ctl");
}

void RawLoop::remove(RawConnection& connection) {
    std::erase(again_, &connection);
    if (connection.descriptor() < 0) return;
    epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.descriptor(), nullptr);
}

void RawLoop::rearm(RawConnection& connection) {
    if (connection.descriptor() < 0) return;
    const std::uint32_t wanted = connection.state() == RawConnection::State::connecting
                                     ? EPOLLOUT
                                     : (connection.wants_write() ? EPOLLIN | EPOLLOUT : EPOLLIN);
    if (wanted == connection.armed_events) return;
    connection.armed_events = wanted;
    epoll_event event{};
    event.events = wanted;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor(), &event);
}

void RawLoop::run_once(int timeout_ms) {
    std::array<epoll_event, 64> events{};
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                 again_.empty() ? timeout_ms : 0);
    std::vector<RawConnection*> ready;
    ready.swap(again_);
    for (int i = 0; i < count; ++i) {
        void* const owner = events[static_cast<std::size_t>(i)].data.ptr;
        if (owner == nullptr) {
            std::uint64_t value = 0;
            [[maybe_unused]] const ssize_t got = read(wake_, &value, sizeof value);
            continue;
        }
        auto* const connection = static_cast<RawConnection*>(owner);
        if (std::find(ready.begin(), ready.end(), connection) == ready.end()) {
            ready.push_back(connection);
        }
    }
    for (RawConnection* connection : ready) {
        if (connection->on_ready(*buffer_)) again_.push_back(connection);
        rearm(*connection);
    }
}

void RawLoop::wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t wrote = write(wake_, &one, sizeof one);
}

}  // namespace graceline::bench
