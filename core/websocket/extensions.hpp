// The Sec-WebSocket-Extensions header: what the client offers and whether the answer fits the
// offer. Must not know any extension but permessage-deflate.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/websocket/deflate_options.hpp"
#include "core/websocket/handshake_error.hpp"

namespace graceline::websocket {

// The header's value, or an empty text when nothing is offered.
std::string write_extension_offer(const DeflateOptions& offered);

// A broken rule, or nothing when these can be offered.
std::optional<std::string> deflate_options_error(const DeflateOptions& options);

// Judges all values of the answer's extension headers, in order. `agreed` is set when the server
// took the offer of permessage-deflate.
HandshakeError read_extension_answer(std::span<const std::string_view> values,
                                     const DeflateOptions& offered,
                                     std::optional<NegotiatedDeflate>& agreed);

}  // namespace graceline::websocket
