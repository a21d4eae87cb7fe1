// UTF-8 checks (RFC 3629): one for text in pieces, one for text that is complete, both quick on
// ASCII. Must not convert, normalise or keep any text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace graceline::websocket {

// Checks text that comes in pieces. Keeps three bytes of state between them.
class Utf8Validator {
  public:
    // False from the first byte on that no valid text could hold at its place, until reset().
    bool feed(std::span<const std::uint8_t> bytes);
    // True when the text so far does not end inside a character.
    bool complete() const { return need_ == 0; }
    void reset() { need_ = 0; }

  private:
    // Continuation bytes that the open character still needs; kFailed after a fault.
    std::uint8_t need_ = 0;
    // Bounds of the next continuation byte.
    std::uint8_t low_ = 0;
    std::uint8_t high_ = 0;
};

// True when no byte has its high bit set. Inline, for it is the whole UTF-8 cost of most messages.
inline bool is_ascii(const std::uint8_t* bytes, std::size_t size) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
    const auto word_at = [bytes](std::size_t offset) {
        std::uint64_t word;
        std::memcpy(&word, bytes + offset, sizeof(word));
        return word;
    };
    std::size_t at = 0;
#if defined(__SSE2__)
    const auto block_at = [bytes](std::size_t offset) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + offset));
    };
    if (size >= 16) {
        // The last, overlapping block makes a tail loop needless.
        __m128i seen = block_at(size - 16);
        for (; at + 32 <= size; at += 32) {
            seen = _mm_or_si128(seen, _mm_or_si128(block_at(at), block_at(at + 16)));
        }
        if (at + 16 <= size) seen = _mm_or_si128(seen, block_at(at));
        return _mm_movemask_epi8(seen) == 0;
    }
#endif
    if (size >= 8) {
        std::uint64_t seen = word_at(size - 8);
        for (; at + 16 <= size; at += 16) seen |= word_at(at) | word_at(at + 8);
        if (at + 8 <= size) seen |= word_at(at);
        return (seen & kHighBits) == 0;
    }
    std::uint8_t seen = 0;
    for (; at < size; ++at) seen = static_cast<std::uint8_t>(seen | bytes[at]);
    return seen < 0x80;
}

// Checks a complete text.
inline bool is_utf8(std::span<const std::uint8_t> bytes) {
    if (is_ascii(bytes.data(), bytes.size())) return true;
    Utf8Validator validator;
    return validator.feed(bytes) && validator.complete();
}

}  // namespace graceline::websocket
