// The security rules of TLS, written against the SSL_CTX that the context hook of cpprestsdk gives.
// Must not include cpprest: it needs OpenSSL only.
#include "core/driver/cpprest/tls_policy.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "core/driver/cpprest/failure.hpp"
#include "core/driver/cpprest/setting_error.hpp"

namespace graceline::driver::cpprest {

namespace {

template <auto free_function>
struct Freer {
    template <typename T>
    void operator()(T* object) const {
        free_function(object);
    }
};

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

// Only AEAD: they are the safe ones, and the record sizes tell the payload sizes.
constexpr const char* kTls12Ciphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!PSK:!SRP:!DSS:@SECLEVEL=2";

[[noreturn]] void fail(const char* text) {
    ERR_clear_error();
    throw SettingError(text);
}

BioPtr memory_of(const std::string& pem) {
    if (pem.size() > 1U << 20U) fail("a PEM text of the TLS settings is above 1 MiB");
    BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bio) fail("out of memory for the TLS settings");
    return bio;
}

// Keys with a pass phrase are refused instead of asked for on the terminal.
int no_pass_phrase(char*, int, int, void*) {
    return -1;
}

void add_authorities(X509_STORE* store, const std::string& pem) {
    const auto bio = memory_of(pem);
    std::size_t count = 0;
    while (X509Ptr certificate{PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr)}) {
        if (X509_STORE_add_cert(store, certificate.get()) != 1) {
            fail("a CA certificate of the TLS settings was not accepted");
        }
        ++count;
    }
    if (count == 0) fail("the CA setting holds no PEM certificate");
    ERR_clear_error();
}

void use_client_certificate(SSL_CTX* context, const TlsSettings& settings) {
    const auto certificates = memory_of(settings.client_certificate_pem);
    const X509Ptr leaf(PEM_read_bio_X509(certificates.get(), nullptr, no_pass_phrase, nullptr));
    if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
        fail("the client certificate is not a PEM certificate that can be used");
    }
    while (X509Ptr link{PEM_read_bio_X509(certificates.get(), nullptr, no_pass_phrase, nullptr)}) {
        if (SSL_CTX_add1_chain_cert(context, link.get()) != 1) {
            fail("the chain of the client certificate was not accepted");
        }
    }
    const auto key_text = memory_of(settings.client_key_pem);
    const KeyPtr key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_pass_phrase, nullptr));
    if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        fail("the client key is not an unencrypted PEM key of the client certificate");
    }
    ERR_clear_error();
}

bool is_ip_literal(const std::string& name) {
    boost::system::error_code error;
    boost::asio::ip::make_address(name, error);
    return !error;
}

std::size_t record_overhead(const SSL* ssl) {
    constexpr std::size_t kTagBytes = 16;
    if (SSL_version(ssl) >= TLS1_3_VERSION) return kTagBytes + 1;  // the inner content type
    const int nid = SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(ssl));
    if (nid == NID_chacha20_poly1305) return kTagBytes;
    return kTagBytes + 8;  // the explicit nonce of GCM in TLS 1.2
}

int policy_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

}  // namespace

TlsPolicy::TlsPolicy(std::shared_ptr<const TransportSettings> settings,
                     std::function<void(const TlsFacts&)> on_handshake_done)
    : settings_(std::move(settings)), on_handshake_done_(std::move(on_handshake_done)) {}

void TlsPolicy::apply(ssl_ctx_st* context) {
    const auto& tls = settings_->tls;
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, kTls12Ciphers) != 1) {
        fail("OpenSSL does not take the required TLS versions and ciphers");
    }
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    if (!tls.use_system_store) {
        X509_STORE* const empty = X509_STORE_new();
        if (empty == nullptr) fail("out of memory for the TLS settings");
        SSL_CTX_set_cert_store(context, empty);  // takes ownership
    }
    if (!tls.ca_pem.empty()) add_authorities(SSL_CTX_get_cert_store(context), tls.ca_pem);
    if (tls.client_certificate_pem.empty() != tls.client_key_pem.empty()) {
        fail("a client certificate needs its key, and a key its certificate");
    }
    if (!tls.client_certificate_pem.empty()) use_client_certificate(context, tls);
    if (SSL_CTX_set_ex_data(context, policy_index(), this) != 1) {
        fail("out of memory for the TLS settings");
    }
    SSL_CTX_set_cert_verify_callback(context, &TlsPolicy::verify_callback, this);
    SSL_CTX_set_info_callback(context, &TlsPolicy::info_callback);
}

int TlsPolicy::verify_callback(x509_store_ctx_st* store, void* policy) {
    try {
        return static_cast<TlsPolicy*>(policy)->verify(store) ? 1 : 0;
    } catch (...) {
        return 0;
    }
}

bool TlsPolicy::verify(x509_store_ctx_st* store) {
    const auto& tls = settings_->tls;
    if (tls.verify) {
        // Without this cpprestsdk's own callback would run too; it falls back to the common name.
        X509_STORE_CTX_set_verify_cb(store, [](int ok, X509_STORE_CTX*) { return ok; });
        X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(store);
        const auto& name = verified_name();
        X509_VERIFY_PARAM_set_hostflags(
            rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        const int named = is_ip_literal(name)
                              ? X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str())
                              : X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size());
        if (named != 1 || X509_verify_cert(store) != 1) {
            const int code = X509_STORE_CTX_get_error(store);
            refuse(engine::Reason::certificate_refused,
                   std::string("the server's certificate is not trusted: ") +
                       X509_verify_cert_error_string(code));
            if (code == X509_V_OK) X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
            return false;
        }
    }
    if (!tls.pins.empty() && !pin_matches(store)) {
        refuse(engine::Reason::pin_mismatch, "the server's public key matches no pin");
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
        return false;
    }
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return true;
}

bool TlsPolicy::pin_matches(x509_store_ctx_st* store) const {
    X509* const leaf = X509_STORE_CTX_get0_cert(store);
    if (leaf == nullptr) return false;
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &encoded);
    if (size <= 0) return false;
    PublicKeyPin digest{};
    unsigned int digest_size = 0;
    const int hashed = EVP_Digest(encoded, static_cast<std::size_t>(size), digest.data(),
                                  &digest_size, EVP_sha256(), nullptr);
    OPENSSL_free(encoded);
    const auto& pins = settings_->tls.pins;
    return hashed == 1 && digest_size == digest.size() &&
           std::find(pins.begin(), pins.end(), digest) != pins.end();
}

void TlsPolicy::info_callback(const ssl_st* ssl, int where, int) {
    if ((where & SSL_CB_HANDSHAKE_DONE) == 0) return;
    auto* const policy =
        static_cast<TlsPolicy*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), policy_index()));
    // TLS 1.3 reports each ticket as a handshake too.
    if (policy == nullptr || policy->handshake_done_) return;
    policy->handshake_done_ = true;
    policy->on_handshake_done_({SSL_get_version(ssl), record_overhead(ssl)});
}

void TlsPolicy::refuse(engine::Reason reason, std::string text) {
    const std::lock_guard lock(mutex_);
    refusal_ = failure_of(reason, std::move(text));
}

TransportFailure TlsPolicy::refusal() const {
    const std::lock_guard lock(mutex_);
    return refusal_;
}

const std::string& TlsPolicy::verified_name() const {
    return settings_->tls.server_name.empty() ? settings_->host : settings_->tls.server_name;
}

std::string TlsPolicy::indicated_name() const {
    return is_ip_literal(verified_name()) ? std::string() : verified_name();
}

}  // namespace graceline::driver::cpprest
