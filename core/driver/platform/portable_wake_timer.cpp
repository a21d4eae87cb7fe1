// The wake timer of systems without a descriptor for it: Asio's steady timer in short steps.
// Must not trust a long wait: the steady clock may stand still while the machine sleeps.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "core/driver/platform/platform.hpp"

namespace graceline::driver::platform {
namespace {

// The longest that a deadline passed in sleep stays unnoticed after the machine woke.
constexpr std::chrono::seconds kLongestStep{5};

class SteadySteps final : public WakeTimer {
  public:
    SteadySteps(boost::asio::io_context& context, std::function<void()> woken)
        : timer_(context), woken_(std::move(woken)) {}

    void set(engine::Instant when) override {
        when_ = when;
        wait();
    }

    void clear() override {
        when_.reset();
        timer_.cancel();
    }

  private:
    using Steady =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          boost::asio::io_context::executor_type>;

    void wait() {
        const engine::Duration left = *when_ - boot_time();
        // Rounded up, so that the last step does not end too early and cost another.
        const auto step = std::chrono::ceil<std::chrono::microseconds>(
            std::clamp<engine::Duration>(left, engine::Duration::zero(), kLongestStep));
        timer_.expires_after(step);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error || !when_) return;
            if (boot_time() < *when_) {
                wait();
            } else {
                when_.reset();
            }
            // After each step: whether the machine has slept is looked at in there.
            woken_();
        });
    }

    Steady timer_;
    std::function<void()> woken_;
    engine::Deadline when_;
};

}  // namespace

std::unique_ptr<WakeTimer> make_wake_timer(boost::asio::io_context& context,
                                           std::function<void()> woken) {
    return std::make_unique<SteadySteps>(context, std::move(woken));
}

}  // namespace graceline::driver::platform
