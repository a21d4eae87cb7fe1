// The thread that pays for slow destructors.
// Must not be joined by anyone: a destructor that hangs must not hang its caller.
#include "core/driver/cpprest/reaper.hpp"

#include <cstdlib>
#include <system_error>
#include <thread>
#include <utility>

#include "core/driver/cpprest/limits.hpp"

namespace graceline::driver::cpprest {

Reaper& Reaper::instance() {
    static auto* const reaper = new Reaper;
    return *reaper;
}

void Reaper::announce() {
    const std::lock_guard lock(mutex_);
    ++pending_;
}

void Reaper::reap(std::function<void()> destroy, bool announced) {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(destroy));
    if (!announced) ++pending_;
    if (running_) return;
    try {
        std::thread([this] { run(); }).detach();
        running_ = true;
    } catch (const std::system_error&) {
        // No thread to be had now: the next work tries again, and the cap bounds what waits.
    }
}

std::size_t Reaper::pending() const {
    const std::lock_guard lock(mutex_);
    return pending_;
}

bool Reaper::drain(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return idle_.wait_for(lock, limit, [this] { return pending_ == 0; });
}

void Reaper::drain_at_exit() {
    {
        const std::lock_guard lock(mutex_);
        if (exit_handler_set_) return;
        exit_handler_set_ = true;
    }
    // Registered after cpprestsdk's pool was made, so it runs before that pool is torn down.
    std::atexit([] { Reaper::instance().drain(kDrainAtExitLimit); });
}

void Reaper::run() {
    std::unique_lock lock(mutex_);
    while (!work_.empty()) {
        auto destroy = std::move(work_.front());
        work_.pop_front();
        lock.unlock();
        destroy();
        destroy = nullptr;
        lock.lock();
        --pending_;
        if (pending_ == 0) idle_.notify_all();
    }
    running_ = false;
}

}  // namespace graceline::driver::cpprest
