// The allocator that zlib gets: a fixed budget for the life of one stream, and no exception.
// Must not be shared between streams.
#pragma once

#include <cstddef>

struct z_stream_s;

namespace graceline::websocket {

// Counts down what one zlib stream may take in all; zlib takes its blocks once and keeps them.
struct ZlibBudget {
    std::size_t left_bytes;
};

// Lets `stream` allocate from `budget`, which must outlive the stream.
void use_budget(z_stream_s& stream, ZlibBudget& budget);

}  // namespace graceline::websocket
