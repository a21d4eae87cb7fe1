// Counts allocations: the steady state makes none, and an idle reader is small.
// Must not run under sanitizers that bring an allocator of their own; there it is left out.
#include <algorithm>
#include <cstdlib>
#include <new>
#include <random>

#include "core/websocket/deflater.hpp"
#include "core/websocket/reader.hpp"
#include "core/websocket/writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/websocket/server_zlib.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GRACELINE_TEST_OWN_ALLOCATOR 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define GRACELINE_TEST_OWN_ALLOCATOR 1
#endif
#endif

#ifndef GRACELINE_TEST_OWN_ALLOCATOR

// Inlined, g++ sees malloc() meet delete and warns of what is right here.
#if defined(__GNUC__)
#define GRACELINE_TEST_NOINLINE __attribute__((noinline))
#else
#define GRACELINE_TEST_NOINLINE
#endif

namespace {

std::size_t allocation_count = 0;
std::size_t allocated_bytes = 0;

void* counted(std::size_t bytes) noexcept {
    ++allocation_count;
    allocated_bytes += bytes;
    return std::malloc(bytes != 0 ? bytes : 1);
}

}  // namespace

GRACELINE_TEST_NOINLINE void* operator new(std::size_t bytes) {
    void* block = counted(bytes);
    if (block == nullptr) throw std::bad_alloc();
    return block;
}
GRACELINE_TEST_NOINLINE void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return counted(bytes);
}
GRACELINE_TEST_NOINLINE void* operator new[](std::size_t bytes) {
    return operator new(bytes);
}
GRACELINE_TEST_NOINLINE void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
    return counted(bytes);
}
GRACELINE_TEST_NOINLINE void operator delete(void* block) noexcept {
    std::free(block);
}
GRACELINE_TEST_NOINLINE void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}
GRACELINE_TEST_NOINLINE void operator delete(void* block, const std::nothrow_t&) noexcept {
    std::free(block);
}
GRACELINE_TEST_NOINLINE void operator delete[](void* block) noexcept {
    std::free(block);
}
GRACELINE_TEST_NOINLINE void operator delete[](void* block, std::size_t) noexcept {
    std::free(block);
}
GRACELINE_TEST_NOINLINE void operator delete[](void* block, const std::nothrow_t&) noexcept {
    std::free(block);
}

