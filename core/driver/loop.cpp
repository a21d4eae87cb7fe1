// The I/O thread: started by the first who needs it, ended after the last, stopped before exit.
// Must not be joined by anybody, and must not leave anything running into OpenSSL's cleanup.
#include "core/driver/loop.hpp"

#include <openssl/ssl.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "core/driver/exit_gate.hpp"
#include "core/driver/platform/platform.hpp"
#include "core/driver/timer_queue.hpp"

namespace graceline::driver {
namespace {

constexpr const char* kThreadName = "graceline-io";
// How long the end of the process waits for handlers that still run.
constexpr std::chrono::milliseconds kExitWait{500};
// Below it, it is the two clocks being read one after the other.
constexpr engine::Duration kShortestSleep = std::chrono::milliseconds(20);
/// A wake-up this much before the next deadline is not worth its saving of one system call.
constexpr engine::Duration kStaleWake = std::chrono::seconds(1);

class LoopImpl;

/// The loop that is shared now. Never destroyed.
struct Registry {
    std::mutex mutex;
    std::weak_ptr<LoopImpl> current;
    // For the exit handler alone: loops whose threads run.
    std::vector<LoopImpl*> running;

    static Registry& instance() {
        static Registry* const registry = new Registry;
        return *registry;
    }
};

class LoopImpl final : public Loop {
  public:
    LoopImpl() : asleep_(platform::time_asleep()), work_(context_.get_executor()) {
        wake_ = platform::make_wake_timer(context_, [this] { wake_up(); });
    }
    ~LoopImpl() override { wake_.reset(); }

    void start() {
        ExitGate::instance().thread_started();
        try {
            std::thread([this] { run(); }).detach();
        } catch (...) {
            ExitGate::instance().thread_ended();
            throw;
        }
    }

    /// The last reference is gone: what was posted before still runs, then the thread ends.
    void let_go() noexcept {
        // Nobody could be told that it failed, and nobody else will do it.
        for (;;) {
            try {
                return boost::asio::post(context_, [this] { context_.stop(); });
            } catch (const std::bad_alloc&) {
                std::this_thread::yield();
            }
        }
    }

    void stop_now() { context_.stop(); }

    void post(std::function<void()> work) override { boost::asio::post(context_, std::move(work)); }
    bool on_io_thread() const override { return thread_.load() == std::this_thread::get_id(); }
    boost::asio::io_context& context() override { return context_; }

    std::shared_ptr<void> on_sleep_detected(
        std::function<void(engine::Duration slept)> listener) override {
        const std::uint64_t id = next_listener_++;
        sleep_listeners_.emplace(id, std::move(listener));
        return {this, [id](LoopImpl* loop) { loop->sleep_listeners_.erase(id); }};
    }

  protected:
    void timer_changed(Timer& timer) override {
        timers_.update(timer);
        if (!waking_) arm();
    }

    void timer_gone(Timer& timer) override {
        timers_.remove(timer);
        if (!waking_) arm();
    }

  private:
    void run();
    void wake_up();
    void tell_sleep();
    void arm();

