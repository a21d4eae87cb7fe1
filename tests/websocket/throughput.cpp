// Prints how many messages a second the codec reads and writes on one core; a tool, not a test.
// Must not assert speed: machines differ, and a slow one is no bug.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include "core/websocket/reader.hpp"
#include "core/websocket/utf8.hpp"
#include "core/websocket/writer.hpp"
#include "tests/websocket/server_frames.hpp"

namespace {

using namespace graceline::websocket;
using graceline::websocket::test::Bytes;
using graceline::websocket::test::server_frame;

constexpr std::size_t kRounds = 5;
// What one read from a socket gives.
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr double kSecondsPerRound = 0.3;

Bytes repeated_text(std::size_t size, std::string_view unit) {
    Bytes text;
    while (text.size() + unit.size() <= size) text.insert(text.end(), unit.begin(), unit.end());
    text.resize(size, 'a');
    return text;
}

struct Stream {
    Bytes bytes;
    std::size_t messages = 0;
};

Stream stream_of(Opcode opcode, const Bytes& payload) {
    Stream stream;
    const Bytes frame = server_frame(opcode, payload);
    while (stream.bytes.size() < kReadBytes || stream.messages < 16) {
        stream.bytes.insert(stream.bytes.end(), frame.begin(), frame.end());
        ++stream.messages;
    }
    return stream;
}

// Runs `pass`, which handles `per_pass` messages, for a while; the best round is the answer.
template <typename Pass>
double messages_per_second(std::size_t per_pass, Pass pass) {
    using Clock = std::chrono::steady_clock;
    double best = 0;
    for (std::size_t round = 0; round < kRounds; ++round) {
        std::size_t messages = 0;
        const auto start = Clock::now();
        std::chrono::duration<double> taken{0};
        while (taken.count() < kSecondsPerRound) {
            for (int i = 0; i < 64; ++i) pass();
            messages += 64 * per_pass;
            taken = Clock::now() - start;
        }
        best = std::max(best, static_cast<double>(messages) / taken.count());
    }
    return best;
}

void report(const char* what, std::size_t payload_bytes, double rate) {
    std::printf("%-34s %7zu B  %8.2f M messages/s  %8.1f MB/s\n", what, payload_bytes, rate / 1e6,
                rate * static_cast<double>(payload_bytes) / 1e6);
}

// Feeds the stream in pieces of `piece` bytes, as reads from a socket would.
void measure_reading(const char* what, Opcode opcode, const Bytes& payload, std::size_t piece) {
    const Stream stream = stream_of(opcode, payload);
    Reader reader;
    std::uint64_t sink = 0;
    bool failed = false;
    const double rate = messages_per_second(stream.messages, [&] {
        std::span<const std::uint8_t> rest(stream.bytes);
        while (!rest.empty()) {
            auto input = rest.first(std::min(piece, rest.size()));
            rest = rest.subspan(input.size());
            for (;;) {
                const ReadEvent event = reader.next(input);
                if (event.kind == ReadKind::need_more) break;
                failed = failed || event.kind == ReadKind::failed;
                sink += event.payload.size();
            }
        }
    });
    if (failed || sink == 0) {
        std::printf("%s: the reader failed\n", what);
        return;
    }
    report(what, payload.size(), rate);
}

void measure_writing(const char* what, const Bytes& payload) {
    constexpr std::size_t kMessages = 256;
    std::vector<std::uint8_t> out(frame_bytes(payload.size()) * kMessages);
    std::uint32_t mask = 0x12345678;
    const double rate = messages_per_second(kMessages, [&] {
        std::size_t at = 0;
        for (std::size_t i = 0; i < kMessages; ++i) {
            mask = mask * 1664525 + 1013904223;
            at += encode_frame(out.data() + at, Opcode::text, true, false, payload, mask);
        }
    });
    report(what, payload.size(), rate);
}

}  // namespace

int main() {
    const std::string_view german =
        "Gr\xC3\xBC\xC3\x9F"
        "e aus dem Hafen, ";
    for (const std::size_t size : {std::size_t{16}, std::size_t{100}, std::size_t{1000}}) {
        const Bytes ascii = repeated_text(size, "the quick brown fox ");
        measure_reading("read text, ASCII", Opcode::text, ascii, kReadBytes);
    }
    measure_reading("read text, ASCII, pieces of 1448 B", Opcode::text,
                    repeated_text(100, "the quick brown fox "), 1448);
    measure_reading("read text, German", Opcode::text, repeated_text(100, german), kReadBytes);
    measure_reading("read binary", Opcode::binary, repeated_text(100, "x"), kReadBytes);
    measure_reading("read text, ASCII", Opcode::text, repeated_text(65'000, "abcdefghij"),
                    kReadBytes);
    measure_writing("write text", repeated_text(100, "the quick brown fox "));
    measure_writing("write text", repeated_text(10'000, "the quick brown fox "));
    return 0;
}
