// One SSL_CTX for each set of trust settings in the process: loading the system's roots is slow.
// Must not change anything of OpenSSL beyond its own contexts.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "core/driver/tls_session_store.hpp"
#include "core/driver/transport.hpp"

namespace graceline::driver {

/// Contexts that stay when no connection uses them, so that a reconnect finds its sessions.
inline constexpr std::size_t kMaxKeptContexts = 4;
inline constexpr std::size_t kMaxPemBytes = 4 * 1024 * 1024;

class TlsContext {
  public:
    /// Any thread. Null, with a text for people, when the settings are wrong. Settings with the
    /// same content share a context, whatever object they come in; server_name does not count.
    static std::shared_ptr<TlsContext> obtain(const TlsSettings& settings, std::string& out_error);

    ~TlsContext() { SSL_CTX_free(context_); }
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    SSL_CTX* native() const { return context_; }
    bool verifies() const { return verify_; }
    bool resumes() const { return resume_; }
    const std::vector<PublicKeyPin>& pins() const { return pins_; }
    TlsSessionStore& sessions() { return sessions_; }

  private:
    explicit TlsContext(const TlsSettings& settings);
    /// An empty text when all is well.
    std::string load(const TlsSettings& settings);

    SSL_CTX* context_;
    bool verify_;
    bool resume_;
    std::vector<PublicKeyPin> pins_;
    TlsSessionStore sessions_;
};

}  // namespace graceline::driver
