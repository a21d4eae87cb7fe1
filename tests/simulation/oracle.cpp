// The app's side: presence, wishes, the task and its deadline, the system's time, returns.
// Must name no state of the engine: it has its own, and compares at the end of each step.
#include "tests/simulation/oracle.hpp"

#include <algorithm>

namespace graceline::simulation {

using engine::ApplicationState;
using engine::TaskCause;
namespace in = engine::input;
namespace out = engine::output;

namespace {
constexpr Duration kTerminate = std::chrono::milliseconds(200);
}  // namespace

Oracle::Oracle(const keeper::Options& options, Instant now)
    : options_(options),
      now_(now),
      presence_(engine::presence_after(options.engine.initial_application_state)) {}

/// What an input means, by SPEC; what the engine makes of it is seen afterwards.
struct Input {
    Oracle& o;

    void operator()(const in::Start&) const {
        if (o.closed_) return refused(engine::Outcome::closed);
        if (std::exchange(o.started_, true)) return;
        if (o.options_.engine.auto_establish_socket_connection) o.want();
    }
    void operator()(const in::Connect&) const {
        if (o.closed_) return refused(engine::Outcome::closed);
        o.started_ = true;
        o.want();
    }
    void operator()(const in::Disconnect&) const {
        if (o.closed_) return refused(engine::Outcome::closed);
        o.wanted_ = o.revives_ = false;
        o.close_by(o.now_ + o.options_.engine.close_timeout);
        o.end_task(engine::TaskCause::disconnected);
    }
    void operator()(const in::Close&) const {
        if (std::exchange(o.closed_, true)) return;
        o.wanted_ = o.revives_ = false;
        o.close_by(o.now_ + o.options_.engine.close_timeout);
        o.end_task(engine::TaskCause::closed);
        o.superseded_expected_ += o.returns_owed_;
    }
    void operator()(const in::ReportState& report) const {
        if (o.closed_) return refused(engine::Outcome::closed);
        o.report(report.state);
    }
    void operator()(const in::BackgroundTimeExpiring&) const {  // R13
        if (o.closed_) return refused(engine::Outcome::closed);
        if (!o.task_.running) return;
        if (o.task_.window) {
            o.expire(engine::TaskCause::os_expired, o.now_);
        } else {
            o.task_.has_id = false;
            o.task_.os_end.reset();
        }
    }
    void operator()(const in::BackgroundTimeAnswer& told) const { o.os_answered(told); }
    void operator()(const in::NetworkChanged& change) const {
        if (o.closed_) return refused(engine::Outcome::closed);
        o.network_ = change.network;
        o.network_now_ = change.network != engine::Network::off;
        if (o.up_) o.suspect();
    }
    void operator()(const in::Ping&) const {  // R12
        if (o.closed_) return refused(engine::Outcome::closed);
        if (o.behind_closed_doors() && !o.task_.running) {
            return refused(engine::Outcome::window_over);
        }
        if (!o.up_) return refused(engine::Outcome::not_connected);
        if (o.task_.window) o.start_window();
        o.user_ping_ = true;
    }
    void operator()(const in::MarkRefreshed& mark) const {
        if (o.closed_) return refused(engine::Outcome::closed);
        if (mark.mark > o.gaps_ended_) return refused(engine::Outcome::unknown_mark);
        o.mark(mark.mark);
    }
    void operator()(const in::TransportProgress&) const {}
    void operator()(const in::TransportOpened& opened) const {
        if (opened.generation == o.alive_ && !o.up_) o.session_since_ = o.now_;
    }
    void operator()(const in::TransportEnded& ended) const {
        if (o.expired_now_) {  // which has closed or aborted it first
            o.ended_late_ = ended.generation;
            return;
        }
        if (ended.generation == o.alive_ || ended.generation == o.closing_) o.ended(ended.why);
    }
    void operator()(const in::SessionOpened& opened) const {
        if (opened.generation == o.alive_ && !o.up_ && !o.expired_now_) o.came_up();
    }
    void operator()(const in::CatchUpEnded&) const {}
    void operator()(const in::TokenProvided& provided) const {
        if (o.closed_) return refused(engine::Outcome::closed);
        if (o.expired_now_) o.token_question_ = 0;
        if (o.token_question_ == 0 || provided.request != o.token_question_) {
            return refused(engine::Outcome::unknown_request);
        }
        o.token_question_ = 0;
        o.token_answered_ = provided.ok;
        o.token_held_ = provided.ok;
        if (!provided.ok) o.failure_ = engine::Failure{engine::Reason::token_failed, 0, 0, {}};
    }
    void operator()(const in::TokenRefused&) const {
        if (o.closed_) return refused(engine::Outcome::closed);
    }
    void operator()(const in::FramesRead& read) const {
        if (read.frames != 0 && read.generation == o.alive_ && o.up_) o.frame_read(false);
    }
    void operator()(const in::PongRead& pong) const {
        if (pong.generation != o.alive_ || !o.up_) return;
        const auto is = [&](const auto& sent) {
            return sent &&
                   std::equal(sent->begin(), sent->end(), pong.payload.begin(), pong.payload.end());
        };
        o.frame_read(is(o.probe_));
    }
    void operator()(const in::ReadingPaused& paused) const {
        if (paused.generation == o.alive_ && o.up_) o.paused_ = true;
    }
    void operator()(const in::ReadingResumed& resumed) const {
        if (resumed.generation != o.alive_ || !o.up_ || !o.paused_) return;
        o.paused_ = false;
        o.suspect();
    }
    void operator()(const in::ClockJumped&) const {
        if (o.up_) o.suspect();
    }
    void operator()(const in::Tick&) const { o.is_tick_ = true; }

