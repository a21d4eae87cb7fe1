// The one way in which a fuzz target says that something is wrong, in every build type.
// Must not throw: a fuzzer and a test both want the stack of the fault itself.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace graceline::fuzz {

inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

}  // namespace graceline::fuzz
