// Builds the payload of an outgoing close frame, which RFC 6455 7.1.5 keeps to 125 bytes of UTF-8.
// Must not judge the code: which code to send is the caller's policy.
#include <array>
#include <cstring>

#include "core/websocket/utf8.hpp"
#include "core/websocket/writer.hpp"

namespace graceline::websocket {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The longest start of the reason that fits and does not cut a character.
std::string_view fitting_reason(std::string_view reason) {
    if (reason.size() > kMaxCloseReasonBytes) {
        std::size_t size = kMaxCloseReasonBytes;
        while (size > 0 && (static_cast<std::uint8_t>(reason[size]) & 0xC0) == 0x80) --size;
        reason = reason.substr(0, size);
    }
    return is_utf8(bytes_of(reason)) ? reason : std::string_view();
}

}  // namespace

std::size_t encode_close(std::uint8_t* out, std::uint16_t code, std::string_view reason,
                         std::uint32_t mask) {
    std::array<std::uint8_t, kMaxControlPayloadBytes> payload;
    std::size_t size = 0;
    if (code != kCloseNoStatus) {
        payload[size++] = static_cast<std::uint8_t>(code >> 8);
        payload[size++] = static_cast<std::uint8_t>(code);
        const std::string_view fitting = fitting_reason(reason);
        if (!fitting.empty()) std::memcpy(payload.data() + size, fitting.data(), fitting.size());
        size += fitting.size();
    }
    return encode_frame(out, Opcode::close, true, false, std::span(payload).first(size), mask);
}

}  // namespace graceline::websocket
