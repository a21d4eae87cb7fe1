// Makes the self-signed certificate and the TLS contexts of the bench server.
// Must not open sockets; the certificate exists for this one process and is trusted by nobody else.
#include "tests/bench/server/tls.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <stdexcept>

namespace graceline::bench {
namespace {

constexpr unsigned kRsaBits = 2048;
constexpr long kValidBeforeSeconds = 3600;
constexpr long kValidAfterSeconds = 86400;

struct KeyDeleter {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateDeleter {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
struct BioDeleter {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using CertificatePointer = std::unique_ptr<X509, CertificateDeleter>;

void require(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

KeyPointer make_key(KeyKind kind) {
    KeyPointer key(kind == KeyKind::rsa
                       ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{kRsaBits})
                       : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    require(key != nullptr, "key generation");
    return key;
}

void add_extension(X509* certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    require(extension != nullptr, "extension");
    const int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    require(added == 1, "add extension");
}

CertificatePointer make_certificate(EVP_PKEY* key) {
    CertificatePointer certificate(X509_new());
    require(certificate != nullptr, "certificate");
    std::uint32_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial | 1U);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kValidBeforeSeconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidAfterSeconds);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("graceline bench"), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), name);
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), NID_subject_key_identifier, "hash");
    add_extension(certificate.get(), NID_key_usage,
                  "critical,digitalSignature,keyEncipherment,keyCertSign");
    add_extension(certificate.get(), NID_ext_key_usage, "serverAuth");
    add_extension(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    require(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "sign");
    return certificate;
}

ContextPointer make_context(EVP_PKEY* key, X509* certificate, bool tickets) {
    ContextPointer context(SSL_CTX_new(TLS_server_method()));
    require(context != nullptr, "context");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    require(SSL_CTX_use_certificate(context.get(), certificate) == 1, "use certificate");
    require(SSL_CTX_use_PrivateKey(context.get(), key) == 1, "use key");
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context.get(), 1);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    if (tickets) {
        SSL_CTX_set_num_tickets(context.get(), 1);
    } else {
        SSL_CTX_set_num_tickets(context.get(), 0);
        SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
    }
    return context;
}

std::string to_pem(X509* certificate) {
    const std::unique_ptr<BIO, BioDeleter> bio(BIO_new(BIO_s_mem()));
    require(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM");
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace

ServerTls make_server_tls(KeyKind kind) {
    const KeyPointer key = make_key(kind);
    const CertificatePointer certificate = make_certificate(key.get());
    return {make_context(key.get(), certificate.get(), true),
            make_context(key.get(), certificate.get(), false), to_pem(certificate.get())};
}

}  // namespace graceline::bench
