// The policy of one fetch: what a failure calls for, as a total function, and the waits.
// Must not exceed the job's bound by waiting: a wait that does not fit is a failure at once.
#include "core/history/fetching.hpp"

#include <algorithm>
#include <utility>

namespace graceline::history {

using engine::Disposition;
using engine::Failure;
using engine::Reason;

namespace {

Treatment treatment_of_status(const Failure& failure, const Fetch& fetch,
                              bool refuses_unknown_ids) {
    const auto status = failure.http_status;
    const bool gone = status == 404 || status == 410 || (status == 400 && refuses_unknown_ids);
    if (gone && !fetch.anchor_id.empty()) return Treatment::unknown_anchor;
    switch (engine::disposition_of_http_status(status)) {
        case Disposition::auth:
            return Treatment::token;
        case Disposition::throttled:
            return Treatment::wait;
        case Disposition::retry:
        case Disposition::retry_slowly:
            return failure.retry_after_seconds ? Treatment::wait : Treatment::retry;
        case Disposition::terminal:
            break;
    }
    return Treatment::fail;
}

}  // namespace

Treatment treatment_of(const Failure& failure, const Fetch& fetch, bool refuses_unknown_ids) {
    switch (failure.reason) {
        case Reason::http_status:
            return treatment_of_status(failure, fetch, refuses_unknown_ids);
        case Reason::auth_refused:
            return Treatment::token;
        case Reason::history_throttled:
            return Treatment::wait;
        case Reason::history_timeout:
        case Reason::resolve_failed:
        case Reason::resolve_timeout:
        case Reason::connect_failed:
        case Reason::connect_timeout:
        case Reason::proxy_failed:
        case Reason::tls_failed:
        case Reason::connection_lost:
            return Treatment::retry;
        default:
            return Treatment::fail;
    }
}

void Fetching::ask(Fetch fetch) {
    fetch_ = std::move(fetch);
    state_ = State::idle;
    failures_ = 0;
}

engine::Duration Fetching::start(std::uint64_t number, engine::Instant now,
                                 const FetchingOptions& options) {
    number_ = number;
    state_ = State::fetching;
    const auto time = std::min<engine::Duration>(options.fetch_timeout, end_by_ - now);
    due_ = now + time;
    return time;
}

Fetching::Next Fetching::failed(const Failure& failure, engine::Instant now,
                                const FetchingOptions& options, engine::Generator& generator) {
    state_ = State::idle;
    switch (treatment_of(failure, fetch_, options.refuses_unknown_ids)) {
        case Treatment::token:
            if (std::exchange(token_asked_, true)) return Next::fail;
            refused_with_ = failure.http_status;
            state_ = State::token;
            return Next::token;
        case Treatment::wait:
            return wait(
                std::max<engine::Duration>(
                    engine::hold_time(failure.retry_after_seconds, generator), kMinThrottleWait),
                now);
        case Treatment::retry:
            if (failures_ == retries_) return Next::fail;
            ++failures_;
            return wait(engine::backoff(failures_, options.backoff, generator), now);
        case Treatment::unknown_anchor:
            return Next::unknown_anchor;
        case Treatment::fail:
            break;
    }
    return Next::fail;
}

Fetching::Next Fetching::wait(engine::Duration time, engine::Instant now) {
    if (now + time >= end_by_) return Next::fail;
    state_ = State::waiting;
    due_ = now + time;
    return Next::wait;
}

engine::Deadline Fetching::due() const {
    const bool timed = state_ == State::fetching || state_ == State::waiting;
    return timed ? std::min(due_, end_by_) : end_by_;
}

Failure Fetching::told(const Failure& failure, Treatment treatment) {
    Failure told = failure;
    switch (treatment) {
        case Treatment::token:
            told.reason = Reason::auth_refused;
            return told;
        case Treatment::wait:
            told.reason = Reason::history_throttled;
            return told;
        case Treatment::retry:
        case Treatment::unknown_anchor:
        case Treatment::fail:
            break;
    }
    const bool own =
        failure.reason == Reason::history_timeout || failure.reason == Reason::history_unreadable;
    if (!own) told.reason = Reason::history_failed;
    return told;
}

}  // namespace graceline::history
