// Makes the self-signed certificate and the TLS contexts of the bench server.
// Must not open sockets; the certificate exists for this one process and is trusted by nobody else.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace graceline::bench {

enum class KeyKind { ecdsa, rsa };

struct ContextDeleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextPointer = std::unique_ptr<SSL_CTX, ContextDeleter>;

struct ServerTls {
    ContextPointer with_tickets;     // A client may resume its session here.
    ContextPointer without_tickets;  // Every handshake is a fresh one here.
    std::string certificate_pem;     // What a client has to trust.
};

// Throws std::runtime_error when OpenSSL refuses.
ServerTls make_server_tls(KeyKind kind);

}  // namespace graceline::bench
