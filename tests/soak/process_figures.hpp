// What the process costs now: memory, descriptors, threads.
// Must read /proc only; where there is none, everything is 0.
#pragma once

#include <cstddef>

namespace graceline::tests {

struct ProcessFigures {
    std::size_t rss_kilobytes = 0;
    std::size_t descriptors = 0;
    std::size_t threads = 0;
};

ProcessFigures process_figures();

}  // namespace graceline::tests
