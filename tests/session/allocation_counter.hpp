// Counts the calls of operator new in this program.
// Must not change what they do.
#pragma once

#include <cstdint>

namespace graceline::session::testing {

std::uint64_t allocations();

}  // namespace graceline::session::testing
