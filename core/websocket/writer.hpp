// Encodes client frames into the caller's buffer, masking while copying.
// Must not make masks (the caller has the entropy), keep buffers, or decide when to send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/websocket/deflater.hpp"
#include "core/websocket/frame.hpp"

namespace graceline::websocket {

// Size of one client frame: header with mask, and payload.
std::size_t frame_bytes(std::size_t payload_size);

// Writes one masked frame; `out` has room for frame_bytes(payload.size()). Returns that size.
// The four bytes of the mask go to the wire in the order in which they lie in memory.
// `payload` must not overlap `out`, except that it may already lie where the frame's payload goes.
std::size_t encode_frame(std::uint8_t* out, Opcode opcode, bool fin, bool rsv1,
                         std::span<const std::uint8_t> payload, std::uint32_t mask);

// XORs the repeated mask into `size` bytes while copying; `dst` may be `src`, else no overlap.
void apply_mask(std::uint8_t* dst, const std::uint8_t* src, std::size_t size, std::uint32_t mask);

// Writes a masked close frame; `out` has room for kMaxControlFrameBytes. kCloseNoStatus gives an
// empty payload (the reason needs a code and is dropped). A reason beyond kMaxCloseReasonBytes is
// cut at a character, and one that is not UTF-8 is left out. Returns the size.
std::size_t encode_close(std::uint8_t* out, std::uint16_t code, std::string_view reason,
                         std::uint32_t mask);

}  // namespace graceline::websocket
