// What permessage-deflate (RFC 7692) may be configured to and what a handshake agreed on.
// Must not hold any compressor state (inflater.hpp, deflater.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace graceline::websocket {

inline constexpr int kMinWindowBits = 8;
inline constexpr int kMaxWindowBits = 15;
// zlib has no raw deflate with a window of 2^8 bytes, so a client cannot offer it.
inline constexpr int kMinClientWindowBits = 9;
inline constexpr int kDefaultDeflateLevel = 6;
// Text of chats and feeds stays below 50; DEFLATE itself ends at 1,032.
inline constexpr std::size_t kDefaultMaxInflateRatio = 200;
// The ratio is judged once a message inflated to more than this: small repetitive ones are
// harmless.
inline constexpr std::size_t kInflateRatioFloorBytes = 64 * 1024;

/// The end of a sync flush, which senders strip and receivers put back (RFC 7692, 7.2.1).
inline constexpr std::array<std::uint8_t, 4> kFlushMarker{0x00, 0x00, 0xFF, 0xFF};

// What the client offers.
struct DeflateOptions {
    bool enabled = false;
    bool client_no_context_takeover = false;
    bool server_no_context_takeover = false;
    int client_max_window_bits = kMaxWindowBits;
    int server_max_window_bits = kMaxWindowBits;
    // 0 (stored) to 9 (smallest), as in zlib.
    int level = kDefaultDeflateLevel;
    // Inflated to compressed bytes of one message, past kInflateRatioFloorBytes.
    std::size_t max_ratio = kDefaultMaxInflateRatio;
};

// What both sides do from now on.
struct NegotiatedDeflate {
    bool client_no_context_takeover = false;
    bool server_no_context_takeover = false;
    int client_max_window_bits = kMaxWindowBits;
    int server_max_window_bits = kMaxWindowBits;
    std::size_t max_ratio = kDefaultMaxInflateRatio;
};

}  // namespace graceline::websocket
