// OpenSSL calls and the meaning of their results; the session is kept resumable whatever happens.
// Must not use the socket other than through the BIO.
#include "core/driver/tls_stream.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "core/driver/exit_gate.hpp"
#include "core/driver/tls_verify.hpp"

namespace graceline::driver {
namespace {

int stream_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int clamp_to_int(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

std::unique_ptr<TlsStream> TlsStream::make(std::shared_ptr<TlsContext> context,
                                           platform::NativeSocket socket, const std::string& name,
                                           std::string session_key) {
    std::unique_ptr<TlsStream> stream(new TlsStream(std::move(context), std::move(session_key)));
    stream->bio_.socket = socket;
    stream->ssl_ = SSL_new(stream->context_->native());
    if (stream->ssl_ == nullptr) return nullptr;
    SSL* const ssl = stream->ssl_;
    if (SSL_set_ex_data(ssl, stream_index(), stream.get()) != 1) return nullptr;
    BIO* const bio = make_tls_bio(stream->bio_);
    if (bio == nullptr) return nullptr;
    SSL_set_bio(ssl, bio, bio);
    SSL_set_connect_state(ssl);
    if (!set_server_name(ssl, name, stream->context_->verifies())) return nullptr;
    if (stream->context_->resumes()) {
        if (const Session session = stream->context_->sessions().find(stream->session_key_)) {
            SSL_set_session(ssl, session.get());
        }
    }
    return stream;
}

TlsStream::~TlsStream() {
    if (ssl_ == nullptr) return;
    // Without a clean shutdown SSL_free() would mark the session as not resumable.
    if (SSL_is_init_finished(ssl_) == 1) {
        SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    SSL_free(ssl_);
}

TlsStream* TlsStream::of(const SSL* ssl) {
    return static_cast<TlsStream*>(SSL_get_ex_data(ssl, stream_index()));
}

StreamResult TlsStream::handshake() {
    const std::lock_guard lock(mutex_);
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) return {StreamStatus::moved, 0, 0};
    const StreamResult judged = judge(result);
    if (judged.status == StreamStatus::failed) {
        const long verified = SSL_get_verify_result(ssl_);
        const char* const reason = ERR_reason_error_string(ERR_peek_error());
        if (context_->verifies() && verified != X509_V_OK && !pin_mismatch_) {
            failure_text_ = X509_verify_cert_error_string(verified);
        } else if (reason != nullptr) {
            failure_text_ = reason;
        }
        ERR_clear_error();
    }
    return judged;
}

StreamResult TlsStream::read(std::uint8_t* bytes, std::size_t size) {
    const std::lock_guard lock(mutex_);
    ERR_clear_error();
    const int result = SSL_read(ssl_, bytes, clamp_to_int(size));
    if (result > 0) return {StreamStatus::moved, static_cast<std::size_t>(result), 0};
    const StreamResult judged = judge(result);
    if (judged.status == StreamStatus::failed) {
        // An alert, or a record that is none; nothing where the socket itself failed.
        const char* const reason = ERR_reason_error_string(ERR_peek_error());
        if (reason != nullptr) failure_text_ = reason;
        ERR_clear_error();
    }
    return judged;
}

StreamResult TlsStream::write(const std::uint8_t* bytes, std::size_t size) {
    const std::lock_guard lock(mutex_);
    return write_locked(bytes, size);
}

StreamResult TlsStream::try_write(const std::uint8_t* bytes, std::size_t size) {
    const ExitGuard guard;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!guard || !lock) return {StreamStatus::wait_write, 0, 0};
    return write_locked(bytes, size);
}

void TlsStream::say_goodbye() {
    const std::lock_guard lock(mutex_);
    if (SSL_is_init_finished(ssl_) != 1) return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
}

engine::Failure TlsStream::failure() const {
    engine::Failure failure;
    failure.reason = engine::Reason::tls_failed;
    if (pin_mismatch_) {
        failure.reason = engine::Reason::pin_mismatch;
    } else if (context_->verifies() && SSL_get_verify_result(ssl_) != X509_V_OK) {
        failure.reason = engine::Reason::certificate_refused;
    } else if (bio_.end_of_stream || bio_.error != 0) {
        failure.reason = engine::Reason::connection_lost;
    }
    return failure;
}

StreamResult TlsStream::write_locked(const std::uint8_t* bytes, std::size_t size) {
    ERR_clear_error();
    const int result = SSL_write(ssl_, bytes, clamp_to_int(size));
    if (result > 0) return {StreamStatus::moved, static_cast<std::size_t>(result), 0};
    return judge(result);
}

StreamResult TlsStream::judge(int result) {
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return {StreamStatus::wait_read, 0, 0};
        case SSL_ERROR_WANT_WRITE:
            return {StreamStatus::wait_write, 0, 0};
        case SSL_ERROR_ZERO_RETURN:
            return {SSL_is_init_finished(ssl_) == 1 ? StreamStatus::end_of_stream
                                                    : StreamStatus::failed,
                    0, 0};
        default:
            if (bio_.end_of_stream && SSL_is_init_finished(ssl_) == 1) {
                return {StreamStatus::end_of_stream, 0, 0};
            }
            return {StreamStatus::failed, 0, bio_.error};
    }
}

}  // namespace graceline::driver
