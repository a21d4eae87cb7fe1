// SPEC's rules of window, trust and queries as the ledger holds them, written from the contract.
// Must not ask the engine what is right, only what is.
#include <algorithm>

#include "core/engine/facts.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/sequence_world.hpp"

namespace graceline::fuzz {

namespace in = engine::input;
using engine::ConnectionState;
using engine::Presence;
using engine::TaskCause;

void Ledger::require_window_rules() const {
    const auto& task = keeper_.engine().task();
    if (!task.running()) return;
    // News of the outbox alone carries nothing out.
    require(!step_ || !task.deadline() || *task.deadline() > now_,
            "at its deadline a task is over");
    require(keeper_.engine().presence() != Presence::resigned || !task.window_started(),
            "will_resign_active alone starts no window");
    if (!task.window_started()) return;
    if (!options_.grace) {
        require(options_.host_grants_time || !task.deadline(), "unlimited has no deadline");
        return;
    }
    require(task.deadline().has_value(), "a window of a grace has a deadline");
    require(*task.deadline() <= window_at_ + *options_.grace, "never longer than the grace");
    require(options_.host_grants_time || *task.deadline() == window_at_ + *options_.grace,
            "a fresh full window each time");
}

void Ledger::require_end_of_task(const engine::output::BackgroundTaskEnded& ended) const {
    require(ended.cause != TaskCause::none, "an end has a cause");
    require(ended.cause != TaskCause::returned || step_is_any_of({4}), "only a return returns");
    if (const auto* told = step_ ? std::get_if<in::BackgroundTimeAnswer>(&*step_) : nullptr) {
        require(ended.cause != TaskCause::refused || window_before_,
                "what is refused at resign is only remembered");
        require(ended.cause != TaskCause::refused || told->answer.id == 0, "refused means id 0");
    }
    if (step_is_any_of({5})) {
        require(window_before_ || expired_before_, "OS time alone ends no task before its window");
    }
}

/// Behind a suspect event a socket is trusted by a fresh frame, or is being asked.
void Ledger::require_trust_rules() const {
    const auto& engine = keeper_.engine();
    const auto& liveness = engine.liveness();
    if (step_is_any_of({5}) && window_before_) {
        require(!engine.task().running() || engine.task().number() != task_before_,
                "background_time_expiring() ends the task");
    }
    if (engine.state() != ConnectionState::open || state_before_ != ConnectionState::open) return;
    const bool back = step_is_any_of({4}) && presence_before_ != Presence::foreground &&
                      engine.presence() == Presence::foreground;
    if (!back && !step_is_any_of({7, 21})) return;
    require(liveness.paused() || liveness.probing() || liveness.trusted(),
            "a suspect socket without trust is probed");
    require(!liveness.trusted() || liveness.frame_within(options_.trust_time, now_) ||
                liveness.last_frame_at() == now_,
            "trust needs a frame that is not old");
}

void Ledger::require_query_rules() const {
    const auto& engine = keeper_.engine();
    const auto facts = engine.facts();
    const auto& task = engine.task();
    const auto expected = [&](engine::Instant at) {
        if (engine.closed() || engine.continuity().needs_refresh()) return false;
        if (engine.state() != ConnectionState::open) return false;
        if (engine.presence() == Presence::foreground) {
            return task.last_cause() == TaskCause::returned && engine.liveness().trusted();
        }
        return task.running() && (!task.deadline() || at < *task.deadline());
    };
    require(engine::background_task_enabled(facts, now_) == expected(now_), "the query is true");
    if (!task.deadline()) return;
    for (const auto offset : {-1, 0, 1}) {
        const auto at = *task.deadline() + engine::Duration(offset);
        require(engine::background_task_enabled(facts, at) == expected(at),
                "the query looks at the clock itself");
    }
}

void Ledger::require_in_time() const {
    const auto& engine = keeper_.engine();
    const auto spent = now_ - state_since_;
    switch (engine.state()) {
        case ConnectionState::opening:
            require(spent <= options_.resolve_timeout + options_.connect_timeout,
                    "an attempt is bounded");
            break;
        case ConnectionState::opening_session:
            require(spent <= options_.session_timeout, "a session's opening is bounded");
            break;
        case ConnectionState::closing:
            // will_terminate has a bound of its own (R20).
            require(spent <= std::max<engine::Duration>(options_.close_timeout,
                                                        engine::kTerminateCloseTimeout),
                    "a close is bounded");
            break;
        case ConnectionState::open:
            require(!engine.liveness().probing() || engine.liveness().paused() ||
                        now_ - probe_at_ <= options_.probe_in_all(),
                    "a probe is bounded");
            break;
        default:
            break;
    }
}

}  // namespace graceline::fuzz
