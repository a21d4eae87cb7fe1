// How the world works, rests and lets time pass.
// Must not move the clock while anything is left to do at the present time.
#include "tests/scripted/world.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "core/client/dispatcher.hpp"

namespace graceline::scripted {

namespace {

using std::chrono::seconds;

/// Clocks that start at 0 hide mistakes; this one starts a day later.
constexpr std::int64_t kFirstInstant = std::int64_t{86'400} * 1'000'000'000;
/// More work than this without rest is a loop that no time would end.
constexpr std::uint64_t kWorksAtMost = 1'000'000;
/// A hook that takes longer is taken for one that never returns (real time).
constexpr seconds kHookWait{60};

constexpr const char* kNoRest = "the world does not come to rest";

}  // namespace

World& World::instance() {
    static World* const world = new World;
    return *world;
}

World::World() : now_ns_(kFirstInstant) {
    std::thread([this] { work_for_ever(); }).detach();
}

void World::post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
    ++posted_;
    changed_.notify_all();
}

std::shared_ptr<Lane> World::add_lane() {
    auto lane = std::make_shared<Lane>();
    lane->world = number();
    post([this, lane] { lanes_.push_back(lane); });
    return lane;
}

void World::drop_lane(const std::shared_ptr<Lane>& lane) {
    post([this, lane] { std::erase(lanes_, lane); });
}

void World::work_for_ever() {
    thread_.store(std::this_thread::get_id());
    std::unique_lock lock(mutex_);
    for (;;) {
        if (stopped_ || (queue_.empty() && !running_)) {
            changed_.wait(lock, [&] { return !stopped_ && (!queue_.empty() || running_); });
        }
        running_ = true;
        std::function<void()> work;
        if (!queue_.empty()) {
            work = std::move(queue_.front());
            queue_.pop_front();
        }
        lock.unlock();
        bool worked = true;
        if (work) {
            work();
            work = nullptr;
        } else if (const auto lane = due_lane()) {
            lane->timers.run_due(now());
        } else {
            worked = false;
        }
        lock.lock();
        if (worked) ++worked_;
        // Whatever is posted from now on is seen in the queue.
        running_ = worked;
        changed_.notify_all();
    }
}

/// The one whose timer is due first, so that the timers of several clients keep their order.
std::shared_ptr<Lane> World::due_lane() {
    std::shared_ptr<Lane> found;
    for (const auto& lane : lanes_) {
        if (lane->world != number() || !engine::reached(lane->timers.next(), now())) continue;
        if (!found || *lane->timers.next() < *found->timers.next()) found = lane;
    }
    return found;
}

void World::run(const std::function<void()>& work) {
    std::promise<void> done;
    post([&] {
        work();
        done.set_value();
    });
    done.get_future().wait();
}

/// False: too much work without an end.
bool World::wait_idle(std::uint64_t works_at_most) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return (queue_.empty() && !running_) || worked_ > works_at_most; });
    return worked_ <= works_at_most;
}

std::string World::settle() {
    std::uint64_t limit = 0;
    {
        const std::lock_guard lock(mutex_);
        limit = worked_ + kWorksAtMost;
        running_ = true;  // timers may be due since the clock was moved
        changed_.notify_all();
    }
    for (;;) {
        if (!wait_idle(limit)) return kNoRest;
        std::uint64_t posted = 0;
        {
            const std::lock_guard lock(mutex_);
            posted = posted_;
        }
        // Hooks run in order, so all earlier ones have run when this one does.
        const auto hooks_done = std::make_shared<std::promise<void>>();
        const auto dispatcher = client::Dispatcher::acquire();
        dispatcher->post([hooks_done] { hooks_done->set_value(); });
        if (hooks_done->get_future().wait_for(kHookWait) != std::future_status::ready) {
            return "a hook of the host does not return";
        }
        if (!wait_idle(limit)) return kNoRest;
        const std::lock_guard lock(mutex_);
        if (posted == posted_) return {};
    }
}

engine::Deadline World::next_deadline() {
    engine::Deadline next;
    run([&] {
        for (const auto& lane : lanes_) {
            if (lane->world == number()) next = engine::earlier(next, lane->timers.next());
        }
    });
    return next;
}

void World::move_clock(engine::Instant to) {
    if (to > now()) now_ns_.store(to.time_since_epoch().count());
}

std::string World::advance(engine::Duration by) {
    const engine::Instant target = now() + by;
    for (;;) {
        if (auto error = settle(); !error.empty()) return error;
        const auto next = next_deadline();
        if (!next || *next > target) break;
        move_clock(*next);
    }
    move_clock(target);
    return settle();
}

void World::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
}

void World::thaw() {
    const std::lock_guard lock(mutex_);
    stopped_ = false;
    running_ = true;
    changed_.notify_all();
}

std::string World::freeze(engine::Duration by, std::function<void()> meanwhile, bool io_waits) {
    if (auto error = settle(); !error.empty()) return error;
    stop();
    if (meanwhile) post(std::move(meanwhile));
    move_clock(now() + by);
    if (io_waits) return {};
    thaw();
    return settle();
}

std::string World::sleep(engine::Duration by) {
    return freeze(
        by, [this, by] { tell_sleep(by); }, false);
}

void World::tell_sleep(engine::Duration slept) {
    const auto lanes = lanes_;
    for (const auto& lane : lanes) {
        if (lane->world != number()) continue;
        std::vector<std::uint64_t> ids;
        for (const auto& [id, listener] : lane->sleep_listeners) ids.push_back(id);
        for (const auto id : ids) {
            // Looked up anew: one listener may have unregistered another.
            const auto found = lane->sleep_listeners.find(id);
            if (found == lane->sleep_listeners.end()) continue;
            const auto listener = found->second;
            listener(slept);
        }
    }
}

}  // namespace graceline::scripted
