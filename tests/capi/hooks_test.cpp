// Host hooks: background time asked and given back, calls from hooks, release from hooks, frees.
// Must count every id: each non-zero one ends exactly once.
#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"

using namespace graceline::tests;

namespace {

/// A host's operating system: grants ids, counts their ends.
struct BackgroundTime {
    std::mutex mutex;
    std::condition_variable changed;
    std::uint64_t next_id = 1;
    std::int64_t remaining_ms = GRACELINE_UNLIMITED;
    bool refuse = false;
    std::map<std::uint64_t, int> ends;
    std::vector<std::thread::id> begin_threads;
    std::function<void()> in_end;
    int installs = 0;
    int frees = 0;

    /// After release() end and free may still run: the host's data must outlive them.
    ~BackgroundTime() {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, std::chrono::seconds(10), [&] { return frees == installs; });
    }

    void install(graceline_options& options) {
        ++installs;
        options.background_time_user_data = this;
        options.begin_background_time = [](void* data, std::int64_t* out_remaining_ms) {
            auto& self = *static_cast<BackgroundTime*>(data);
            const std::lock_guard lock(self.mutex);
            self.begin_threads.push_back(std::this_thread::get_id());
            if (self.refuse) return std::uint64_t{0};
            *out_remaining_ms = self.remaining_ms;
            self.ends[self.next_id] = 0;
            return self.next_id++;
        };
        options.end_background_time = [](void* data, std::uint64_t id) {
            auto& self = *static_cast<BackgroundTime*>(data);
            std::function<void()> call;
            {
                const std::lock_guard lock(self.mutex);
                call = self.in_end;
            }
            if (call) call();
            const std::lock_guard lock(self.mutex);
            ++self.ends[id];
            self.changed.notify_all();
        };
        options.background_time_free = [](void* data) {
            auto& self = *static_cast<BackgroundTime*>(data);
            const std::lock_guard lock(self.mutex);
            ++self.frees;
            self.changed.notify_all();
        };
    }
    void set_in_end(std::function<void()> call) {
        const std::lock_guard lock(mutex);
        in_end = std::move(call);
    }
    bool wait(const std::function<bool()>& done) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(10), done);
    }
    bool all_ended_once() const {
        for (const auto& [id, count] : ends) {
            if (count != 1) return false;
        }
        return true;
    }
};

graceline_options options_for(const std::string& url, BackgroundTime& time) {
    auto options = default_options();
    options.url = url.c_str();
    time.install(options);
    return options;
}

}  // namespace

TEST_CASE("hooks: resign and return -> begin on the caller's thread, end once", "[capi]") {
    DevServer server;
    const auto url = server.url();
    BackgroundTime time;
    {
        Host host(options_for(url, time));
        host.start();
        REQUIRE(host.wait_connected());
        host.leave();
        CHECK(time.ends.size() == 1);
        CHECK(time.begin_threads.at(0) == std::this_thread::get_id());
        host.come_back();
        REQUIRE(time.wait([&] { return time.all_ended_once(); }));
        CHECK(time.frees == 0);
    }
    REQUIRE(time.wait([&] { return time.frees == 1; }));
}

