// Client frames: header forms, masks at all sizes and alignments, close frames.
// Must not compress (compression.cpp).
#include "core/websocket/writer.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <random>

#include "core/websocket/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/websocket/server_frames.hpp"

namespace graceline::websocket::test {
namespace {

constexpr std::array<std::uint8_t, 4> kMask{0xA1, 0x02, 0xF3, 0x54};

Bytes masked_plainly(const Bytes& bytes) {
    Bytes masked = bytes;
    for (std::size_t i = 0; i < masked.size(); ++i) {
        masked[i] = static_cast<std::uint8_t>(masked[i] ^ kMask[i % 4]);
    }
    return masked;
}

Bytes numbered(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + 11);
    return bytes;
}

// What a server finds in a client frame.
struct Parsed {
    int first_byte = 0;
    std::size_t header_bytes = 0;
    Bytes payload;
};

Parsed parse(const Bytes& frame) {
    Parsed parsed;
    parsed.first_byte = frame.at(0);
    REQUIRE(frame.at(1) >= 128);
    std::uint64_t length = frame[1] - 128U;
    std::size_t at = 2;
    const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (length_bytes != 0) length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) length = length * 256 + frame.at(at++);
    std::array<std::uint8_t, 4> mask{};
    for (std::uint8_t& byte : mask) byte = frame.at(at++);
    parsed.header_bytes = at;
    REQUIRE(frame.size() - at == length);
    for (std::size_t i = 0; at < frame.size(); ++i, ++at) {
        parsed.payload.push_back(static_cast<std::uint8_t>(frame[at] ^ mask[i % 4]));
    }
    return parsed;
}

Bytes encode(Opcode opcode, bool fin, bool rsv1, const Bytes& payload) {
    Bytes frame(frame_bytes(payload.size()) + 16, 0xEE);
    const std::size_t size =
        encode_frame(frame.data(), opcode, fin, rsv1, payload, std::bit_cast<std::uint32_t>(kMask));
    CHECK(size == frame_bytes(payload.size()));
    CHECK(Bytes(frame.begin() + static_cast<std::ptrdiff_t>(size), frame.end()) == Bytes(16, 0xEE));
    frame.resize(size);
    return frame;
}

TEST_CASE("mask: sizes 0 to 64 and larger at all alignments -> as byte by byte", "[websocket]") {
    std::vector<std::size_t> sizes;
    for (std::size_t size = 0; size <= 64; ++size) sizes.push_back(size);
    for (const std::size_t size : {65U, 95U, 96U, 127U, 128U, 1000U, 1023U}) sizes.push_back(size);
    const std::uint32_t mask = std::bit_cast<std::uint32_t>(kMask);
    for (const std::size_t size : sizes) {
        const Bytes plain = numbered(size);
        const Bytes expected = masked_plainly(plain);
        for (std::size_t from = 0; from < 17; ++from) {
            for (const std::size_t to : {std::size_t{0}, std::size_t{1}, std::size_t{7}, from}) {
                Bytes source(from + size + 8, 0x55);
                Bytes target(to + size + 8, 0x77);
                std::copy(plain.begin(), plain.end(),
                          source.begin() + static_cast<std::ptrdiff_t>(from));
                apply_mask(target.data() + to, source.data() + from, size, mask);
                const auto begin = target.begin() + static_cast<std::ptrdiff_t>(to);
                const auto end = begin + static_cast<std::ptrdiff_t>(size);
                REQUIRE(Bytes(begin, end) == expected);
                REQUIRE(Bytes(end, target.end()) == Bytes(8, 0x77));
                // In place, and back again.
                apply_mask(target.data() + to, target.data() + to, size, mask);
                REQUIRE(Bytes(begin, end) == plain);
            }
        }
    }
}

