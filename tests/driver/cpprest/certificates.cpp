// X.509 by OpenSSL, P-256 keys.
// Must not write files.
#include "tests/driver/cpprest/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <memory>
#include <stdexcept>

namespace graceline::tests {

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
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;

void need(bool condition) {
    if (!condition) throw std::runtime_error("OpenSSL could not make a test certificate");
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, int nid, const std::string& value) {
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
    need(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void set_name(X509* certificate, const std::string& common_name) {
    need(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                                    -1, 0) == 1);
}

driver::PublicKeyPin pin_of(X509* certificate) {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
    need(size > 0);
    driver::PublicKeyPin pin{};
    unsigned int digest_size = 0;
    EVP_Digest(encoded, static_cast<std::size_t>(size), pin.data(), &digest_size, EVP_sha256(),
               nullptr);
    OPENSSL_free(encoded);
    return pin;
}

}  // namespace

Certificate make_certificate(const CertificateWish& wish, const Certificate* issuer) {
    static std::atomic<long> serial{1};
    const KeyPtr key(EVP_EC_gen("P-256"));
    const X509Ptr certificate(X509_new());
    need(key && certificate);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial.fetch_add(1));
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wish.valid_from_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wish.valid_to_seconds);
    X509_set_pubkey(certificate.get(), key.get());
    set_name(certificate.get(), wish.common_name);
    add_extension(certificate.get(), NID_basic_constraints,
                  wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!wish.alternative_names.empty()) {
        add_extension(certificate.get(), NID_subject_alt_name, wish.alternative_names);
    }
    if (issuer == nullptr) {
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
        need(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    } else {
        const BioPtr issuer_text(BIO_new_mem_buf(issuer->certificate_pem.data(), -1));
        const X509Ptr issuer_certificate(
            PEM_read_bio_X509(issuer_text.get(), nullptr, nullptr, nullptr));
        const BioPtr key_text(BIO_new_mem_buf(issuer->key_pem.data(), -1));
        const KeyPtr issuer_key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
        need(issuer_certificate && issuer_key);
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer_certificate.get()));
        need(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0);
    }
    const BioPtr certificate_text(BIO_new(BIO_s_mem()));
    const BioPtr key_text(BIO_new(BIO_s_mem()));
    need(PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1);
    need(PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                  nullptr) == 1);
    return {text_of(certificate_text.get()), text_of(key_text.get()), pin_of(certificate.get())};
}

}  // namespace graceline::tests
