// The vocabulary of RFC 6455 frames: opcodes, protocol errors, limits, close codes.
// Must not read or write frames (reader.hpp, writer.hpp) and must not know of sockets or clocks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace graceline::websocket {

enum class Opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
};

// What a peer did wrong. Each value is final: the connection fails with close_code_for() it.
enum class ProtocolError : std::uint8_t {
    none,
    reserved_bits,
    reserved_opcode,
    masked_server_frame,
    non_minimal_length,
    length_too_large,
    control_fragmented,
    control_too_long,
    unexpected_continuation,
    expected_continuation,
    too_many_fragments,
    message_too_big,
    invalid_utf8,
    invalid_close_payload,
    invalid_close_code,
    inflate_failed,
    inflate_ratio
};

// 2-byte start, 8-byte length, 4-byte mask.
inline constexpr std::size_t kMaxFrameHeaderBytes = 14;
inline constexpr std::size_t kMaxControlPayloadBytes = 125;
inline constexpr std::size_t kMaxCloseReasonBytes = kMaxControlPayloadBytes - 2;
// A masked control frame: 2-byte start, 4-byte mask, payload.
inline constexpr std::size_t kMaxControlFrameBytes = 2 + 4 + kMaxControlPayloadBytes;

inline constexpr std::uint64_t kDefaultMaxMessageBytes = 1U << 20;
inline constexpr std::uint32_t kDefaultMaxFragments = 4096;

inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseProtocolError = 1002;
// Never on the wire: stands for a close frame without a code.
inline constexpr std::uint16_t kCloseNoStatus = 1005;
inline constexpr std::uint16_t kCloseInvalidPayload = 1007;
inline constexpr std::uint16_t kClosePolicyViolation = 1008;
inline constexpr std::uint16_t kCloseMessageTooBig = 1009;

struct Limits {
    // Payload of one message, after inflating.
    std::uint64_t max_message_bytes = kDefaultMaxMessageBytes;
    // Frames of one message.
    std::uint32_t max_fragments = kDefaultMaxFragments;
};

// The close code that tells the peer of the error; kCloseNormal for none.
std::uint16_t close_code_for(ProtocolError error);

// A fixed English text without any byte of the peer.
const char* to_string(ProtocolError error);

// True for the codes that may stand in a close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999.
bool close_code_valid_on_wire(std::uint16_t code);

}  // namespace graceline::websocket
