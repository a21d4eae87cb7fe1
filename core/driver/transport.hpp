// The seam between a client and its socket: one Transport is one connection attempt.
// Must not name Asio, OpenSSL or cpprestsdk: two transports stand behind it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/reason.hpp"
#include "core/engine/time.hpp"
#include "core/websocket/frame.hpp"
#include "core/websocket/handshake.hpp"
#include "core/websocket/reader.hpp"

namespace graceline::driver {

/// What a public key pin is compared with: SHA-256 of the certificate's SubjectPublicKeyInfo.
using PublicKeyPin = std::array<std::uint8_t, 32>;

struct TlsSettings {
    bool verify = true;  ///< Chain and host name. Off only by an option named insecure.
    bool use_system_store = true;
    std::string ca_pem;              ///< Extra trusted certificates, PEM; empty = none.
    std::vector<PublicKeyPin> pins;  ///< Checked after the chain; empty = no pinning.
    std::string client_certificate_pem;
    std::string client_key_pem;
    std::string server_name;  ///< SNI and verified name; empty = the URL's host.
    bool resume_sessions = true;
};

struct ProxySettings {
    std::string host;  ///< Empty = direct.
    std::uint16_t port = 0;
    std::string user;
    std::string password;
};

/// Everything that an attempt needs; immutable, shared by all attempts of one client.
struct TransportSettings {
    bool secure = true;  ///< wss
    std::string host;    ///< Name or IP literal, without brackets.
    std::uint16_t port = 443;
    std::string host_header;  ///< As RFC 7230 wants it: brackets and non-default port included.
    std::string target;       ///< "/path?query"
    std::vector<websocket::Header> headers;
    std::vector<std::string> subprotocols;
    websocket::DeflateOptions deflate;
    websocket::Limits limits;
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t write_buffer_bytes = 1024 * 1024;  ///< Data frames above it are refused (full).
    TlsSettings tls;
    ProxySettings proxy;
};

enum class OpeningStep : std::uint8_t { resolving, connecting, securing, upgrading };

struct Opened {
    std::string subprotocol;
    bool deflate = false;
    bool tls_resumed = false;
    std::string tls_version;  ///< "TLSv1.3"; empty for ws.
    std::string peer;         ///< "127.0.0.1:8080", for logs.
};

/// Failure with a text for people. The text never holds a token, credential or query string.
struct TransportFailure {
    engine::Failure cause;
    std::string text;
};

/// The receiver of everything that happens to one attempt. All calls come on the I/O thread, never
/// from inside a call of the Transport, and never after on_ended or after abort() returned (or was
/// called, on the I/O thread). No lock of the transport is held during a call.
class TransportListener {
  public:
    virtual ~TransportListener() = default;

    /// Asked once, before open(). A lock that every caller of Transport::send() and flush_now()
    /// holds, and under which no other function of the transport is called: it then
    /// needs none of its own for what is sent. Null: callers hold nothing.
    virtual std::shared_ptr<std::mutex> lock_of_senders() { return nullptr; }

    virtual void on_progress(OpeningStep step) = 0;
    virtual void on_opened(const Opened& opened) = 0;

    /// Bytes of one read are about to be walked. False: they are discarded and reading stops
    /// (the client is about to close or abort).
    virtual bool on_read_begin() = 0;
    /// A whole message; `payload` is valid during the call only.
    virtual void on_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload) = 0;
    /// A piece of a message that could not be given whole (see websocket::ReadEvent).
    virtual void on_part(const websocket::ReadEvent& part) = 0;
    virtual void on_pong(std::span<const std::uint8_t> payload) = 0;
    /// All frames of one read were given; `frames` counts them, control frames too. False: stop
    /// reading until resume_reading() (back-pressure).
    virtual bool on_read_end(std::uint32_t frames, std::size_t bytes) = 0;

    /// Everything up to this offset of the data stream (see Transport::send) is in the kernel.
    virtual void on_flushed(std::uint64_t offset) = 0;

    /// Once, the last call: failed before or after opening, closed by the peer, or close() done.
    virtual void on_ended(const TransportFailure& why) = 0;
};

/// `written`: accepted, and the kernel has all that was sent up to it. Only those are told so who
/// share a lock with the transport (lock_of_senders); on_flushed need not tell them again.
enum class SendResult : std::uint8_t { accepted, written, full, not_open };

/// One attempt: open, talk, end. Functions marked "any thread" are safe from all threads; the rest
/// run on the I/O thread.
class Transport {
  public:
    virtual ~Transport() = default;

    /// Begins: resolve, connect, TLS, upgrade. The listener must outlive the attempt or abort() it.
    virtual void open() = 0;

    /// Any thread. Frames and writes inline when nothing is waiting (TRANSPORT fact 6), else
    /// appends to a buffer that the I/O thread flushes or, while it sends without pause, the
    /// calling thread itself, a batch at a time. `out_offset`: the stream offset that on_flushed
    /// will reach when this message is in the kernel.
    virtual SendResult send(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
                            std::uint64_t& out_offset) = 0;

    /// Any thread. Writes what waits now rather than a moment later, without waiting for anybody,
    /// and says how far the kernel has the stream: for a sender that may not go on before.
    /// on_flushed comes all the same. 0: this transport tells by on_flushed only.
    virtual std::uint64_t flush_now() { return 0; }

    /// Any thread. Control frame; not limited by write_buffer_bytes (at most 125 bytes).
    virtual void ping(std::span<const std::uint8_t> payload) = 0;

    /// Sends a close frame after what is buffered; on_ended follows when the peer has answered or
    /// the socket is gone. The caller keeps the time and calls abort().
    virtual void close(std::uint16_t code, std::string_view reason) = 0;

    /// Frees the socket now, silently. Never blocks, also with a dead TLS peer.
    virtual void abort() = 0;

    /// After on_read_end returned false.
    virtual void resume_reading() = 0;

    virtual const char* name() const = 0;  ///< "asio" or "cpprest"
};

}  // namespace graceline::driver
