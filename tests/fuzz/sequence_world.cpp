// The rules of the ledger, one output after the other.
// Must not repair: the first broken rule ends the run.
#include "tests/fuzz/sequence_world.hpp"

#include <algorithm>

#include "tests/fuzz/require.hpp"

namespace graceline::fuzz {

namespace in = engine::input;

namespace out = engine::output;
namespace past = history::output;

struct Ledger::Visitor {
    Ledger& l;

    bool knows(engine::Generation generation) const {
        return l.has_socket(generation) || l.ending_ == generation;
    }

    void operator()(const engine::Output& output) const { std::visit(*this, output); }

    void operator()(const out::OpenTransport& open) const {
        require(l.sockets_.empty(), "one connection at a time");
        require(open.generation > l.newest_socket_, "a generation of its own");
        require(!l.held_until_ || l.now_ >= *l.held_until_, "server advice is not skipped");
        require(l.keeper_.engine().network() != engine::Network::off, "nothing is tried offline");
        require(!l.disconnected_, "disconnect() keeps nothing");
        require(l.options_.auto_establish_socket_connection || l.wanted_,
                "manual mode connects when it was told to");
        l.held_until_.reset();
        l.newest_socket_ = open.generation;
        l.sockets_.insert(open.generation);
    }
    void operator()(const out::OpenSession& open) const {
        require(l.has_socket(open.generation), "a session on a socket that is there");
    }
    void operator()(const out::CloseTransport& close) const {
        require(knows(close.generation), "a close of a socket that is there");
        require(close.code == 1000 || close.code == 1001, "a close code that we send");
        require(close.suspend == (close.code == 1001), "only 1001 keeps the session");
        const bool by_host = l.step_is_any_of({2, 3});
        require((close.code == 1000) == by_host || l.expired_before_, "the host alone ends it");
    }
    void operator()(const out::AbortTransport& abort) const {
        require(knows(abort.generation), "an abort of a socket that is there");
        l.sockets_.erase(abort.generation);
    }
    void operator()(const out::SendPing& ping) const {
        require(knows(ping.generation), "a ping on a socket that is there");
        l.pings.push_back(ping.payload);
        if (ping.payload[0] != 'p') return;
        l.newest_probe_ = ping.payload;
        l.probe_at_ = l.now_;
    }
    void operator()(const out::AskBackgroundTime& ask) const {
        l.questions.push_back({ask.question, ask.begin});
    }
    void operator()(const out::EndBackgroundTime& end) const {
        require(l.os_ids_.erase(end.id) == 1, "one end hook for each id");
    }
    void operator()(const out::CatchUp&) const { require(false, "the keeper carries it out"); }
    void operator()(const out::StopCatchUp&) const { require(false, "the keeper carries it out"); }
    void operator()(const out::AskToken& ask) const { l.tokens.push_back(ask.request); }
    void operator()(const out::TokenSettled&) const {}
    void operator()(const out::StatusChanged& changed) const {
        if (l.status_ && *l.status_ != changed.status) {
            require(engine::may_follow(*l.status_, changed.status), "a path in the status graph");
        }
        l.status_ = changed.status;
        require(changed.status == engine::public_status(changed.state), "the state's status");
        if (changed.state == engine::ConnectionState::throttled) {
            require(changed.retry_in.has_value(), "advice has an end");
            require(*changed.retry_in <= engine::kMaxHold, "advice holds five minutes at most");
            l.held_until_ = l.now_ + *changed.retry_in;
        }
        if (changed.state == engine::ConnectionState::backoff) {
            require(changed.retry_in && *changed.retry_in <= l.options_.backoff.maximum,
                    "a backoff within its maximum");
        }
    }
    void operator()(const out::BackgroundTaskBegan& began) const {
        require(!l.task_open_, "one task at a time");
        require(began.number == l.task_ + 1, "tasks are numbered");
        l.task_ = began.number;
        l.task_open_ = true;
    }
    void operator()(const out::BackgroundTaskEnded& ended) const {
        require(l.task_open_ && ended.number == l.task_, "one end a task");
        l.require_end_of_task(ended);
        l.task_open_ = false;
        using engine::TaskCause;
        // What was due before a connect() is carried out before it.
        const bool then_connects = l.step_is_any_of({1}) && l.expired_before_;
        if (ended.cause != TaskCause::returned && !then_connects) l.wanted_ = false;
    }
    void operator()(const out::GapJudged& judged) const {
        require(l.gaps_.insert(judged.gap.number).second, "one verdict a gap");
        require(judged.verdict != engine::GapVerdict::none, "a verdict says something");
        require(judged.length >= engine::Duration::zero(), "a gap has a length");
        require(judged.reason != engine::Reason::catch_up_interrupted ||
                    judged.verdict == engine::GapVerdict::gap,
                "a catch-up that was cut off proves nothing");
    }
    void operator()(const out::ReturnJudged& judged) const {
        require(++l.verdicts_ <= l.returns_, "one verdict a return");
        const auto& continuity = l.keeper_.engine().continuity();
        if (judged.advice == engine::ReturnAdvice::skip) {
            require(!continuity.needs_refresh(), "skip only where nothing is to be refreshed");
        }
    }
    void operator()(const out::RefreshNeeded&) const {}
    void operator()(const out::PingCompleted& ping) const {
        require(!ping.round_trip || *ping.round_trip >= engine::Duration::zero(),
                "time does not run back");
    }
    void operator()(const out::Closed&) const {
        require(!l.closed_, "closed once");
        require(l.sockets_.empty(), "closed when the socket is gone");
        l.closed_ = true;
    }