TEST_CASE("hooks: the system grants less than the window -> the deadline keeps the margin",
          "[capi]") {
    DevServer server;
    const auto url = server.url();
    BackgroundTime time;
    time.remaining_ms = 10'000;
    Host host(options_for(url, time));
    host.start();
    REQUIRE(host.wait_connected());
    host.leave();
    CHECK(host.remaining_ms() <= 8'500);
    CHECK(host.remaining_ms() > 8'000);
}

TEST_CASE("hooks: refused -> asked again in background, then the task ends refused", "[capi]") {
    DevServer server;
    const auto url = server.url();
    BackgroundTime time;
    time.refuse = true;
    Host host(options_for(url, time));
    host.start();
    REQUIRE(host.wait_connected());
    host.resign();
    CHECK(host.enabled());
    host.background();
    CHECK(time.begin_threads.size() == 2);
    CHECK_FALSE(host.enabled());
    REQUIRE(host.wait_type(GRACELINE_EVENT_BACKGROUND_TASK_ENDED));
    CHECK(host.found().details.task_cause == GRACELINE_TASK_CAUSE_REFUSED);
}

TEST_CASE("hooks: background_time_expiring -> returns closed, with the end hook called", "[capi]") {
    DevServer server;
    const auto url = server.url();
    BackgroundTime time;
    auto options = options_for(url, time);
    options.close_timeout_ms = 300;
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    const bool frozen = GENERATE(false, true);
    if (frozen) server.faults(R"({"black_hole":true})");
    host.leave();
    const auto begun = graceline_now_ms();
    REQUIRE(graceline_client_background_time_expiring(host) == GRACELINE_OK);
    const auto took = graceline_now_ms() - begun;
    CHECK(took < 300 + 250);
    {
        const std::lock_guard lock(time.mutex);
        CHECK(time.all_ended_once());
    }
    CHECK(host.status() == GRACELINE_CONNECTION_STATUS_DISCONNECTED);
    REQUIRE(host.wait_type(GRACELINE_EVENT_BACKGROUND_TASK_ENDED));
    CHECK(host.found().details.task_cause == GRACELINE_TASK_CAUSE_OS_EXPIRED);
}

TEST_CASE("hooks: will_terminate with a frozen server -> returns within 250 ms, end called",
          "[capi]") {
    DevServer server;
    const auto url = server.url();
    BackgroundTime time;
    Host host(options_for(url, time));
    host.start();
    REQUIRE(host.wait_connected());
    server.faults(R"({"black_hole":true})");
    host.leave();
    const auto begun = graceline_now_ms();
    host.report(GRACELINE_APPLICATION_STATE_WILL_TERMINATE);
    WARN("will_terminate took " << graceline_now_ms() - begun << " ms (250 are promised)");
    CHECK(graceline_now_ms() - begun < 1'000);
    REQUIRE(time.wait([&] { return time.all_ended_once(); }));
    REQUIRE(host.wait_type(GRACELINE_EVENT_BACKGROUND_TASK_ENDED));
    CHECK(host.found().details.task_cause == GRACELINE_TASK_CAUSE_TERMINATED);
    server.reset_faults();
    host.come_back();
    CHECK(host.wait_connected());
}

TEST_CASE("hooks: every call from inside the end hook -> no deadlock", "[capi]") {
    DevServer server;
    const auto url = server.url();
    BackgroundTime time;
    Host host(options_for(url, time));
    std::atomic<bool> called{false};
    time.set_in_end([&] {
        graceline_client_connect(host);
        graceline_client_ping(host);
        graceline_client_configure_services(host, GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE);
        graceline_client_background_time_expiring(host);
        graceline_client_configure_services(host, GRACELINE_APPLICATION_STATE_WILL_TERMINATE);
        graceline_batch* batch = nullptr;
        graceline_client_poll(host, 60'000, 0, &batch);
        graceline_batch_release(batch);
        graceline_shutdown();
        called = true;
    });
    host.start();
    REQUIRE(host.wait_connected());
    host.leave();
    host.come_back();
    REQUIRE(time.wait([&] { return called.load(); }));
    time.set_in_end(nullptr);
}

TEST_CASE("hooks: release from inside the end hook -> safe, freed once", "[capi]") {
    DevServer server;
    const auto url = server.url();
    BackgroundTime time;
    auto options = options_for(url, time);
    graceline_client* client = nullptr;
    REQUIRE(graceline_client_create(&options, &client) == GRACELINE_OK);
    graceline_client_start(client);
    std::atomic<bool> released{false};
    time.set_in_end([&] {
        if (!released.exchange(true)) graceline_client_release(client);
    });
    graceline_client_configure_services(client, GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE);
    graceline_client_configure_services(client, GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE);
    REQUIRE(time.wait([&] { return time.frees == 1; }));
    CHECK(time.all_ended_once());
}

TEST_CASE("hooks: release from inside the begin hook -> the client outlives the call", "[capi]") {
    struct Data {
        graceline_client* client = nullptr;
        std::mutex mutex;
        std::condition_variable changed;
        bool freed = false;
        bool freed_inside = false;
        bool wait_freed(std::chrono::milliseconds within) {
            std::unique_lock lock(mutex);
            return changed.wait_for(lock, within, [&] { return freed; });
        }
    } data;
    auto options = default_options();
    options.url = "ws://127.0.0.1:1/ws";
    options.background_time_user_data = &data;
    options.begin_background_time = [](void* user_data, std::int64_t*) {
        auto& self = *static_cast<Data*>(user_data);
        graceline_client_release(self.client);
        // The client frees this when it goes, and must not go under the call that is in here.
        self.freed_inside = self.wait_freed(std::chrono::milliseconds(100));
        return std::uint64_t{1};
    };
    options.end_background_time = [](void*, std::uint64_t) {};
    options.background_time_free = [](void* user_data) {
        auto& self = *static_cast<Data*>(user_data);
        const std::lock_guard lock(self.mutex);
        self.freed = true;
        self.changed.notify_all();
    };
    REQUIRE(graceline_client_create(&options, &data.client) == GRACELINE_OK);
    REQUIRE(graceline_client_start(data.client) == GRACELINE_OK);
    CHECK(graceline_client_configure_services(
              data.client, GRACELINE_APPLICATION_STATE_DID_BACKGROUND) == GRACELINE_OK);
    CHECK_FALSE(data.freed_inside);
    CHECK(data.wait_freed(std::chrono::seconds(10)));
}

TEST_CASE("hooks: released in background -> the id still ends, then the data is freed", "[capi]") {
    DevServer server;
    const auto url = server.url();
    BackgroundTime time;
    {
        Host host(options_for(url, time));
        host.start();
        REQUIRE(host.wait_connected());
        host.leave();
    }
    REQUIRE(time.wait([&] { return time.frees == 1; }));
    CHECK(time.all_ended_once());
}

TEST_CASE("hooks: log lines -> on another thread, without secrets", "[capi]") {
    DevServer server({"--token", "SECRET-CANARY"});
    const auto url = server.url("/ws?room=a&key=QUERY-CANARY");
    struct Lines {
        std::mutex mutex;
        std::vector<std::string> lines;
    } log;
    auto options = default_options();
    options.url = url.c_str();
    options.token = "SECRET-CANARY";
    options.log_level = GRACELINE_LOG_LEVEL_DEBUG;
    options.log_user_data = &log;
    options.log = [](void* data, graceline_log_level, const char* text) {
        auto& self = *static_cast<Lines*>(data);
        const std::lock_guard lock(self.mutex);
        self.lines.emplace_back(text);
    };
    static std::atomic<bool> freed;
    freed = false;
    options.log_free = [](void*) { freed = true; };
    {
        Host host(options);
        host.start();
        REQUIRE(host.wait_connected());
        server.faults(R"({"cut":true})");
        REQUIRE(host.wait_connected());
        graceline_client_close(host);
        REQUIRE(host.wait_type(GRACELINE_EVENT_CLOSED));
    }
    while (!freed) std::this_thread::yield();
    const std::lock_guard lock(log.mutex);
    CHECK(log.lines.size() >= 2);
    for (const auto& line : log.lines) CHECK(line.find("CANARY") == std::string::npos);
}

TEST_CASE("hooks: a collector's signals -> reach the threads of log and free, the host's do not",
          "[capi]") {
    struct Masks {
        std::mutex mutex;
        std::vector<sigset_t> seen;
        std::atomic<bool> logged{false};
        std::atomic<bool> freed{false};
        const std::thread::id hosts_own = std::this_thread::get_id();
        void take() {
            if (std::this_thread::get_id() == hosts_own) return;  // free, inside release
            sigset_t mask;
            pthread_sigmask(SIG_BLOCK, nullptr, &mask);
            const std::lock_guard lock(mutex);
            seen.push_back(mask);
        }
    } masks;
    auto options = default_options();
    options.url = "ws://127.0.0.1:1/";
    options.log_level = GRACELINE_LOG_LEVEL_DEBUG;
    options.log_user_data = &masks;
    options.log = [](void* data, graceline_log_level, const char*) {
        static_cast<Masks*>(data)->take();
        static_cast<Masks*>(data)->logged = true;
    };
    options.log_free = [](void* data) {
        static_cast<Masks*>(data)->take();
        static_cast<Masks*>(data)->freed = true;
    };
    {
        Host host(options);
        host.start();
        while (!masks.logged) std::this_thread::yield();
        graceline_client_close(host);
        REQUIRE(host.wait_type(GRACELINE_EVENT_CLOSED));
    }
    while (!masks.freed) std::this_thread::yield();
    const std::lock_guard lock(masks.mutex);
    REQUIRE_FALSE(masks.seen.empty());
    for (const auto& mask : masks.seen) {
        for (const int runtimes : {SIGSEGV, SIGXCPU, SIGPWR, SIGRTMIN, SIGRTMIN + 1, SIGRTMAX}) {
            CHECK(sigismember(&mask, runtimes) == 0);
        }
        for (const int hosts : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1, SIGALRM}) {
            CHECK(sigismember(&mask, hosts) == 1);
        }
    }
}
