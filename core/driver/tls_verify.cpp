// The verification callback: X509_verify_cert first, then the pins, so that a refusal ends the
// handshake before anything of ours was sent. Must not look at the common name.
#include "core/driver/tls_verify.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "core/driver/tls_context.hpp"
#include "core/driver/tls_stream.hpp"

namespace graceline::driver {
namespace {

bool public_key_pin(X509* certificate, PublicKeyPin& out) {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (size <= 0) return false;
    unsigned int written = 0;
    const bool done = EVP_Digest(der, static_cast<std::size_t>(size), out.data(), &written,
                                 EVP_sha256(), nullptr) == 1;
    OPENSSL_free(der);
    return done && written == out.size();
}

int verify_certificate(X509_STORE_CTX* store, void*) {
    const auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    TlsStream* const stream = TlsStream::of(ssl);
    if (stream == nullptr) return 0;
    const TlsContext& context = stream->context();
    if (context.verifies()) {
        if (X509_verify_cert(store) != 1) return 0;
    } else {
        X509_STORE_CTX_set_error(store, X509_V_OK);
    }
    if (context.pins().empty()) return 1;
    // Without verification only the server's own certificate proves anything: it alone was used.
    bool matches = false;
    if (context.verifies()) {
        matches = pin_matches(X509_STORE_CTX_get0_chain(store), context.pins());
    } else {
        STACK_OF(X509)* const own = sk_X509_new_null();
        if (own != nullptr && sk_X509_push(own, X509_STORE_CTX_get0_cert(store)) > 0) {
            matches = pin_matches(own, context.pins());
        }
        sk_X509_free(own);
    }
    if (matches) return 1;
    stream->note_pin_mismatch();
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

}  // namespace

void install_verification(SSL_CTX* context) {
    // VERIFY_PEER also without verification: the callback must be able to refuse for a pin.
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context, verify_certificate, nullptr);
}

bool set_server_name(SSL* ssl, const std::string& name, bool verify) {
    std::string plain = name;
    // A trailing dot is for the resolver; certificates and SNI go without it.
    if (plain.size() > 1 && plain.back() == '.') plain.pop_back();
    ASN1_OCTET_STRING* const address = a2i_IPADDRESS(plain.c_str());
    const bool is_address = address != nullptr;
    ASN1_OCTET_STRING_free(address);
    ERR_clear_error();
    if (!is_address && SSL_set_tlsext_host_name(ssl, plain.c_str()) != 1) return false;
    if (!verify) return true;
    X509_VERIFY_PARAM* const parameters = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(
        parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address) return X509_VERIFY_PARAM_set1_ip_asc(parameters, plain.c_str()) == 1;
    return X509_VERIFY_PARAM_set1_host(parameters, plain.c_str(), plain.size()) == 1;
}

bool pin_matches(STACK_OF(X509) * chain, std::span<const PublicKeyPin> pins) {
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        PublicKeyPin found{};
        if (!public_key_pin(sk_X509_value(chain, i), found)) continue;
        if (std::find(pins.begin(), pins.end(), found) != pins.end()) return true;
    }
    return false;
}

}  // namespace graceline::driver