TEST_CASE("writer: payload sizes around each header form -> the shortest header", "[websocket]") {
    const std::vector<std::pair<std::size_t, std::size_t>> sizes{
        {0, 6},   {1, 6},     {125, 6},    {126, 8},    {127, 8},
        {255, 8}, {65535, 8}, {65536, 14}, {100000, 14}};
    for (const auto& [size, header] : sizes) {
        CHECK(frame_bytes(size) == header + size);
        const Bytes payload = numbered(size);
        const Parsed parsed = parse(encode(Opcode::binary, true, false, payload));
        CHECK(parsed.first_byte == 0x82);
        CHECK(parsed.header_bytes == header);
        CHECK(parsed.payload == payload);
    }
    CHECK(frame_bytes(65536) - 65536 == kMaxFrameHeaderBytes);
}

TEST_CASE("writer: opcode, FIN and RSV1 -> the first byte", "[websocket]") {
    for (const Opcode opcode : {Opcode::continuation, Opcode::text, Opcode::binary, Opcode::close,
                                Opcode::ping, Opcode::pong}) {
        const int bits = static_cast<int>(opcode);
        CHECK(parse(encode(opcode, true, false, {})).first_byte == 0x80 + bits);
        CHECK(parse(encode(opcode, false, false, {})).first_byte == bits);
        CHECK(parse(encode(opcode, true, true, {})).first_byte == 0xC0 + bits);
        CHECK(parse(encode(opcode, false, true, {})).first_byte == 0x40 + bits);
    }
}

TEST_CASE("writer: a payload that lies where it belongs -> masked in place", "[websocket]") {
    for (const std::size_t size : {5U, 125U, 126U, 5000U, 70000U}) {
        const Bytes payload = numbered(size);
        Bytes frame(frame_bytes(size));
        const std::size_t header = frame.size() - size;
        std::copy(payload.begin(), payload.end(),
                  frame.begin() + static_cast<std::ptrdiff_t>(header));
        encode_frame(frame.data(), Opcode::text, true, false, std::span(frame).subspan(header),
                     std::bit_cast<std::uint32_t>(kMask));
        CHECK(frame == encode(Opcode::text, true, false, payload));
    }
}

Parsed parsed_close(std::uint16_t code, std::string_view reason) {
    Bytes frame(kMaxControlFrameBytes + 1, 0xEE);
    const std::size_t size =
        encode_close(frame.data(), code, reason, std::bit_cast<std::uint32_t>(kMask));
    REQUIRE(size <= kMaxControlFrameBytes);
    CHECK(frame.back() == 0xEE);
    frame.resize(size);
    const Parsed parsed = parse(frame);
    CHECK(parsed.first_byte == 0x88);
    return parsed;
}

TEST_CASE("close frame: code and reason -> payload", "[websocket]") {
    CHECK(parsed_close(1000, "").payload == hex("03 e8"));
    CHECK(parsed_close(1001, "bye").payload == close_payload(1001, "bye"));
    CHECK(parsed_close(4999, "Gr\xC3\xBC\xC3\x9F").payload ==
          close_payload(4999, "Gr\xC3\xBC\xC3\x9F"));
    CHECK(parsed_close(kCloseNoStatus, "").payload.empty());
    CHECK(parsed_close(kCloseNoStatus, "dropped").payload.empty());
}

TEST_CASE("close frame: a long reason -> cut at a character", "[websocket]") {
    const std::string full(123, 'r');
    CHECK(parsed_close(1000, full).payload == close_payload(1000, full));
    CHECK(parsed_close(1000, full + "s").payload == close_payload(1000, full));
    for (std::size_t lead = 118; lead <= 123; ++lead) {
        const std::string reason = std::string(lead, 'a') + "\xF0\x9F\x98\x80 and more";
        const Bytes payload = parsed_close(1000, reason).payload;
        const std::size_t kept = lead + 4 <= 123 ? 123 : lead;
        CHECK(payload.size() == 2 + kept);
        CHECK(is_utf8(std::span(payload).subspan(2)));
    }
}

TEST_CASE("close frame: a reason that is not UTF-8 -> left out", "[websocket]") {
    CHECK(parsed_close(1000, "\xFF").payload == hex("03 e8"));
    CHECK(parsed_close(1000, "a\xE2\x82").payload == hex("03 e8"));
    CHECK(parsed_close(1000, std::string(200, '\x80')).payload == hex("03 e8"));
}

}  // namespace
}  // namespace graceline::websocket::test
