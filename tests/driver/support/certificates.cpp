// X.509 by hand: P-256 keys, SHA-256 signatures.
// Must not be strict: wrong certificates are what it is for.
#include "tests/driver/support/certificates.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace graceline::tests {
namespace {

constexpr long kSecondsPerDay = 24L * 60 * 60;

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    if (extension == nullptr) throw std::runtime_error("bad certificate extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

std::string joined(const std::vector<std::string>& parts) {
    std::string all;
    for (const std::string& part : parts) all += (all.empty() ? "" : ",") + part;
    return all;
}

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
}

std::string fetched_name(const SSL* ssl) {
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
}

}  // namespace

Certificate::Certificate(const CertificateOptions& options, const Certificate* issuer)
    : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    static long serial = 1;
    X509* const certificate = certificate_.get();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), options.begins_in_days * kSecondsPerDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate), options.ends_in_days * kSecondsPerDay);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(options.common_name.c_str()),
                               -1, -1, 0);
    X509* const signer = issuer != nullptr ? issuer->native() : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer));
    X509_set_pubkey(certificate, key_.get());
    add_extension(certificate, signer, NID_basic_constraints,
                  options.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(certificate, signer, NID_key_usage,
                  options.is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    if (!options.names.empty()) {
        add_extension(certificate, signer, NID_subject_alt_name, joined(options.names));
    }
    X509_sign(certificate, issuer != nullptr ? issuer->key() : key_.get(), EVP_sha256());
}

std::string Certificate::pem() const {
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate_.get());
    return text_of(bio);
}

std::string Certificate::key_pem() const {
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(bio);
}

driver::PublicKeyPin Certificate::pin() const {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &der);
    driver::PublicKeyPin pin{};
    EVP_Digest(der, static_cast<std::size_t>(size), pin.data(), nullptr, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    return pin;
}

TestAuthority::TestAuthority()
    : root({.common_name = "graceline test root", .names = {}, .is_ca = true}),
      server({.common_name = "graceline test server",
              .names = {"DNS:localhost", "IP:127.0.0.1", "IP:::1"}},
             &root) {}

const TestAuthority& test_authority() {
    static const TestAuthority* const authority = new TestAuthority;
    return *authority;
}

ServerTls::ServerTls(const Certificate& certificate, const std::vector<const Certificate*>& chain)
    : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_, certificate.native());
    SSL_CTX_use_PrivateKey(context_, certificate.key());
    for (const Certificate* link : chain) SSL_CTX_add1_chain_cert(context_, link->native());
    SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
    static constexpr unsigned char kSessionContext[] = {'t'};
    SSL_CTX_set_session_id_context(context_, kSessionContext, sizeof(kSessionContext));
    SSL_CTX_set_tlsext_servername_arg(context_, this);
    SSL_CTX_set_tlsext_servername_callback(
        context_, +[](SSL* ssl, int*, void* self) {
            static_cast<ServerTls*>(self)->server_name_ = fetched_name(ssl);
            return SSL_TLSEXT_ERR_OK;
        });
    SSL_CTX_set_alpn_select_cb(
        context_,
        [](SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
           unsigned int, void* self) {
            static_cast<ServerTls*>(self)->protocol_.assign(
                reinterpret_cast<const char*>(offered) + 1, offered[0]);
            *out = offered + 1;
            *out_size = offered[0];
            return SSL_TLSEXT_ERR_OK;
        },
        this);
}

void ServerTls::allow_only(int version) {
    // Versions below 1.2 need a security level that still knows their digests.
    if (version < TLS1_2_VERSION) SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, version);
    SSL_CTX_set_max_proto_version(context_, version);
}

void ServerTls::demand_client_certificate(const Certificate& issuer) {
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), issuer.native());
}

}  // namespace graceline::tests
