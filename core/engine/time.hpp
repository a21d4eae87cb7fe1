// The one notion of time of the pure layers: instants of a clock that counts sleep.
// Must not read any clock: instants come in from outside, one for each step.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace graceline::engine {

using std::chrono::milliseconds;

/// Tag of the clock that goes on while the machine sleeps (CLOCK_BOOTTIME and its like). It has no
/// now(): only core/driver/platform can read it.
struct SuspendAwareClock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<SuspendAwareClock>;
    static constexpr bool is_steady = true;
};

using Instant = SuspendAwareClock::time_point;
using Duration = SuspendAwareClock::duration;

/// A deadline that may be absent ("unlimited" or "not armed").
using Deadline = std::optional<Instant>;

constexpr Deadline earlier(Deadline a, Deadline b) {
    if (!a) return b;
    if (!b) return a;
    return *a < *b ? a : b;
}

constexpr bool reached(Deadline deadline, Instant now) {
    return deadline && now >= *deadline;
}

/// Whole milliseconds, rounded up, so that a deadline in the future never reads as 0.
constexpr std::int64_t ceil_ms(Duration d) {
    return std::chrono::ceil<milliseconds>(d).count();
}

}  // namespace graceline::engine
