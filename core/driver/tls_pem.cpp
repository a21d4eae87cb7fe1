// PEM readers on a memory BIO, with a passphrase callback that always refuses.
// Must not leave an entry in OpenSSL's error queue.
#include "core/driver/tls_pem.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace graceline::driver {
namespace {

struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, Free> open_text(const std::string& text) {
    return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL's own would ask on the terminal.
int refuse_passphrase(char*, int, int, void*) {
    return -1;
}

std::unique_ptr<X509, Free> read_certificate(BIO* bio) {
    return std::unique_ptr<X509, Free>(PEM_read_bio_X509(bio, nullptr, refuse_passphrase, nullptr));
}

/// Reading stopped because there are no more certificates, not because one is broken.
bool at_end() {
    const unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

std::string add_trusted_pem(SSL_CTX* context, const std::string& pem) {
    const auto bio = open_text(pem);
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    std::size_t count = 0;
    while (const auto certificate = read_certificate(bio.get())) {
        if (X509_STORE_add_cert(store, certificate.get()) != 1) {
            ERR_clear_error();
            return "a certificate of the CA bundle cannot be used";
        }
        ++count;
    }
    if (!at_end()) return "the CA bundle holds a broken PEM block";
    if (count == 0) return "the CA bundle holds no certificate";
    // Whoever names an intermediate certificate as trusted means it.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    return {};
}

std::string use_client_pem(SSL_CTX* context, const std::string& certificates,
                           const std::string& key) {
    if (certificates.empty() || key.empty()) {
        return "a client certificate needs both the certificate and its key";
    }
    const auto bio = open_text(certificates);
    const auto leaf = read_certificate(bio.get());
    if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
        ERR_clear_error();
        return "the client certificate is not a usable PEM certificate";
    }
    while (const auto certificate = read_certificate(bio.get())) {
        if (SSL_CTX_add1_chain_cert(context, certificate.get()) != 1) {
            ERR_clear_error();
            return "a certificate of the client's chain cannot be used";
        }
    }
    if (!at_end()) return "the client certificate holds a broken PEM block";
    const auto key_bio = open_text(key);
    const std::unique_ptr<EVP_PKEY, Free> private_key(
        PEM_read_bio_PrivateKey(key_bio.get(), nullptr, refuse_passphrase, nullptr));
    if (!private_key || SSL_CTX_use_PrivateKey(context, private_key.get()) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        ERR_clear_error();
        return "the client key is not a PEM key without passphrase that fits the certificate";
    }
    return {};
}

}  // namespace graceline::driver
