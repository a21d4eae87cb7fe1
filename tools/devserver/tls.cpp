// The server's TLS context: from PEM files, or with a certificate made at start.
// Must not touch connections, and must not write the private key anywhere.
#include "tools/devserver/tls.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>

namespace graceline::devserver {

namespace {

constexpr long kValidSeconds = 30L * 24 * 3600;
constexpr long kValidBeforeSeconds = 3600;

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;

void require(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string("TLS: cannot ") + what);
}

void add_extension(X509& certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    require(extension && X509_add_ext(&certificate, extension.get(), -1) == 1,
            "build the certificate");
}

// Its own authority, so that a client can trust exactly this certificate as its CA.
Certificate make_certificate(EVP_PKEY& key) {
    Certificate certificate(X509_new());
    require(certificate != nullptr, "build the certificate");
    X509& x = *certificate;
    std::uint32_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1,
            "draw random bytes");
    X509_set_version(&x, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(&x), serial + 1ULL);
    X509_gmtime_adj(X509_getm_notBefore(&x), -kValidBeforeSeconds);
    X509_gmtime_adj(X509_getm_notAfter(&x), kValidSeconds);
    X509_set_pubkey(&x, &key);
    X509_NAME* name = X509_get_subject_name(&x);
    const auto* common_name = reinterpret_cast<const unsigned char*>("localhost");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    X509_set_issuer_name(&x, name);
    add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(x, NID_key_usage, "critical,digitalSignature,keyCertSign");
    add_extension(x, NID_ext_key_usage, "serverAuth");
    add_extension(x, NID_subject_key_identifier, "hash");
    add_extension(x, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    require(X509_sign(&x, &key, EVP_sha256()) > 0, "sign the certificate");
    return certificate;
}

void write_certificate(X509& certificate, const std::string& file) {
    const Bio memory(BIO_new(BIO_s_mem()));
    require(memory && PEM_write_bio_X509(memory.get(), &certificate) == 1,
            "encode the certificate");
    char* pem = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &pem);
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(pem, size);
    out.close();
    require(static_cast<bool>(out), "write the certificate file");
}

void use_self_signed(SSL_CTX& context, const Options& options) {
    const Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "make a key");
    const Certificate certificate = make_certificate(*key);
    require(SSL_CTX_use_certificate(&context, certificate.get()) == 1, "use the certificate");
    require(SSL_CTX_use_PrivateKey(&context, key.get()) == 1, "use the key");
    if (!options.write_certificate_file.empty()) {
        write_certificate(*certificate, options.write_certificate_file);
    }
}

}  // namespace

std::unique_ptr<boost::asio::ssl::context> make_tls_context(const Options& options) {
    namespace ssl = boost::asio::ssl;
    if (!options.tls()) return nullptr;
    auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
    SSL_CTX& native = *context->native_handle();
    require(SSL_CTX_set_min_proto_version(&native, TLS1_2_VERSION) == 1, "ask for TLS 1.2");
    constexpr unsigned char kSessionContext[] = "graceline-devserver";
    SSL_CTX_set_session_id_context(&native, kSessionContext, sizeof kSessionContext - 1);
    SSL_CTX_set_session_cache_mode(&native, SSL_SESS_CACHE_SERVER);
    if (options.tls_self_signed) {
        use_self_signed(native, options);
    } else {
        boost::system::error_code error;
        context->use_certificate_chain_file(options.certificate_file, error);
        require(!error, "read the file of --cert");
        context->use_private_key_file(options.key_file, ssl::context::pem, error);
        require(!error, "read the file of --key");
        require(SSL_CTX_check_private_key(&native) == 1, "use --key: it does not fit --cert");
    }
    return context;
}

}  // namespace graceline::devserver
