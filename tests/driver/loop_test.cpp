// The I/O thread and its timers: order, never early, coming and going.
// Must not assert how late a timer is: machines are busy.
#include "core/driver/loop.hpp"

#include <dirent.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include "core/driver/timer_queue.hpp"
#include "tests/driver/support/harness.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {
namespace {

using driver::Loop;
using driver::Timer;
using std::chrono::milliseconds;

int threads_named(const std::string& name) {
    int count = 0;
    DIR* const tasks = ::opendir("/proc/self/task");
    while (const dirent* const task = ::readdir(tasks)) {
        std::string found;
        std::getline(std::ifstream("/proc/self/task/" + std::string(task->d_name) + "/comm"),
                     found);
        if (found == name) ++count;
    }
    ::closedir(tasks);
    return count;
}

/// A loop that only hands timers to a queue, so that the queue is tested without a clock.
class QueueLoop final : public Loop {
  public:
    driver::TimerQueue queue;
    void post(std::function<void()>) override {}
    bool on_io_thread() const override { return true; }
    boost::asio::io_context& context() override { std::terminate(); }
    std::shared_ptr<void> on_sleep_detected(std::function<void(engine::Duration)>) override {
        return nullptr;
    }

  protected:
    void timer_changed(Timer& timer) override { queue.update(timer); }
    void timer_gone(Timer& timer) override { queue.remove(timer); }
};

engine::Instant at(int ms) {
    return engine::Instant(milliseconds(ms));
}

}  // namespace

TEST_CASE("timer queue: armed out of order -> fire in order of deadlines", "[driver]") {
    QueueLoop loop;
    std::string fired;
    std::vector<std::unique_ptr<Timer>> timers;
    for (const char name : std::string("dbeac")) {
        timers.push_back(std::make_unique<Timer>(loop, [&fired, name] { fired += name; }));
        timers.back()->arm(at(10 * (name - 'a' + 1)));
    }
    loop.queue.run_due(at(9));
    CHECK(fired.empty());
    loop.queue.run_due(at(25));
    CHECK(fired == "ab");
    loop.queue.run_due(at(100));
    CHECK(fired == "abcde");
    CHECK(loop.queue.empty());
}

TEST_CASE("timer queue: moved later, sooner, disarmed -> only the last word counts", "[driver]") {
    QueueLoop loop;
    std::string fired;
    Timer later(loop, [&] { fired += 'l'; });
    Timer sooner(loop, [&] { fired += 's'; });
    Timer never(loop, [&] { fired += 'n'; });
    later.arm(at(10));
    later.arm(at(50));
    sooner.arm(at(40));
    sooner.arm(at(20));
    never.arm(at(5));
    never.arm(std::nullopt);
    CHECK(loop.queue.next() == at(10));
    loop.queue.run_due(at(15));
    CHECK(fired.empty());
    CHECK(loop.queue.next() == at(20));
    // One late wake-up for both: still in order of deadlines.
    loop.queue.run_due(at(60));
    CHECK(fired == "sl");
}

TEST_CASE("timer queue: armed in the past while firing -> waits for the next run", "[driver]") {
    QueueLoop loop;
    int count = 0;
    std::string fired;
    Timer again(loop, [] {});
    Timer greedy(loop, [&] {
        ++count;
        fired += 'g';
        again.arm(at(1));
    });
    Timer other(loop, [&] { fired += 'o'; });
    greedy.arm(at(10));
    other.arm(at(20));
    loop.queue.run_due(at(30));
    CHECK(fired == "go");
    CHECK(count == 1);
    CHECK(loop.queue.next() == at(30));
}

TEST_CASE("timer queue: destroys itself and others while firing -> nothing is touched",
          "[driver]") {
    QueueLoop loop;
    int fired = 0;
    std::unique_ptr<Timer> other;
    std::unique_ptr<Timer> own;
    own = std::make_unique<Timer>(loop, [&] {
        ++fired;
        other.reset();
        own.reset();
    });
    other = std::make_unique<Timer>(loop, [&] { ++fired; });
    own->arm(at(1));
    other->arm(at(2));
    loop.queue.run_due(at(5));
    CHECK(fired == 1);
    CHECK(loop.queue.empty());
}

