// Certificates made on the spot for TLS tests: an authority and leaves of every kind of wrong.
// Must not be used outside tests: keys are small-curve and live in memory only.
#pragma once

#include <string>

#include "core/driver/transport.hpp"

namespace graceline::tests {

struct Certificate {
    std::string certificate_pem;
    std::string key_pem;
    driver::PublicKeyPin pin{};
};

struct CertificateWish {
    std::string common_name = "test";
    std::string alternative_names{};  ///< As OpenSSL writes them: "DNS:localhost,IP:127.0.0.1"
    long valid_from_seconds = -3600;
    long valid_to_seconds = 3600;
    bool authority = false;
};

/// Signed by `issuer`, or by itself when there is none.
Certificate make_certificate(const CertificateWish& wish, const Certificate* issuer = nullptr);

}  // namespace graceline::tests
