// What the I/O thread does for a client: transports, the one timer, the end.
// Must keep the order of the actions, and run none inside a transport's callback.
#include <utility>

#include "core/client/attempt.hpp"
#include "core/client/client.hpp"

namespace graceline::client {

/// Before the first work on this thread, and not when the client is made: that would wake the
/// thread for nothing.
void Client::set_up() {
    if (std::exchange(is_set_up_, true)) return;
    if (settings_.history) {
        fetcher_ = std::make_unique<Fetcher>(loop_, *settings_.history, settings_.token_rule,
                                             [this](std::uint64_t fetch, history::Answer answer) {
                                                 fetched(fetch, std::move(answer));
                                             });
    }
    timer_ = std::make_unique<driver::Timer>(*loop_, [this] { timer_fired(); });
    sleep_watch_ = loop_->on_sleep_detected([weak = weak_from_this()](engine::Duration) {
        if (const auto self = weak.lock()) self->apply(engine::input::ClockJumped{});
    });
}

void Client::run_actions() {
    const auto keep = shared_from_this();
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (actions_.empty()) {
                // Only now: whoever waits for the socket to be gone must not be told too early.
                actions_posted_ = false;
                settled_.notify_all();
                return;
            }
            running_actions_.swap(actions_);
        }
        for (const auto& action : running_actions_) {
            std::visit([this](const auto& each) { run(each); }, action);
        }
        running_actions_.clear();
    }
}

void Client::arm_timer() {
    engine::Deadline deadline;
    {
        const std::lock_guard lock(mutex_);
        wake_up_planned_ = false;
        deadline = armed_ = keeper_.next_deadline();
    }
    if (!timer_) return;
    timer_->arm(std::nullopt);  // else a later deadline would be taken lazily
    timer_->arm(deadline);
}

void Client::run(const engine::output::OpenTransport& open) {
    attempt_ = std::make_shared<Attempt>(shared_from_this(), open.generation);
    attempt_->open();
}

void Client::run(const engine::output::CloseTransport& close) {
    if (!attempt_ || attempt_->generation() != close.generation) return;
    attempt_->close(close.suspend);
}

void Client::run(const engine::output::AbortTransport& abort) {
    if (!attempt_ || attempt_->generation() != abort.generation) return;
    attempt_->transport().abort();
    attempt_.reset();
}

void Client::run(const engine::output::SendPing& ping) {
    if (!attempt_ || attempt_->generation() != ping.generation) return;
    attempt_->transport().ping(ping.payload);
}

/// The last action: nothing of this client lives on the I/O thread afterwards.
void Client::run(const engine::output::Closed&) {
    timer_.reset();
    sleep_watch_.reset();
    session_.reset();
    waiting_fetch_.reset();
    fetcher_.reset();
    if (attempt_) attempt_->transport().abort();
    attempt_.reset();
    std::shared_ptr<Client> self;
    const std::lock_guard lock(mutex_);
    self.swap(self_);
}

void Client::timer_fired() {
    {
        const std::lock_guard lock(mutex_);
        armed_.reset();
    }
    apply(engine::input::Tick{});
}

void Client::drop_attempt(engine::Generation generation) {
    if (attempt_ && attempt_->generation() == generation) attempt_.reset();
}

void Client::resume_reading() {
    if (waiting_fetch_) run(std::exchange(waiting_fetch_, nullptr));
    if (!attempt_ || queue_->full()) return;
    apply(engine::input::ReadingResumed{attempt_->generation()});
    if (attempt_) attempt_->transport().resume_reading();
}

}  // namespace graceline::client
