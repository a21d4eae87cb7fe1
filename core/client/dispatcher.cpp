// The dispatcher's thread and its queue.
// Must run work outside its lock, so that hooks may call anything.
#include "core/client/dispatcher.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "core/driver/platform/platform.hpp"

namespace graceline::client {

namespace {

thread_local bool t_on_dispatcher = false;

struct Queue {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> work;
    bool running = false;
    bool ending = false;
};

void run(const std::shared_ptr<Queue>& queue) {
    t_on_dispatcher = true;
    driver::platform::prepare_own_thread("graceline-hooks");
    std::unique_lock lock(queue->mutex);
    for (;;) {
        queue->changed.wait(lock, [&] { return queue->ending || !queue->work.empty(); });
        if (queue->work.empty()) break;
        {
            const auto work = std::move(queue->work.front());
            queue->work.pop_front();
            lock.unlock();
            work();
        }
        lock.lock();
    }
}

class DispatcherThread final : public Dispatcher {
  public:
    ~DispatcherThread() override {
        // Detached rather than joined: the last reference may go on the dispatcher itself.
        const std::lock_guard lock(queue_->mutex);
        queue_->ending = true;
        queue_->changed.notify_all();
    }

    void post(std::function<void()> work) override {
        const std::lock_guard lock(queue_->mutex);
        queue_->work.push_back(std::move(work));
        if (!queue_->running) {
            std::thread([queue = queue_] { run(queue); }).detach();
            queue_->running = true;
        }
        queue_->changed.notify_one();
    }

  private:
    std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
};

}  // namespace

std::shared_ptr<Dispatcher> Dispatcher::acquire() {
    static auto& mutex = *new std::mutex;
    static auto& current = *new std::weak_ptr<Dispatcher>;
    const std::lock_guard lock(mutex);
    auto dispatcher = current.lock();
    if (!dispatcher) {
        dispatcher = std::make_shared<DispatcherThread>();
        current = dispatcher;
    }
    return dispatcher;
}

bool Dispatcher::on_dispatcher_thread() {
    return t_on_dispatcher;
}

}  // namespace graceline::client
