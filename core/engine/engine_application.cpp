// App states, the background task, the operating system's time and the verdict of a return.
// Must follow SPEC section 3 rule by rule; each rule is named where it is carried out.
#include <algorithm>
#include <utility>

#include "core/engine/engine.hpp"

namespace graceline::engine {

Outcome Engine::on(const input::Start&) {
    if (closed_) return Outcome::closed;
    if (std::exchange(started_, true)) return Outcome::ok;
    if (options_.auto_establish_socket_connection) return on(input::Connect{});
    return Outcome::ok;
}

Outcome Engine::on(const input::Connect&) {
    if (closed_) return Outcome::closed;
    started_ = true;
    wanted_ = true;
    revives_on_return_ = false;
    if (!has_socket(state_) || state_ == ConnectionState::closing) token_.forget_refusals();
    if (presence_ != Presence::foreground) {
        if (!task_.running()) begin_task();
        if (in_background()) start_window();  // R11
        ask_host(!task_.has_os_id());
        // With no grace at all the window is over as it starts (R19).
        expire_if_due();
        if (!wanted_) return Outcome::ok;
    }
    if (!has_socket(state_) || state_ == ConnectionState::closing) {
        start_afresh();
    }
    return Outcome::ok;
}

Outcome Engine::on(const input::Disconnect&) {
    if (closed_) return Outcome::closed;
    wanted_ = false;
    revives_on_return_ = false;
    end_task(TaskCause::disconnected, Reason::disconnect_called);  // R10
    close_connection(1000, false, Reason::disconnect_called, now_ + options_.close_timeout);
    return Outcome::ok;
}

Outcome Engine::on(const input::Close&) {
    if (std::exchange(closed_, true)) return Outcome::ok;
    wanted_ = false;
    revives_on_return_ = false;
    end_task(TaskCause::closed, Reason::client_closed);
    if (return_pending_) answer_return(ReturnAdvice::refresh, Reason::client_closed);
    close_connection(1000, false, Reason::client_closed, now_ + options_.close_timeout);
    return Outcome::ok;
}

Outcome Engine::on(const input::ReportState& report) {
    if (closed_) return Outcome::closed;
    application_state_ = report.state;
    switch (report.state) {
        case ApplicationState::will_resign_active:
            resign();
            break;
        case ApplicationState::did_background:
            enter_background();
            break;
        case ApplicationState::will_enter_foreground:
        case ApplicationState::did_become_active:
            come_back();
            break;
        case ApplicationState::will_terminate:
            terminate();
            break;
    }
    return Outcome::ok;
}

void Engine::resign() {
    if (presence_ == Presence::resigned) return;
    const bool return_unreported = presence_ != Presence::foreground;
    if (return_unreported) come_back();  // R24: the host knows only the two base states
    presence_ = return_unreported ? Presence::background : Presence::resigned;
    if (!wanted_) return;
    begin_task();  // R1
    if (return_unreported) start_window();
    ask_host(true);
    if (state_ == ConnectionState::open && !liveness_.trusted() && !liveness_.probing()) probe();
    expire_if_due();
}

/// By the host's wish: without backoff, and a token that was asked for goes on.
void Engine::start_afresh() {
    if (state_ == ConnectionState::awaiting_token) {
        attempt_ = 1;
        return;
    }
    attempt_ = 0;
    try_connect({});
}

void Engine::enter_background() {
    if (presence_ == Presence::background) return;  // R8
    presence_ = Presence::background;
    if (!wanted_) {  // R3
        if (state_ == ConnectionState::closing) return;
        close_connection(1001, true, Reason::background_not_wanted, now_ + options_.close_timeout);
        return;
    }
    if (task_.window_started()) return;  // connect() after WILL_TERMINATE started one
    if (!task_.running()) begin_task();
    start_window();                // R2
    ask_host(!task_.has_os_id());  // R14: asked again where it was refused
    expire_if_due();               // R19
}

void Engine::come_back() {
    if (presence_ == Presence::foreground) return;
    presence_ = Presence::foreground;
    if (return_pending_) answer_return(ReturnAdvice::refresh, Reason::superseded);
    return_pending_ = true;
    return_met_gap_ = false;
    return_not_closed_ = Reason::refresh_not_marked;
    end_task(TaskCause::returned, Reason::none);  // R4, R5; after an expiry there is none to end
    if (std::exchange(revives_on_return_, false)) wanted_ = true;  // R7
    if (!wanted_) return;
    if (state_ == ConnectionState::open) {
        suspect();
    } else if (!has_socket(state_) || state_ == ConnectionState::closing) {
        start_afresh();
    }
}

void Engine::terminate() {
    if (presence_ == Presence::terminated) return;
    presence_ = Presence::terminated;
    const bool was_wanted = std::exchange(wanted_, false);
    if (was_wanted) revives_on_return_ = options_.auto_establish_socket_connection;
    end_task(TaskCause::terminated, Reason::terminating);  // R20
    close_connection(1001, true, Reason::terminating, now_ + kTerminateCloseTimeout);
}

void Engine::begin_task() {
    task_.begin();
    put(output::BackgroundTaskBegan{task_.number()});
}

void Engine::start_window() {
    task_.start_window(now_, options_.grace, options_.margin());
}

void Engine::end_task(TaskCause cause, Reason reason) {
    if (!task_.running()) return;
    task_.end(cause);
    put(output::BackgroundTaskEnded{task_.number(), cause, reason});
    if (const auto id = task_.take_os_id(); id != 0) os_ids_to_end_.push_back(id);
}

void Engine::ask_host(bool begin) {
    if (!options_.host_grants_time || !task_.running()) return;
    if (!begin && !options_.host_tells_remaining) return;
    put(output::AskBackgroundTime{task_.ask(), begin});
}

Outcome Engine::on(const input::BackgroundTimeAnswer& told) {
    if (!task_.answers_current(told.question)) {
        // The task is over or the question was asked anew: what was granted goes straight back.
        if (told.begin && told.answer.id != 0) put(output::EndBackgroundTime{told.answer.id});
        return Outcome::ok;
    }
    if (!told.begin) {
        task_.remaining_told(told.answer.remaining, now_, options_.margin());
    } else if (told.answer.id != 0) {
        task_.granted(told.answer.id, told.answer.remaining, now_, options_.margin());
    } else {
        task_.set_refused();
        if (task_.window_started()) {  // R14; at resign it is only remembered
            expire(TaskCause::refused, Reason::background_refused, now_);
        }
    }
    expire_if_due();
    return Outcome::ok;
}

Outcome Engine::on(const input::BackgroundTimeExpiring& expiring) {  // R13
    if (closed_) return Outcome::closed;
    if (!task_.running()) {
        if (!expiring.wait_allowed && state_ == ConnectionState::closing) {
            abort_socket();
            move(ConnectionState::idle, cause_);
        }
        return Outcome::ok;
    }
    if (!task_.window_started()) {
        if (const auto id = task_.take_os_id(); id != 0) put(output::EndBackgroundTime{id});
        return Outcome::ok;
    }
    expire(TaskCause::os_expired, Reason::os_expired, now_);
    if (!expiring.wait_allowed && state_ == ConnectionState::closing) {
        abort_socket();
        move(ConnectionState::idle, cause_);
    }
    return Outcome::ok;
}

Outcome Engine::on(const input::MarkRefreshed& mark) {
    if (closed_) return Outcome::closed;
    if (!continuity_.mark_known(mark.mark)) return Outcome::unknown_mark;
    continuity_.mark_refreshed(mark.mark);
    return Outcome::ok;
}

void Engine::expire_if_due() {
    if (reached(task_.deadline(), now_)) {
        expire(TaskCause::expired, Reason::background_expired, task_.deadline());
    }
}

void Engine::expire(TaskCause cause, Reason reason, Deadline when_due) {  // R6
    end_task(cause, reason);
    wanted_ = false;
    revives_on_return_ = options_.auto_establish_socket_connection;
    // Counted from the deadline, not from now: a process that woke late closes no later.
    close_connection(1001, true, reason, when_due.value_or(now_) + options_.close_timeout,
                     when_due);
}

void Engine::settle_os_time() {
    if (os_ids_to_end_.empty()) return;
    // While a close handshake runs the time is still needed; a return needs none.
    if (state_ == ConnectionState::closing) return;
    for (const auto id : os_ids_to_end_) put(output::EndBackgroundTime{id});
    os_ids_to_end_.clear();
}

void Engine::judge_return() {
    if (!return_pending_) return;
    if (continuity_.gap_open() || continuity_.verdict_pending()) return_met_gap_ = true;
    if (continuity_.gap_open()) {
        const bool may_still_be_proven =
            wanted_ && (options_.session.tells_loss || options_.session.has_history);
        if (!may_still_be_proven) {
            answer_return(ReturnAdvice::refresh, continuity_.last_reason());
        }
        return;
    }
    if (continuity_.verdict_pending()) return;
    if (continuity_.needs_refresh()) {
        answer_return(ReturnAdvice::refresh, return_not_closed_);
    } else if (liveness_.trusted()) {
        answer_return(ReturnAdvice::skip,
                      return_met_gap_ ? continuity_.last_reason() : Reason::continuous);
    }
}

void Engine::answer_return(ReturnAdvice advice, Reason reason) {
    return_pending_ = false;
    put(output::ReturnJudged{advice, reason});
}

}  // namespace graceline::engine
