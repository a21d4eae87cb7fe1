// Frame masks from the operating system's generator, four thousand bytes a call.
// Must not be used for keys or nonces: those are drawn one by one.
#pragma once

#include <cstdint>

namespace graceline::driver {

/// Any thread; each has a pool of its own.
std::uint32_t next_mask();

}  // namespace graceline::driver
