// The engine: one client's lifecycle, grace window, connection and truth as a value.
// Must not do anything: it takes inputs with their time and gives outputs and one deadline.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/engine/application_state.hpp"
#include "core/engine/backoff.hpp"
#include "core/engine/continuity.hpp"
#include "core/engine/facts.hpp"
#include "core/engine/input.hpp"
#include "core/engine/liveness.hpp"
#include "core/engine/options.hpp"
#include "core/engine/output.hpp"
#include "core/engine/phase.hpp"
#include "core/engine/task.hpp"
#include "core/engine/token.hpp"

namespace graceline::engine {

/// The timers, in the order in which one step fires those that are due.
enum class Timer : std::uint8_t {
    grace,
    token,
    connect,
    session,
    close,
    retry,
    probe,
    pong,
    ping,
    user_ping,
};
inline constexpr int kTimers = 10;

const char* to_string(Timer timer);

/// Three verbs: handle(), poll_output(), next_deadline(). Copying it copies the whole client.
class Engine {
  public:
    Engine(const Options& options, Instant now);

    /// Earlier outputs must have been drained. A `now` before the last one counts as the last.
    Outcome handle(const Input& input, Instant now);

    std::optional<Output> poll_output();

    Deadline next_deadline() const;
    std::optional<Timer> next_deadline_reason() const;

    // Facts.
    Facts facts() const;
    Phase phase() const;
    ConnectionState state() const { return state_; }
    Presence presence() const { return presence_; }
    ApplicationState application_state() const { return application_state_; }
    Network network() const { return network_; }
    Generation generation() const { return generation_; }
    bool wanted() const { return wanted_; }
    bool closed() const { return closed_; }
    const Task& task() const { return task_; }
    const Continuity& continuity() const { return continuity_; }
    const Liveness& liveness() const { return liveness_; }
    const Failure& cause() const { return cause_; }
    std::uint32_t attempt() const { return attempt_; }
    Deadline retry_at() const;
    bool return_pending() const { return return_pending_; }
    std::uint64_t connections() const { return connections_; }
    std::uint64_t pings_sent() const { return pings_sent_; }
    const Token& token() const { return token_; }
    /// May a message wait for the next connection? Else `cause()` says why it has none.
    bool keeps_outgoing() const {
        return wanted_ || (revives_on_return_ && presence_ != Presence::terminated);
    }
    /// May bytes of this attempt be taken now? Asked before each read is walked (R6, R17).
    bool takes_frames(Generation generation) const {
        return generation == generation_ && state_ == ConnectionState::open;
    }

    /// Asserts what must always hold; for tests, the simulator and fuzzers.
    void check_invariants() const;

  private:
    // engine.cpp
    Outcome step(const Input& input);
    Deadline timer(Timer timer) const;
    void fire_due_timers();
    void fire(Timer timer);
    void move(ConnectionState next, const Failure& cause);
    void report_status();
    void report_closed();
    template <class T>
    void put(T output) {
        outputs_.push_back(output);
    }

    // engine_application.cpp: app states, the task, the operating system's time, verdicts of
    // returns
    Outcome on(const input::Start&);
    Outcome on(const input::Connect&);
    Outcome on(const input::Disconnect&);
    Outcome on(const input::Close&);
    Outcome on(const input::ReportState&);
    Outcome on(const input::BackgroundTimeExpiring&);
    Outcome on(const input::BackgroundTimeAnswer&);
    Outcome on(const input::MarkRefreshed&);
    void resign();
    void enter_background();
    void come_back();
    void start_afresh();
    void terminate();
    bool in_background() const {
        return presence_ == Presence::background || presence_ == Presence::terminated;
    }
    void begin_task();
    void start_window();
    void end_task(TaskCause cause, Reason reason);
    void ask_host(bool begin);
    void expire(TaskCause cause, Reason reason, Deadline when_due);
    void expire_if_due();
    void settle_os_time();
    void judge_return();
    void answer_return(ReturnAdvice advice, Reason reason);

    // engine_connection.cpp: attempts, failures, backoff, server advice, closing
    Outcome on(const input::NetworkChanged&);
    Outcome on(const input::TransportProgress&);
    Outcome on(const input::TransportOpened&);
    Outcome on(const input::TransportEnded&);
    Outcome on(const input::SessionOpened&);
    Outcome on(const input::CatchUpEnded&);
    void try_connect(const Failure& cause);
    void open_transport(const Failure& cause);
    void connection_failed(const Failure& why);
    void wait_and_retry(const Failure& why, Disposition disposition);
    void give_up(const Failure& why);
    bool retries_left() const;
    void leave_open(Reason reason, Instant at);
    /// `due`: when it should have happened, where that was earlier than now.
    void close_connection(std::uint16_t code, bool suspend, Reason reason, Deadline by,
                          Deadline due = std::nullopt);
    void abort_socket();
    void stop_waiting_or_abort(Reason reason);
    void judge_gap(const input::SessionOpened& opened);
    void give_verdict(GapVerdict verdict, Reason reason, bool from_position = false);
    void socket_gone();

    // engine_token.cpp: the host's token, for the connection and for who else needs it
    Outcome on(const input::TokenProvided&);
    Outcome on(const input::TokenRefused&);
    void ask_token();
    void token_failed(Reason reason);
    void drop_token_question();

    // engine_liveness.cpp: frames, pings, probes, suspect events
    Outcome on(const input::Ping&);
    Outcome on(const input::FramesRead&);
    Outcome on(const input::PongRead&);
    Outcome on(const input::ReadingPaused&);
    Outcome on(const input::ReadingResumed&);
    Outcome on(const input::ClockJumped&);
    Outcome on(const input::Tick&);
    void suspect();
    void probe();
    void notice_late_timers(Instant last);
    std::optional<Duration> ping_interval() const;
    void finish_user_ping(std::optional<Duration> round_trip, Reason reason);

    Options options_;
    Instant now_;
    std::vector<Output> outputs_;
    std::size_t drained_ = 0;
    Generator generator_;

    // the host
    ApplicationState application_state_;
    Presence presence_;
    Network network_ = Network::unknown;
    bool started_ = false;
    bool wanted_ = false;
    bool revives_on_return_ = false;
    bool closed_ = false;
    bool closed_reported_ = false;
    bool return_pending_ = false;
    bool return_met_gap_ = false;  ///< The pending return had to wait for a verdict.
    /// Why a gap is not closed: the verdict that the pending return waited for, or an earlier gap.
    Reason return_not_closed_ = Reason::refresh_not_marked;
    Task task_;
    std::vector<std::uint64_t> os_ids_to_end_;  ///< Given back when the socket is gone.

    Token token_;

    // the connection
    ConnectionState state_ = ConnectionState::idle;
    input::TransportProgress::Step opening_step_{};
    Generation generation_ = 0;
    Failure cause_{Reason::not_started, 0, 0, std::nullopt};
    std::uint32_t attempt_ = 0;
    Instant opened_at_{};
    Instant failing_since_{};
    std::uint64_t connections_ = 0;
    std::uint64_t pings_sent_ = 0;
    Deadline connect_by_;
    Deadline session_by_;
    Deadline close_by_;
    Deadline retry_at_;
    Deadline held_until_;  ///< Server advice; nothing skips it.
    Failure hold_cause_;

    // the truth
    Liveness liveness_;
    Continuity continuity_;
};

}  // namespace graceline::engine
