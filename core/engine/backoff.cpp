// Exponential backoff with full jitter, and the server's own advice.
// Must saturate: no attempt number and no advice can overflow.
#include "core/engine/backoff.hpp"

#include <algorithm>

namespace graceline::engine {

Duration backoff_ceiling(std::uint32_t attempt, const BackoffPolicy& policy) {
    Duration ceiling = std::min(policy.initial, policy.maximum);
    for (std::uint32_t i = 1; i < attempt && ceiling < policy.maximum; ++i) {
        ceiling = ceiling > policy.maximum / 2 ? policy.maximum : ceiling * 2;
    }
    return ceiling;
}

Duration backoff(std::uint32_t attempt, const BackoffPolicy& policy, Generator& generator) {
    return generator.between(Duration::zero(), backoff_ceiling(attempt, policy));
}

Duration slow_backoff(const BackoffPolicy& policy, Generator& generator) {
    return generator.between(policy.maximum / 2, policy.maximum);
}

Duration hold_time(std::optional<std::uint32_t> retry_after_seconds, Generator& generator) {
    if (!retry_after_seconds) return generator.between(kDefaultHoldMin, kDefaultHoldMax);
    constexpr auto kMaxSeconds = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(kMaxHold).count());
    const Duration advised = std::chrono::seconds(std::min(*retry_after_seconds, kMaxSeconds));
    const Duration jitter = generator.between(Duration::zero(), advised / 10);
    return std::min<Duration>(advised + jitter, kMaxHold);
}

}  // namespace graceline::engine
