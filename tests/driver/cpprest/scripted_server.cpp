// Blocking sockets and OpenSSL, one thread a connection.
// Must not outlive its test: stopping shuts every socket down and joins every thread.
#include "tests/driver/cpprest/scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>

#include "core/websocket/handshake.hpp"

namespace graceline::tests {

namespace {

constexpr std::size_t kMaxHeadBytes = 64 * 1024;
constexpr std::size_t kMaxFrameBytes = 64 * 1024 * 1024;

void need(bool condition, const char* what) {
    if (!condition) throw std::runtime_error(what);
}

std::string header_of(const std::string& head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

SSL_CTX* make_context(const ScriptedServer::Options& options) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    need(context != nullptr, "SSL_CTX_new");
    BIO* bio = BIO_new_mem_buf(options.certificate->certificate_pem.data(), -1);
    X509* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    bio = BIO_new_mem_buf(options.certificate->key_pem.data(), -1);
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    need(SSL_CTX_use_certificate(context, certificate) == 1, "server certificate");
    need(SSL_CTX_use_PrivateKey(context, key) == 1, "server key");
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (options.only_tls12) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    if (!options.client_authority_pem.empty()) {
        bio = BIO_new_mem_buf(options.client_authority_pem.data(), -1);
        X509* const authority = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
        BIO_free(bio);
        need(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority) == 1, "client CA");
        X509_free(authority);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    return context;
}

}  // namespace

ServerConnection::ServerConnection(int descriptor, ssl_ctx_st* context) : descriptor_(descriptor) {
    if (context == nullptr) return;
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, descriptor_);
}

ServerConnection::~ServerConnection() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    ::close(descriptor_);
}

bool ServerConnection::secure() {
    return ssl_ == nullptr || SSL_accept(ssl_) == 1;
}

std::size_t ServerConnection::read_some(char* data, std::size_t size) {
    if (stopped_) throw ConnectionOver{};
    long got = 0;
    if (ssl_ != nullptr) {
        got = SSL_read(ssl_, data, static_cast<int>(size));
    } else {
        got = ::recv(descriptor_, data, size, 0);
    }
    if (got <= 0 || stopped_) throw ConnectionOver{};
    return static_cast<std::size_t>(got);
}

std::string ServerConnection::read_exactly(std::size_t size) {
    char chunk[16384];
    while (buffer_.size() < size) buffer_.append(chunk, read_some(chunk, sizeof chunk));
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
}

std::string ServerConnection::read_head() {
    char chunk[4096];
    for (;;) {
        const auto end = buffer_.find("\r\n\r\n");
        if (end != std::string::npos) return read_exactly(end + 4);
        if (buffer_.size() > kMaxHeadBytes) throw ConnectionOver{};
        buffer_.append(chunk, read_some(chunk, sizeof chunk));
    }
}

std::string ServerConnection::upgrade(std::string_view extra_headers) {
    std::string head = read_head();
    write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        websocket::accept_key(header_of(head, "Sec-WebSocket-Key")) + "\r\n" +
        std::string(extra_headers) + "\r\n");
    return head;
}

