// Applies our TLS settings to the SSL_CTX that cpprestsdk makes for each connection.
// Must not keep any OpenSSL object alive beyond that context, and must not relax a setting.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/driver/transport.hpp"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_ctx_st;

namespace graceline::driver::cpprest {

struct TlsFacts {
    std::string version;              ///< "TLSv1.3"
    std::size_t record_overhead = 0;  ///< What encryption adds to the payload of a record.
};

/// cpprestsdk gives no verify callback, but its context hook reaches the whole SSL_CTX: the
/// certificate is judged by our own code there (chain, host name, then pins), and its own weaker
/// check of the name is taken out. One policy serves one attempt.
class TlsPolicy {
  public:
    /// `on_handshake_done` runs on a thread of cpprestsdk.
    TlsPolicy(std::shared_ptr<const TransportSettings> settings,
              std::function<void(const TlsFacts&)> on_handshake_done);
    TlsPolicy(const TlsPolicy&) = delete;
    TlsPolicy& operator=(const TlsPolicy&) = delete;

    /// Throws SettingError naming the setting that OpenSSL did not take. The policy must
    /// outlive the context.
    void apply(ssl_ctx_st* context);

    /// What went wrong with the certificate; reason none when nothing did. Any thread.
    TransportFailure refusal() const;

    /// The name that is verified: the server_name setting, else the URL's host.
    const std::string& verified_name() const;
    /// Server name indication; empty for an IP literal, which must not be sent.
    std::string indicated_name() const;

  private:
    static int verify_callback(x509_store_ctx_st* store, void* policy);
    static void info_callback(const ssl_st* ssl, int where, int result);

    bool verify(x509_store_ctx_st* store);
    bool pin_matches(x509_store_ctx_st* store) const;
    void refuse(engine::Reason reason, std::string text);

    std::shared_ptr<const TransportSettings> settings_;
    std::function<void(const TlsFacts&)> on_handshake_done_;
    bool handshake_done_ = false;
    mutable std::mutex mutex_;
    TransportFailure refusal_;
};

}  // namespace graceline::driver::cpprest
