// Random streams, sound and damaged: the reader against the plain decoder, however cut.
// Must not need luck: seeds are fixed, and the failing one is printed.
#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "tests/support/catch.hpp"
#include "tests/websocket/plain_reader.hpp"
#include "tests/websocket/read_log.hpp"

namespace graceline::websocket::test {
namespace {

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
    bool one_in(std::size_t bound) { return below(bound) == 0; }
    std::uint8_t byte() { return static_cast<std::uint8_t>(random_()); }

  private:
    std::mt19937_64 random_;
};

Bytes random_payload(Dice& dice, bool text) {
    static const std::vector<Bytes> kUnits{hex("61"), hex("c3 bc"), hex("e2 82 ac"),
                                           hex("f0 9f 98 80"), Bytes(29, 'q')};
    Bytes payload;
    const std::size_t units = dice.one_in(20) ? dice.below(40) : dice.below(6);
    for (std::size_t i = 0; i < units; ++i) {
        if (text) {
            const Bytes& unit = kUnits[dice.below(kUnits.size())];
            payload.insert(payload.end(), unit.begin(), unit.end());
        } else {
            payload.push_back(dice.byte());
        }
    }
    return payload;
}

void append(Bytes& stream, const Bytes& more) {
    stream.insert(stream.end(), more.begin(), more.end());
}

void append_control(Dice& dice, Bytes& stream) {
    Bytes payload = random_payload(dice, true);
    payload.resize(std::min<std::size_t>(payload.size(), 125));
    append(stream, server_frame(dice.one_in(2) ? Opcode::ping : Opcode::pong, payload));
}

void append_message(Dice& dice, Bytes& stream) {
    const bool text = dice.one_in(2);
    Bytes payload = random_payload(dice, text);
    Opcode opcode = text ? Opcode::text : Opcode::binary;
    while (dice.one_in(2)) {
        const std::size_t size = dice.below(payload.size() + 1);
        const auto middle = payload.begin() + static_cast<std::ptrdiff_t>(size);
        append(stream, server_frame(opcode, Bytes(payload.begin(), middle), false));
        payload.erase(payload.begin(), middle);
        opcode = Opcode::continuation;
        if (dice.one_in(3)) append_control(dice, stream);
    }
    append(stream, server_frame(opcode, payload));
}

Bytes random_stream(Dice& dice) {
    Bytes stream;
    const std::size_t messages = 1 + dice.below(6);
    for (std::size_t i = 0; i < messages; ++i) {
        if (dice.one_in(4)) append_control(dice, stream);
        append_message(dice, stream);
    }
    if (dice.one_in(3)) {
        const auto code = static_cast<std::uint16_t>(990 + dice.below(40));
        append(stream, server_frame(Opcode::close, close_payload(code, "end")));
    }
    return stream;
}

void damage(Dice& dice, Bytes& stream) {
    const std::size_t at = dice.below(stream.size());
    const auto place = stream.begin() + static_cast<std::ptrdiff_t>(at);
    switch (dice.below(4)) {
        case 0:
            stream[at] = dice.byte();
            break;
        case 1:
            stream[at] = static_cast<std::uint8_t>(stream[at] ^ (1U << dice.below(8)));
            break;
        case 2:
            stream.insert(place, dice.byte());
            break;
        default:
            stream.erase(place);
            break;
    }
}

std::vector<std::size_t> random_cuts(Dice& dice, std::size_t size) {
    std::vector<std::size_t> cuts;
    const std::size_t reach = 1 + dice.below(40);
    for (std::size_t at = 1 + dice.below(reach); at < size; at += 1 + dice.below(reach)) {
        cuts.push_back(at);
    }
    return cuts;
}

TEST_CASE("reader: 40,000 random streams, two of three damaged -> as a plain decoder",
          "[websocket][random]") {
    std::map<ProtocolError, std::size_t> seen;
    for (std::uint64_t seed = 1; seed <= 40'000; ++seed) {
        Dice dice(seed);
        Bytes stream = random_stream(dice);
        for (std::size_t i = dice.below(3); i > 0 && !stream.empty(); --i) damage(dice, stream);
        Setup setup;
        if (dice.one_in(2))
            setup.limits = {dice.below(200), static_cast<std::uint32_t>(dice.below(5))};
        const ReadLog expected = plain_read(setup.limits, stream);
        const std::vector<std::size_t> cuts = random_cuts(dice, stream.size());
        const bool same = read_whole(setup, stream) == expected &&
                          read_cut(setup, stream, cuts) == expected &&
                          read_bytewise(setup, stream) == expected;
        ++seen[expected.error];
        if (same) continue;
        INFO("seed " << seed << ", expected " << expected);
        CHECK(read_whole(setup, stream) == expected);
        CHECK(read_cut(setup, stream, cuts) == expected);
        REQUIRE(read_bytewise(setup, stream) == expected);
    }
    // The streams reach every error that a reader without extensions can give.
    for (int error = 0; error < static_cast<int>(ProtocolError::inflate_failed); ++error) {
        INFO(to_string(static_cast<ProtocolError>(error)));
        CHECK(seen[static_cast<ProtocolError>(error)] > 0);
    }
}

TEST_CASE("reader: 20,000 streams of random bytes -> as a plain decoder", "[websocket][random]") {
    for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
        Dice dice(seed * 7919);
        Bytes stream(1 + dice.below(60));
        for (std::uint8_t& byte : stream) byte = dice.byte();
        // Otherwise the first byte ends most of them.
        static constexpr std::array<std::uint8_t, 5> kFirst{0x81, 0x82, 0x01, 0x02, 0x89};
        stream[0] = kFirst[dice.below(kFirst.size())];
        if (stream.size() > 1) stream[1] = static_cast<std::uint8_t>(dice.below(20));
        const ReadLog expected = plain_read({}, stream);
        if (read_whole({}, stream) == expected && read_bytewise({}, stream) == expected) continue;
        INFO("seed " << seed);
        CHECK(read_whole({}, stream) == expected);
        REQUIRE(read_bytewise({}, stream) == expected);
    }
}

}  // namespace
}  // namespace graceline::websocket::test
