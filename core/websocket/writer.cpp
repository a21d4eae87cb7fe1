// Frame headers and the masking copy, 16 or 8 bytes at a time.
// Must not allocate and must not branch on payload bytes.
#include "core/websocket/writer.hpp"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace graceline::websocket {
namespace {

constexpr std::size_t kMaskBytes = 4;
constexpr std::size_t kMaxLength7 = 125;
constexpr std::size_t kMaxLength16 = 0xFFFF;

std::size_t header_bytes(std::size_t payload_size) {
    if (payload_size <= kMaxLength7) return 2 + kMaskBytes;
    if (payload_size <= kMaxLength16) return 4 + kMaskBytes;
    return 10 + kMaskBytes;
}

template <typename Word>
void mask_word(std::uint8_t* dst, const std::uint8_t* src, Word mask) {
    Word word;
    std::memcpy(&word, src, sizeof(word));
    word ^= mask;
    std::memcpy(dst, &word, sizeof(word));
}

}  // namespace

std::size_t frame_bytes(std::size_t payload_size) {
    return header_bytes(payload_size) + payload_size;
}

void apply_mask(std::uint8_t* dst, const std::uint8_t* src, std::size_t size, std::uint32_t mask) {
#if defined(__SSE2__)
    const __m128i wide = _mm_set1_epi32(static_cast<int>(mask));
    const auto mask_block = [wide](std::uint8_t* to, const std::uint8_t* from) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_xor_si128(block, wide));
    };
    for (; size >= 32; dst += 32, src += 32, size -= 32) {
        mask_block(dst, src);
        mask_block(dst + 16, src + 16);
    }
    if (size >= 16) {
        mask_block(dst, src);
        dst += 16;
        src += 16;
        size -= 16;
    }
#endif
    // Both halves are alike, so the word is right in either byte order.
    const std::uint64_t doubled = (static_cast<std::uint64_t>(mask) << 32) | mask;
    for (; size >= 8; dst += 8, src += 8, size -= 8) mask_word(dst, src, doubled);
    if (size >= 4) {
        mask_word(dst, src, mask);
        dst += 4;
        src += 4;
        size -= 4;
    }
    std::uint8_t bytes[kMaskBytes];
    std::memcpy(bytes, &mask, sizeof(bytes));
    for (std::size_t i = 0; i < size; ++i) {
        dst[i] = static_cast<std::uint8_t>(src[i] ^ bytes[i]);
    }
}

std::size_t encode_frame(std::uint8_t* out, Opcode opcode, bool fin, bool rsv1,
                         std::span<const std::uint8_t> payload, std::uint32_t mask) {
    constexpr std::uint8_t kMaskBit = 0x80;
    const std::size_t size = payload.size();
    std::uint8_t* at = out;
    *at++ = static_cast<std::uint8_t>((fin ? 0x80U : 0U) | (rsv1 ? 0x40U : 0U) |
                                      static_cast<std::uint8_t>(opcode));
    if (size <= kMaxLength7) {
        *at++ = static_cast<std::uint8_t>(kMaskBit | size);
    } else if (size <= kMaxLength16) {
        *at++ = kMaskBit | 126;
        *at++ = static_cast<std::uint8_t>(size >> 8);
        *at++ = static_cast<std::uint8_t>(size);
    } else {
        *at++ = kMaskBit | 127;
        const auto length = static_cast<std::uint64_t>(size);
        for (int shift = 56; shift >= 0; shift -= 8) {
            *at++ = static_cast<std::uint8_t>(length >> shift);
        }
    }
    std::memcpy(at, &mask, kMaskBytes);
    at += kMaskBytes;
    apply_mask(at, payload.data(), size, mask);
    return static_cast<std::size_t>(at - out) + size;
}

}  // namespace graceline::websocket
