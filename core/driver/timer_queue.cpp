// A binary heap of pointers; each timer knows its slot, so that moves and removals need no search.
// Must not touch a timer after it was fired, unless it is known to live.
#include "core/driver/timer_queue.hpp"

#include <algorithm>
#include <utility>

namespace graceline::driver {

void TimerQueue::update(Timer& timer) {
    if (!timer.deadline_) {
        remove(timer);
        return;
    }
    if (timer.slot_ == Timer::kNoSlot) {
        push(timer);
    } else if (*timer.deadline_ < timer.queued_at_) {
        timer.queued_at_ = not_before_run(*timer.deadline_);
        timer.order_ = next_order_++;
        sift_up(timer.slot_);
    }
    // Later than it stands in the heap: it moves when its old place comes up.
}

void TimerQueue::remove(Timer& timer) {
    if (firing_ == &timer) firing_ = nullptr;
    if (timer.slot_ == Timer::kNoSlot) return;
    const std::size_t slot = std::exchange(timer.slot_, Timer::kNoSlot);
    Timer* const last = heap_.back();
    heap_.pop_back();
    if (last == &timer) return;
    place(slot, last);
    sift_up(slot);
    sift_down(last->slot_);
}

void TimerQueue::run_due(engine::Instant now) {
    const std::uint64_t first_new_order = next_order_;
    run_time_ = now;
    while (!heap_.empty()) {
        Timer& timer = *heap_.front();
        // Orders given from now on belong to timers that were armed by what runs here; the heap's
        // front is one of them only when nothing older is due.
        if (timer.queued_at_ > now || timer.order_ >= first_new_order) break;
        const engine::Instant deadline = *timer.deadline_;
        if (deadline > timer.queued_at_) {
            // Keeps its old order: among equals, who was armed first fires first.
            timer.queued_at_ = deadline;
            sift_down(0);
            continue;
        }
        remove(timer);
        timer.deadline_.reset();
        fire(timer);
    }
    run_time_.reset();
}

engine::Deadline TimerQueue::next() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.front()->queued_at_;
}

engine::Instant TimerQueue::not_before_run(engine::Instant deadline) const {
    return run_time_ ? std::max(deadline, *run_time_) : deadline;
}

bool TimerQueue::before(const Timer& a, const Timer& b) const {
    if (a.queued_at_ != b.queued_at_) return a.queued_at_ < b.queued_at_;
    return a.order_ < b.order_;
}

void TimerQueue::place(std::size_t slot, Timer* timer) {
    heap_[slot] = timer;
    timer->slot_ = slot;
}

void TimerQueue::sift_up(std::size_t slot) {
    Timer* const timer = heap_[slot];
    while (slot > 0) {
        const std::size_t parent = (slot - 1) / 2;
        if (!before(*timer, *heap_[parent])) break;
        place(slot, heap_[parent]);
        slot = parent;
    }
    place(slot, timer);
}

void TimerQueue::sift_down(std::size_t slot) {
    Timer* const timer = heap_[slot];
    for (;;) {
        std::size_t child = 2 * slot + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
        if (!before(*heap_[child], *timer)) break;
        place(slot, heap_[child]);
        slot = child;
    }
    place(slot, timer);
}

void TimerQueue::push(Timer& timer) {
    timer.queued_at_ = not_before_run(*timer.deadline_);
    timer.order_ = next_order_++;
    heap_.push_back(&timer);
    timer.slot_ = heap_.size() - 1;
    sift_up(timer.slot_);
}

void TimerQueue::fire(Timer& timer) {
    // The function may destroy its timer, so it runs from here and goes back if that still lives.
    firing_ = &timer;
    std::function<void()> function = std::move(timer.fire_);
    function();
    if (firing_ != nullptr) firing_->fire_ = std::move(function);
    firing_ = nullptr;
}

}  // namespace graceline::driver
