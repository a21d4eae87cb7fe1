// A second, slow decoder: the whole stream at once, UTF-8 by arithmetic, no state machine.
// Must not share code with core/websocket, for the two are compared on random streams.
#pragma once

#include "tests/websocket/read_log.hpp"

namespace graceline::websocket::test {

enum class Utf8Verdict : std::uint8_t { complete, open, wrong };

// `open`: valid so far, but inside a character that some continuation completes.
Utf8Verdict plain_utf8(std::span<const std::uint8_t> text);

// What a reader without extensions has to give for this stream.
ReadLog plain_read(const Limits& limits, const Bytes& stream);

}  // namespace graceline::websocket::test
