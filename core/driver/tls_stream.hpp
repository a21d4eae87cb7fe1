// TLS on one connected socket: handshake, and encrypted transfers that never block.
// Must not wait or call anybody back; the connection does the waiting.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "core/driver/tls_bio.hpp"
#include "core/driver/tls_context.hpp"
#include "core/driver/transfer.hpp"

namespace graceline::driver {

/// Reads come from the I/O thread, writes from any: one lock orders them, held for one record.
class TlsStream {
  public:
    /// Null when OpenSSL has no memory or refuses the name.
    static std::unique_ptr<TlsStream> make(std::shared_ptr<TlsContext> context,
                                           platform::NativeSocket socket, const std::string& name,
                                           std::string session_key);
    /// Never touches the network, whatever the peer does.
    ~TlsStream();
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    /// The stream of an SSL that one of these made.
    static TlsStream* of(const SSL* ssl);

    /// moved: the handshake is done.
    StreamResult handshake();
    StreamResult read(std::uint8_t* bytes, std::size_t size);
    StreamResult write(const std::uint8_t* bytes, std::size_t size);
    /// Like write(), but wait_write when another thread is at work on this connection, or the
    /// process ends.
    StreamResult try_write(const std::uint8_t* bytes, std::size_t size);
    /// Tells the peer that this is the end, if that needs no waiting.
    void say_goodbye();

    /// After a failure of the handshake.
    engine::Failure failure() const;
    /// After that, or after a read that failed: what OpenSSL says of it; empty where it says
    /// nothing, since the socket failed.
    const std::string& failure_text() const { return failure_text_; }

    bool resumed() const { return SSL_session_reused(ssl_) == 1; }
    std::string version() const { return SSL_get_version(ssl_); }
    TlsContext& context() const { return *context_; }
    const std::string& session_key() const { return session_key_; }
    void note_pin_mismatch() { pin_mismatch_ = true; }

  private:
    TlsStream(std::shared_ptr<TlsContext> context, std::string session_key)
        : context_(std::move(context)), session_key_(std::move(session_key)) {}
    StreamResult judge(int result);
    StreamResult write_locked(const std::uint8_t* bytes, std::size_t size);

    std::shared_ptr<TlsContext> context_;
    std::string session_key_;
    std::mutex mutex_;
    SSL* ssl_ = nullptr;
    TlsBioState bio_;
    bool pin_mismatch_ = false;
    std::string failure_text_;
};

}  // namespace graceline::driver
