// Frames, pings, probes and suspect events: what makes a socket trusted.
// Must not blame the server while the reading stands still because of us (R25).
#include <algorithm>

#include "core/engine/engine.hpp"

namespace graceline::engine {

Outcome Engine::on(const input::FramesRead& read) {
    if (takes_frames(read.generation) && read.frames != 0) {
        liveness_.frame_read(now_, options_.probe_timeout);
    }
    return Outcome::ok;
}

Outcome Engine::on(const input::PongRead& pong) {
    if (!takes_frames(pong.generation)) return Outcome::ok;
    liveness_.frame_read(now_, options_.probe_timeout);
    if (liveness_.pong_read(pong.payload, now_) == Liveness::PongOf::user) {
        put(output::PingCompleted{liveness_.round_trip(), Reason::none});
    }
    return Outcome::ok;
}

Outcome Engine::on(const input::Ping&) {  // R12
    if (closed_) return Outcome::closed;
    if (in_background() && !task_.running()) return Outcome::window_over;
    if (state_ != ConnectionState::open) return Outcome::not_connected;
    if (task_.window_started()) {
        start_window();
        ask_host(false);
    }
    if (liveness_.user_ping_open()) return Outcome::ok;
    ++pings_sent_;
    put(output::SendPing{generation_, liveness_.send_user_ping(now_, options_.pong_timeout)});
    return Outcome::ok;
}

void Engine::finish_user_ping(std::optional<Duration> round_trip, Reason reason) {
    if (!liveness_.user_ping_open()) return;
    liveness_.drop_user_ping();
    put(output::PingCompleted{round_trip, reason});
}

Outcome Engine::on(const input::ReadingPaused& paused) {
    if (takes_frames(paused.generation)) liveness_.set_paused(true);
    return Outcome::ok;
}

Outcome Engine::on(const input::ReadingResumed& resumed) {
    if (takes_frames(resumed.generation) && liveness_.paused()) {
        liveness_.set_paused(false);
        suspect();
    }
    return Outcome::ok;
}

Outcome Engine::on(const input::ClockJumped&) {  // R18
    if (state_ == ConnectionState::open) suspect();
    return Outcome::ok;
}

/// A timer that is far too late says that we stood still; what the kernel kept meanwhile proves
/// nothing, so trust is judged before any of it is read.
/// A timer that was already due when it was armed (the shorter ping interval of a window) is late
/// from then on only.
void Engine::notice_late_timers(Instant last) {
    if (state_ != ConnectionState::open) return;
    const Deadline due = next_deadline();
    if (due && now_ - std::max(*due, last) >= kLateTimer) suspect();
}

/// SPEC "Trust": judged here and nowhere else; once lost, only an answered probe gives it back.
void Engine::suspect() {
    liveness_.excuse_silence(now_, options_.pong_timeout);
    if (!liveness_.frame_within(options_.trust_time, now_)) liveness_.distrust();
    if (liveness_.trusted() || liveness_.paused()) return;
    // A probe that is not overdue goes on; one that we slept over could not have been answered.
    const bool slept_over = reached(liveness_.probe_due(), now_);
    if (!liveness_.probing() || slept_over) probe();
}

void Engine::probe() {
    ++pings_sent_;
    put(output::SendPing{
        generation_, liveness_.send_probe(now_, options_.probe_timeout, options_.probe_in_all())});
}

std::optional<Duration> Engine::ping_interval() const {
    // Inside the window a return must find a proof of life no older than trust_time.
    if (!task_.window_started()) return options_.ping_interval;
    if (!options_.ping_interval) return options_.trust_time;
    return std::min(*options_.ping_interval, options_.trust_time);
}

}  // namespace graceline::engine
