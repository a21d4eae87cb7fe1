// The engine's three verbs, its timers and its moves along the state graph.
// Must evaluate the grace window first in every step.
#include "core/engine/engine.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace graceline::engine {

const char* to_string(Timer timer) {
    constexpr std::array<const char*, kTimers> kNames = {"grace", "token",    "connect", "session",
                                                         "close", "retry",    "probe",   "pong",
                                                         "ping",  "user_ping"};
    return kNames.at(static_cast<std::size_t>(timer));
}

Engine::Engine(const Options& options, Instant now)
    : options_(options),
      now_(now),
      generator_(options.seed),
      application_state_(options.initial_application_state),
      presence_(presence_after(options.initial_application_state)),
      token_(options.host_provides_token),
      continuity_(now) {
    outputs_.reserve(kOutputsOfAStep);
}

Outcome Engine::handle(const Input& input, Instant now) {
    assert(drained_ == outputs_.size() && "outputs of the last step must be drained first");
    outputs_.clear();
    drained_ = 0;
    const Instant last = std::exchange(now_, std::max(now_, now));
    expire_if_due();
    // An end that is read behind a freeze needs no probe before it.
    const auto* ended = std::get_if<input::TransportEnded>(&input);
    if (ended == nullptr || ended->generation != generation_) notice_late_timers(last);
    const Outcome outcome = step(input);
    settle_os_time();
    judge_return();
    report_closed();
    return outcome;
}

Outcome Engine::step(const Input& input) {
    return std::visit([this](const auto& i) { return on(i); }, input);
}

std::optional<Output> Engine::poll_output() {
    if (drained_ == outputs_.size()) return std::nullopt;
    return outputs_[drained_++];
}

Deadline Engine::timer(Timer timer) const {
    const bool open = state_ == ConnectionState::open;
    switch (timer) {
        case Timer::grace:
            return task_.deadline();
        case Timer::token:
            return token_.due();
        case Timer::connect:
            return state_ == ConnectionState::opening ? connect_by_ : std::nullopt;
        case Timer::session:
            return state_ == ConnectionState::opening_session ? session_by_ : std::nullopt;
        case Timer::close:
            return state_ == ConnectionState::closing ? close_by_ : std::nullopt;
        case Timer::retry:
            return retry_at();
        case Timer::probe:
            return open ? liveness_.probe_due() : std::nullopt;
        case Timer::pong:
            return open ? liveness_.pong_due() : std::nullopt;
        case Timer::ping:
            return open ? liveness_.ping_due(ping_interval()) : std::nullopt;
        case Timer::user_ping:
            return open ? liveness_.user_ping_due() : std::nullopt;
    }
    return std::nullopt;
}

Deadline Engine::retry_at() const {
    if (state_ == ConnectionState::backoff) return retry_at_;
    if (state_ == ConnectionState::throttled) return held_until_;
    return std::nullopt;
}

Deadline Engine::next_deadline() const {
    Deadline next;
    for (int i = 0; i < kTimers; ++i) next = earlier(next, timer(static_cast<Timer>(i)));
    return next;
}

std::optional<Timer> Engine::next_deadline_reason() const {
    const Deadline next = next_deadline();
    for (int i = 0; next && i < kTimers; ++i) {
        if (timer(static_cast<Timer>(i)) == next) return static_cast<Timer>(i);
    }
    return std::nullopt;
}

Outcome Engine::on(const input::Tick&) {
    fire_due_timers();
    return Outcome::ok;
}

void Engine::fire_due_timers() {
    for (int i = 0; i < kTimers; ++i) {
        const auto each = static_cast<Timer>(i);
        if (reached(timer(each), now_)) fire(each);
    }
}