    void operator()(const engine::FateRange& fates) const {
        for (auto id = fates.first; id <= fates.last; ++id) {
            require(l.open_messages_.erase(id) == 1, "one fate a message");
            l.passed_.erase(id);
        }
    }
    void operator()(const past::StartFetch& start) const {
        require(!l.closed_, "a closed client fetches nothing");
        l.fetches.push_back(start);
    }
    void operator()(const past::StopFetch& stop) const {
        const auto erased =
            std::erase_if(l.fetches, [&](const auto& each) { return each.fetch == stop.fetch; });
        require(erased == 1, "a stop of a fetch that is under way");
    }
    void operator()(const past::PageReady& ready) const {
        require(l.open_requests_.erase(ready.request) == 1, "one completion a request");
    }
    void operator()(const past::RequestFailed& failed) const {
        require(l.open_requests_.erase(failed.request) == 1, "one completion a request");
    }
    void operator()(const past::Replay&) const {
        require(l.holding_, "live messages wait while missed ones are given");
    }
    void operator()(const keeper::output::HoldMessages&) const {
        require(!l.holding_, "held once");
        l.holding_ = true;
    }
    void operator()(const keeper::output::ReleaseMessages&) const {
        require(l.holding_, "released once");
        l.holding_ = false;
    }
};

void Ledger::state_reported(engine::Presence before, engine::ApplicationState state) {
    using App = engine::ApplicationState;
    const bool in_foreground = before == engine::Presence::foreground;
    const bool back = state == App::will_enter_foreground || state == App::did_become_active;
    const bool implied =
        state == App::will_resign_active && !in_foreground && before != engine::Presence::resigned;
    if ((back && !in_foreground) || implied) ++returns_;
}

void Ledger::before(const engine::Input* input, engine::Instant now) {
    const auto& engine = keeper_.engine();
    step_ = input ? std::optional(*input) : std::nullopt;
    now_ = std::max(now_, now);
    task_before_ = engine.task().running() ? engine.task().number() : 0;
    deadline_before_ = engine.task().deadline();
    window_before_ = engine.task().window_started();
    trusted_before_ = engine.liveness().trusted();
    expired_before_ = engine::reached(deadline_before_, now_);
    presence_before_ = engine.presence();
    state_before_ = engine.state();
    socket_before_ = newest_socket_;
    if (engine.closed()) return;
    if (step_is_any_of({0, 1})) disconnected_ = false;
    if (step_is_any_of({1})) wanted_ = true;
    if (step_is_any_of({2})) disconnected_ = true;
    if (step_is_any_of({2})) wanted_ = false;
}

/// By the place in engine::Input.
bool Ledger::step_is_any_of(std::initializer_list<std::size_t> kinds) const {
    return step_ && std::ranges::find(kinds, step_->index()) != kinds.end();
}

bool Ledger::step_answers_probe() const {
    const auto* pong = step_ ? std::get_if<in::PongRead>(&*step_) : nullptr;
    return pong && newest_probe_ && std::ranges::equal(pong->payload, *newest_probe_);
}

void Ledger::note_times() {
    const auto& engine = keeper_.engine();
    // One step may end an attempt and begin the next: the same state, counted anew.
    if (engine.state() != state_before_ || newest_socket_ != socket_before_ ||
        !sockets_.count(engine.generation())) {
        state_since_ = now_;
    }
    const bool same = engine.task().number() == task_before_ && window_before_;
    // connect() and ping() give a fresh window even where the system's bound leaves the deadline.
    const bool was_away = presence_before_ == engine::Presence::background ||
                          presence_before_ == engine::Presence::terminated;
    const bool renewed = (step_is_any_of({1}) && was_away) ||
                         (step_is_any_of({8}) && state_before_ == engine::ConnectionState::open) ||
                         (step_is_any_of({0}) && engine.task().deadline() != deadline_before_);
    if (engine.task().window_started() && (!same || renewed)) window_at_ = now_;
}

void Ledger::require_allowed_changes() const {
    const auto& engine = keeper_.engine();
    const auto& task = engine.task();
    // Start, connect(), ping(), the answer of the system; did_background starts the window.
    const bool same_window = task.running() && task.number() == task_before_ && window_before_;
    if (same_window && task.deadline() != deadline_before_) {
        require(step_is_any_of({0, 1, 6, 8}), "the deadline is moved by what may move it");
    }
    if (!trusted_before_ && engine.liveness().trusted()) {
        const bool fresh = step_ && std::holds_alternative<in::SessionOpened>(*step_);
        require(fresh || step_answers_probe(), "trust comes from a fresh socket or a probe's pong");
    }
}

void Ledger::drain() {
    while (const auto output = keeper_.poll_output()) std::visit(Visitor{*this}, *output);
    ending_ = 0;
    keeper_.check_invariants();
    require_quiet_after_deadline();
    require_allowed_changes();
    note_times();
    require_window_rules();
    require_trust_rules();
    require_query_rules();
    require(!sockets_.empty() || passed_.empty(), "what was on its way has its fate");
    require(!holding_ || keeper_.engine().continuity().verdict_pending() || !open_requests_.empty(),
            "messages are held for somebody");
    require(holding_ == keeper_.holding(), "what was said of holding is true");
    require(task_open_ == keeper_.engine().task().running(), "what was said of the task is true");
    before(nullptr, now_);
}

/// R6: from the deadline on, in background, nothing is open but a close that is under way.
void Ledger::require_quiet_after_deadline() const {
    const auto& engine = keeper_.engine();
    const bool away = engine.presence() == engine::Presence::background ||
                      engine.presence() == engine::Presence::terminated;
    if (!away || engine.task().running()) return;
    require(fetches.empty(), "no page is fetched in background without a task");
    require(sockets_.empty() || engine.state() == engine::ConnectionState::closing,
            "no socket in background without a task");
}

void Ledger::require_all_ended() const {
    require(closed_, "a closed client says so");
    require(!task_open_, "every task has ended");
    require(os_ids_.empty(), "all background time was given back");
    require(open_messages_.empty(), "every message has its fate");
    require(open_requests_.empty(), "every request is completed");
    require(verdicts_ == returns_, "every return has its verdict");
    require(sockets_.empty(), "no socket is left");
    require(!keeper_.next_deadline(), "nothing is waited for");
}

}  // namespace graceline::fuzz
