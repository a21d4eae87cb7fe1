// Arithmetic of the window: min(grace, what the system grants less the margin).
// Must not let a deadline move but by start_window and by an answer of the operating system.
#include "core/engine/task.hpp"

#include <algorithm>
#include <utility>

#include "core/engine/limits.hpp"

namespace graceline::engine {

const char* to_string(TaskCause cause) {
    switch (cause) {
        case TaskCause::none:
            return "none";
        case TaskCause::returned:
            return "returned";
        case TaskCause::expired:
            return "expired";
        case TaskCause::os_expired:
            return "os_expired";
        case TaskCause::refused:
            return "refused";
        case TaskCause::disconnected:
            return "disconnected";
        case TaskCause::server:
            return "server";
        case TaskCause::terminated:
            return "terminated";
        case TaskCause::closed:
            return "closed";
    }
    return "unknown";
}

std::optional<Duration> clamp_os_remaining(std::int64_t remaining_ms) {
    if (remaining_ms == -1) return std::nullopt;
    if (remaining_ms >= kMaxOsRemaining.count()) return std::nullopt;
    return milliseconds(std::max<std::int64_t>(remaining_ms, 0));
}

void Task::begin() {
    running_ = true;
    window_started_ = false;
    refused_ = false;
    question_open_ = false;
    last_cause_ = TaskCause::none;
    ++number_;
    window_end_.reset();
    os_end_.reset();
    deadline_.reset();
}

void Task::end(TaskCause cause) {
    running_ = false;
    window_started_ = false;
    question_open_ = false;
    last_cause_ = cause;
    deadline_.reset();
}

void Task::start_window(Instant now, std::optional<Duration> grace, Duration margin) {
    window_started_ = true;
    window_start_ = now;
    window_end_ = grace ? Deadline(now + *grace) : std::nullopt;
    tighten(margin);
}

std::uint64_t Task::ask() {
    question_open_ = true;
    return ++question_;
}

bool Task::answers_current(std::uint64_t question) const {
    return running_ && question_open_ && question == question_;
}

void Task::granted(std::uint64_t id, std::optional<Duration> remaining, Instant now,
                   Duration margin) {
    os_id_ = id;
    refused_ = false;
    remaining_told(remaining, now, margin);
}

void Task::remaining_told(std::optional<Duration> remaining, Instant now, Duration margin) {
    question_open_ = false;
    os_end_ = remaining ? Deadline(now + *remaining) : std::nullopt;
    tighten(margin);
}

void Task::set_refused() {
    question_open_ = false;
    refused_ = true;
}

std::uint64_t Task::take_os_id() {
    question_open_ = false;
    os_end_.reset();
    return std::exchange(os_id_, 0);
}

void Task::tighten(Duration margin) {
    if (!window_started_) return;
    const Deadline os_limit = os_end_ ? Deadline(*os_end_ - margin) : std::nullopt;
    deadline_ = earlier(window_end_, os_limit);
    // A system that grants less than the margin leaves no window, not one in the past.
    if (deadline_) deadline_ = std::max(*deadline_, window_start_);
}

}  // namespace graceline::engine
