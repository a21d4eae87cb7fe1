// The counting behind the gate: one atomic step each way, the lock only once the gate is shut.
// Must not wait without a bound.
#include "core/driver/exit_gate.hpp"

namespace graceline::driver {

ExitGate& ExitGate::instance() {
    static ExitGate* const gate = new ExitGate;
    return *gate;
}

bool ExitGate::enter() {
    inside_.fetch_add(1, std::memory_order_seq_cst);
    if (!shut_.load(std::memory_order_seq_cst)) return true;
    leave();
    return false;
}

void ExitGate::leave() {
    inside_.fetch_sub(1, std::memory_order_seq_cst);
    if (!shut_.load(std::memory_order_seq_cst)) return;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
}

void ExitGate::thread_started() {
    const std::lock_guard lock(mutex_);
    ++threads_;
}

void ExitGate::thread_ended() {
    const std::lock_guard lock(mutex_);
    --threads_;
    changed_.notify_all();
}

bool ExitGate::wait_empty(int threads, std::chrono::milliseconds within) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, within, [&] {
        return threads_ <= threads && inside_.load(std::memory_order_seq_cst) == 0;
    });
}

}  // namespace graceline::driver
