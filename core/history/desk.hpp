// The front of the history: requests and the catch-up in, fetches and pages out, in virtual time.
// Must not do I/O: it says which page to fetch, and is told how that went.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "core/engine/backoff.hpp"
#include "core/engine/reason.hpp"
#include "core/engine/time.hpp"
#include "core/history/catch_up.hpp"
#include "core/history/fetch.hpp"
#include "core/history/fetching.hpp"
#include "core/history/page.hpp"
#include "core/history/walk.hpp"

namespace graceline::history {

struct DeskOptions {
    engine::Duration fetch_timeout = kDefaultFetchTimeout;  ///< One whole exchange.
    engine::Duration request_time = kDefaultRequestTime;    ///< A host's request, waits included.
    engine::Duration catch_up_time = kDefaultCatchUpTime;
    CatchUpLimits catch_up;
    engine::BackoffPolicy backoff;  ///< Between the retries of a catch-up.
    std::uint64_t seed = 0;
};

/// How a fetch went. A page was parsed outside the client's lock (PageReader). A failure's reason:
/// http_status with the status (redirects too), history_unreadable, history_timeout, or what the
/// transport said.
using Answer = std::variant<std::shared_ptr<Page>, engine::Failure>;

namespace output {

/// Answered by Desk::answer() with this number, unless StopFetch came first.
struct StartFetch {
    std::uint64_t fetch = 0;
    std::uint64_t request = 0;  ///< 0: the catch-up.
    Fetch page;
    engine::Duration timeout{};
};
/// Its answer would change nothing any more.
struct StopFetch {
    std::uint64_t fetch = 0;
};
/// The token that this fetch was sent with was refused. Answered by Desk::token_settled(); until
/// then its job waits. Several jobs may say so; one fresh token serves them all.
struct NeedToken {
    std::uint64_t fetch = 0;
};
/// Completes a request.
struct PageReady {
    std::uint64_t request = 0;
    std::shared_ptr<Page> page;
    Fetch fetch;  ///< What the page answers, for Walk::page_came().
    End end = End::no;
    std::uint64_t epoch = 0;  ///< As begin() was told.
};
/// Completes a request.
struct RequestFailed {
    std::uint64_t request = 0;
    engine::Failure failure;
    engine::Reason cause = engine::Reason::none;  ///< What lay below, where that says more.
};
/// All items are to be delivered, flagged as replayed, in order, before live ones held meanwhile.
/// They are in the SeenIds already.
struct Replay {
    std::shared_ptr<const Page> page;
};
struct CatchUpEnded {
    CatchUpResult result;
    engine::Failure failure;  ///< Of the fetch that ended it, where one did.
};

}  // namespace output

using Output =
    std::variant<output::StartFetch, output::StopFetch, output::NeedToken, output::PageReady,
                 output::RequestFailed, output::Replay, output::CatchUpEnded>;

/// After every call that is not const the caller drains poll_output() and carries all out in order.
/// A `now` before the last one counts as the last.
class Desk {
  public:
    enum class Begun : std::uint8_t {
        ok,
        too_many,     ///< kMaxRequests are under way.
        number_used,  ///< One with this number is.
        not_offered,  ///< The source has no such page.
    };

    /// `source` has no error_in().
    Desk(SourceOptions source, const DeskOptions& options);
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    const SourceOptions& source() const { return source_; }

    /// False, and nothing is done: the source cannot, or there is no position. One that was under
    /// way is dropped as by cancel_catch_up(). Ends with one CatchUpEnded.
    bool begin_catch_up(const Known& known, engine::Instant now);
    /// No CatchUpEnded follows: whoever cancels knows.
    void cancel_catch_up();
    bool catching_up() const { return catch_up_.has_value(); }

    /// One page for the host. Ends with one PageReady or RequestFailed. Its messages count as seen,
    /// so that one which comes live later is not delivered once more.
    Begun begin(std::uint64_t request, Fetch page, const Known& known, engine::Instant now);
    void cancel(std::uint64_t request, engine::Reason reason);
    /// Every request, and the catch-up as by cancel_catch_up().
    void cancel_all(engine::Reason reason);

    /// A number that is not awaited changes nothing.
    void answer(std::uint64_t fetch, Answer&& answer, const Known& known, engine::Instant now);
    void token_settled(bool ok, engine::Instant now);
    void tick(engine::Instant now);
    engine::Deadline next_deadline() const;

    std::optional<Output> poll_output();

    std::size_t requests() const { return requests_.size(); }
    /// Asserts what must always hold; for tests, the simulator and fuzzers.
    void check_invariants() const;

  private:
    struct Request {
        std::uint64_t number = 0;
        std::uint64_t epoch = 0;
        Fetching fetching;
    };
    struct CatchingUp {
        CatchUp catch_up;
        Fetching fetching;
    };

    void begin_step(engine::Instant now);
    template <class T>
    void put(T output) {
        outputs_.emplace_back(std::move(output));
    }

    void start(Fetching& fetching, std::uint64_t request);
    void stop(const Fetching& fetching);
    /// What the failure calls for, with what can be done at once done.
    Fetching::Next failed(Fetching& fetching, const engine::Failure& failure);
    std::optional<std::size_t> request_with(std::uint64_t number) const;
    void request_failed(std::size_t index, const engine::Failure& failure);
    void request_came(std::size_t index, std::shared_ptr<Page> page, const Known& known);
    void request_answered(std::size_t index, Answer&& answer, const Known& known);
    void catch_up_failed(const engine::Failure& failure);
    void catch_up_answered(Answer&& answer, const Known& known);
    void carry_out(CatchUp::Step&& step);
    void tick_request(std::size_t index);
    void tick_catch_up();

    SourceOptions source_;
    DeskOptions options_;
    FetchingOptions fetching_options_;
    engine::Generator generator_;
    engine::Instant now_{};
    std::vector<Output> outputs_;
    std::size_t drained_ = 0;
    std::uint64_t fetches_ = 0;
    std::vector<Request> requests_;
    std::optional<CatchingUp> catch_up_;
};

}  // namespace graceline::history
