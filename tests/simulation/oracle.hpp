// SPEC sections 3 and 4 told a second time, as plainly as possible, to judge the engine by.
// Must be written from SPEC, and must look at the engine only to compare.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/keeper/keeper.hpp"
#include "tests/simulation/violation.hpp"

namespace graceline::simulation {

using engine::Deadline;
using engine::Duration;
using engine::Instant;

/// before() an input, saw() each output of it, after() it. One for each life.
class Oracle {
  public:
    Oracle(const keeper::Options& options, Instant now);

    void before(const engine::Input& input, Instant now, const engine::Engine& engine);
    void saw(const engine::Output& output);
    void after(engine::Outcome outcome, const keeper::Keeper& keeper);
    /// `next`: when the next timer of the whole is due.
    void after(engine::Outcome outcome, const engine::Engine& engine, const engine::Outbox& outbox,
               Deadline next);
    /// The process stood still: what depends on when it noticed is not judged for a while.
    void stood_still(Instant until);
    /// What the queries say, at any time, without a step.
    void check_queries(const engine::Facts& facts, Instant at) const;

    // What only the world can see.
    void accepted_message(std::uint64_t id);
    bool has_fate(std::uint64_t id) const { return id <= fates_.size() && fates_[id - 1] != 0; }
    void saw_fate(const engine::FateRange& fates);
    void accepted_request(std::uint64_t number, const history::Fetch& page, Instant now);
    /// It may mark a refresh (SPEC: refresh_by_fetch).
    void saw_page(const history::output::PageReady& ready);
    bool marked_by_page() const { return marked_by_page_; }
    void completed_request(std::uint64_t number, Instant now, bool with_page);
    void fetch_started() const;
    void message_shown(Instant now) const;
    void os_id_given(std::uint64_t id);
    /// Nothing more comes.
    void check_end() const;

    bool up() const { return up_; }
    bool wanted() const { return wanted_; }
    bool closed() const { return closed_; }
    bool in_background() const { return presence_ == Presence::background; }
    bool foreground() const { return presence_ == Presence::foreground; }
    bool needs_refresh() const { return gap_open_ || pending_ > marked_ || !unclosed_.empty(); }
    bool return_owed() const { return returns_owed_ != 0; }
    bool verdict_pending() const { return pending_ != 0; }
    Deadline held_until() const { return held_until_; }

  private:
    using Presence = engine::Presence;
    using TaskCause = engine::TaskCause;

    struct Task {
        bool running = false;
        bool window = false;
        bool has_id = false;
        TaskCause last = TaskCause::none;
        Deadline window_end;
        Deadline os_end;
        Deadline deadline() const {
            return running && window ? engine::earlier(window_end, os_end) : std::nullopt;
        }
    };

    // The rules: oracle.cpp
    void want();
    void tries_afresh(bool with_refusals);
    void report(engine::ApplicationState state);
    void come_back();
    void begin_task();
    void start_window();
    void end_task(TaskCause cause);
    void expire(TaskCause cause, Instant since);
    void mark(std::uint64_t mark);
    void os_answered(const engine::input::BackgroundTimeAnswer& told);
    bool behind_closed_doors() const {
        return presence_ == Presence::background || presence_ == Presence::terminated;
    }
    /// A close under way keeps the earlier bound.
    void close_by(Instant by) {
        close_by_ = closing_ != 0 && close_by_ ? std::min(*close_by_, by) : by;
    }
    bool over() const { return behind_closed_doors() && !task_.running; }

    void check_questions(const engine::Engine& engine) const;
    void check_cause(const engine::Engine& engine) const;

