// The ways in which an answer to the opening request can be wrong.
// Must not cover answers that are well-formed refusals: those are an HTTP status.
#pragma once

#include <cstdint>

namespace graceline::websocket {

enum class HandshakeError : std::uint8_t {
    none,
    malformed,
    header_block_too_large,
    too_many_headers,
    bad_status_line,
    http_version,
    missing_upgrade,
    missing_connection,
    bad_accept,
    unexpected_subprotocol,
    unexpected_extension,
    bad_extension_parameters
};

// A fixed English text without any byte of the peer.
const char* to_string(HandshakeError error);

}  // namespace graceline::websocket
