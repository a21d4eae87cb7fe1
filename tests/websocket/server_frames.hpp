// The server's side of the wire for tests: unmasked frames, whatever the header says.
// Must not share code with the codec under test, or both could be wrong alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/websocket/frame.hpp"

namespace graceline::websocket::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes bytes_of(std::string_view text) {
    return Bytes(text.begin(), text.end());
}

inline std::string text_of(std::span<const std::uint8_t> bytes) {
    return std::string(bytes.begin(), bytes.end());
}

inline Bytes join(std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

// "81 05" and so on; everything but hexadecimal digits is skipped.
inline Bytes hex(std::string_view text) {
    Bytes bytes;
    int high = -1;
    for (const char character : text) {
        int digit = -1;
        if (character >= '0' && character <= '9') digit = character - '0';
        if (character >= 'a' && character <= 'f') digit = character - 'a' + 10;
        if (character >= 'A' && character <= 'F') digit = character - 'A' + 10;
        if (digit < 0) continue;
        if (high < 0) {
            high = digit;
        } else {
            bytes.push_back(static_cast<std::uint8_t>(high * 16 + digit));
            high = -1;
        }
    }
    return bytes;
}

// A frame header with the length in its shortest form and no mask.
inline Bytes server_header(std::uint8_t first_byte, std::uint64_t length) {
    Bytes header{first_byte};
    int length_bytes = 0;
    if (length < 126) {
        header.push_back(static_cast<std::uint8_t>(length));
    } else if (length < 65536) {
        header.push_back(126);
        length_bytes = 2;
    } else {
        header.push_back(127);
        length_bytes = 8;
    }
    for (int i = length_bytes - 1; i >= 0; --i) {
        header.push_back(static_cast<std::uint8_t>((length >> (8 * i)) & 0xFF));
    }
    return header;
}

inline Bytes raw_frame(std::uint8_t first_byte, const Bytes& payload) {
    Bytes frame = server_header(first_byte, payload.size());
    frame.insert(frame.end(), payload.begin(), payload.end());
    return frame;
}

inline Bytes server_frame(Opcode opcode, const Bytes& payload, bool fin = true, bool rsv1 = false) {
    const int first = (fin ? 0x80 : 0) + (rsv1 ? 0x40 : 0) + static_cast<int>(opcode);
    return raw_frame(static_cast<std::uint8_t>(first), payload);
}

inline Bytes text_frame(std::string_view text) {
    return server_frame(Opcode::text, bytes_of(text));
}

inline Bytes close_payload(std::uint16_t code, std::string_view reason) {
    Bytes payload{static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code & 0xFF)};
    for (const char c : reason) payload.push_back(static_cast<std::uint8_t>(c));
    return payload;
}

}  // namespace graceline::websocket::test