    void refused(engine::Outcome outcome) const { o.expected_outcome_ = outcome; }
};

void Oracle::before(const engine::Input& input, Instant now, const engine::Engine& engine) {
    now_ = now;
    state_before_ = engine.state();
    up_before_ = up_;
    was_trusted_ = trusted_;
    is_tick_ = returned_now_ = token_asked_now_ = failed_now_ = false;
    expected_outcome_ = engine::Outcome::ok;
    ends_expected_.clear();
    task_began_now_ = task_.running;
    begins_expected_ = superseded_expected_ = 0;
    resigned_now_ = backgrounded_now_ = network_now_ = os_asked_now_ = probed_now_ = false;
    expired_now_ = false;
    ended_late_ = 0;
    // Whatever comes first after the deadline, the expiry is carried out before it.
    if (engine::reached(task_.deadline(), now_)) {
        expire(TaskCause::expired, *task_.deadline());
    }
    std::visit(Input{*this}, input);
}

/// By a wish of the host: the backoff starts anew.
void Oracle::tries_afresh(bool with_refusals) {
    using State = engine::ConnectionState;
    if (state_before_ == State::awaiting_token) {
        tries_ = 1;
        if (with_refusals) refusals_ = 0;
    } else if (up_ || state_before_ == State::opening || state_before_ == State::opening_session) {
        return;
    } else {
        tries_ = 0;
        if (with_refusals) refusals_ = 0;
    }
}

void Oracle::want() {
    wanted_ = true;
    revives_ = false;
    tries_afresh(true);
    if (presence_ == Presence::foreground) return;
    if (!task_.running) begin_task();
    if (behind_closed_doors()) start_window();                                      // R11
    if (engine::reached(task_.deadline(), now_)) expire(TaskCause::expired, now_);  // R19
}

void Oracle::report(ApplicationState state) {
    switch (state) {
        case ApplicationState::will_resign_active: {
            if (presence_ == Presence::resigned) return;
            const bool implied = presence_ != Presence::foreground;
            if (implied) come_back();  // R24
            presence_ = implied ? Presence::background : Presence::resigned;
            if (!wanted_) return;
            begin_task();  // R1
            resigned_now_ = true;
            if (implied) start_window();
            break;
        }
        case ApplicationState::did_background:
            if (presence_ == Presence::background) return;  // R8
            presence_ = Presence::background;
            if (!wanted_ || task_.window) return;  // R3
            had_os_id_ = task_.has_id;
            if (!task_.running) begin_task();
            backgrounded_now_ = true;
            start_window();  // R2
            break;
        case ApplicationState::will_enter_foreground:
        case ApplicationState::did_become_active:
            if (presence_ != Presence::foreground) come_back();
            return;
        case ApplicationState::will_terminate:
            if (presence_ == Presence::terminated) return;
            presence_ = Presence::terminated;
            if (std::exchange(wanted_, false)) {
                revives_ = options_.engine.auto_establish_socket_connection;
            }
            end_task(TaskCause::terminated);  // R20
            close_by(now_ + kTerminate);
            return;
    }
    if (engine::reached(task_.deadline(), now_)) expire(TaskCause::expired, now_);  // R19
}

void Oracle::come_back() {
    presence_ = Presence::foreground;
    window_ran_out_ = false;
    returned_now_ = true;
    superseded_expected_ += returns_owed_;
    returns_owed_ += 1;
    end_task(TaskCause::returned);                       // R4, R5
    if (std::exchange(revives_, false)) wanted_ = true;  // R7
    if (wanted_) tries_afresh(false);
    if (up_ && wanted_) suspect();
}

void Oracle::begin_task() {
    task_ = Task{true, false, false, task_.last, std::nullopt, std::nullopt};
    ++begins_expected_;
    window_ran_out_ = false;
    task_began_now_ = true;
}

void Oracle::start_window() {
    task_.window = true;
    shortened_ = now_;
    task_.window_end =
        options_.engine.grace ? Deadline(now_ + *options_.engine.grace) : std::nullopt;
}

void Oracle::end_task(TaskCause cause) {
    if (!task_.running) return;
    task_.running = task_.window = false;
    task_.last = cause;
    ends_expected_.push_back(cause);
}

void Oracle::expire(TaskCause cause, Instant since) {  // R6
    end_task(cause);
    wanted_ = false;
    expired_now_ = window_ran_out_ = true;
    revives_ = options_.engine.auto_establish_socket_connection;
    close_by(since + options_.engine.close_timeout);
}

void Oracle::os_id_given(std::uint64_t id) {
    if (id != 0) os_ids_.insert(id);
}

void Oracle::os_answered(const in::BackgroundTimeAnswer& told) {
    if (!task_.running || told.question != question_) return;  // given straight back
    question_ = 0;
    if (told.begin && told.answer.id == 0) {
        if (task_.window) expire(TaskCause::refused, now_);  // R14
        return;
    }
    if (told.begin) task_.has_id = true;
    const auto margin = options_.engine.margin();
    task_.os_end = told.answer.remaining
                       ? Deadline(now_ + std::max(*told.answer.remaining - margin, Duration{}))
                       : std::nullopt;
    if (engine::reached(task_.deadline(), now_)) expire(TaskCause::expired, now_);
}

/// Each output against what the rules say must or may come now.
struct Output {
    Oracle& o;

