// Hostile table: reserved bits and opcodes, masks, lengths, control frames, fragments, limits.
// Must not hold text or close payload cases (hostile_utf8.cpp, hostile_close.cpp).
#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/websocket/hostile_rows.hpp"

namespace graceline::websocket::test {
namespace {

using Events = std::vector<std::string>;
using Rows = std::vector<HostileRow>;

const Bytes kOpenText = raw_frame(0x01, bytes_of("He"));
const Bytes kOpenBinary = raw_frame(0x02, bytes_of("He"));
const Bytes kHello = text_frame("Hello");

Bytes byte(int value) {
    return {static_cast<std::uint8_t>(value)};
}

Setup limited(std::uint64_t max_message_bytes, std::uint32_t max_fragments = 4096) {
    Setup setup;
    setup.limits = {max_message_bytes, max_fragments};
    return setup;
}

void check_all(const Rows& rows) {
    for (const HostileRow& row : rows) check_hostile(row);
}

TEST_CASE("reader: reserved bits without an extension -> reserved_bits", "[websocket][hostile]") {
    for (int bits = 0x10; bits <= 0x70; bits += 0x10) {
        for (const int opcode : {0, 1, 2, 8, 9, 10}) {
            check_hostile({"first byte " + std::to_string(0x80 + bits + opcode),
                           byte(0x80 + bits + opcode), ProtocolError::reserved_bits});
            check_hostile({"not final, first byte " + std::to_string(bits + opcode),
                           join({kHello, byte(bits + opcode)}),
                           ProtocolError::reserved_bits,
                           {"text:Hello"}});
        }
    }
}

TEST_CASE("reader: reserved bits beside permessage-deflate -> reserved_bits",
          "[websocket][hostile]") {
    for (int bits = 0x10; bits <= 0x70; bits += 0x10) {
        for (const int opcode : {0, 1, 2, 8, 9, 10}) {
            // RSV1 alone opens a compressed message.
            if (bits == 0x40 && (opcode == 1 || opcode == 2)) continue;
            check_hostile({"first byte " + std::to_string(0x80 + bits + opcode),
                           byte(0x80 + bits + opcode),
                           ProtocolError::reserved_bits,
                           {},
                           with_deflate()});
        }
    }
    check_all({{"RSV1 on a later fragment",
                join({hex("41 03 f2 48 cd"), byte(0xC0)}),
                ProtocolError::reserved_bits,
                {},
                with_deflate()},
               {"RSV1 on a later fragment of plain text",
                join({kOpenText, byte(0x40)}),
                ProtocolError::reserved_bits,
                {},
                with_deflate()},
               {"RSV1 on a ping inside a compressed message",
                join({hex("41 03 f2 48 cd"), byte(0xC9)}),
                ProtocolError::reserved_bits,
                {},
                with_deflate()}});
}

TEST_CASE("reader: reserved opcodes -> reserved_opcode", "[websocket][hostile]") {
    for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
        for (const int fin : {0x00, 0x80}) {
            const std::string name = "opcode " + std::to_string(opcode) + (fin ? ", final" : "");
            check_hostile({name, byte(fin + opcode), ProtocolError::reserved_opcode});
            check_hostile({name + ", inside a message", join({kOpenText, byte(fin + opcode)}),
                           ProtocolError::reserved_opcode});
        }
    }
}

TEST_CASE("reader: a mask bit from the server -> masked_server_frame", "[websocket][hostile]") {
    check_all({
        {"text, empty", hex("81 80"), ProtocolError::masked_server_frame},
        {"text, 5 bytes", hex("81 85"), ProtocolError::masked_server_frame},
        {"text, 125 bytes", hex("81 fd"), ProtocolError::masked_server_frame},
        {"text, 16-bit length", hex("81 fe"), ProtocolError::masked_server_frame},
        {"text, 64-bit length", hex("81 ff"), ProtocolError::masked_server_frame},
        {"text, first fragment", hex("01 85"), ProtocolError::masked_server_frame},
        {"binary", hex("82 81"), ProtocolError::masked_server_frame},
        {"continuation", join({kOpenText, hex("80 81")}), ProtocolError::masked_server_frame},
        {"close", hex("88 82"), ProtocolError::masked_server_frame},
        {"ping", hex("89 80"), ProtocolError::masked_server_frame},
        {"pong", hex("8a 84"), ProtocolError::masked_server_frame},
        {"ping with a 16-bit length", hex("89 fe"), ProtocolError::masked_server_frame},
        {"after good frames",
         join({kHello, kHello, hex("81 85")}),
         ProtocolError::masked_server_frame,
         {"text:Hello", "text:Hello"}},
    });
}

TEST_CASE("reader: lengths not in their shortest form -> non_minimal_length",
          "[websocket][hostile]") {
    for (const int opcode : {0x81, 0x82, 0x01}) {
        for (const char* length :
             {"7e 00 00", "7e 00 01", "7e 00 7c", "7e 00 7d", "7f 00 00 00 00 00 00 00 00",
              "7f 00 00 00 00 00 00 00 01", "7f 00 00 00 00 00 00 00 7d",
              "7f 00 00 00 00 00 00 00 7e", "7f 00 00 00 00 00 00 ff ff"}) {
            check_hostile({std::to_string(opcode) + " with length " + length,
                           join({byte(opcode), hex(length)}), ProtocolError::non_minimal_length});
        }
    }
    check_hostile(
        {"continuation", join({kOpenText, hex("80 7e 00 10")}), ProtocolError::non_minimal_length});
}

TEST_CASE("reader: shortest forms at their borders -> read", "[websocket]") {
    const Setup setup = limited(70'000);
    for (const std::size_t size :
         {0U, 1U, 124U, 125U, 126U, 127U, 128U, 255U, 256U, 65'534U, 65'535U, 65'536U, 65'537U}) {
        const std::string text(size, 't');
        const ReadLog log = read_all_ways(setup, text_frame(text));
        CHECK(log.events == Events{"text:" + text});
        CHECK(log.error == ProtocolError::none);
        CHECK(log.frames == 1);
        const ReadLog cut =
            read_all_ways(setup, join({raw_frame(0x02, {}), raw_frame(0x80, bytes_of(text))}));
        CHECK(cut.events == Events{"binary:" + text});
        CHECK(cut.frames == 2);
    }
}

TEST_CASE("reader: 64-bit lengths beyond reason -> refused with the header",
          "[websocket][hostile]") {
    check_all({
        {"highest bit", hex("82 7f 80 00 00 00 00 00 00 00"), ProtocolError::length_too_large},
        {"all bits", hex("82 7f ff ff ff ff ff ff ff ff"), ProtocolError::length_too_large},
        {"all bits, text", hex("81 7f ff ff ff ff ff ff ff ff"), ProtocolError::length_too_large},
        {"highest bit, continuation", join({kOpenBinary, hex("80 7f 80 00 00 00 00 01 00 00")}),
         ProtocolError::length_too_large},
        {"63 bits", hex("82 7f 7f ff ff ff ff ff ff ff"), ProtocolError::message_too_big},
        {"33 bits", hex("82 7f 00 00 00 01 00 00 00 00"), ProtocolError::message_too_big},
        {"63 bits, continuation of a sum that would overflow",
         join({kOpenBinary, hex("80 7f 7f ff ff ff ff ff ff ff")}), ProtocolError::message_too_big},
        {"63 bits, limit of 64 bits, sum beyond 64 bits",
         join({kOpenBinary, hex("00 7f 7f ff ff ff ff ff ff ff")}),
         ProtocolError::message_too_big,
         {},
         limited(0x7fff'ffff'ffff'ffff)},
        {"63 bits, compressed",
         hex("c2 7f 7f ff ff ff ff ff ff ff"),
         ProtocolError::message_too_big,
         {},
         with_deflate()},
        {"highest bit, compressed",
         hex("c2 7f ff ff ff ff ff ff ff ff"),
         ProtocolError::length_too_large,
         {},
         with_deflate()},
    });
}

TEST_CASE("reader: control frames out of their rules -> refused with the header",
          "[websocket][hostile]") {
    check_all({
        {"close, not final", hex("08"), ProtocolError::control_fragmented},
        {"ping, not final", hex("09"), ProtocolError::control_fragmented},
        {"pong, not final", hex("0a"), ProtocolError::control_fragmented},
        {"ping, not final, inside a message", join({kOpenText, hex("09")}),
         ProtocolError::control_fragmented},
        {"close, 126 bytes", hex("88 7e"), ProtocolError::control_too_long},
        {"ping, 126 bytes", hex("89 7e"), ProtocolError::control_too_long},
        {"pong, 126 bytes", hex("8a 7e"), ProtocolError::control_too_long},
        {"close, 64-bit length", hex("88 7f"), ProtocolError::control_too_long},
        {"ping, 64-bit length", hex("89 7f"), ProtocolError::control_too_long},
        {"pong, 64-bit length", hex("8a 7f"), ProtocolError::control_too_long},
        {"ping, 126 bytes, inside a message", join({kOpenText, hex("89 7e")}),
         ProtocolError::control_too_long},
    });
}

TEST_CASE("reader: control frames within their rules -> given whole", "[websocket]") {
    for (const std::size_t size : {0U, 1U, 2U, 124U, 125U}) {
        const std::string data(size, '\xFF');
        CHECK(read_all_ways({}, server_frame(Opcode::ping, bytes_of(data))).events ==
              Events{"ping:" + data});
        CHECK(read_all_ways({}, server_frame(Opcode::pong, bytes_of(data))).events ==
              Events{"pong:" + data});
    }
}

TEST_CASE("reader: fragments out of order -> refused with the first byte", "[websocket][hostile]") {
    const Bytes ended = join({kOpenText, raw_frame(0x80, bytes_of("llo"))});
    check_all({
        {"continuation first", hex("80"), ProtocolError::unexpected_continuation},
        {"continuation first, not final", hex("00"), ProtocolError::unexpected_continuation},
        {"continuation after a whole message",
         join({kHello, hex("80")}),
         ProtocolError::unexpected_continuation,
         {"text:Hello"}},
        {"continuation after a ping",
         join({hex("89 00"), hex("80")}),
         ProtocolError::unexpected_continuation,
         {"ping:"}},
        {"continuation after the last fragment",
         join({ended, hex("00")}),
         ProtocolError::unexpected_continuation,
         {"text:Hello"}},
        {"text inside text", join({kOpenText, hex("81")}), ProtocolError::expected_continuation},
        {"text inside text, not final", join({kOpenText, hex("01")}),
         ProtocolError::expected_continuation},
        {"binary inside text", join({kOpenText, hex("82")}), ProtocolError::expected_continuation},
        {"text inside binary", join({kOpenBinary, hex("81")}),
         ProtocolError::expected_continuation},
        {"binary inside binary after a continuation",
         join({kOpenBinary, raw_frame(0x00, bytes_of("l")), hex("82")}),
         ProtocolError::expected_continuation},
        {"text inside text after a ping",
         join({kOpenText, hex("89 00"), hex("81")}),
         ProtocolError::expected_continuation,
         {"ping:"}},
        {"text inside an empty fragment", join({raw_frame(0x01, {}), hex("81")}),
         ProtocolError::expected_continuation},
        {"compressed text inside compressed text",
         join({hex("41 03 f2 48 cd"), hex("81")}),
         ProtocolError::expected_continuation,
         {},
         with_deflate()},
    });
}

TEST_CASE("reader: fragments in order with control frames between -> one message", "[websocket]") {
    const ReadLog log = read_all_ways(
        {}, join({raw_frame(0x01, bytes_of("H")), raw_frame(0x89, bytes_of("1")),
                  raw_frame(0x00, {}), raw_frame(0x00, bytes_of("ell")),
                  raw_frame(0x8A, bytes_of("2")), raw_frame(0x80, bytes_of("o")), kHello,
                  raw_frame(0x02, {}), raw_frame(0x80, {}), raw_frame(0x88, {})}));
    CHECK(log.events ==
          Events{"ping:1", "pong:2", "text:Hello", "text:Hello", "binary:", "close 1005:"});
    CHECK(log.error == ProtocolError::none);
    CHECK(log.frames == 10);
    CHECK_FALSE(log.in_message);
    CHECK(read_all_ways({}, kOpenText).in_message);
}

TEST_CASE("reader: messages beyond the limits -> refused with the header", "[websocket][hostile]") {
    const Bytes two = bytes_of("ab");
    check_all({
        {"5 of 4 bytes", hex("82 05"), ProtocolError::message_too_big, {}, limited(4)},
        {"126 of 125 bytes", hex("81 7e 00 7e"), ProtocolError::message_too_big, {}, limited(125)},
        {"1 of 0 bytes", hex("82 01"), ProtocolError::message_too_big, {}, limited(0)},
        {"65,536 of 65,535 bytes",
         hex("82 7f 00 00 00 00 00 01 00 00"),
         ProtocolError::message_too_big,
         {},
         limited(65'535)},
        {"1 MiB and 1 byte of the default", hex("82 7f 00 00 00 00 00 10 00 01"),
         ProtocolError::message_too_big},
        {"2 and 3 of 4 bytes",
         join({raw_frame(0x02, two), hex("80 03")}),
         ProtocolError::message_too_big,
         {},
         limited(4)},
        {"2, 2 and 1 of 4 bytes",
         join({raw_frame(0x01, two), raw_frame(0x00, two), hex("80 01")}),
         ProtocolError::message_too_big,
         {},
         limited(4)},
        {"3 of 2 fragments",
         join({raw_frame(0x01, two), raw_frame(0x00, two), hex("80")}),
         ProtocolError::too_many_fragments,
         {},
         limited(100, 2)},
        {"3 of 2 fragments, all empty",
         join({raw_frame(0x01, {}), raw_frame(0x00, {}), hex("00")}),
         ProtocolError::too_many_fragments,
         {},
         limited(100, 2)},
        {"2 of 1 fragment",
         join({raw_frame(0x01, two), hex("80")}),
         ProtocolError::too_many_fragments,
         {},
         limited(100, 1)},
        {"no fragments allowed at all",
         hex("81"),
         ProtocolError::too_many_fragments,
         {},
         limited(100, 0)},
        {"3 of 2 fragments with pings between",
         join({raw_frame(0x01, two), hex("89 00"), raw_frame(0x00, two), hex("89 00 80")}),
         ProtocolError::too_many_fragments,
         {"ping:", "ping:"},
         limited(100, 2)},
        {"more compressed bytes than any message of 4 bytes needs",
         hex("c2 7e 08 00"),
         ProtocolError::message_too_big,
         {},
         with_deflate({4, 4096})},
    });
    Bytes many = raw_frame(0x01, {});
    for (int i = 1; i < 4096; ++i) many = join({many, hex("00 00")});
    check_hostile({"4,097 fragments of the default", join({many, hex("80")}),
                   ProtocolError::too_many_fragments});
}

TEST_CASE("reader: messages exactly at the limits -> read", "[websocket]") {
    CHECK(read_all_ways(limited(5), kHello).events == Events{"text:Hello"});
    CHECK(read_all_ways(limited(0), raw_frame(0x82, {})).events == Events{"binary:"});
    CHECK(
        read_all_ways(limited(5, 2), join({kOpenText, raw_frame(0x80, bytes_of("llo"))})).events ==
        Events{"text:Hello"});
    CHECK(read_all_ways(limited(5, 1), kHello).events == Events{"text:Hello"});
    CHECK(read_all_ways(limited(~std::uint64_t{0}), kHello).events == Events{"text:Hello"});
    Setup unlimited = with_deflate({~std::uint64_t{0}, 4096});
    CHECK(read_all_ways(unlimited, hex("c1 07 f2 48 cd c9 c9 07 00")).events ==
          Events{"text:Hello"});
}

TEST_CASE("reader: a small message cut by the input's end -> first part knows its size",
          "[websocket]") {
    const auto first_part = [](const Setup& setup, const Bytes& stream) {
        Reader reader(setup.limits, setup.deflate);
        std::span<const std::uint8_t> input(stream);
        return reader.next(input);
    };
    const Bytes frame = text_frame(std::string(300, 'x'));
    const Bytes start(frame.begin(), frame.begin() + 100);
    const ReadEvent cut = first_part({}, start);
    CHECK(cut.kind == ReadKind::part);
    CHECK(cut.first);
    CHECK_FALSE(cut.last);
    CHECK(cut.expected_bytes == 300);
    CHECK(cut.payload.size() == 96);
    CHECK(cut.payload.data() == start.data() + 4);

    const ReadEvent fragment = first_part({}, raw_frame(0x01, bytes_of("abc")));
    CHECK(fragment.kind == ReadKind::part);
    CHECK(fragment.expected_bytes == 0);
    const ReadEvent compressed = first_part(with_deflate(), hex("c1 07 f2 48 cd c9 c9 07 00"));
    CHECK(compressed.kind == ReadKind::part);
    CHECK(compressed.expected_bytes == 0);
}

TEST_CASE("protocol errors: each -> its close code and a text", "[websocket]") {
    using E = ProtocolError;
    const std::vector<std::pair<E, int>> codes{{E::none, 1000},
                                               {E::reserved_bits, 1002},
                                               {E::reserved_opcode, 1002},
                                               {E::masked_server_frame, 1002},
                                               {E::non_minimal_length, 1002},
                                               {E::length_too_large, 1002},
                                               {E::control_fragmented, 1002},
                                               {E::control_too_long, 1002},
                                               {E::unexpected_continuation, 1002},
                                               {E::expected_continuation, 1002},
                                               {E::too_many_fragments, 1008},
                                               {E::message_too_big, 1009},
                                               {E::invalid_utf8, 1007},
                                               {E::invalid_close_payload, 1002},
                                               {E::invalid_close_code, 1002},
                                               {E::inflate_failed, 1007},
                                               {E::inflate_ratio, 1009}};
    std::vector<std::string> texts;
    for (const auto& [error, code] : codes) {
        CHECK(close_code_for(error) == code);
        CHECK(close_code_valid_on_wire(close_code_for(error)));
        const std::string text = to_string(error);
        CHECK(text.size() > 10);
        CHECK(std::find(texts.begin(), texts.end(), text) == texts.end());
        texts.push_back(text);
    }
}

}  // namespace
}  // namespace graceline::websocket::test
