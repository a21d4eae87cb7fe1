// What the queries stand on: a small copy of the engine's facts, judged by the clock at the call.
// Must stay trivially copyable: the client publishes it to all threads without a lock.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/engine/application_state.hpp"
#include "core/engine/phase.hpp"
#include "core/engine/task.hpp"
#include "core/engine/time.hpp"

namespace graceline::engine {

struct Facts {
    ConnectionState state = ConnectionState::idle;
    Presence presence = Presence::foreground;
    TaskCause last_cause = TaskCause::none;
    bool needs_refresh = true;
    bool trusted = false;
    bool task_running = false;
    bool has_deadline = false;
    bool closed = false;
    Instant deadline{};

    friend bool operator==(const Facts&, const Facts&) = default;
};
static_assert(std::is_trivially_copyable_v<Facts>);

/// The task's deadline has passed by this clock, whether or not anybody has acted on it yet.
bool window_over(const Facts& facts, Instant now);

/// SPEC section 3, the base behaviour's query.
bool background_task_enabled(const Facts& facts, Instant now);

/// Milliseconds left; -1 unlimited or not yet started; 0 none.
std::int64_t background_time_remaining_ms(const Facts& facts, Instant now);

/// True on the safe side: closed, or past a deadline that nobody has carried out yet.
bool needs_refresh(const Facts& facts, Instant now);

ConnectionStatus connection_status(const Facts& facts, Instant now);

}  // namespace graceline::engine
