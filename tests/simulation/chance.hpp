// All chance of a simulated life, from one seed.
// Must be the only source of it, so that a seed repeats a life byte for byte.
#pragma once

#include <cstdint>

#include "core/engine/backoff.hpp"

namespace graceline::simulation {

using engine::Duration;
using engine::Instant;
using engine::milliseconds;

class Chance {
  public:
    explicit Chance(std::uint64_t seed) : generator_(seed) {}

    std::uint64_t next() { return generator_.next(); }
    /// 0 to bound - 1.
    std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>((generator_.next() >> 32U) * bound >> 32U);
    }
    /// In so many of a thousand cases.
    bool per_mille(std::uint32_t chance) { return chance != 0 && below(1000) < chance; }
    bool one_in(std::uint32_t n) { return below(n) == 0; }
    Duration between(milliseconds low, milliseconds high) {
        const auto span = static_cast<std::uint32_t>((high - low).count()) + 1;
        return low + milliseconds(below(span));
    }

  private:
    engine::Generator generator_;
};

}  // namespace graceline::simulation
