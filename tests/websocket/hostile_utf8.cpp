// Hostile table: text that is not UTF-8, as text message and as close reason; and text that is.
// Must not check the validator against itself: a second, plain decoder is the judge.
#include <random>

#include "core/websocket/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/websocket/hostile_rows.hpp"
#include "tests/websocket/plain_reader.hpp"

namespace graceline::websocket::test {
namespace {

using Events = std::vector<std::string>;

// A frame header that announces more than follows, so that the stream ends with the wrong byte.
Bytes open_ended(int first_byte, const Bytes& payload) {
    return join(
        {server_header(static_cast<std::uint8_t>(first_byte), payload.size() + 8), payload});
}

TEST_CASE("utf8: bytes that start or continue no character -> refused with that byte",
          "[websocket][hostile][utf8]") {
    // The last byte of each is the first that no valid text could hold there.
    const std::vector<std::pair<std::string, const char*>> faults{
        {"continuation first, lowest", "80"},
        {"continuation first, highest", "bf"},
        {"continuation after ASCII", "61 80"},
        {"continuation after a whole character", "c3 bc 80"},
        {"two continuations too many", "e2 82 ac 80"},
        {"overlong lead c0", "c0"},
        {"overlong lead c1", "c1"},
        {"overlong slash, 3 bytes", "e0 80"},
        {"overlong, highest of 3 bytes", "e0 9f"},
        {"overlong slash, 4 bytes", "f0 80"},
        {"overlong, highest of 4 bytes", "f0 8f"},
        {"lowest surrogate", "ed a0"},
        {"highest surrogate", "ed bf"},
        {"low surrogate", "ed b0"},
        {"beyond U+10FFFF", "f4 90"},
        {"far beyond U+10FFFF", "f4 bf"},
        {"lead f5", "f5"},
        {"lead f6", "f6"},
        {"lead f7", "f7"},
        {"5-byte lead f8", "f8"},
        {"5-byte lead fb", "fb"},
        {"6-byte lead fc", "fc"},
        {"6-byte lead fd", "fd"},
        {"byte fe", "fe"},
        {"byte ff", "ff"},
        {"2-byte lead and ASCII", "c3 61"},
        {"2-byte lead and lead", "c3 c3"},
        {"2-byte lead and byte 7f", "c2 7f"},
        {"2-byte lead and byte c0", "df c0"},
        {"3-byte lead and ASCII", "e2 61"},
        {"3 bytes, ASCII third", "e2 82 61"},
        {"3 bytes, lead third", "e2 82 c2"},
        {"3 bytes, e0, ASCII second", "e0 7f"},
        {"3 bytes, ed 9f, ASCII third", "ed 9f 7f"},
        {"4-byte lead and ASCII", "f0 61"},
        {"4 bytes, ASCII third", "f0 9f 61"},
        {"4 bytes, ASCII fourth", "f0 9f 98 61"},
        {"4 bytes, lead third", "f1 80 c0"},
        {"4 bytes, lead fourth", "f4 8f bf c0"},
        {"NUL is fine, but overlong NUL is not", "00 c0"},
        {"second character wrong", "e2 82 ac e2 28"},
        {"fault after a byte order mark", "ef bb bf ff"},
    };
    for (const auto& [name, bytes] : faults) {
        const Bytes fault = hex(bytes);
        CHECK_FALSE(is_utf8(fault));
        check_hostile({name, open_ended(0x81, fault), ProtocolError::invalid_utf8});
        check_hostile(
            {name + ", in a fragment", open_ended(0x01, fault), ProtocolError::invalid_utf8});
        for (const std::size_t lead : {15U, 16U, 31U, 32U, 33U, 47U, 64U, 100U}) {
            const Bytes text = join({Bytes(lead, 'a'), fault});
            check_hostile(
                {name + " behind ASCII", open_ended(0x81, text), ProtocolError::invalid_utf8});
            CHECK(
                read_all_ways({}, server_frame(Opcode::text, join({text, Bytes(40, 'b')}))).error ==
                ProtocolError::invalid_utf8);
        }
        // A character that is cut between fragments.
        if (fault.size() > 1) {
            const Bytes head(fault.begin(), fault.end() - 1);
            check_hostile({name + ", cut by a fragment",
                           join({raw_frame(0x01, head), hex("89 00 00 01"), {fault.back()}}),
                           ProtocolError::invalid_utf8,
                           {"ping:"}});
        }
        CHECK(read_all_ways({}, server_frame(Opcode::binary, fault)).error == ProtocolError::none);
    }
}

TEST_CASE("utf8: text that ends inside a character -> refused at the message's end",
          "[websocket][hostile][utf8]") {
    for (const char* cut : {"c2", "df", "e0", "e0 a0", "e2 82", "ed 9f", "ef bf", "f0", "f0 90",
                            "f0 9f 98", "f4", "f4 8f bf", "61 c3", "e2 82 ac e2 82"}) {
        const Bytes text = hex(cut);
        CHECK_FALSE(is_utf8(text));
        check_hostile({cut, server_frame(Opcode::text, text), ProtocolError::invalid_utf8});
        check_hostile({std::string(cut) + ", empty last fragment",
                       join({raw_frame(0x01, text), hex("80 00")}), ProtocolError::invalid_utf8});
        const ReadLog open = read_all_ways({}, raw_frame(0x01, text));
        CHECK(open.error == ProtocolError::none);
    }
}

TEST_CASE("utf8: valid text however fragmented -> read", "[websocket][utf8]") {
    for (const char* good :
         {"", "00", "7f", "c2 80", "df bf", "e0 a0 80", "ed 9f bf", "ee 80 80", "ef bf bf",
          "ef bf be", "f0 90 80 80", "f4 8f bf bf", "ef bb bf 61", "ce ba e1 bd b9 cf 83",
          "f0 9f 98 80 f0 9f 91 8d", "c3 bc 61 e2 82 ac 61 f0 9f 98 80 61"}) {
        const Bytes text = hex(good);
        CHECK(is_utf8(text));
        const Events expected{"text:" + text_of(text)};
        CHECK(read_all_ways({}, server_frame(Opcode::text, text)).events == expected);
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            const auto middle = text.begin() + static_cast<std::ptrdiff_t>(cut);
            const Bytes stream = join({raw_frame(0x01, Bytes(text.begin(), middle)),
                                       raw_frame(0x80, Bytes(middle, text.end()))});
            CHECK(read_all_ways({}, stream).events == expected);
        }
    }
}

TEST_CASE("utf8: all sequences of up to three bytes and all 4-byte leads -> as a plain decoder",
          "[websocket][utf8]") {
    std::size_t wrong = 0;
    const auto compare = [&wrong](const Bytes& text) {
        Utf8Validator validator;
        const bool possible = validator.feed(text);
        const Utf8Verdict verdict = plain_utf8(text);
        wrong += possible != (verdict != Utf8Verdict::wrong);
        wrong += (possible && validator.complete()) != (verdict == Utf8Verdict::complete);
        wrong += is_utf8(text) != (verdict == Utf8Verdict::complete);
    };
    for (int a = 0; a < 256; ++a) {
        const auto first = static_cast<std::uint8_t>(a);
        compare({first});
        for (int b = 0; b < 256; ++b) {
            const auto second = static_cast<std::uint8_t>(b);
            compare({first, second});
            for (int c = a < 0x80 ? 255 : 0; c < 256; ++c) {
                compare({first, second, static_cast<std::uint8_t>(c)});
            }
            if (a < 0xF0) continue;
            for (const int d : {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF}) {
                const auto last = static_cast<std::uint8_t>(d);
                compare({first, second, 0x80, last});
                compare({first, second, 0xBF, last});
            }
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("utf8: random text with random faults, fed in random pieces -> as a plain decoder",
          "[websocket][utf8]") {
    std::mt19937_64 random(20240611);
    const auto below = [&random](std::size_t bound) {
        return static_cast<std::size_t>(random() % bound);
    };
    const std::vector<Bytes> units{hex("61"),          hex("c3 bc"),   hex("e2 82 ac"),
                                   hex("f0 9f 98 80"), Bytes(40, 'z'), Bytes(7, ' ')};
    std::size_t wrong = 0;
    std::size_t valid = 0;
    for (int round = 0; round < 20'000; ++round) {
        Bytes text;
        for (std::size_t left = below(12); left > 0; --left) {
            const Bytes& unit = units[below(units.size())];
            text.insert(text.end(), unit.begin(), unit.end());
        }
        if (!text.empty() && below(2) == 0) {
            text[below(text.size())] = static_cast<std::uint8_t>(random());
        }
        Utf8Validator validator;
        bool possible = true;
        std::span<const std::uint8_t> rest(text);
        while (!rest.empty()) {
            const std::size_t size = 1 + below(rest.size());
            possible = validator.feed(rest.first(size));
            rest = rest.subspan(size);
            if (!possible) break;
        }
        const bool expected = plain_utf8(text) == Utf8Verdict::complete;
        wrong += (possible && validator.complete()) != expected;
        wrong += is_utf8(text) != expected;
        valid += expected;
    }
    CHECK(wrong == 0);
    CHECK(valid > 5'000);
    CHECK(valid < 18'000);
}

}  // namespace
}  // namespace graceline::websocket::test
