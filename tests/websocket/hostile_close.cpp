// Hostile table: close frames, their codes and reasons.
// Must not hold what fails with the frame header (hostile_frames.cpp).
#include <algorithm>
#include <array>

#include "tests/support/catch.hpp"
#include "tests/websocket/hostile_rows.hpp"

namespace graceline::websocket::test {
namespace {

using Events = std::vector<std::string>;

Bytes close_frame(std::uint16_t code, std::string_view reason) {
    return server_frame(Opcode::close, close_payload(code, reason));
}

TEST_CASE("reader: wrong close payloads -> the exact error", "[websocket][hostile]") {
    const std::vector<HostileRow> rows{
        {"one byte", hex("88 01 03"), ProtocolError::invalid_close_payload},
        {"one byte after a message",
         join({text_frame("a"), hex("88 01 e8")}),
         ProtocolError::invalid_close_payload,
         {"text:a"}},
        {"code 0", hex("88 02 00 00"), ProtocolError::invalid_close_code},
        {"code 999", close_frame(999, ""), ProtocolError::invalid_close_code},
        {"code 1004", close_frame(1004, ""), ProtocolError::invalid_close_code},
        {"code 1005, never on the wire", close_frame(1005, ""), ProtocolError::invalid_close_code},
        {"code 1006, never on the wire", close_frame(1006, ""), ProtocolError::invalid_close_code},
        {"code 1015, never on the wire", close_frame(1015, ""), ProtocolError::invalid_close_code},
        {"code 1016", close_frame(1016, ""), ProtocolError::invalid_close_code},
        {"code 1100", close_frame(1100, ""), ProtocolError::invalid_close_code},
        {"code 2000", close_frame(2000, ""), ProtocolError::invalid_close_code},
        {"code 2999", close_frame(2999, ""), ProtocolError::invalid_close_code},
        {"code 5000", close_frame(5000, ""), ProtocolError::invalid_close_code},
        {"code 65535", close_frame(65535, ""), ProtocolError::invalid_close_code},
        {"code 1005 with a reason", close_frame(1005, "gone"), ProtocolError::invalid_close_code},
        {"reason with a stray byte", close_frame(1000, "\xFF"), ProtocolError::invalid_utf8},
        {"reason cut inside a character", close_frame(1000, "a\xE2\x82"),
         ProtocolError::invalid_utf8},
        {"reason with a surrogate", close_frame(1000, "\xED\xA0\x80"), ProtocolError::invalid_utf8},
        {"reason overlong", close_frame(3000, "\xC0\x80"), ProtocolError::invalid_utf8},
        {"reason of 123 bytes, the last one wrong",
         close_frame(4000, std::string(122, 'r') + "\x80"), ProtocolError::invalid_utf8},
        {"wrong code and wrong reason", close_frame(1005, "\xFF"),
         ProtocolError::invalid_close_code},
        {"wrong code inside a message",
         join({raw_frame(0x01, bytes_of("a")), close_frame(999, "")}),
         ProtocolError::invalid_close_code},
    };
    for (const HostileRow& row : rows) check_hostile(row);
}

TEST_CASE("reader: right close payloads -> code and reason", "[websocket]") {
    CHECK(read_all_ways({}, hex("88 00")).events == Events{"close 1005:"});
    CHECK(read_all_ways({}, close_frame(1000, "")).events == Events{"close 1000:"});
    CHECK(read_all_ways({}, close_frame(1001, "going away")).events ==
          Events{"close 1001:going away"});
    CHECK(read_all_ways({}, close_frame(4999, "Gr\xC3\xBC\xC3\x9F")).events ==
          Events{"close 4999:Gr\xC3\xBC\xC3\x9F"});
    const std::string longest(123, 'r');
    CHECK(read_all_ways({}, close_frame(3000, longest)).events == Events{"close 3000:" + longest});
}

TEST_CASE("reader: input after a close frame -> swallowed", "[websocket]") {
    const ReadLog log =
        read_all_ways({}, join({text_frame("a"), close_frame(1000, "bye"), text_frame("b"),
                                hex("ff ff ff"), close_frame(1001, "")}));
    CHECK(log.events == Events{"text:a", "close 1000:bye"});
    CHECK(log.error == ProtocolError::none);
    CHECK(log.frames == 2);
    const ReadLog inside =
        read_all_ways({}, join({raw_frame(0x01, bytes_of("a")), close_frame(1000, "")}));
    CHECK(inside.events == Events{"close 1000:"});
    CHECK(inside.in_message);
}

TEST_CASE("close codes: all 65,536 -> valid on the wire as the registry says", "[websocket]") {
    // 1000 to 1003 and 1007 to 1014 are assigned; 3000 to 4999 are free to register or use.
    constexpr std::array<int, 12> kAssigned{1000, 1001, 1002, 1003, 1007, 1008,
                                            1009, 1010, 1011, 1012, 1013, 1014};
    std::size_t valid = 0;
    std::size_t wrong = 0;
    for (int code = 0; code <= 0xFFFF; ++code) {
        const bool expected =
            (code / 1000 == 3 || code / 1000 == 4) ||
            std::find(kAssigned.begin(), kAssigned.end(), code) != kAssigned.end();
        const bool said = close_code_valid_on_wire(static_cast<std::uint16_t>(code));
        const ReadLog log = read_whole({}, close_frame(static_cast<std::uint16_t>(code), "x"));
        const ProtocolError error =
            expected ? ProtocolError::none : ProtocolError::invalid_close_code;
        wrong += said != expected || log.error != error;
        valid += said;
    }
    CHECK(wrong == 0);
    CHECK(valid == 12 + 2000);
}

}  // namespace
}  // namespace graceline::websocket::test
