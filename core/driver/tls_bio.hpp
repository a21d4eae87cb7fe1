// OpenSSL's way to the socket: like its own socket BIO, but without SIGPIPE and with the error
// kept. Must not own the socket.
#pragma once

#include <openssl/bio.h>

#include "core/driver/platform/platform.hpp"

namespace graceline::driver {

/// What the BIO works on; outlives it.
struct TlsBioState {
    platform::NativeSocket socket = platform::kNoSocket;
    bool end_of_stream = false;
    int error = 0;  ///< The system's, of the first transfer that failed.
};

/// Null when there is no memory.
BIO* make_tls_bio(TlsBioState& state);

}  // namespace graceline::driver
