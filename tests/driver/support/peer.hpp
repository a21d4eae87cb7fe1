// The other end of a connection as a test scripts it: a blocking socket, plain or TLS, with frames.
// Must not be clever: it sends what it is told, right or wrong.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/driver/tls_bio.hpp"

namespace graceline::tests {

struct PeerFrame {
    std::uint8_t first_byte = 0;  ///< FIN, RSV and opcode.
    bool masked = false;
    std::uint32_t mask = 0;
    std::string payload;  ///< Unmasked.

    std::uint8_t opcode() const { return first_byte & 0x0F; }
    /// Of a close frame; 1005 when it has none.
    int close_code() const;
};

/// A frame as a server sends it.
std::string server_frame(std::uint8_t first_byte, std::string_view payload);
std::string server_text(std::string_view payload);
std::string server_close(int code, std::string_view reason = {});

class Peer {
  public:
    explicit Peer(int descriptor);
    ~Peer();
    Peer(Peer&& other) noexcept;
    Peer& operator=(Peer&&) = delete;

    /// False when the handshake fails.
    bool accept_tls(SSL_CTX* context);
    SSL* tls() { return tls_; }
    /// Of the socket, in the kernel.
    int descriptor() const { return descriptor_; }

    /// False when the connection has gone.
    bool write(std::string_view bytes);
    /// What is there, at least one byte; empty when the connection has gone or kPatience is over.
    std::string read_some();
    /// Including the mark; what follows stays for the next read.
    std::string read_until(std::string_view mark);
    std::string read_exactly(std::size_t size);
    std::optional<PeerFrame> read_frame();
    /// The next frame with this opcode; others are thrown away.
    std::optional<PeerFrame> read_frame_of(std::uint8_t opcode);
    /// Reads until the end; true when the connection ended, however it did.
    bool read_to_end();

    /// Reads the request and answers it with 101. Returns the request.
    std::string upgrade(std::string_view extra_headers = {}, std::string_view behind = {});

    void finish_writing();  ///< FIN
    void reset();           ///< RST
    void close();

  private:
    bool fill();

    int descriptor_;
    SSL* tls_ = nullptr;
    std::unique_ptr<driver::TlsBioState> bio_;
    std::string pending_;
};

/// Listens on 127.0.0.1 (or ::1) on a free port.
class Listener {
  public:
    explicit Listener(bool ipv6 = false, int backlog = 1024);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::uint16_t port() const { return port_; }
    /// Throws when nobody comes within kPatience.
    Peer accept();
    /// Nobody is waiting to be accepted now.
    bool quiet() const;
    void close();

  private:
    int descriptor_;
    std::uint16_t port_ = 0;
};

}  // namespace graceline::tests
