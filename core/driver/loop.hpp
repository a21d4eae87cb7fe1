// The one I/O thread of the process: sockets, timers and posted work of all clients.
// Must not know clients or engines: it runs what it is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/engine/time.hpp"

namespace boost::asio {
class io_context;
}

namespace graceline::driver {

class Loop;

/// One timer of one owner, on the suspend-aware clock. Lives on the I/O thread: arm, disarm and
/// destroy there only. Arming later than what is armed is lazy: it costs no system call, the timer
/// may wake once too early and `fire` is then not called.
class Timer {
  public:
    Timer(Loop& loop, std::function<void()> fire);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void arm(engine::Deadline deadline);  ///< nullopt disarms.

  private:
    friend class TimerQueue;
    static constexpr std::size_t kNoSlot = static_cast<std::size_t>(-1);

    Loop& loop_;
    std::function<void()> fire_;
    engine::Deadline deadline_;
    /// The queue's: where the timer stands and for when, which may be before the deadline.
    engine::Instant queued_at_;
    std::uint64_t order_ = 0;
    std::size_t slot_ = kNoSlot;
};

class Loop {
  public:
    /// The running loop; the first caller starts the thread, the thread ends after the last
    /// reference is gone (it is never joined from itself). An exit handler stops it in time.
    static std::shared_ptr<Loop> acquire();

    virtual ~Loop() = default;

    virtual void post(std::function<void()> work) = 0;  ///< Any thread; runs in order of calls.
    virtual bool on_io_thread() const = 0;              ///< Any thread.
    virtual boost::asio::io_context& context() = 0;     ///< For transports only.

    /// Called on the I/O thread after a wake-up that found the machine had slept; any owner.
    /// The returned token unregisters on destruction (I/O thread).
    virtual std::shared_ptr<void> on_sleep_detected(
        std::function<void(engine::Duration slept)> listener) = 0;

  protected:
    friend class Timer;
    virtual void timer_changed(Timer& timer) = 0;
    virtual void timer_gone(Timer& timer) = 0;
};

/// Now, on the suspend-aware clock. Any thread.
engine::Instant now();

}  // namespace graceline::driver
