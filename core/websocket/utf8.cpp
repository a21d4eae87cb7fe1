// The UTF-8 check proper: ASCII in blocks, all else by the table of lead bytes of RFC 3629.
// Must not allocate and must not look past the bytes given.
#include "core/websocket/utf8.hpp"

#include <array>

namespace graceline::websocket {
namespace {

constexpr std::uint8_t kFailed = 0xFF;
constexpr std::size_t kBlockBytes = 32;

// What a lead byte asks for: the number of continuation bytes and the bounds of the first of them.
// The bounds keep out overlong forms, surrogates and values above U+10FFFF.
struct Lead {
    std::uint8_t need = 0;
    std::uint8_t low = 0;
    std::uint8_t high = 0;
};

// Indexed by the lead byte without its high bit; need 0 marks a byte that starts no character.
constexpr std::array<Lead, 128> make_leads() {
    std::array<Lead, 128> leads{};
    for (std::size_t byte = 0xC2; byte <= 0xDF; ++byte) leads[byte & 0x7F] = {1, 0x80, 0xBF};
    for (std::size_t byte = 0xE0; byte <= 0xEF; ++byte) leads[byte & 0x7F] = {2, 0x80, 0xBF};
    for (std::size_t byte = 0xF0; byte <= 0xF4; ++byte) leads[byte & 0x7F] = {3, 0x80, 0xBF};
    leads[0xE0 & 0x7F].low = 0xA0;
    leads[0xED & 0x7F].high = 0x9F;
    leads[0xF0 & 0x7F].low = 0x90;
    leads[0xF4 & 0x7F].high = 0x8F;
    return leads;
}
constexpr std::array<Lead, 128> kLeads = make_leads();

bool is_continuation(std::uint8_t byte) {
    return (byte & 0xC0) == 0x80;
}

// Skips ASCII; returns the first byte that is not, or the end.
const std::uint8_t* skip_ascii(const std::uint8_t* at, const std::uint8_t* end) {
    while (static_cast<std::size_t>(end - at) >= kBlockBytes && is_ascii(at, kBlockBytes)) {
        at += kBlockBytes;
    }
    while (at != end && *at < 0x80) ++at;
    return at;
}

}  // namespace

bool Utf8Validator::feed(std::span<const std::uint8_t> bytes) {
    if (need_ == kFailed) return false;
    const std::uint8_t* at = bytes.data();
    const std::uint8_t* const end = at + bytes.size();
    const auto fail = [this] {
        need_ = kFailed;
        return false;
    };
    // A character that an earlier piece left open.
    for (; need_ != 0 && at != end; ++at) {
        if (*at < low_ || *at > high_) return fail();
        --need_;
        low_ = 0x80;
        high_ = 0xBF;
    }
    while (at != end) {
        if (*at < 0x80) {
            at = skip_ascii(at, end);
            continue;
        }
        const Lead lead = kLeads[*at & 0x7F];
        if (lead.need == 0) return fail();
        ++at;
        const std::uint8_t* const stop = end - at < lead.need ? end : at + lead.need;
        const auto missing = static_cast<std::uint8_t>(lead.need - (stop - at));
        if (at != stop) {
            if (*at < lead.low || *at > lead.high) return fail();
            for (++at; at != stop; ++at) {
                if (!is_continuation(*at)) return fail();
            }
            low_ = 0x80;
            high_ = 0xBF;
        } else {
            low_ = lead.low;
            high_ = lead.high;
        }
        need_ = missing;
    }
    return true;
}

}  // namespace graceline::websocket
