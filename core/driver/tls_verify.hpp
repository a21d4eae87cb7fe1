// Judges the server's certificate: chain, host name and pins, while the handshake runs.
// Must not accept anything that a setting did not ask for.
#pragma once

#include <openssl/ssl.h>

#include <span>
#include <string>

#include "core/driver/transport.hpp"

namespace graceline::driver {

/// Hooks into the context; every SSL made from it must be a TlsStream's.
void install_verification(SSL_CTX* context);

/// The name to be verified and sent as SNI (addresses are verified but never sent).
bool set_server_name(SSL* ssl, const std::string& name, bool verify);

/// One of the certificates has one of the keys.
bool pin_matches(STACK_OF(X509) * chain, std::span<const PublicKeyPin> pins);

}  // namespace graceline::driver
