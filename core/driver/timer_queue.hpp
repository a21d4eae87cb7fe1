// The timers of the I/O thread in order of their deadlines, with lazy moves to a later one.
// Must not read a clock or wait: the loop tells it the time.
#pragma once

#include <cstddef>
#include <vector>

#include "core/driver/loop.hpp"

namespace graceline::driver {

class TimerQueue {
  public:
    /// Takes over a change of the timer's deadline.
    void update(Timer& timer);
    void remove(Timer& timer);

    /// Fires what is due, in order of deadlines. A timer that one of them arms anew waits for the
    /// next call, so that a timer armed in the past cannot hold the thread.
    void run_due(engine::Instant now);

    /// When run_due() is wanted next. It may be too early for any timer.
    engine::Deadline next() const;
    bool empty() const { return heap_.empty(); }

  private:
    engine::Instant not_before_run(engine::Instant deadline) const;
    bool before(const Timer& a, const Timer& b) const;
    void place(std::size_t slot, Timer* timer);
    void sift_up(std::size_t slot);
    void sift_down(std::size_t slot);
    void push(Timer& timer);
    void fire(Timer& timer);

    std::vector<Timer*> heap_;
    std::uint64_t next_order_ = 0;
    /// The timer whose function runs; null once it was destroyed in there.
    Timer* firing_ = nullptr;
    /// The time that run_due() works with while it runs.
    engine::Deadline run_time_;
};

}  // namespace graceline::driver