    void operator()(const out::OpenTransport& open) const { o.opens(open.generation); }
    void operator()(const out::OpenSession&) const {}
    void operator()(const out::CloseTransport& close) const {
        require(close.generation == o.alive_ && o.closing_ == 0, Invariant::exactly_one,
                "a close of what is not open");
        const bool for_good = o.closed_ || (!o.wanted_ && !o.revives_ && !o.behind_closed_doors());
        const bool disconnected = o.task_.last == TaskCause::disconnected && !o.task_.running;
        if ((o.over() || o.expired_now_) && !o.closed_ && !disconnected) {
            require(close.code == 1001 && close.suspend, Invariant::close_says_why,
                    "the end of a window must keep the session (1001)");
        } else if (for_good) {
            require(close.code == 1000 && !close.suspend, Invariant::close_says_why,
                    "a logout must end the session (1000)");
        }
        o.closing_ = close.generation;
        o.alive_ = 0;
        o.leave_open();
    }
    void operator()(const out::AbortTransport& abort) const { o.gone(abort.generation); }
    void operator()(const out::SendPing& ping) const { o.sends_ping(ping); }
    void operator()(const out::AskBackgroundTime& ask) const {
        require(o.task_.running || o.task_began_now_, Invariant::exactly_one,
                "OS time is asked for without a task");
        o.question_ = ask.question;
        if (ask.begin) o.os_asked_now_ = true;
    }
    void operator()(const out::EndBackgroundTime& end) const {
        require(o.os_ids_.erase(end.id) == 1, Invariant::exactly_one,
                "background time is given back twice, or was never given");
    }
    void operator()(const out::CatchUp&) const { o.fetch_started(); }
    void operator()(const out::StopCatchUp&) const {}
    void operator()(const out::AskToken& ask) const {
        // One that has just timed out, or was dropped with the window, is no longer open.
        require(o.token_question_ == 0 || o.is_tick_ || o.expired_now_,
                Invariant::token_is_asked_by_rule, "asked for a token while a question is open");
        require(!o.over() || o.returned_now_, Invariant::nothing_after_the_deadline,
                "a token is asked for");
        o.token_question_ = ask.request;
        o.token_asked_now_ = true;
    }
    void operator()(const out::TokenSettled&) const { o.token_question_ = 0; }
    void operator()(const out::StatusChanged& changed) const { o.status(changed); }
    void operator()(const out::BackgroundTaskBegan&) const {
        require(o.begins_expected_ > 0, Invariant::exactly_one, "a task begins against the rules");
        --o.begins_expected_;
    }
    void operator()(const out::BackgroundTaskEnded& ended) const {
        if (ended.cause == TaskCause::server) {
            require(o.task_.running, Invariant::exactly_one, "a task ends that does not run");
            o.task_.running = o.task_.window = false;
            o.task_.last = TaskCause::server;
            return;  // judge_cause() asks whether the server gave a reason
        }
        require(!o.ends_expected_.empty(), Invariant::exactly_one, "a task ends against the rules");
        require(o.ends_expected_.front() == ended.cause, Invariant::exactly_one,
                "a task ends with another cause than the first");
        o.ends_expected_.erase(o.ends_expected_.begin());
    }
    void operator()(const out::GapJudged& judged) const { o.judged(judged); }
    void operator()(const out::ReturnJudged& judged) const {
        require(o.returns_owed_ > 0, Invariant::exactly_one, "a verdict without a return");
        --o.returns_owed_;
        const bool old_one = o.superseded_expected_ > 0;
        if (old_one) --o.superseded_expected_;
        const bool skip = judged.advice == engine::ReturnAdvice::skip;
        require(!skip || (!old_one && !o.needs_refresh() && o.up_ && o.trusted_),
                Invariant::query_is_true, "a return is told to skip what it may not skip");
        require(skip || old_one || o.closed_ || o.needs_refresh(), Invariant::query_is_true,
                "a return is told to refresh although nothing was missed");
    }
    void operator()(const out::RefreshNeeded&) const {
        require(o.needs_refresh(), Invariant::query_is_true, "a refresh without a gap");
    }
    void operator()(const out::PingCompleted&) const {
        require(o.user_ping_, Invariant::exactly_one, "a ping completes twice");
        o.user_ping_ = false;
    }
    void operator()(const out::Closed&) const {
        require(o.closed_ && o.alive_ == 0 && o.closing_ == 0, Invariant::exactly_one,
                "CLOSED before the end");
    }
};

/// What is asked of the system, and of the socket, as the app leaves.
void Oracle::check_questions(const engine::Engine& engine) const {
    const bool asks = options_.engine.host_grants_time;
    require(!resigned_now_ || !asks || os_asked_now_, Invariant::exactly_one,
            "no OS time is asked for at resign (R1)");
    require(!backgrounded_now_ || !asks || had_os_id_ || os_asked_now_, Invariant::exactly_one,
            "OS time that was not granted is not asked for again at did_background (R14)");
    require(!resigned_now_ || !up_ || trusted_ || probe_ || engine.liveness().trusted(),
            Invariant::liveness, "an untrusted socket is not pinged at resign (R1)");
}

void Oracle::saw(const engine::Output& output) {
    std::visit(Output{*this}, output);
}

void Oracle::after(engine::Outcome outcome, const keeper::Keeper& keeper) {
    after(outcome, keeper.engine(), keeper.outbox(), keeper.next_deadline());
}

void Oracle::after(engine::Outcome outcome, const engine::Engine& engine,
                   const engine::Outbox& outbox, Deadline next) {
    require(outcome == expected_outcome_, Invariant::query_is_true, "a call answers wrongly");
    require(ends_expected_.empty() && begins_expected_ == 0, Invariant::exactly_one,
            "a task did not begin or end");
    require(superseded_expected_ == 0, Invariant::exactly_one, "a return got no verdict");
    require(engine.task().running() == task_.running, Invariant::exactly_one,
            "a task runs that should not, or the other way round");
    require(engine.task().window_started() == task_.window, Invariant::resign_starts_no_window,
            "the window started against the rules");
    require(engine.task().deadline() == task_.deadline(), Invariant::deadline_moves_by_rule,
            "the deadline is not where the rules put it");
    require(engine.wanted() == wanted_, Invariant::disconnect_keeps_nothing,
            "wanted by the engine, or by the rules, but not by both");
    require(engine.presence() == presence_, Invariant::query_is_true, "the app is elsewhere");
    require(engine.continuity().needs_refresh() == needs_refresh(),
            Invariant::not_fresh_before_proof, "the engine and the gaps disagree about a refresh");
    if (ended_late_ != 0 && ended_late_ == closing_) closing_ = 0;
    if (!engine.token().asking()) token_question_ = 0;  // timed out, or for nobody any more
    check_questions(engine);
    check_connection(engine);
    check_timers(engine, outbox, next);
    check_queries(engine.facts(), now_);
}

}  // namespace graceline::simulation
