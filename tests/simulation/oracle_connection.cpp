// The connection's side: attempts, causes, advice, backoff, liveness, trust, gaps.
// Must allow what SPEC leaves open, and nothing else.
#include <algorithm>

#include "tests/simulation/oracle.hpp"

namespace graceline::simulation {

using engine::ConnectionState;
using engine::ConnectionStatus;
using engine::Disposition;
using engine::Failure;
using engine::Reason;
namespace in = engine::input;
namespace out = engine::output;

namespace {

constexpr Duration kStable = std::chrono::seconds(10);
constexpr Duration kLongestHold = std::chrono::minutes(5);
constexpr Duration kShortestHold = std::chrono::seconds(5);
/// "A little jitter on top", so that a fleet does not come back in one second.
constexpr Duration kHoldJitter{};
constexpr int kProbesInAll = 5;
constexpr char kProbeTag = 'p';
constexpr char kKeepaliveTag = 'k';
/// Timers fire a little late, and what follows from them is as late.
constexpr Duration kSlack = std::chrono::milliseconds(100);

/// The published table of SPEC section 4, in its own words.
Disposition disposition(const Failure& why) {
    const auto by_code = [](std::uint16_t code) {
        switch (code) {
            case 1008:
            case 3000:
            case 3003:
            case 4401:
            case 4403:
                return Disposition::auth;
            case 1002:
            case 1003:
            case 1007:
            case 1009:
            case 1010:
                return Disposition::terminal;
            case 1012:
            case 1013:
                return Disposition::throttled;
            case 1015:
                return Disposition::retry_slowly;
            default:
                return Disposition::retry;
        }
    };
    const auto by_status = [](std::uint16_t status) {
        if (status == 401 || status == 403) return Disposition::auth;
        if (status == 429 || status == 503) return Disposition::throttled;
        if (status == 408 || status == 425 || status >= 500) return Disposition::retry;
        return Disposition::terminal;
    };
    Disposition found = Disposition::retry;
    if (why.close_code != 0) {
        found = by_code(why.close_code);
    } else if (why.http_status != 0) {
        found = by_status(why.http_status);
    } else if (why.reason == Reason::certificate_refused) {
        found = Disposition::retry_slowly;
    } else if (why.reason == Reason::pin_mismatch || why.reason == Reason::protocol_error ||
               why.reason == Reason::message_too_big || why.reason == Reason::handshake_invalid ||
               why.reason == Reason::proxy_auth_refused) {
        found = Disposition::terminal;
    }
    const bool waits = found == Disposition::retry || found == Disposition::retry_slowly;
    return waits && why.retry_after_seconds ? Disposition::throttled : found;
}

/// Statuses that may follow one another: the second drawing of core/README.md.
bool on_the_path(ConnectionStatus from, ConnectionStatus to) {
    using S = ConnectionStatus;
    switch (from) {
        case S::disconnected:
            return to == S::connecting || to == S::feature_throttled;
        case S::connecting:
        case S::connected:
            return to != from || from == S::connecting;
        case S::feature_throttled:
            return to == S::disconnected || to == S::connecting;
    }
    return false;
}

}  // namespace

void Oracle::stood_still(Instant until) {
    still_until_ = until;
    stood_still_ = true;
}

// What is told of the connection.

void Oracle::opens(std::uint64_t generation) {
    // A return that a second resign implies reconnects first (R24, R7).
    require(!over() || returned_now_, Invariant::nothing_after_the_deadline,
            "a connection is opened");
    require(wanted_ || returned_now_, Invariant::disconnect_keeps_nothing,
            "a connection that nobody wants");
    require(generation > generation_, Invariant::one_connection, "a number that was used");
    require(alive_ == 0, Invariant::one_connection, "a second connection");
    require(closing_ == 0, Invariant::one_connection, "the closing one was not aborted first");
    require(!held_until_ || now_ >= *held_until_, Invariant::advice_is_followed,
            "an attempt before the time that the server gave");
    require(network_ != engine::Network::off, Invariant::advice_is_followed,
            "an attempt without a network");
    require(token_question_ == 0, Invariant::token_is_asked_by_rule,
            "an attempt before the token came");
    require(!options_.engine.host_provides_token || token_held_, Invariant::token_is_asked_by_rule,
            "an attempt without a token, or with one that was refused");
    held_until_.reset();
    failure_.reset();
    generation_ = alive_ = generation;
    opening_since_ = now_;
}

void Oracle::came_up() {
    up_ = true;
    up_since_ = last_frame_ = last_excuse_ = now_;
    trusted_ = true;
    paused_ = stood_still_ = false;
    probe_.reset();
    keepalive_.reset();
    gap_open_ = false;
    pending_ = ++gaps_ended_;
}

void Oracle::leave_open() {
    if (!up_) return;
    if (now_ - up_since_ >= kStable) refusals_ = 0;
    up_ = false;
    trusted_ = false;
    paused_ = false;
    gap_open_ = true;
    last_frame_of_lost_ = last_frame_;
    last_verdict_ = Reason::none;
}

void Oracle::gone(std::uint64_t generation) {
    require(generation == alive_ || generation == closing_, Invariant::one_connection,
            "an abort of what is gone");
    if (generation == closing_) closing_ = 0;
    if (generation == alive_) {
        alive_ = 0;
        if (up_ && now_ - up_since_ >= kStable) {
            tries_ = 0;
        }
        leave_open();
    }
}

void Oracle::ended(const Failure& why) {
    if (closing_ != 0) {
        closing_ = 0;
        return;
    }
    failure_ = why;
    failed_now_ = true;
    const bool stable = up_ && now_ - up_since_ >= kStable;
    if (stable) tries_ = 0;
    const auto what = disposition(why);
    // "In a row" ends with a stable connection, or when one that was up fails for another cause.
    if (stable || (up_ && what != Disposition::auth)) refusals_ = 0;
    alive_ = 0;
    leave_open();
    if (what == Disposition::auth) {
        ++refusals_;
        token_held_ = false;
    }
    if (what == Disposition::throttled) {
        const Duration told = why.retry_after_seconds
                                  ? Duration(std::chrono::seconds(*why.retry_after_seconds))
                                  : kShortestHold;
        held_until_ = now_ + std::min(told, kLongestHold);
    }
}

void Oracle::status(const out::StatusChanged& changed) {
    require(on_the_path(status_, changed.status), Invariant::status_path,
            "a status that may not follow the last one");
    if (changed.status == ConnectionStatus::connected) {
        require(up_, Invariant::status_path, "connected without a connection");
    }
    if (changed.status == ConnectionStatus::feature_throttled) {
        require(held_until_.has_value(), Invariant::status_path, "throttled without advice");
    }
    status_ = changed.status;
    if (changed.status == ConnectionStatus::disconnected && wanted_ && !expired_now_)
        judge_cause(changed);
    if (changed.retry_in) {
        const auto& policy = options_.engine.backoff;
        Duration most = policy.initial;
        for (unsigned i = 1; i < tries_ && most < policy.maximum; ++i) most *= 2;
        most = std::min(most, policy.maximum);
        const bool slowly = disposition(changed.cause) == Disposition::retry_slowly;
        if (changed.state == ConnectionState::throttled) most = kLongestHold + kHoldJitter;
        if (slowly && changed.state == ConnectionState::backoff) {
            require(*changed.retry_in >= policy.maximum / 2, Invariant::backoff_is_bounded,
                    "what mends slowly is tried again at once");
            most = policy.maximum;
        }
        require(*changed.retry_in <= most, Invariant::backoff_is_bounded,
                "the wait is longer than the backoff allows");
    }
}

/// The engine gave up by itself: the server, or a limit, must have been the cause (R21).
void Oracle::judge_cause(const out::StatusChanged& changed) {
    const auto reason = changed.cause.reason;
    const auto& policy = options_.engine.backoff;
    bool just = false;
    if (reason == Reason::retry_limit) {
        just = policy.attempts || policy.total;
    } else if (failure_) {
        const auto what = disposition(*failure_);
        just =
            what == Disposition::terminal ||
            (what == Disposition::auth && (!options_.engine.host_provides_token || refusals_ >= 2));
    }
    require(just, Invariant::causes_are_told_apart, "given up without a terminal cause");
    wanted_ = revives_ = false;
}

void Oracle::judged(const out::GapJudged& judged) {
    require(judged.gap.number == gaps_ended_ && judged.gap.number != 0, Invariant::exactly_one,
            "a verdict of no gap, or of an old one");
    require(pending_ == gaps_ended_, Invariant::exactly_one, "a second verdict of one gap");
    const auto verdict = judged.verdict;
    const bool closes = engine::closes_gap(verdict);
    const bool first = judged.gap.number == 1 && !options_.engine.has_cursor &&
                       !options_.engine.initial_refresh_required;
    const bool proves = options_.engine.session.has_history || first;
    require(!closes || proves, Invariant::not_fresh_before_proof,
            "a session that cannot tell says that nothing is missing");
    // After a silence it counts from the last proof of life; a process that stood still is told
    // late.
    const bool silence =
        judged.gap.reason == Reason::probe_failed || judged.gap.reason == Reason::pong_timeout;
    require(!silence || judged.gap.since <= last_frame_of_lost_, Invariant::query_is_true,
            "a gap after a silence counts from its end");
    require(judged.length >= Duration{}, Invariant::query_is_true, "a gap of negative length");
    pending_ = 0;
    last_verdict_ = judged.reason;
    if (closes) {
        unclosed_.erase(judged.gap.number);
        if (!first) unclosed_.clear();  // it was fetched from before the oldest hole
    } else if (judged.gap.number > marked_) {
        unclosed_.insert(judged.gap.number);
    }
}

// Life and trust.

void Oracle::frame_read(bool probe_answered) {
    last_frame_ = now_;
    if (!probe_answered) return;
    probe_.reset();
    trusted_ = true;
    stood_still_ = false;
}

void Oracle::suspect() {
    last_excuse_ = now_;
    if (now_ - last_frame_ > options_.engine.trust_time) trusted_ = false;
}

void Oracle::sends_ping(const out::SendPing& ping) {
    require(ping.generation == alive_ && up_, Invariant::one_connection, "a ping into nothing");
    const auto kind = static_cast<char>(ping.payload[0]);
    if (kind == kProbeTag) {
        require(!trusted_ || stood_still_, Invariant::liveness, "a trusted socket is probed");
        probe_ = ping.payload;
        probe_sent_ = now_;
    }
    if (kind == kKeepaliveTag) {
        auto interval = options_.engine.ping_interval;
        if (task_.window) {
            interval = interval ? std::min(*interval, options_.engine.trust_time)
                                : options_.engine.trust_time;
        }
        require(interval && now_ - last_frame_ >= *interval, Invariant::liveness,
                "a ping although frames arrive");
        require(!paused_, Invariant::liveness, "a ping while our own reading stands still");
        keepalive_ = ping.payload;
    }
}

Duration Oracle::silence_allowed() const {
    const auto& options = options_.engine;
    auto interval = options.ping_interval;
    if (task_.window)
        interval = interval ? std::min(*interval, options.trust_time) : options.trust_time;
    return interval ? *interval + options.pong_timeout : Duration::max();
}

void Oracle::check_connection(const engine::Engine& engine) {
    const auto state = engine.state();
    require((state == ConnectionState::open) == up_, Invariant::status_path,
            "open, or not, against what was told");
    require(!up_ || !engine.liveness().trusted() || trusted_, Invariant::query_is_true,
            "a socket is trusted without proof");
    require(!up_ || engine.liveness().trusted() || !trusted_ || stood_still_,
            Invariant::query_is_true, "a proven socket is not trusted");
    const bool tries =
        state == ConnectionState::opening || state == ConnectionState::awaiting_token;
    const bool tried = state_before_ == ConnectionState::opening ||
                       state_before_ == ConnectionState::opening_session ||
                       state_before_ == ConnectionState::awaiting_token;
    if (tries && (!tried || failed_now_)) ++tries_;
    if (failed_now_ && failure_ && !expired_now_) check_cause(engine);
    require(!network_now_ || state_before_ != ConnectionState::backoff ||
                state != ConnectionState::backoff || expired_now_,
            Invariant::comes_back, "a network is there again, and the backoff goes on");
    if (engine.cause().reason == Reason::probe_failed && up_before_ && !up_ && wanted_) {
        require(state != ConnectionState::backoff, Invariant::comes_back,
                "a failed probe waits for a backoff (R5)");
    }
    const bool trying = tries || state == ConnectionState::opening_session;
    if (!up_before_ && !up_ && !trying && tried && alive_ != 0) {
        violated(Invariant::one_connection, "an attempt was dropped without an abort");
    }
    // A connection that was up and trusted, and whose app came back in time, stays (R5, R7).
    if (returned_now_ && up_before_ && wanted_ && !expired_now_) {
        require(up_ && alive_ == generation_, Invariant::live_socket_is_kept,
                "a return closed a live connection");
    }
    if (returned_now_ && wanted_ && !up_) {  // R7: at once, without backoff
        const bool waits =
            state == ConnectionState::throttled || state == ConnectionState::network_off;
        require(waits || tries || state == ConnectionState::opening_session, Invariant::comes_back,
                "a return does not reconnect at once");
        require(state != ConnectionState::throttled || held_until_, Invariant::comes_back,
                "throttled without advice");
    }
    if (up_before_ && !up_ && failure_before_abort(engine)) {
        refusals_ = 0;  // another failure came between
        const auto reason = engine.cause().reason;
        const auto silence = now_ - last_frame_;
        if (reason == Reason::pong_timeout) {
            require(!paused_before_, Invariant::liveness, "blamed while we did not read (R25)");
            require(silence >= options_.engine.pong_timeout, Invariant::liveness,
                    "blamed for a silence that was short");
        }
        if (reason == Reason::probe_failed) {
            require(!paused_before_, Invariant::liveness, "a probe failed while we did not read");
            const bool in_all = now_ - probe_sent_ >= options_.engine.probe_timeout * kProbesInAll;
            require(in_all ||
                        now_ - std::max(probe_sent_, last_frame_) >= options_.engine.probe_timeout,
                    Invariant::liveness, "a probe got too little time");
        }
    }
    paused_before_ = paused_;
    if (over()) {
        require(alive_ == 0, Invariant::nothing_after_the_deadline, "a connection is open");
        const bool long_ago = engine::reached(close_by_, now_);
        require(!is_tick_ || !long_ago || closing_ == 0, Invariant::nothing_after_the_deadline,
                "the socket is not gone within the close time-out");
    }
    require(wanted_ || alive_ == 0, Invariant::disconnect_keeps_nothing,
            "a connection that nobody wants is open");
}

/// What the published table says of the failure that has just come.
void Oracle::check_cause(const engine::Engine& engine) const {
    const auto state = engine.state();
    switch (disposition(*failure_)) {
        case Disposition::terminal:
            require(!engine.wanted(), Invariant::causes_are_told_apart,
                    "a terminal cause is tried again");
            return;
        case Disposition::auth:
            require(state != ConnectionState::backoff, Invariant::causes_are_told_apart,
                    "a refused token is tried again with a backoff");
            if (!options_.engine.host_provides_token || refusals_ >= 2) {
                require(!engine.wanted(), Invariant::token_is_asked_by_rule,
                        "a second refusal in a row asks once more");
            } else if (engine.wanted()) {
                const bool waits =
                    state == ConnectionState::network_off || state == ConnectionState::throttled;
                require(token_question_ != 0 || waits, Invariant::token_is_asked_by_rule,
                        "a refused token is used again");
            }
            return;
        case Disposition::throttled:
            require(!engine.wanted() || state == ConnectionState::throttled,
                    Invariant::advice_is_followed, "the server's advice is not taken");
            return;
        case Disposition::retry:
        case Disposition::retry_slowly:
            require(state != ConnectionState::throttled, Invariant::causes_are_told_apart,
                    "throttled without advice");
            return;
    }
}

bool Oracle::failure_before_abort(const engine::Engine& engine) const {
    const auto reason = engine.cause().reason;
    return reason == Reason::pong_timeout || reason == Reason::probe_failed;
}

void Oracle::check_timers(const engine::Engine& engine, const engine::Outbox& outbox,
                          Deadline next) {
    require(!is_tick_ || !next || *next > now_, Invariant::no_idle_wake_up,
            "a timer that has fired is due again");
    if (task_.deadline()) {
        require(next && *next <= *task_.deadline(), Invariant::nothing_after_the_deadline,
                "no timer for the deadline");
    }
    if (closing_ != 0) {
        require(next.has_value(), Invariant::nothing_after_the_deadline, "a close without a timer");
        require(!close_by_ || *next <= std::max(*close_by_, now_),
                Invariant::nothing_after_the_deadline, "a close takes longer than its time-out");
    }
    const auto state = engine.state();
    if (state == ConnectionState::backoff || state == ConnectionState::throttled) {
        require(next.has_value(), Invariant::comes_back, "nobody will try again");
    }
    if (state == ConnectionState::opening) {
        const auto all = options_.engine.resolve_timeout + options_.engine.connect_timeout;
        const auto still = std::min(still_until_, now_);
        require(next && *next <= std::max(opening_since_, still) + all + kSlack,
                Invariant::liveness, "an attempt has more than its time");
    }
    if (state == ConnectionState::opening_session) {
        const auto since = std::max(session_since_, std::min(still_until_, now_));
        require(next && *next <= since + options_.engine.session_timeout + kSlack,
                Invariant::liveness, "a session's opening has more than its time");
    }
    if (probe_ && up_ && !paused_ && !stood_still_) {
        require(next && *next <= std::max(probe_sent_, last_excuse_) +
                                     options_.engine.probe_timeout * kProbesInAll + kSlack,
                Invariant::liveness, "a probe has more than its time in all");
    }
    if (alive_ == 0 && closing_ == 0 && !options_.has_acks && outbox.front() == nullptr) {
        require(outbox.open_count() == 0, Invariant::one_fate,
                "a message that went with a connection has no fate when it is gone");
    }
    const auto allowed = silence_allowed();
    if (up_ && !paused_ && allowed != Duration::max()) {
        const auto still = std::min(still_until_, now_);
        auto by = std::max({last_frame_, last_excuse_, still, shortened_}) + allowed + kSlack;
        if (probe_) by = std::max(by, now_ + options_.engine.probe_timeout);
        if (!next || *next > by) {
            const auto ms = [](Duration d) { return std::to_string(engine::ceil_ms(d)) + " ms"; };
            violated(Invariant::liveness,
                     "a silence would go unnoticed: last frame " + ms(now_ - last_frame_) +
                         " ago, next timer in " + (next ? ms(*next - now_) : "none") +
                         ", allowed " + ms(allowed) + ", window " + std::to_string(task_.window));
        }
    }
    if (returns_owed_ != 0 && !closed_ && up_ && pending_ == 0) {
        require(!needs_refresh() && !engine.liveness().trusted(), Invariant::exactly_one,
                "a return waits for a verdict that is known");
    }
}

}  // namespace graceline::simulation