void ServerConnection::write(std::string_view bytes) {
    while (!bytes.empty()) {
        if (stopped_) throw ConnectionOver{};
        long sent = 0;
        if (ssl_ != nullptr) {
            sent = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
        } else {
            sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        }
        if (sent <= 0) throw ConnectionOver{};
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

ServerConnection::Frame ServerConnection::read_frame() {
    const std::string start = read_exactly(2);
    const auto first = static_cast<std::uint8_t>(start[0]);
    std::uint64_t size = static_cast<std::uint8_t>(start[1]) & 0x7FU;
    const std::size_t extended = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (extended > 0) {
        size = 0;
        for (const char byte : read_exactly(extended)) {
            size = size << 8U | static_cast<std::uint8_t>(byte);
        }
    }
    need(size <= kMaxFrameBytes, "frame too long");
    const std::string mask = read_exactly(4);
    Frame frame{static_cast<websocket::Opcode>(first & 0x0FU),
                read_exactly(static_cast<std::size_t>(size))};
    for (std::size_t i = 0; i < frame.payload.size(); ++i) {
        frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
    }
    return frame;
}

void ServerConnection::write_frame(websocket::Opcode opcode, std::string_view payload) {
    std::string frame;
    frame.push_back(static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
    if (payload.size() < 126) {
        frame.push_back(static_cast<char>(payload.size()));
    } else {
        const int bytes = payload.size() < 65536 ? 2 : 8;
        frame.push_back(static_cast<char>(bytes == 2 ? 126 : 127));
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            frame.push_back(static_cast<char>(payload.size() >> static_cast<unsigned>(shift)));
        }
    }
    frame.append(payload);
    write(frame);
}

void ServerConnection::echo_until_close() {
    for (;;) {
        const auto frame = read_frame();
        switch (frame.opcode) {
            case websocket::Opcode::ping:
                write_frame(websocket::Opcode::pong, frame.payload);
                break;
            case websocket::Opcode::pong:
                break;
            case websocket::Opcode::close:
                write_frame(websocket::Opcode::close, frame.payload);
                return;
            default:
                write_frame(frame.opcode, frame.payload);
        }
    }
}

void ServerConnection::wait_until_gone() {
    char chunk[16384];
    for (;;) read_some(chunk, sizeof chunk);
}

void ServerConnection::freeze() {
    // Not even the end of the peer is looked at: POLLIN is not asked for.
    while (!stopped_) ::poll(nullptr, 0, 5);
    throw ConnectionOver{};
}

void ServerConnection::say_goodbye() {
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
}

void ServerConnection::reset() {
    const linger now{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    throw ConnectionOver{};
}

void ServerConnection::splice_to(std::uint16_t port) {
    const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(other, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        char chunk[16384];
        pollfd waits[2] = {{descriptor_, POLLIN, 0}, {other, POLLIN, 0}};
        for (bool going = true; going && !stopped_;) {
            ::poll(waits, 2, 5);
            for (int i = 0; i < 2 && going; ++i) {
                if (waits[i].revents == 0) continue;
                const auto got = ::recv(waits[i].fd, chunk, sizeof chunk, 0);
                going = got > 0 && ::send(waits[1 - i].fd, chunk, static_cast<std::size_t>(got),
                                          MSG_NOSIGNAL) == got;
            }
        }
    }
    ::close(other);
}

void ServerConnection::stop() {
    stopped_ = true;
    ::shutdown(descriptor_, SHUT_RDWR);
}

ScriptedServer::ScriptedServer(Script script, Options options)
    : script_(std::move(script)), options_(std::move(options)) {
    if (options_.certificate) context_ = make_context(options_);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(listener_ >= 0, "socket");
    if (options_.receive_buffer_bytes > 0) {
        ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &options_.receive_buffer_bytes,
                     sizeof options_.receive_buffer_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
    need(::listen(listener_, 64) == 0, "listen");
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
}

ScriptedServer::~ScriptedServer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const auto& connection : open_) connection->stop();
    }
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    std::unique_lock lock(mutex_);
    closed_.wait(lock, [this] { return threads_running_ == 0; });
    ::close(listener_);
    open_.clear();
    SSL_CTX_free(context_);
}

bool ScriptedServer::wait_idle() {
    std::unique_lock lock(mutex_);
    return closed_.wait_for(lock, std::chrono::seconds(20),
                            [this] { return threads_running_ == 0; });
}

void ScriptedServer::accept_loop() {
    for (;;) {
        const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const std::lock_guard lock(mutex_);
        if (descriptor < 0 || stopping_) {
            if (descriptor >= 0) ::close(descriptor);
            return;
        }
        const int on = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        open_.push_back(std::make_unique<ServerConnection>(descriptor, context_));
        ++threads_running_;
        std::thread([this, connection = open_.back().get()] { serve(*connection); }).detach();
        ++connections_;
    }
}

void ScriptedServer::serve(ServerConnection& connection) {
    // OpenSSL writes without MSG_NOSIGNAL: in this thread alone a gone peer is an error code.
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
    try {
        if (connection.secure()) script_(connection);
    } catch (const ConnectionOver&) {
        // Part of the script.
    } catch (const std::exception&) {
        // The test sees the connection end early, and fails for it.
    }
    ERR_clear_error();
    const std::lock_guard lock(mutex_);
    open_.remove_if([&](const auto& open) { return open.get() == &connection; });
    --threads_running_;
    closed_.notify_all();
}

}  // namespace graceline::tests
