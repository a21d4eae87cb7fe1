// Waiting times: pure functions of attempt, policy and generator.
// Must not keep state besides the generator that the caller owns.
#pragma once

#include <cstdint>
#include <optional>

#include "core/engine/limits.hpp"
#include "core/engine/time.hpp"

namespace graceline::engine {

/// A small deterministic generator (splitmix64). The driver seeds it from the operating system.
class Generator {
  public:
    explicit constexpr Generator(std::uint64_t seed) : state_(seed) {}

    constexpr std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }

    /// Uniform in [low, high]; the modulo's bias is far below a millisecond's meaning.
    constexpr Duration between(Duration low, Duration high) {
        if (high <= low) return low;
        const auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
        return low + Duration(static_cast<std::int64_t>(next() % span));
    }

  private:
    std::uint64_t state_;
};

struct BackoffPolicy {
    Duration initial = kDefaultBackoffInitial;
    Duration maximum = kDefaultBackoffMax;
    std::optional<std::uint32_t> attempts;  ///< nullopt: no limit.
    std::optional<Duration> total;          ///< nullopt: no limit.
};

/// The ceiling of the wait before retry number `attempt` (1 is the first): saturating doubling.
Duration backoff_ceiling(std::uint32_t attempt, const BackoffPolicy& policy);

/// Full jitter: uniform in [0, ceiling], the first retry too.
Duration backoff(std::uint32_t attempt, const BackoffPolicy& policy, Generator& generator);

/// For causes that mend slowly: between half the maximum and the maximum.
Duration slow_backoff(const BackoffPolicy& policy, Generator& generator);

/// How long server advice holds us: the figure it gave, bounded, with a little jitter on top so
/// that a fleet does not come back in one second; without a figure a random wait.
Duration hold_time(std::optional<std::uint32_t> retry_after_seconds, Generator& generator);

}  // namespace graceline::engine