    // What handlers touch goes after the context, which destroys those that never ran.
    TimerQueue timers_;
    engine::Deadline armed_;
    bool waking_ = false;
    engine::Duration asleep_;
    std::uint64_t next_listener_ = 0;
    std::map<std::uint64_t, std::function<void(engine::Duration)>> sleep_listeners_;
    std::atomic<std::thread::id> thread_;
    std::unique_ptr<platform::WakeTimer> wake_;
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
};

void LoopImpl::run() {
    platform::prepare_own_thread(kThreadName);
    thread_.store(std::this_thread::get_id());
    Registry& registry = Registry::instance();
    {
        const std::lock_guard lock(registry.mutex);
        registry.running.push_back(this);
        // The exit handler may have looked for running loops before.
        if (ExitGate::instance().shut()) context_.stop();
    }
    context_.run();
    bool exiting = false;
    {
        const std::lock_guard lock(registry.mutex);
        std::erase(registry.running, this);
        exiting = ExitGate::instance().shut();
    }
    // While the process ends, other threads may still hold the loop: it is left where it is.
    if (!exiting) delete this;
    // OpenSSL would free what it keeps for this thread only when the thread is gone altogether, and
    // the process may have taken OpenSSL down by then.
    OPENSSL_thread_stop();
    ExitGate::instance().thread_ended();
}

void LoopImpl::wake_up() {
    waking_ = true;
    tell_sleep();
    armed_.reset();
    timers_.run_due(now());
    waking_ = false;
    arm();
}

void LoopImpl::tell_sleep() {
    const engine::Duration asleep = platform::time_asleep();
    const engine::Duration slept = asleep - asleep_;
    if (slept < kShortestSleep) return;
    asleep_ = asleep;
    std::vector<std::uint64_t> ids;
    for (const auto& [id, listener] : sleep_listeners_) ids.push_back(id);
    for (const std::uint64_t id : ids) {
        // Looked up anew: one listener may have unregistered another.
        const auto found = sleep_listeners_.find(id);
        if (found == sleep_listeners_.end()) continue;
        const auto listener = found->second;
        listener(slept);
    }
}

void LoopImpl::arm() {
    if (!wake_) return;
    const engine::Deadline next = timers_.next();
    if (!next) {
        // A machine with nothing to wait for is not woken once more.
        if (armed_) wake_->clear();
        armed_.reset();
    } else if (!armed_ || *next < *armed_ || *next - *armed_ > kStaleWake) {
        // A little too early is lazy; far too early would wake an idle machine for nothing.
        wake_->set(*next);
        armed_ = next;
    }
}

void stop_at_exit() {
    ExitGate& gate = ExitGate::instance();
    gate.shut_now();
    Registry& registry = Registry::instance();
    bool is_io_thread = false;
    {
        const std::lock_guard lock(registry.mutex);
        for (LoopImpl* loop : registry.running) {
            if (loop->on_io_thread()) is_io_thread = true;
            loop->stop_now();
        }
    }
    gate.wait_empty(is_io_thread ? 1 : 0, kExitWait);
}

/// Without a descriptor or a thread to be had there is no loop: told as what it is, as if memory
/// had run out.
std::unique_ptr<LoopImpl> make_loop() {
    try {
        return std::make_unique<LoopImpl>();
    } catch (const boost::system::system_error&) {
        throw std::bad_alloc();
    }
}

/// OpenSSL registers its cleanup when it is first used; handlers run in reverse order, so ours
/// comes after that.
void register_exit_handler() {
    static const bool registered = [] {
        OPENSSL_init_ssl(0, nullptr);
        ExitGate::instance();
        Registry::instance();
        return std::atexit(stop_at_exit) == 0;
    }();
    static_cast<void>(registered);
}

}  // namespace

std::shared_ptr<Loop> Loop::acquire() {
    register_exit_handler();
    Registry& registry = Registry::instance();
    const std::lock_guard lock(registry.mutex);
    if (std::shared_ptr<LoopImpl> current = registry.current.lock()) return current;
    auto fresh = make_loop();
    // After the exit handler there is no thread any more: work is taken and never run.
    const bool exiting = ExitGate::instance().shut();
    if (!exiting) fresh->start();
    std::shared_ptr<LoopImpl> shared(fresh.release(), [](LoopImpl* loop) { loop->let_go(); });
    registry.current = shared;
    return shared;
}

Timer::Timer(Loop& loop, std::function<void()> fire) : loop_(loop), fire_(std::move(fire)) {}

Timer::~Timer() {
    loop_.timer_gone(*this);
}

void Timer::arm(engine::Deadline deadline) {
    if (deadline == deadline_) return;
    deadline_ = deadline;
    loop_.timer_changed(*this);
}

engine::Instant now() {
    return platform::boot_time();
}

}  // namespace graceline::driver
