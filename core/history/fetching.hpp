// One fetch after the other for one job: time-outs, fresh tokens, waits that the server asks for.
// Must not know what the pages are for.
#pragma once

#include <cstdint>
#include <optional>

#include "core/engine/backoff.hpp"
#include "core/engine/reason.hpp"
#include "core/engine/time.hpp"
#include "core/history/fetch.hpp"
#include "core/history/limits.hpp"

namespace graceline::history {

/// What a failed fetch calls for.
enum class Treatment : std::uint8_t {
    token,           ///< 401, 403: a fresh one, once a job.
    wait,            ///< 429, 503, or a Retry-After: as long as the server says.
    retry,           ///< Unreachable, 5xx, too slow: with backoff, in a catch-up.
    unknown_anchor,  ///< The server does not know the id that was asked about.
    fail,
};

/// Total over every failure. `refuses_unknown_ids`: a 400 may mean that too.
Treatment treatment_of(const engine::Failure& failure, const Fetch& fetch,
                       bool refuses_unknown_ids);

struct FetchingOptions {
    engine::Duration fetch_timeout = kDefaultFetchTimeout;
    engine::BackoffPolicy backoff;
    bool refuses_unknown_ids = false;
};

/// The fetches of one job, until its bound in time.
class Fetching {
  public:
    enum class State : std::uint8_t { idle, fetching, waiting, token };
    enum class Next : std::uint8_t { wait, token, unknown_anchor, fail };

    /// `retries`: for each fetch, in a row.
    Fetching(std::uint32_t retries, engine::Instant end_by) : retries_(retries), end_by_(end_by) {}

    /// Another page; what failed before is forgotten, except that a token was asked for.
    void ask(Fetch fetch);

    /// The fetch gets this number; the time that it has.
    engine::Duration start(std::uint64_t number, engine::Instant now,
                           const FetchingOptions& options);

    /// What to do now, and from then on the state; `wait` and `token` need nothing more.
    Next failed(const engine::Failure& failure, engine::Instant now, const FetchingOptions& options,
                engine::Generator& generator);
    void answered() { state_ = State::idle; }

    State state() const { return state_; }
    std::uint64_t number() const { return state_ == State::fetching ? number_ : 0; }
    const Fetch& fetch() const { return fetch_; }
    engine::Instant end_by() const { return end_by_; }
    bool over(engine::Instant now) const { return now >= end_by_; }
    /// The end of the fetch or of the wait, and of the job.
    engine::Deadline due() const;

    /// The status that the token was refused with; 0: it was not.
    std::uint16_t refused_with() const { return refused_with_; }

    /// What a job that failed says: one of the history's own reasons, with status and advice.
    static engine::Failure told(const engine::Failure& failure, Treatment treatment);

  private:
    Next wait(engine::Duration time, engine::Instant now);

    std::uint32_t retries_;
    engine::Instant end_by_;
    State state_ = State::idle;
    Fetch fetch_;
    std::uint64_t number_ = 0;
    engine::Instant due_{};
    std::uint32_t failures_ = 0;
    bool token_asked_ = false;
    std::uint16_t refused_with_ = 0;
};

}  // namespace graceline::history
