// Attempts, failures, backoff, server advice, closing: SPEC section 4.
// Must keep one owner and one attempt: whatever an old generation says changes nothing.
#include <algorithm>
#include <cassert>

#include "core/engine/engine.hpp"

namespace graceline::engine {

Outcome Engine::on(const input::NetworkChanged& change) {
    if (closed_) return Outcome::closed;
    network_ = change.network;
    if (state_ == ConnectionState::open) {
        suspect();
    } else if (network_ == Network::off) {
        if (state_ == ConnectionState::opening || state_ == ConnectionState::opening_session) {
            abort_socket();
            move(ConnectionState::network_off, {Reason::network_off, 0, 0, {}});
        } else if (state_ == ConnectionState::backoff ||
                   state_ == ConnectionState::awaiting_token) {
            move(ConnectionState::network_off, {Reason::network_off, 0, 0, {}});
        }
    } else if (state_ == ConnectionState::network_off || state_ == ConnectionState::backoff) {
        try_connect({Reason::network_available, 0, 0, {}});
    }
    return Outcome::ok;
}

void Engine::try_connect(const Failure& cause) {
    if (state_ == ConnectionState::closing) abort_socket();
    if (held_until_ && now_ < *held_until_) {
        // Server advice is not skipped by anything; its reason stays on show.
        if (state_ != ConnectionState::throttled) move(ConnectionState::throttled, hold_cause_);
        return;
    }
    held_until_.reset();
    if (network_ == Network::off) {
        if (state_ != ConnectionState::network_off) {
            move(ConnectionState::network_off, {Reason::network_off, 0, 0, {}});
        }
        return;
    }
    ++attempt_;
    if (attempt_ == 1) failing_since_ = now_;
    if (!token_.ready()) {
        move(ConnectionState::awaiting_token, cause);
        ask_token();
        return;
    }
    open_transport(cause);
}

void Engine::open_transport(const Failure& cause) {
    ++generation_;
    opening_step_ = input::TransportProgress::Step::resolving;
    connect_by_ = now_ + options_.resolve_timeout;
    move(ConnectionState::opening, cause);
    put(output::OpenTransport{generation_});
}

Outcome Engine::on(const input::TransportProgress& progress) {
    if (progress.generation != generation_ || state_ != ConnectionState::opening) {
        return Outcome::ok;
    }
    // After a freeze the news may be read before the timer fires: it is as late as the timer says.
    if (reached(connect_by_, now_)) return Outcome::ok;
    using Step = input::TransportProgress::Step;
    // One bound for TCP, TLS and upgrade together, counted from the end of resolving.
    if (opening_step_ == Step::resolving && progress.step != Step::resolving) {
        connect_by_ = now_ + options_.connect_timeout;
    }
    opening_step_ = std::max(opening_step_, progress.step);
    return Outcome::ok;
}

Outcome Engine::on(const input::TransportOpened& opened) {
    if (opened.generation != generation_ || state_ != ConnectionState::opening) return Outcome::ok;
    session_by_ = now_ + options_.session_timeout;
    move(ConnectionState::opening_session, cause_);
    put(output::OpenSession{generation_});
    return Outcome::ok;
}

Outcome Engine::on(const input::SessionOpened& opened) {
    if (opened.generation != generation_ || state_ != ConnectionState::opening_session) {
        return Outcome::ok;
    }
    opened_at_ = now_;
    ++connections_;
    liveness_.reset(now_);
    continuity_.end();
    move(ConnectionState::open, {});
    judge_gap(opened);
    return Outcome::ok;
}

void Engine::judge_gap(const input::SessionOpened& opened) {
    const bool first = continuity_.gap_number() == 1;
    const bool nothing_to_continue = !options_.has_cursor && !options_.initial_refresh_required;
    const bool resumed = opened.start == input::SessionStart::resumed;
    if (first && nothing_to_continue) {
        give_verdict(GapVerdict::complete, Reason::first_connection);
    } else if (options_.session.tells_loss && resumed) {
        give_verdict(GapVerdict::complete, Reason::session_resumed);
    } else if (opened.can_catch_up) {
        put(output::CatchUp{generation_});
    } else if (options_.session.tells_loss) {
        give_verdict(GapVerdict::gap, Reason::session_not_resumed);
    } else {
        give_verdict(GapVerdict::unknown, Reason::session_tells_no_loss);
    }
}

Outcome Engine::on(const input::CatchUpEnded& ended) {
    if (ended.generation == generation_ && continuity_.verdict_pending()) {
        give_verdict(ended.verdict, ended.reason, true);
    }
    return Outcome::ok;
}

void Engine::give_verdict(GapVerdict verdict, Reason reason, bool from_position) {
    const Gap gap = continuity_.judge(verdict, reason, from_position);
    put(output::GapJudged{gap, verdict, reason, now_ - gap.since});
    if (closes_gap(verdict)) return;
    return_not_closed_ = reason;
    // The app may have marked its refresh while the verdict was still to come.
    if (continuity_.needs_refresh()) put(output::RefreshNeeded{reason});
}

Outcome Engine::on(const input::TransportEnded& ended) {
    if (ended.generation != generation_ || !has_socket(state_)) return Outcome::ok;
    if (state_ == ConnectionState::closing) {
        socket_gone();
        move(ConnectionState::idle, cause_);
        return Outcome::ok;
    }
    socket_gone();
    connection_failed(ended.why);
    return Outcome::ok;
}

/// The socket is gone or was aborted, and the connection was wanted.
void Engine::connection_failed(const Failure& why) {
    const bool was_open = state_ == ConnectionState::open;
    Disposition disposition = disposition_of(why, options_.dispositions);
    if (was_open) {
        const bool stable = now_ - opened_at_ >= kStableAfter;
        if (stable) attempt_ = 0;
        if (stable || disposition != Disposition::auth) token_.forget_refusals();
        leave_open(why.reason, now_);
    }
    const bool may_wait =
        disposition == Disposition::retry || disposition == Disposition::retry_slowly;
    if (may_wait && why.retry_after_seconds) disposition = Disposition::throttled;
    switch (disposition) {
        case Disposition::auth:
            if (token_.refused()) {
                try_connect(why);
                return;
            }
            // A fixed token cannot be refreshed, and a fresh one was refused already.
            give_up({Reason::auth_refused, why.close_code, why.http_status, {}});
            return;
        case Disposition::terminal:
            give_up(why);
            return;
        case Disposition::throttled:
        case Disposition::retry:
        case Disposition::retry_slowly:
            break;
    }
    if (was_open && why.reason == Reason::probe_failed) {
        try_connect(why);  // R5: without backoff
        return;
    }
    wait_and_retry(why, disposition);
}

void Engine::wait_and_retry(const Failure& why, Disposition disposition) {
    if (disposition == Disposition::throttled) {
        // Also when this was the last try: a connect() of the host skips no advice either.
        held_until_ = now_ + hold_time(why.retry_after_seconds, generator_);
        hold_cause_ = why;
    }
    if (!retries_left()) {
        give_up({Reason::retry_limit, why.close_code, why.http_status, {}});
        return;
    }
    if (disposition == Disposition::throttled) {
        move(ConnectionState::throttled, why);
        return;
    }
    if (network_ == Network::off) {
        move(ConnectionState::network_off, why);
        return;
    }
    const auto retry = std::max<std::uint32_t>(attempt_, 1);
    retry_at_ = now_ + (disposition == Disposition::retry_slowly
                            ? slow_backoff(options_.backoff, generator_)
                            : backoff(retry, options_.backoff, generator_));
    move(ConnectionState::backoff, why);
}

bool Engine::retries_left() const {
    const auto& policy = options_.backoff;
    if (policy.attempts && attempt_ >= *policy.attempts) return false;
    return !policy.total || attempt_ == 0 || now_ - failing_since_ < *policy.total;
}

void Engine::give_up(const Failure& why) {
    wanted_ = false;
    revives_on_return_ = false;
    drop_token_question();
    end_task(TaskCause::server, why.reason);  // R21
    move(ConnectionState::idle, why);
}

/// The connection is no longer up. The gap counts from the last proof of life where a silence was
/// the cause or where we stood still and are late, else from `at`.
void Engine::leave_open(Reason reason, Instant at) {
    if (continuity_.verdict_pending()) {
        // After the deadline nothing is delivered (R6); the next catch-up fetches it again.
        const bool window_over = reason == Reason::background_expired ||
                                 reason == Reason::os_expired ||
                                 reason == Reason::background_refused;
        put(output::StopCatchUp{!window_over});
        const Gap gap = continuity_.judge(GapVerdict::gap, Reason::catch_up_interrupted);
        put(output::GapJudged{gap, GapVerdict::gap, Reason::catch_up_interrupted,
                              now_ - gap.since});
    }
    const bool silence = reason == Reason::probe_failed || reason == Reason::pong_timeout;
    const bool late = now_ - at >= kLateTimer;
    continuity_.open(silence || late ? liveness_.last_frame_at() : at, reason);
    finish_user_ping(std::nullopt, reason);
    liveness_.distrust();
    // However it ended: a token that held for so long was not the one refused before.
    if (now_ - opened_at_ >= kStableAfter) token_.forget_refusals();
}

/// Ends whatever there is: a close handshake for what is open, an abort for what is not.
void Engine::close_connection(std::uint16_t code, bool suspend, Reason reason, Deadline by,
                              Deadline due) {
    drop_token_question();
    const Instant at = due.value_or(now_);
    const Failure why{reason, 0, 0, {}};
    if (state_ == ConnectionState::closing) {
        close_by_ = earlier(close_by_, by);
        cause_ = why;
        if (reached(close_by_, now_)) {
            abort_socket();
            move(ConnectionState::idle, why);
        }
        return;
    }
    if (state_ == ConnectionState::idle) {
        cause_ = why;
        return;
    }
    if (state_ != ConnectionState::open || reached(by, now_)) {
        if (state_ == ConnectionState::open) leave_open(reason, at);
        stop_waiting_or_abort(reason);
        return;
    }
    leave_open(reason, at);
    close_by_ = by;
    put(output::CloseTransport{generation_, code, suspend});
    move(ConnectionState::closing, why);
}

void Engine::stop_waiting_or_abort(Reason reason) {
    if (has_socket(state_)) abort_socket();
    move(ConnectionState::idle, {reason, 0, 0, {}});
}

void Engine::abort_socket() {
    put(output::AbortTransport{generation_});
    socket_gone();
}

void Engine::socket_gone() {
    connect_by_.reset();
    session_by_.reset();
    close_by_.reset();
}

}  // namespace graceline::engine
