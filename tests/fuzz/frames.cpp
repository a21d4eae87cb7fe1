// Streams of a server through the reader, cut in three ways, and against a second, plain decoder.
// Must not be told what is right: it compares.
#include "tests/fuzz/byte_source.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/websocket/plain_reader.hpp"
#include "tests/websocket/read_log.hpp"

namespace graceline::fuzz {

void frames(const std::uint8_t* data, std::size_t size) {
    using namespace websocket;
    using namespace websocket::test;
    constexpr std::uint64_t kMessageBytes[] = {1U << 20, 0,      1,        125,
                                               1'000,    65'535, 1U << 16, ~std::uint64_t{0}};
    constexpr std::uint32_t kFragments[] = {4'096, 0, 1, 2, 16};
    constexpr std::size_t kRatios[] = {200, 1, 20};
    ByteSource source(data, size);
    Setup setup;
    setup.limits.max_message_bytes = source.one_of(kMessageBytes);
    setup.limits.max_fragments = source.one_of(kFragments);
    if (source.flag()) {
        setup.deflate.emplace();
        setup.deflate->server_no_context_takeover = source.flag();
        setup.deflate->max_ratio = source.one_of(kRatios);
        // What a bomb may give out; else one input could take seconds.
        setup.limits.max_message_bytes = std::min(setup.limits.max_message_bytes, kMessageBytes[0]);
    }
    const std::size_t step = source.byte() + 1U;
    const Bytes stream = bytes_of(source.rest());
    const ReadLog whole = read_whole(setup, stream);
    std::vector<std::size_t> cuts;
    for (std::size_t at = step; at < stream.size(); at += step) cuts.push_back(at);
    require(read_cut(setup, stream, cuts) == whole, "pieces read as the whole");
    require(read_bytewise(setup, stream) == whole, "bytes read as the whole");
    if (!setup.deflate) {
        require(plain_read(setup.limits, stream) == whole, "read as the plain decoder does");
    }
}

}  // namespace graceline::fuzz