    // What happens to the connection: oracle_connection.cpp
    void ended(const engine::Failure& why);
    void came_up();
    void frame_read(bool probe_answered);
    void suspect();
    void status(const engine::output::StatusChanged& changed);
    void judge_cause(const engine::output::StatusChanged& changed);
    void opens(std::uint64_t generation);
    void gone(std::uint64_t generation);
    void leave_open();
    void judged(const engine::output::GapJudged& judged);
    void sends_ping(const engine::output::SendPing& ping);
    void check_connection(const engine::Engine& engine);
    void check_timers(const engine::Engine& engine, const engine::Outbox& outbox, Deadline next);
    Duration silence_allowed() const;
    bool failure_before_abort(const engine::Engine& engine) const;

    friend struct Input;
    friend struct Output;

    const keeper::Options& options_;
    Instant now_;
    bool is_tick_ = false;

    // The host.
    bool started_ = false;
    bool wanted_ = false;
    bool revives_ = false;
    bool closed_ = false;
    bool window_ran_out_ = false;  ///< And nothing has begun since.
    Presence presence_;
    Task task_;
    engine::Network network_ = engine::Network::unknown;
    std::uint64_t question_ = 0;
    std::set<std::uint64_t> os_ids_;  ///< Given and not yet given back.
    std::size_t returns_owed_ = 0;
    engine::Outcome expected_outcome_ = engine::Outcome::ok;
    std::vector<TaskCause> ends_expected_;
    std::size_t begins_expected_ = 0;
    std::size_t superseded_expected_ = 0;
    bool returned_now_ = false;
    bool resigned_now_ = false;  ///< With a wish for a connection.
    bool backgrounded_now_ = false;
    bool network_now_ = false;
    bool os_asked_now_ = false;
    bool probed_now_ = false;
    bool had_os_id_ = false;
    Instant opening_since_{};
    Instant session_since_{};
    Instant last_frame_of_lost_{};
    bool expired_now_ = false;
    std::uint64_t ended_late_ = 0;
    bool task_began_now_ = false;  ///< Or ran as the step began.
    Deadline close_by_;

    // The connection.
    bool up_ = false;
    bool up_before_ = false;
    bool was_trusted_ = false;
    engine::ConnectionStatus status_ = engine::ConnectionStatus::disconnected;
    engine::ConnectionState state_before_{};
    std::uint64_t alive_ = 0;  ///< Generation that is open or opening; 0: none.
    std::uint64_t closing_ = 0;
    std::uint64_t generation_ = 0;
    Instant up_since_{};
    Instant last_frame_{};
    Instant shortened_{};    ///< The shorter interval of a window counts from here.
    Instant last_excuse_{};  ///< A silence before it is nobody's fault.
    bool trusted_ = false;
    bool paused_ = false;
    bool paused_before_ = false;
    Instant still_until_{};
    bool stood_still_ = false;
    std::optional<engine::PingPayload> probe_;
    Instant probe_sent_{};
    std::optional<engine::PingPayload> keepalive_;
    bool user_ping_ = false;

    // Failures.
    std::optional<engine::Failure> failure_;
    unsigned tries_ = 0;     ///< Since the last stable connection or wish of the host.
    unsigned refusals_ = 0;  ///< Of the token, in a row.
    Deadline held_until_;
    std::uint64_t token_question_ = 0;
    bool token_asked_now_ = false;
    bool token_answered_ = false;
    bool token_held_ = false;  ///< At most: a page may have found it refused.
    bool failed_now_ = false;

    // The truth.
    bool gap_open_ = true;
    std::uint64_t gaps_ended_ = 0;
    std::uint64_t pending_ = 0;
    std::uint64_t marked_ = 0;
    std::set<std::uint64_t> unclosed_;

    std::uint64_t accepted_ = 0;
    std::vector<std::uint8_t> fates_;
    struct Request {
        Instant since{};
        std::optional<std::uint64_t> mark;
    };
    std::map<std::uint64_t, Request> requests_;
    std::optional<std::uint64_t> messages_mark_;
    std::optional<std::uint64_t> conversations_mark_;
    engine::Reason last_verdict_ = engine::Reason::none;
    bool marked_by_page_ = false;
};

}  // namespace graceline::simulation
