// The background task: its window, its deadline, and the operating system's share of it.
// Must not touch the connection: the engine carries out what an expiry means.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/engine/time.hpp"

namespace graceline::engine {

/// How a task ended (graceline_task_cause, same values); the first cause stands.
enum class TaskCause : std::uint8_t {
    none,
    returned,
    expired,
    os_expired,
    refused,
    disconnected,
    server,
    terminated,
    closed,
};

const char* to_string(TaskCause cause);

/// What a begin or remaining hook answered, made sane.
struct OsAnswer {
    std::uint64_t id = 0;               ///< 0: refused.
    std::optional<Duration> remaining;  ///< nullopt: no limit.
};

/// Negative values become 0, absurd ones "no limit" (UIKit says DBL_MAX in the foreground).
std::optional<Duration> clamp_os_remaining(std::int64_t remaining_ms);

class Task {
  public:
    bool running() const { return running_; }
    std::uint64_t number() const { return number_; }
    TaskCause last_cause() const { return last_cause_; }
    /// nullopt: unlimited, or the window has not started.
    Deadline deadline() const { return running_ ? deadline_ : std::nullopt; }
    bool window_started() const { return running_ && window_started_; }

    void begin();
    void end(TaskCause cause);

    /// Starts a full window now (R2, R9, R11, R12, R24).
    void start_window(Instant now, std::optional<Duration> grace, Duration margin);

    /// Opens a question to the operating system; only its newest one counts.
    std::uint64_t ask();
    bool answers_current(std::uint64_t question) const;
    bool has_os_id() const { return os_id_ != 0; }
    bool refused() const { return refused_; }
    void granted(std::uint64_t id, std::optional<Duration> remaining, Instant now, Duration margin);
    void remaining_told(std::optional<Duration> remaining, Instant now, Duration margin);
    void set_refused();
    /// The id that must be given back now, 0 for none; the task holds none afterwards.
    std::uint64_t take_os_id();

  private:
    void tighten(Duration margin);

    bool running_ = false;
    bool window_started_ = false;
    bool refused_ = false;
    TaskCause last_cause_ = TaskCause::none;
    std::uint64_t number_ = 0;
    std::uint64_t question_ = 0;
    bool question_open_ = false;
    std::uint64_t os_id_ = 0;
    Instant window_start_{};
    Deadline window_end_;
    Deadline os_end_;
    Deadline deadline_;
};

}  // namespace graceline::engine
