// The queries as pure functions of facts and clock.
// Must give the safe side where the facts are old: an expiry that nobody carried out yet counts.
#include "core/engine/facts.hpp"

namespace graceline::engine {

bool window_over(const Facts& facts, Instant now) {
    return facts.task_running && facts.has_deadline && now >= facts.deadline;
}

bool background_task_enabled(const Facts& facts, Instant now) {
    if (facts.closed || facts.needs_refresh || facts.state != ConnectionState::open) return false;
    if (facts.presence != Presence::foreground) {
        return facts.task_running && !window_over(facts, now);
    }
    return facts.last_cause == TaskCause::returned && facts.trusted;
}

std::int64_t background_time_remaining_ms(const Facts& facts, Instant now) {
    if (facts.closed || !facts.task_running) return 0;
    if (!facts.has_deadline) return -1;
    return now >= facts.deadline ? 0 : ceil_ms(facts.deadline - now);
}

bool needs_refresh(const Facts& facts, Instant now) {
    return facts.closed || facts.needs_refresh || window_over(facts, now);
}

ConnectionStatus connection_status(const Facts& facts, Instant now) {
    if (facts.closed || window_over(facts, now)) return ConnectionStatus::disconnected;
    return public_status(facts.state);
}

}  // namespace graceline::engine
