// The threads behind Lookup: they block in getaddrinfo, so that the I/O thread never does.
// Must not keep a loop alive, nor touch a connection: answers are posted to whoever still waits.
#include "core/driver/resolver.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "core/driver/asio_types.hpp"
#include "core/driver/exit_gate.hpp"
#include "core/driver/platform/platform.hpp"

namespace graceline::driver {
namespace {

constexpr const char* kThreadName = "graceline-dns";

struct Waiter {
    std::weak_ptr<Loop> loop;
    std::weak_ptr<Lookup> lookup;
};

/// Never destroyed: a thread may hang in a lookup while the process ends.
class Pool {
  public:
    static Pool& instance() {
        static Pool* const pool = new Pool;
        return *pool;
    }

    /// False when no thread could be started and none is running.
    bool add(const std::string& host, Waiter waiter);

  private:
    void work();
    bool start_thread();

    std::mutex mutex_;
    std::deque<std::string> queue_;
    /// Queued or being looked up.
    std::map<std::string, std::vector<Waiter>> waiters_;
    std::size_t threads_ = 0;
    std::size_t busy_ = 0;
};

bool Pool::add(const std::string& host, Waiter waiter) {
    const std::lock_guard lock(mutex_);
    std::vector<Waiter>& waiting = waiters_[host];
    waiting.push_back(std::move(waiter));
    if (waiting.size() > 1) return true;
    queue_.push_back(host);
    // Threads that are not busy are on their way to the queue.
    const bool needed = threads_ - busy_ < queue_.size() && threads_ < kMaxResolverThreads;
    if (!needed || start_thread() || threads_ > 0) return true;
    queue_.pop_back();
    waiters_.erase(host);
    return false;
}

bool Pool::start_thread() {
    try {
        std::thread([this] {
            platform::prepare_own_thread(kThreadName);
            work();
        }).detach();
    } catch (const std::system_error&) {
        return false;
    }
    ++threads_;
    return true;
}

Resolved look_up(const std::string& host) {
    Resolved resolved;
    boost::asio::io_context context;
    Tcp::resolver resolver(context);
    ErrorCode error;
    const auto results =
        resolver.resolve(host, "0", boost::asio::ip::resolver_base::numeric_service, error);
    if (error) {
        resolved.error = error.message();
        return resolved;
    }
    for (const auto& result : results) {
        if (resolved.addresses.size() == kMaxAddresses) break;
        resolved.addresses.push_back(result.endpoint().address());
    }
    if (resolved.addresses.empty()) resolved.error = "the name has no address";
    return resolved;
}

void Pool::work() {
    std::unique_lock lock(mutex_);
    while (!queue_.empty()) {
        const std::string host = std::move(queue_.front());
        queue_.pop_front();
        ++busy_;
        lock.unlock();
        const auto resolved = std::make_shared<const Resolved>(look_up(host));
        lock.lock();
        --busy_;
        const std::vector<Waiter> waiters = std::move(waiters_[host]);
        waiters_.erase(host);
        lock.unlock();
        if (ExitGate::instance().shut()) return;
        for (const Waiter& waiter : waiters) {
            const std::shared_ptr<Loop> loop = waiter.loop.lock();
            if (!loop) continue;
            loop->post([lookup = waiter.lookup, resolved] {
                if (const auto alive = lookup.lock()) alive->answer(*resolved);
            });
        }
        lock.lock();
    }
    --threads_;
}

}  // namespace

std::shared_ptr<Lookup> Lookup::start(const std::shared_ptr<Loop>& loop, const std::string& host,
                                      Done done) {
    auto lookup = std::make_shared<Lookup>(std::move(done));
    if (!Pool::instance().add(host, {loop, lookup})) {
        loop->post([weak = std::weak_ptr(lookup)] {
            Resolved none;
            none.error = "no thread for the lookup";
            if (const auto alive = weak.lock()) alive->answer(none);
        });
    }
    return lookup;
}

void Lookup::answer(const Resolved& resolved) {
    // Taken out first: the receiver usually drops the lookup in there.
    const Done done = std::move(done_);
    done(resolved);
}

}  // namespace graceline::driver
