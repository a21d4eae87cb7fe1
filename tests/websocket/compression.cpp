// Compressed messages both ways: modes, fragments, damage, bombs.
// Must not test the negotiation (negotiation.cpp).
#include <random>

#include "core/websocket/deflater.hpp"
#include "tests/support/catch.hpp"
#include "tests/websocket/read_log.hpp"
#include "tests/websocket/server_zlib.hpp"

namespace graceline::websocket::test {
namespace {

using Events = std::vector<std::string>;

Bytes compressed_frame(Opcode opcode, const Bytes& payload) {
    return server_frame(opcode, payload, true, true);
}

Setup setup_of(int server_window_bits, bool takeover, Limits limits = {}) {
    Setup setup = with_deflate(limits);
    setup.deflate->server_max_window_bits = server_window_bits;
    setup.deflate->server_no_context_takeover = !takeover;
    return setup;
}

Bytes random_text(std::mt19937_64& random, std::size_t size) {
    Bytes text;
    while (text.size() < size) {
        const Bytes word = bytes_of("word" + std::to_string(random() % 50) + ' ');
        text.insert(text.end(), word.begin(), word.end());
    }
    text.resize(size);
    return text;
}

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
    Bytes bytes(size);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

TEST_CASE("inflater: random messages of a server, all modes -> the same messages",
          "[websocket][deflate][random]") {
    std::mt19937_64 random(77);
    for (const int window : {9, 10, 12, 15}) {
        for (const bool takeover : {true, false}) {
            for (const int level : {0, 1, 6, 9}) {
                ServerDeflater server(window, takeover, level);
                Bytes stream;
                Events expected;
                for (const std::size_t size : {0U, 1U, 100U, 3'000U, 0U, 20'000U, 50U, 33'000U}) {
                    const bool text = random() % 2 == 0;
                    const Bytes plain =
                        text ? random_text(random, size) : random_bytes(random, size);
                    const Bytes payload = server.message(plain);
                    const std::size_t cut = random() % (payload.size() + 1);
                    const auto middle = payload.begin() + static_cast<std::ptrdiff_t>(cut);
                    const Opcode opcode = text ? Opcode::text : Opcode::binary;
                    stream = join(
                        {stream, server_frame(opcode, Bytes(payload.begin(), middle), false, true),
                         raw_frame(0x89, bytes_of("p")),
                         raw_frame(0x80, Bytes(middle, payload.end())),
                         // Not every message has to be compressed.
                         text_frame("plain")});
                    expected.insert(
                        expected.end(),
                        {"ping:p", (text ? "text:" : "binary:") + text_of(plain), "text:plain"});
                }
                INFO("window " << window << ", takeover " << takeover << ", level " << level);
                const Setup setup = setup_of(window, takeover);
                const ReadLog whole = read_whole(setup, stream);
                CHECK(whole.error == ProtocolError::none);
                CHECK(whole.events == expected);
                std::vector<std::size_t> cuts;
                for (std::size_t at = 1; at < stream.size(); at += 1 + random() % 3'000) {
                    cuts.push_back(at);
                }
                CHECK(read_cut(setup, stream, cuts) == whole);
                CHECK(read_bytewise(setup, stream) == whole);
            }
        }
    }
}

TEST_CASE("deflater: random messages, all modes -> a server inflates the same",
          "[websocket][deflate][random]") {
    std::mt19937_64 random(78);
    for (const int window : {9, 10, 12, 15}) {
        for (const bool takeover : {true, false}) {
            for (const int level : {0, 1, 6, 9}) {
                NegotiatedDeflate negotiated;
                negotiated.client_max_window_bits = window;
                negotiated.client_no_context_takeover = !takeover;
                Deflater deflater(negotiated, level);
                ServerInflater server(window, takeover);
                Bytes payload;
                for (int i = 0; i < 30; ++i) {
                    const std::size_t size =
                        i % 7 == 0 ? 0 : random() % (i % 5 == 0 ? 200'000 : 900);
                    const Bytes plain =
                        random() % 2 == 0 ? random_text(random, size) : random_bytes(random, size);
                    REQUIRE(deflater.deflate(plain, payload));
                    REQUIRE_FALSE(payload.empty());
                    REQUIRE(server.message(payload) == plain);
                }
            }
        }
    }
}

TEST_CASE("deflater: context takeover -> a repeated message shrinks only with it",
          "[websocket][deflate]") {
    std::mt19937_64 random(79);
    const Bytes text = random_text(random, 2'000);
    const auto second_size = [&text](bool no_takeover) {
        NegotiatedDeflate negotiated;
        negotiated.client_no_context_takeover = no_takeover;
        Deflater deflater(negotiated, kDefaultDeflateLevel);
        Bytes first;
        Bytes second;
        REQUIRE(deflater.deflate(text, first));
        REQUIRE(deflater.deflate(text, second));
        CHECK((first == second) == no_takeover);
        return second.size();
    };
    CHECK(second_size(false) < 40);
    CHECK(second_size(true) > 200);
}

TEST_CASE("deflater: a window that zlib cannot keep -> every message as it is",
          "[websocket][deflate]") {
    NegotiatedDeflate negotiated;
    negotiated.client_max_window_bits = 8;
    Deflater deflater(negotiated, kDefaultDeflateLevel);
    Bytes out = bytes_of("old");
    CHECK_FALSE(deflater.deflate(bytes_of("Hello"), out));
    CHECK(out.empty());
    CHECK_FALSE(deflater.deflate({}, out));
}

TEST_CASE("inflater: a reference beyond the agreed window -> read, however cut",
          "[websocket][deflate]") {
    std::mt19937_64 random(80);
    const Bytes head = random_bytes(random, 300);
    const Bytes plain = join({head, random_bytes(random, 20'000), head});
    ServerDeflater server(15);
    const Bytes stream = compressed_frame(Opcode::binary, server.message(plain));
    CHECK(read_all_ways(setup_of(9, true), stream).events == Events{"binary:" + text_of(plain)});
}

TEST_CASE("inflater: payloads that are no DEFLATE messages -> inflate_failed",
          "[websocket][deflate][hostile]") {
    for (const char* payload : {
             "07",                    // block type 3
             "06 00",                 // block type 3, not final
             "00 05 00 fa fe 48 65",  // stored length and complement differ
             "00 05 00 fa ff 48 65",  // stored block cut short; the marker is taken as data
             "f2 48 cd c9 c9",        // cut inside a block
             "f2 48 cd c9 c9 07",     // block ended, the flush's first bits are missing
             "f2 00 11 00 00",        // refers back to nothing
             "05 e0 81",              // dynamic block, header cut short
             "ff ff ff ff",           // no valid start
             "ed fd 01 00 00",        // too many length symbols
             "f2 48 cd c9 c9 07 00 00 00 ff ff 07",  // fault behind a whole block
             "f3 48 cd c9 c9 07 00 07",              // fault behind a final block
         }) {
        INFO(payload);
        const ReadLog log =
            read_all_ways(with_deflate(), compressed_frame(Opcode::binary, hex(payload)));
        CHECK(log.error == ProtocolError::inflate_failed);
        CHECK(log.events.empty());
        const Bytes bytes = hex(payload);
        const Bytes in_fragments = join(
            {server_frame(Opcode::binary, Bytes(bytes.begin(), bytes.begin() + 1), false, true),
             raw_frame(0x80, Bytes(bytes.begin() + 1, bytes.end()))});
        CHECK(read_all_ways(with_deflate(), in_fragments).error == ProtocolError::inflate_failed);
    }
    // An empty message is one zero byte; without it the flush's marker has no block header.
    CHECK(read_all_ways(with_deflate(), compressed_frame(Opcode::text, {})).error ==
          ProtocolError::inflate_failed);
}

TEST_CASE("inflater: final blocks in the middle and flushes inside -> read on",
          "[websocket][deflate]") {
    // "Hello" in a final block, then " you" stored, then the flush's first byte.
    CHECK(read_all_ways(with_deflate(),
                        compressed_frame(Opcode::text, hex("f3 48 cd c9 c9 07 00 "
                                                           "00 04 00 fb ff 20 79 6f 75 00")))
              .events == Events{"text:Hello you"});
    // A final block, and in the next message a reference into it.
    CHECK(read_all_ways(with_deflate(),
                        join({hex("c1 08 f3 48 cd c9 c9 07 00 00"), hex("c1 05 f2 00 11 00 00")}))
              .events == Events{"text:Hello", "text:Hello"});
    // A whole flush marker inside.
    CHECK(read_all_ways(with_deflate(),
                        compressed_frame(Opcode::text, hex("f2 48 cd c9 c9 07 00 00 00 ff ff 00")))
              .events == Events{"text:Hello"});
}

TEST_CASE("inflater: text that inflates to bad UTF-8 -> invalid_utf8",
          "[websocket][deflate][hostile]") {
    for (const char* text : {"ff", "61 62 c3", "ed a0 80", "e2 82", "f0 80 80 80"}) {
        ServerDeflater server;
        const Bytes payload = server.message(hex(text));
        CHECK(read_all_ways(with_deflate(), compressed_frame(Opcode::text, payload)).error ==
              ProtocolError::invalid_utf8);
        CHECK(read_all_ways(with_deflate(), compressed_frame(Opcode::binary, payload)).error ==
              ProtocolError::none);
    }
    Bytes late(40'000, 'a');
    late[39'000] = 0xFF;
    ServerDeflater server;
    CHECK(read_all_ways(setup_of(15, true), compressed_frame(Opcode::text, server.message(late)))
              .error == ProtocolError::invalid_utf8);
}

TEST_CASE("inflater: messages at and beyond the limit -> read or message_too_big",
          "[websocket][deflate][hostile]") {
    for (const std::size_t limit : {1U, 5U, 100U, 16'383U, 16'384U, 16'385U, 32'768U, 50'000U}) {
        INFO(limit);
        std::mt19937_64 random(limit);
        const Setup setup = setup_of(15, true, {limit, 4096});
        ServerDeflater fits;
        const Bytes exact = random_text(random, limit);
        const ReadLog log =
            read_all_ways(setup, compressed_frame(Opcode::text, fits.message(exact)));
        CHECK(log.error == ProtocolError::none);
        CHECK(log.events == Events{"text:" + text_of(exact)});
        ServerDeflater beyond;
        CHECK(read_all_ways(setup, compressed_frame(Opcode::text,
                                                    beyond.message(random_text(random, limit + 1))))
                  .error == ProtocolError::message_too_big);
    }
}

TEST_CASE("inflater: bombs -> refused by limit or ratio, with little given out",
          "[websocket][deflate][hostile]") {
    ServerDeflater server(15, true, 9);
    const Bytes bomb = server.message(Bytes(std::size_t{20} << 20, 0));
    REQUIRE(bomb.size() < 30'000);
    const Bytes stream = compressed_frame(Opcode::binary, bomb);

    CHECK(read_all_ways(with_deflate(), stream).error == ProtocolError::inflate_ratio);
    Setup generous = with_deflate();
    generous.deflate->max_ratio = 100'000;
    CHECK(read_all_ways(generous, stream).error == ProtocolError::message_too_big);
    Setup no_limit = with_deflate({std::uint64_t{1} << 40, 4096});
    CHECK(read_all_ways(no_limit, stream).error == ProtocolError::inflate_ratio);
    no_limit.deflate->max_ratio = 100'000;
    CHECK(read_whole(no_limit, stream).error == ProtocolError::none);

    // What is given out before the refusal stays near the floor of the ratio check.
    Reader reader({}, with_deflate().deflate);
    std::span<const std::uint8_t> input(stream);
    std::size_t given = 0;
    for (;;) {
        const ReadEvent event = reader.next(input);
        if (event.kind == ReadKind::failed) break;
        REQUIRE(event.kind == ReadKind::part);
        REQUIRE(event.payload.size() <= 16 * 1024);
        given += event.payload.size();
    }
    CHECK(given <= kInflateRatioFloorBytes + 2 * 16 * 1024);
}

TEST_CASE("inflater: damaged compressed streams -> the same verdict however cut",
          "[websocket][deflate][random]") {
    std::size_t failed = 0;
    std::size_t read = 0;
    for (std::uint64_t seed = 1; seed <= 600; ++seed) {
        std::mt19937_64 random(seed);
        ServerDeflater server(seed % 2 == 0 ? 15 : 9, true, static_cast<int>(seed % 10));
        Bytes stream;
        for (int i = 0; i < 4; ++i) {
            const Bytes plain =
                seed % 3 == 0 ? Bytes(random() % 90'000, 'x') : random_text(random, random() % 700);
            stream = join({stream, compressed_frame(Opcode::text, server.message(plain))});
        }
        for (std::uint64_t i = 0; i < seed % 4; ++i) {
            stream[random() % stream.size()] = static_cast<std::uint8_t>(random());
        }
        Setup setup = with_deflate({random() % 2 == 0 ? 60'000U : 1U << 20, 4096});
        if (random() % 3 == 0) setup.deflate->max_ratio = 50;
        if (random() % 3 == 0) setup.deflate->server_max_window_bits = 9;
        const ReadLog whole = read_whole(setup, stream);
        std::vector<std::size_t> cuts;
        for (std::size_t at = 1 + random() % 50; at < stream.size(); at += 1 + random() % 50) {
            cuts.push_back(at);
        }
        INFO("seed " << seed);
        REQUIRE(read_cut(setup, stream, cuts) == whole);
        REQUIRE(read_bytewise(setup, stream) == whole);
        (whole.error == ProtocolError::none ? read : failed) += 1;
    }
    CHECK(failed > 100);
    CHECK(read > 100);
}

TEST_CASE("inflater: a repetitive message just past the floor -> judged at its end",
          "[websocket][deflate][hostile]") {
    ServerDeflater server;
    const Bytes stream = compressed_frame(Opcode::text, server.message(Bytes(70'000, ' ')));
    const ReadLog log = read_all_ways(with_deflate(), stream);
    CHECK(log.error == ProtocolError::inflate_ratio);
    CHECK(log.events.empty());
    Setup generous = with_deflate();
    generous.deflate->max_ratio = 2'000;
    CHECK(read_all_ways(generous, stream).error == ProtocolError::none);
}

TEST_CASE("inflater: small very repetitive messages -> not judged by ratio",
          "[websocket][deflate]") {
    ServerDeflater server;
    const Bytes plain(60'000, ' ');
    const Bytes payload = server.message(plain);
    REQUIRE(plain.size() / payload.size() > kDefaultMaxInflateRatio);
    CHECK(read_all_ways(with_deflate(), compressed_frame(Opcode::text, payload)).error ==
          ProtocolError::none);
}

}  // namespace
}  // namespace graceline::websocket::test