void Engine::fire(Timer timer) {
    switch (timer) {
        case Timer::grace:
            expire_if_due();
            return;
        case Timer::token:
            token_failed(Reason::token_timeout);
            return;
        case Timer::connect: {
            const bool resolving = opening_step_ == input::TransportProgress::Step::resolving;
            abort_socket();
            connection_failed(
                {resolving ? Reason::resolve_timeout : Reason::connect_timeout, 0, 0, {}});
            return;
        }
        case Timer::session:
            abort_socket();
            connection_failed({Reason::session_timeout, 0, 0, {}});
            return;
        case Timer::close:
            abort_socket();
            move(ConnectionState::idle, cause_);
            return;
        case Timer::retry:
            try_connect(cause_);
            return;
        case Timer::probe:
            abort_socket();
            connection_failed({Reason::probe_failed, 0, 0, {}});
            return;
        case Timer::pong:
            abort_socket();
            connection_failed({Reason::pong_timeout, 0, 0, {}});
            return;
        case Timer::ping:
            ++pings_sent_;
            put(output::SendPing{generation_,
                                 liveness_.send_keepalive(now_, options_.pong_timeout)});
            return;
        case Timer::user_ping:
            finish_user_ping(std::nullopt, Reason::pong_timeout);
            return;
    }
}

void Engine::report_closed() {
    if (!closed_ || closed_reported_ || has_socket(state_)) return;
    closed_reported_ = true;
    put(output::Closed{});
}

void Engine::move(ConnectionState next, const Failure& cause) {
    const ConnectionState before = state_;
    assert((before == next || may_follow(before, next)) && "a move outside the published graph");
    state_ = next;
    cause_ = cause;
    const bool news =
        public_status(before) != public_status(next) || (is_waiting(next) && before != next);
    if (news) report_status();
}

void Engine::report_status() {
    const Deadline retry = retry_at();
    const std::optional<Duration> retry_in =
        retry ? std::optional<Duration>(std::max(*retry - now_, Duration::zero())) : std::nullopt;
    put(output::StatusChanged{public_status(state_), state_, cause_, attempt_, retry_in});
}

Facts Engine::facts() const {
    Facts facts;
    facts.state = state_;
    facts.presence = presence_;
    facts.last_cause = task_.last_cause();
    facts.needs_refresh = continuity_.needs_refresh();
    facts.trusted = liveness_.trusted();
    facts.task_running = task_.running();
    facts.has_deadline = task_.deadline().has_value();
    facts.closed = closed_;
    facts.deadline = task_.deadline().value_or(Instant{});
    return facts;
}

Phase Engine::phase() const {
    if (state_ == ConnectionState::open && liveness_.probing()) return Phase::probing;
    if (state_ == ConnectionState::open && continuity_.verdict_pending()) {
        return Phase::catching_up;
    }
    if (state_ != ConnectionState::opening) return phase_of(state_);
    switch (opening_step_) {
        case input::TransportProgress::Step::resolving:
            return Phase::resolving;
        case input::TransportProgress::Step::connecting:
            return Phase::connecting;
        case input::TransportProgress::Step::securing:
            return Phase::securing;
        case input::TransportProgress::Step::upgrading:
            return Phase::upgrading;
    }
    return Phase::connecting;
}

void Engine::check_invariants() const {
    assert(outputs_.size() <= kOutputsOfAStep && "a step finds room for all that it says");
    const bool up = state_ == ConnectionState::open;
    assert(up != continuity_.gap_open() && "a gap is open exactly while the connection is not up");
    assert((!is_waiting(state_) || wanted_) && "only a wanted connection waits");
    assert((wanted_ || state_ == ConnectionState::idle || state_ == ConnectionState::closing) &&
           "what is not wanted is closed");
    assert((!task_.running() || wanted_) && "a task keeps a wanted connection");
    assert((!task_.running() || presence_ != Presence::foreground) && "no task in the foreground");
    assert((!(presence_ == Presence::background && wanted_) || task_.running()) &&
           "what is wanted in background has a task");
    assert((!(presence_ == Presence::background && task_.running()) || task_.window_started()) &&
           "no task in background without a window");
    assert((!closed_ || !wanted_) && "a closed client wants nothing");
    assert((state_ != ConnectionState::closing || close_by_) && "a close has its deadline");
    assert((state_ != ConnectionState::opening || connect_by_) && "an attempt has its deadline");
    assert((state_ != ConnectionState::awaiting_token || token_.asking()) &&
           "whoever waits for a token has asked for it");
    assert((!continuity_.verdict_pending() || up) &&
           "only the newest ended gap awaits its verdict");
    (void)up;
}

}  // namespace graceline::engine
