// Puts certificates and keys that came as PEM text into a context.
// Must not ask for a passphrase, and must not repeat any of the text in an error.
#pragma once

#include <openssl/ssl.h>

#include <string>

namespace graceline::driver {

/// Each returns an empty text, or what is wrong for people.
std::string add_trusted_pem(SSL_CTX* context, const std::string& pem);
std::string use_client_pem(SSL_CTX* context, const std::string& certificates,
                           const std::string& key);

}  // namespace graceline::driver
