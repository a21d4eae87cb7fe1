// Keeps OpenSSL and the I/O thread from running into the end of the process.
// Must not be destroyed: it is there until the process is gone.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace graceline::driver {

/// Calls into OpenSSL from threads that are not ours go through this gate. Once it is shut (by the
/// exit handler, before OpenSSL cleans up) no more get in.
class ExitGate {
  public:
    static ExitGate& instance();

    bool shut() const { return shut_.load(std::memory_order_acquire); }

    /// True: the caller is inside until leave().
    bool enter();
    void leave();

    /// Each running I/O thread counts from its start to its last instruction.
    void thread_started();
    void thread_ended();

    /// Shuts the gate.
    void shut_now() { shut_.store(true, std::memory_order_seq_cst); }
    /// Waits until nobody is inside and `threads` or fewer threads run, or the time is over.
    bool wait_empty(int threads, std::chrono::milliseconds within);

  private:
    std::atomic<bool> shut_{false};
    std::atomic<int> inside_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    int threads_ = 0;
};

/// One stay behind the gate.
class ExitGuard {
  public:
    ExitGuard() : entered_(ExitGate::instance().enter()) {}
    ~ExitGuard() {
        if (entered_) ExitGate::instance().leave();
    }
    ExitGuard(const ExitGuard&) = delete;
    ExitGuard& operator=(const ExitGuard&) = delete;

    explicit operator bool() const { return entered_; }

  private:
    bool entered_;
};

}  // namespace graceline::driver
