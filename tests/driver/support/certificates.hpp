// Certificates of every good and bad kind, made on the spot by OpenSSL.
// Must not write a file: keys live and die with the test.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "core/driver/transport.hpp"

namespace graceline::tests {

struct CertificateOptions {
    std::string common_name = "graceline test";
    std::vector<std::string> names{};  ///< "DNS:localhost", "IP:127.0.0.1"
    int begins_in_days = -1;
    int ends_in_days = 30;
    bool is_ca = false;
};

class Certificate {
  public:
    /// Signed by `issuer`, or by itself.
    explicit Certificate(const CertificateOptions& options, const Certificate* issuer = nullptr);

    std::string pem() const;
    std::string key_pem() const;
    driver::PublicKeyPin pin() const;
    X509* native() const { return certificate_.get(); }
    EVP_PKEY* key() const { return key_.get(); }

  private:
    struct Free {
        void operator()(X509* certificate) const { X509_free(certificate); }
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    };
    std::unique_ptr<EVP_PKEY, Free> key_;
    std::unique_ptr<X509, Free> certificate_;
};

/// One CA and a good server certificate of it for localhost, 127.0.0.1 and ::1.
struct TestAuthority {
    TestAuthority();
    Certificate root;
    Certificate server;
};
const TestAuthority& test_authority();

/// The settings of a TLS server.
class ServerTls {
  public:
    explicit ServerTls(const Certificate& certificate,
                       const std::vector<const Certificate*>& chain = {});
    ~ServerTls() { SSL_CTX_free(context_); }
    ServerTls(const ServerTls&) = delete;
    ServerTls& operator=(const ServerTls&) = delete;

    void allow_only(int version);
    void demand_client_certificate(const Certificate& issuer);
    SSL_CTX* native() const { return context_; }
    /// The SNI of the last client; "" when it sent none.
    const std::string& server_name() const { return server_name_; }
    const std::string& protocol() const { return protocol_; }

  private:
    SSL_CTX* context_;
    std::string server_name_;
    std::string protocol_;
};

}  // namespace graceline::tests