TEST_CASE("timer queue: ten thousand random moves -> always the earliest next", "[driver]") {
    QueueLoop loop;
    std::vector<std::unique_ptr<Timer>> timers;
    std::vector<engine::Deadline> wanted(50);
    engine::Instant time = at(0);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        timers.push_back(std::make_unique<Timer>(loop, [&wanted, &time, i] {
            CHECK(wanted[i].has_value());
            CHECK(*wanted[i] <= time);
            wanted[i].reset();
        }));
    }
    std::uint32_t random = 12345;
    const auto next_random = [&random](std::uint32_t below) {
        random = random * 1664525U + 1013904223U;
        return (random >> 8) % below;
    };
    for (int step = 0; step < 10'000; ++step) {
        const std::size_t i = next_random(50);
        wanted[i] =
            next_random(5) == 0 ? engine::Deadline() : time + milliseconds(1 + next_random(100));
        timers[i]->arm(wanted[i]);
        if (next_random(3) != 0) continue;
        time += milliseconds(next_random(30));
        loop.queue.run_due(time);
        for (const engine::Deadline& deadline : wanted)
            CHECK_FALSE(engine::reached(deadline, time));
    }
}

TEST_CASE("loop: timers on the real clock -> in order and never early", "[driver]") {
    const auto loop = Loop::acquire();
    struct Fired {
        int name;
        engine::Duration late;
    };
    std::vector<Fired> fired;
    std::promise<void> done;
    std::vector<std::unique_ptr<Timer>> timers;
    run_on(*loop, [&] {
        const engine::Instant start = driver::now();
        for (const int ms : {30, 10, 50, 20, 40, 0}) {
            const engine::Instant deadline = start + milliseconds(ms);
            timers.push_back(std::make_unique<Timer>(*loop, [&fired, &done, ms, deadline] {
                fired.push_back({ms, driver::now() - deadline});
                if (ms == 50) done.set_value();
            }));
            timers.back()->arm(deadline);
        }
    });
    REQUIRE(done.get_future().wait_for(kPatience) == std::future_status::ready);
    run_on(*loop, [&] { timers.clear(); });
    REQUIRE(fired.size() == 6);
    for (std::size_t i = 0; i < fired.size(); ++i) {
        CHECK(fired[i].name == static_cast<int>(10 * i));
        CHECK(fired[i].late >= engine::Duration::zero());
    }
}

TEST_CASE("loop: work posted from several threads -> in order of each, on the I/O thread",
          "[driver]") {
    const auto loop = Loop::acquire();
    std::vector<int> next(4, 0);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 1000; ++i) {
                loop->post([&, t, i] {
                    if (next[t]++ != i || !loop->on_io_thread()) ++wrong;
                });
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    run_on(*loop, [] {});
    CHECK(wrong == 0);
    CHECK(next == std::vector<int>(4, 1000));
    CHECK_FALSE(loop->on_io_thread());
}

TEST_CASE("loop: two owners -> one thread; started and stopped 50 times -> none is left",
          "[driver]") {
    for (int i = 0; i < 50; ++i) {
        auto first = Loop::acquire();
        const auto second = Loop::acquire();
        CHECK(first == second);
        run_on(*first, [] {
            // Not from the list of threads, which may skip one while another of them ends.
            std::array<char, 16> name{};
            ::pthread_getname_np(::pthread_self(), name.data(), name.size());
            CHECK(std::string(name.data()) == "graceline-io");
        });
        if (i % 2 == 0) {
            // The last reference goes on the I/O thread itself.
            Loop& loop = *first;
            loop.post([held = std::move(first)]() mutable { held.reset(); });
        }
    }
    // Threads end by themselves; nobody joins them.
    for (int i = 0; i < 2000 && threads_named("graceline-io") > 0; ++i) {
        std::this_thread::sleep_for(milliseconds(10));
    }
    CHECK(threads_named("graceline-io") == 0);
}

TEST_CASE("loop: sleep listener -> registered and unregistered on the I/O thread", "[driver]") {
    const auto loop = Loop::acquire();
    std::shared_ptr<void> token;
    std::atomic<int> calls{0};
    run_on(*loop, [&] { token = loop->on_sleep_detected([&](engine::Duration) { ++calls; }); });
    run_on(*loop, [&] { token.reset(); });
    CHECK(calls == 0);
}

TEST_CASE("clock: read twice -> does not go back", "[driver]") {
    engine::Instant last = driver::now();
    for (int i = 0; i < 1000; ++i) {
        const engine::Instant next = driver::now();
        REQUIRE(next >= last);
        last = next;
    }
}

}  // namespace graceline::tests
