// The seam of core/driver/loop.hpp on the scripted world: Loop, Timer and now().
// Must not start a thread or read a clock of its own.
#include <boost/asio/io_context.hpp>
#include <memory>
#include <utility>

#include "core/driver/loop.hpp"
#include "tests/scripted/world.hpp"

namespace graceline::scripted {
namespace {

class ScriptedLoop final : public driver::Loop {
  public:
    ScriptedLoop() : lane_(World::instance().add_lane()) {}
    ~ScriptedLoop() override { World::instance().drop_lane(lane_); }

    void post(std::function<void()> work) override { World::instance().post(std::move(work)); }
    bool on_io_thread() const override { return World::instance().on_io_thread(); }

    /// No transport of this build uses it; it is there for the seam and never runs.
    boost::asio::io_context& context() override {
        static auto& context = *new boost::asio::io_context;
        return context;
    }

    std::uint64_t world() const { return lane_->world; }

    std::shared_ptr<void> on_sleep_detected(
        std::function<void(engine::Duration slept)> listener) override {
        const auto id = lane_->next_listener++;
        lane_->sleep_listeners.emplace(id, std::move(listener));
        return {lane_.get(), [lane = lane_, id](void*) { lane->sleep_listeners.erase(id); }};
    }

  protected:
    void timer_changed(driver::Timer& timer) override { lane_->timers.update(timer); }
    void timer_gone(driver::Timer& timer) override { lane_->timers.remove(timer); }

  private:
    std::shared_ptr<Lane> lane_;
};

}  // namespace

std::uint64_t world_of(const driver::Loop& loop) {
    return static_cast<const ScriptedLoop&>(loop).world();
}

}  // namespace graceline::scripted

namespace graceline::driver {

/// One for each client, so that a new world can leave the timers of older clients alone.
std::shared_ptr<Loop> Loop::acquire() {
    return std::make_shared<scripted::ScriptedLoop>();
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
    return scripted::World::instance().now();
}

}  // namespace graceline::driver
