// Destroys what may block while being destroyed, on a thread of its own, and counts it.
// Must not know what it destroys, and must never be waited for except at the process's exit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace graceline::driver::cpprest {

class Reaper {
  public:
    /// Lives for ever: work may arrive while statics are being destroyed.
    static Reaper& instance();

    /// Any thread. Work that will come later counts as pending from now on.
    void announce();
    /// Any thread; never blocks. The thread starts with the first work and ends with the last.
    void reap(std::function<void()> destroy, bool announced = false);
    /// Any thread. Announced, waiting or being destroyed now.
    std::size_t pending() const;
    /// Waits until nothing is pending; false when the limit came first.
    bool drain(std::chrono::milliseconds limit);
    /// Once a process: drains when it exits.
    void drain_at_exit();

  private:
    void run();

    mutable std::mutex mutex_;
    std::condition_variable idle_;
    std::deque<std::function<void()>> work_;
    std::size_t pending_ = 0;
    bool running_ = false;
    bool exit_handler_set_ = false;
};

}  // namespace graceline::driver::cpprest