namespace graceline::websocket::test {
namespace {

struct Spent {
    std::size_t count;
    std::size_t bytes;
};

template <typename Action>
Spent spent_by(Action action) {
    const std::size_t count = allocation_count;
    const std::size_t bytes = allocated_bytes;
    action();
    return {allocation_count - count, allocated_bytes - bytes};
}

// Reads the stream in pieces; gives the number of events and of payload bytes.
std::pair<std::size_t, std::size_t> drain(Reader& reader, const Bytes& stream, std::size_t piece) {
    std::size_t events = 0;
    std::size_t bytes = 0;
    std::span<const std::uint8_t> rest(stream);
    while (!rest.empty()) {
        auto input = rest.first(std::min(piece, rest.size()));
        rest = rest.subspan(input.size());
        for (;;) {
            const ReadEvent event = reader.next(input);
            if (event.kind == ReadKind::need_more) break;
            if (event.kind == ReadKind::failed) return {0, 0};
            ++events;
            bytes += event.payload.size();
        }
    }
    return {events, bytes};
}

Bytes mixed_stream() {
    return join({text_frame(std::string(100, 'a')),
                 text_frame("Gr\xC3\xBC\xC3\x9F"
                            "e"),
                 raw_frame(0x01, Bytes(5'000, 'b')), raw_frame(0x89, Bytes(125, 'p')),
                 raw_frame(0x80, Bytes(70'000, 'c')), raw_frame(0x82, Bytes(200'000, 0xFF)),
                 raw_frame(0x8A, {})});
}

TEST_CASE("allocations: counting itself -> sees new in all forms", "[websocket][allocations]") {
    // Called as functions: new-expressions may be optimised away.
    const Spent spent = spent_by([] {
        operator delete(operator new(100));
        operator delete[](operator new[](20));
        operator delete(operator new(3, std::nothrow));
        operator delete[](operator new[](4, std::nothrow));
    });
    CHECK(spent.count == 4);
    CHECK(spent.bytes == 127);
}

TEST_CASE("reader: construction and every kind of plain frame -> no allocation",
          "[websocket][allocations]") {
    const Bytes stream = mixed_stream();
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{1448}, std::size_t{65'536}, stream.size()}) {
        std::pair<std::size_t, std::size_t> drained;
        const Spent spent = spent_by([&] {
            Reader reader({}, NegotiatedDeflate{});
            drained = drain(reader, stream, piece);
        });
        CHECK(spent.count == 0);
        CHECK(drained.first >= 6);
        CHECK(drained.second == 100 + 7 + 75'000 + 125 + 200'000);
    }
}

TEST_CASE("reader: idle -> below 512 bytes, no block of its own", "[websocket][allocations]") {
    CHECK(sizeof(Reader) < 512);
    CHECK(spent_by([] { Reader reader({}, NegotiatedDeflate{}); }).count == 0);
}

TEST_CASE("inflater: after the first message -> no allocation, bounded memory",
          "[websocket][deflate][allocations]") {
    for (const bool takeover : {true, false}) {
        ServerDeflater server(15, takeover);
        const auto frames_of = [&server](const std::vector<Bytes>& messages) {
            std::vector<Bytes> frames;
            for (const Bytes& plain : messages) {
                frames.push_back(server_frame(Opcode::binary, server.message(plain), true, true));
            }
            return frames;
        };
        std::mt19937_64 random(5);
        std::vector<Bytes> plains;
        for (std::size_t size = 1; size < 200'000; size = size * 3 + 1) {
            plains.push_back(Bytes(size));
            for (std::uint8_t& byte : plains.back())
                byte = static_cast<std::uint8_t>(random() % 20);
        }
        std::vector<Bytes> frames = frames_of(plains);
        NegotiatedDeflate negotiated;
        negotiated.server_no_context_takeover = !takeover;
        Reader reader({}, negotiated);
        std::size_t events = 0;
        // The first, long message makes zlib take all of its memory, the window included.
        const Spent first = spent_by([&] {
            for (const Bytes& frame : frames) events += drain(reader, frame, 1448).first;
        });
        CHECK(first.count > 0);
        CHECK(first.bytes < 100 * 1024);
        frames = frames_of(plains);
        const std::size_t before = events;
        const Spent later = spent_by([&] {
            for (const Bytes& frame : frames) events += drain(reader, frame, 1448).first;
        });
        CHECK(later.count == 0);
        CHECK(events >= before + frames.size());
        CHECK(reader.error() == ProtocolError::none);
    }
}

TEST_CASE("writer: frames and close frames -> no allocation", "[websocket][allocations]") {
    const Bytes payload(70'000, 'x');
    Bytes out(frame_bytes(payload.size()));
    std::size_t written = 0;
    const Spent spent = spent_by([&] {
        for (std::size_t size = 0; size <= payload.size(); size = size * 2 + 1) {
            written += encode_frame(out.data(), Opcode::text, true, false,
                                    std::span(payload).first(size), 0x01020304);
        }
        written += encode_close(out.data(), 1000, "a reason that is longer than small strings", 1);
    });
    CHECK(spent.count == 0);
    CHECK(written > 65'535);
}

TEST_CASE("deflater: after the first message -> no allocation, bounded memory",
          "[websocket][deflate][allocations]") {
    for (const bool no_takeover : {false, true}) {
        NegotiatedDeflate negotiated;
        negotiated.client_no_context_takeover = no_takeover;
        const Bytes plain(10'000, 'x');
        Bytes out;
        const Spent created = spent_by([&] { Deflater deflater(negotiated, 6); });
        CHECK(created.count == 0);
        Deflater deflater(negotiated, 6);
        bool done = true;
        const Spent first = spent_by([&] { done = deflater.deflate(plain, out); });
        CHECK(first.bytes < 640 * 1024);
        const Spent later = spent_by([&] {
            for (int i = 0; i < 50; ++i) done = done && deflater.deflate(plain, out);
        });
        CHECK(later.count == 0);
        CHECK(done);
    }
}

}  // namespace
}  // namespace graceline::websocket::test

#endif
