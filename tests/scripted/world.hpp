// The world of the scripted build: one thread in place of the I/O thread, and a clock that stands
// still unless it is told to move. Must not know sockets, servers or clients.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/driver/loop.hpp"
#include "core/driver/timer_queue.hpp"
#include "core/engine/time.hpp"

namespace graceline::scripted {

/// What one client has on the I/O thread. A lane of an earlier world still runs what is posted, so
/// that its client can end; its timers stand still.
struct Lane {
    std::uint64_t world = 0;
    driver::TimerQueue timers;
    std::uint64_t next_listener = 0;
    std::map<std::uint64_t, std::function<void(engine::Duration)>> sleep_listeners;
};

class World {
  public:
    /// Never destroyed: clients may outlive everything else.
    static World& instance();

    // Any thread.
    engine::Instant now() const { return engine::Instant(engine::Duration(now_ns_.load())); }
    void post(std::function<void()> work);
    bool on_io_thread() const { return thread_.load() == std::this_thread::get_id(); }
    /// Which world this is; counts the resets.
    std::uint64_t number() const { return number_.load(); }
    std::shared_ptr<Lane> add_lane();
    void drop_lane(const std::shared_ptr<Lane>& lane);

    // For the one thread that gives commands. A text says what went wrong; empty: nothing.
    /// Runs work on the I/O thread and waits for it.
    void run(const std::function<void()>& work);
    std::string settle();
    std::string advance(engine::Duration by);
    /// Time passes and nothing runs. `meanwhile` is the first work afterwards. `io_waits`: the I/O
    /// thread stays stopped until the next command, so that the host is the first to see the time.
    std::string freeze(engine::Duration by, std::function<void()> meanwhile, bool io_waits);
    /// The machine sleeps: as freeze(), and the loop then tells that it was asleep.
    std::string sleep(engine::Duration by);
    /// Lets the I/O thread go on after a freeze that left it stopped.
    void thaw();
    /// The timers of all clients so far stand still from now on.
    void begin_anew() { ++number_; }

  private:
    World();

    void work_for_ever();
    std::shared_ptr<Lane> due_lane();
    void tell_sleep(engine::Duration slept);
    bool wait_idle(std::uint64_t works_at_most);
    engine::Deadline next_deadline();
    void move_clock(engine::Instant to);
    void stop();

    std::atomic<std::int64_t> now_ns_;
    std::atomic<std::uint64_t> number_{1};
    std::atomic<std::thread::id> thread_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> queue_;
    std::uint64_t posted_ = 0;
    std::uint64_t worked_ = 0;
    bool running_ = true;  ///< Work is being done, or due timers have not been looked for yet.
    bool stopped_ = false;

    std::vector<std::shared_ptr<Lane>> lanes_;  ///< I/O thread only.
};

/// Which world the client of this loop lives in.
std::uint64_t world_of(const driver::Loop& loop);

}  // namespace graceline::scripted
