// Ten thousand messages through fifty random cuts: each once, in order, and every verdict true.
// Must judge by what the server stored, and must be repeatable: GRACELINE_SEED sets the seed.
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>
#include <unordered_map>

#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"
#include "tests/servers/http_connection.hpp"

using namespace graceline::tests;

namespace {

constexpr std::size_t kMessages = 10'000;
constexpr std::size_t kCuts = 50;
constexpr std::size_t kPipelined = 32;
/// Of a client that does not read, the dev server keeps 1,024 messages, and the kernel some MiB.
constexpr std::size_t kFloodMessages = 3'000;
constexpr std::size_t kFloodBytes = 16'000;
/// 48 MB through a sanitizer on a busy machine take their time.
constexpr std::chrono::milliseconds kNoticedWithin{60'000};
constexpr std::int64_t kProgressWithinMs = 60'000;

enum class Cut { reset, fin, close, refuse, closed_port, hole, errors, twice, long_hole, slow };
constexpr const char* kNames[] = {"reset", "fin",    "close", "refuse",    "closed_port",
                                  "hole",  "errors", "twice", "long_hole", "slow"};
constexpr Cut kCommon[] = {Cut::reset, Cut::reset,  Cut::reset,  Cut::fin,
                           Cut::fin,   Cut::close,  Cut::refuse, Cut::closed_port,
                           Cut::hole,  Cut::errors, Cut::twice};
/// Those that take seconds, or thousands of messages.
constexpr Cut kFew[] = {Cut::long_hole, Cut::long_hole, Cut::long_hole, Cut::slow};

struct Planned {
    std::size_t at;  ///< Messages published before it.
    Cut cut;
};

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t bound) {
    return static_cast<std::size_t>(random() % bound);
}

std::vector<Planned> plan_of(Random& random) {
    std::vector<Planned> plan;
    for (std::size_t i = 0; i < kCuts; ++i) {
        const auto cut = i < std::size(kFew) ? kFew[i] : kCommon[below(random, std::size(kCommon))];
        // The slow ones need messages that are still to come.
        const auto last = i < std::size(kFew) ? kMessages / 2 : kMessages - 1;
        plan.push_back({1 + below(random, last), cut});
    }
    std::sort(plan.begin(), plan.end(),
              [](const Planned& a, const Planned& b) { return a.at < b.at; });
    return plan;
}

/// What the server acknowledged, and what was seen of the client meanwhile.
class Journal {
  public:
    // By the publisher.
    void published(std::string id) {
        const std::lock_guard lock(mutex_);
        ids_.push_back(std::move(id));
        acknowledged_ms_.push_back(graceline_now_ms());
    }
    std::size_t losses() {
        const std::lock_guard lock(mutex_);
        return losses_;
    }
    void wait_lost(std::size_t more_than) {
        wait("the client did not notice a black hole", [&] { return losses_ > more_than; });
    }
    void wait_delivered() {
        wait("the client did not get everything", [&] { return delivered_ >= ids_.size(); });
    }
    void pause(bool paused) {
        const std::lock_guard lock(mutex_);
        paused_ = paused;
        changed_.notify_all();
    }

    // By the host.
    void seen(bool lost, bool delivered) {
        const std::lock_guard lock(mutex_);
        losses_ += lost;
        delivered_ += delivered;
        changed_.notify_all();
    }
    std::size_t delivered() {
        const std::lock_guard lock(mutex_);
        return delivered_;
    }
    /// A host that does not read for a while.
    void wait_not_paused() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !paused_; });
    }

    // When the publisher has ended.
    const std::vector<std::string>& ids() const { return ids_; }
    const std::vector<std::int64_t>& acknowledged_ms() const { return acknowledged_ms_; }

  private:
    template <class Condition>
    void wait(const char* otherwise, Condition condition) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, kNoticedWithin, condition)) {
            throw std::runtime_error(otherwise);
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> ids_;
    std::vector<std::int64_t> acknowledged_ms_;
    std::size_t losses_ = 0;
    std::size_t delivered_ = 0;
    bool paused_ = false;
};

/// Publishes, and cuts on the way. Runs on a thread of its own, so it asserts nothing but throws.
class Publisher {
  public:
    Publisher(const DevServer& server, Journal& journal, Random& random)
        : server_(server), journal_(journal), random_(random), http_(server.control_port()) {}

    void run(const std::vector<Planned>& plan) {
        for (const auto& planned : plan) {
            if (published_ < planned.at) publish(planned.at - published_);
            if (!server_.wait_at_least("websockets_now", 1, kNoticedWithin)) {
                throw std::runtime_error("the client does not come back");
            }
            if (below(random_, 2) == 0) journal_.wait_delivered();  // else often mid catch-up
            carry_out(planned.cut);
        }
        publish(kMessages - published_);
    }
    void publish(std::size_t count, std::size_t bytes = 0) {
        for (count = std::min(count, kMessages - published_); count > 0;) {
            const auto batch = std::min(count, 1 + below(random_, kPipelined));
            for (std::size_t i = 0; i < batch; ++i) {
                http_.send("POST", "/messages?conversation=a&sender=s",
                           "m" + std::to_string(published_ + i) + std::string(bytes, '.'));
            }
            for (std::size_t i = 0; i < batch; ++i) {
                const auto reply = http_.read();
                if (reply.status != 201) throw std::runtime_error("not published: " + reply.body);
                journal_.published(nlohmann::json::parse(reply.body).at("id").get<std::string>());
            }
            published_ += batch;
            count -= batch;
        }
    }

  private:
    void carry_out(Cut cut) {
        const auto some = below(random_, 250);
        const auto around = [&](const char* on, const char* off, std::size_t count) {
            server_.faults(on);
            publish(count);
            server_.faults(off);
        };
        switch (cut) {
            case Cut::reset:
                return server_.faults(R"({"cut":true})");
            case Cut::fin:
                return server_.faults(R"({"cut":"fin"})");
            case Cut::close:
                return server_.faults(R"({"close":{"code":1001,"reason":"going away"}})");
            case Cut::refuse:
                return around(R"({"refuse":true,"cut":true})", R"({"refuse":false})", some);
            case Cut::closed_port:
                return around(R"({"refuse":"port","cut":"fin"})", R"({"refuse":false})", some);
            case Cut::hole:  // often too short to be noticed
                return around(R"({"black_hole":true})", R"({"black_hole":false})", some);
            case Cut::long_hole: {
                const auto losses = journal_.losses();
                server_.faults(R"({"black_hole":true})");
                publish(some);
                journal_.wait_lost(losses);
                return server_.faults(R"({"black_hole":false})");
            }
            case Cut::errors:  // of the history, too
                return server_.faults(R"({"cut":true,"http_status":{"code":500,"count":2}})");
            case Cut::slow:
                return be_slow();
            case Cut::twice: {  // again while it catches up
                around(R"({"refuse":true,"cut":true})", R"({"refuse":false,"slow_ms":20})",
                       some + 100);
                server_.wait_at_least("websockets_now", 1, kNoticedWithin);
                return server_.faults(R"({"cut":true,"slow_ms":0})");
            }
        }
    }

    /// The host takes nothing until the server has had enough of it: closed with 1013.
    void be_slow() {
        const auto before = server_.stats().slow_clients_closed;
        journal_.pause(true);
        for (std::size_t i = 0; i < kFloodMessages; i += kPipelined) {
            publish(kPipelined, kFloodBytes);
            if (server_.stats().slow_clients_closed > before) break;
        }
        journal_.pause(false);
    }

    const DevServer& server_;
    Journal& journal_;
    Random& random_;
    HttpConnection http_;
    std::size_t published_ = 0;
};

/// A client of one room of the dev server with its history; the texts live as long as this.
struct Source {
    explicit Source(const DevServer& server)
        : url(server.url("/ws?room=a")),
          messages("http://127.0.0.1:" + std::to_string(server.port()) +
                   "/messages?conversation=a{&before,after,limit}") {
        graceline_history_options_init(&history, sizeof history);
        history.messages_url = messages.c_str();
        history.json_items_pointer = "/items";
        history.json_complete_pointer = "/complete";
        history.page_bytes = 16 * 1024 * 1024;
        options = default_options();
        options.url = url.c_str();
        options.json_id_pointer = "/id";
        options.history = &history;
        options.backoff_initial_ms = 10;
        options.backoff_max_ms = 50;
    }
    std::string url, messages;
    graceline_history_options history{};
    graceline_options options{};
};

std::uint64_t seed() {
    if (const char* given = std::getenv("GRACELINE_SEED")) {
        return std::strtoull(given, nullptr, 10);
    }
    return std::random_device{}();
}

struct Totals {
    std::size_t verdicts = 0;
    std::size_t recovered = 0;
    std::size_t interrupted = 0;
    std::size_t replayed = 0;
    std::size_t beyond = 0;  ///< Live ones that came before older ones: behind a known gap only.
};

/// Walks over everything that the host saw, in its order.
class TruthCheck {
  public:
    explicit TruthCheck(const Journal& journal) : journal_(journal) {
        for (std::size_t i = 0; i < journal.ids().size(); ++i) number_of_[journal.ids()[i]] = i;
        delivered_.resize(journal.ids().size());
    }

    Totals run(const Host& host) {
        for (const auto& event : host.seen) {
            if (event.type == GRACELINE_EVENT_MESSAGE) on_message(event);
            if (event.type == GRACELINE_EVENT_GAP_VERDICT) on_verdict(event);
            if (event.type == GRACELINE_EVENT_CONNECTION_STATUS) on_status(event);
        }
        CHECK(all_up_to_ == journal_.ids().size());
        return totals_;
    }

  private:
    void on_status(const Seen& event) {
        beyond_on_this_ = 0;
        if (event.details.connection_status == GRACELINE_CONNECTION_STATUS_CONNECTED) return;
        last_down_ms_ = event.time_ms;
        hole_ = true;
    }
    void on_message(const Seen& event) {
        const auto found = number_of_.find(event.id);
        REQUIRE(found != number_of_.end());
        const auto number = found->second;
        INFO("message " << number << " (" << event.data.substr(0, 160) << ") where " << all_up_to_
                        << " is next");
        CHECK_FALSE(delivered_[number]);
        delivered_[number] = true;
        const bool replayed = (event.flags & GRACELINE_MESSAGE_FLAG_REPLAYED) != 0;
        totals_.replayed += replayed;
        if (number == all_up_to_) {
            while (all_up_to_ < delivered_.size() && delivered_[all_up_to_]) ++all_up_to_;
            return;
        }
        // SPEC section 5: what was held is delivered when a cut ends the catch-up it waited for.
        REQUIRE(hole_);
        CHECK_FALSE(replayed);
        CHECK(number > newest_beyond_);
        newest_beyond_ = number;
        ++beyond_on_this_;
        ++totals_.beyond;
    }
    void on_verdict(const Seen& event) {
        const auto verdict = event.details.gap_verdict;
        INFO("gap " << event.details.gap_number << " where message " << all_up_to_
                    << " is next: " << event.text);
        CHECK(judged_.insert(event.details.gap_number).second);
        ++totals_.verdicts;
        if (verdict == GRACELINE_GAP_VERDICT_GAP) {
            CHECK(event.details.reason == GRACELINE_REASON_CATCH_UP_INTERRUPTED);
            ++totals_.interrupted;
            return;
        }
        hole_ = false;
        CHECK(beyond_on_this_ == 0);  // live ones waited for those that were missed
        CHECK((verdict == GRACELINE_GAP_VERDICT_COMPLETE ||
               verdict == GRACELINE_GAP_VERDICT_RECOVERED));
        totals_.recovered += verdict == GRACELINE_GAP_VERDICT_RECOVERED;
        // What the server had when the connection was still down must have come by now.
        const auto& acknowledged = journal_.acknowledged_ms();
        const auto known =
            std::lower_bound(acknowledged.begin(), acknowledged.end(), last_down_ms_);
        CHECK(all_up_to_ >= static_cast<std::size_t>(known - acknowledged.begin()));
    }

    const Journal& journal_;
    std::unordered_map<std::string, std::size_t> number_of_;
    std::vector<bool> delivered_;
    std::size_t all_up_to_ = 0;  ///< The oldest message that has not come.
    std::size_t newest_beyond_ = 0;
    std::size_t beyond_on_this_ = 0;  ///< Since the connection came up.
    std::int64_t last_down_ms_ = 0;
    bool hole_ = false;
    std::set<std::uint64_t> judged_;
    Totals totals_;
};

}  // namespace

TEST_CASE("endurance: 10,000 messages through 50 random cuts -> each once, in order, true verdicts",
          "[capi]") {
    const auto chosen = seed();
    std::cout << "endurance: GRACELINE_SEED=" << chosen << std::endl;
    INFO("GRACELINE_SEED=" << chosen);
    Random random(chosen);
    DevServer server;
    Source source(server);
    // 1013 would otherwise hold for 5 to 30 seconds; here it is one more cut.
    const graceline_disposition_row again{1013, 0, GRACELINE_DISPOSITION_RETRY};
    auto& options = source.options;
    options.receive_queue_bytes = 1024 * 1024;
    options.ping_interval_ms = 1'000;
    options.pong_timeout_ms = 300;
    options.probe_timeout_ms = 300;
    options.dispositions = &again;
    options.dispositions_count = 1;
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    Journal journal;
    Publisher publisher(server, journal, random);
    publisher.publish(1);  // from here on the client has a position
    REQUIRE(host.wait_message("m0"));
    journal.seen(false, true);

    const auto plan = plan_of(random);
    for (const auto& planned : plan)
        UNSCOPED_INFO(planned.at << ": " << kNames[static_cast<std::size_t>(planned.cut)]);
    std::exception_ptr failure;
    std::thread thread([&] {
        try {
            publisher.run(plan);
        } catch (...) {
            failure = std::current_exception();
        }
    });
    const auto begun_ms = graceline_now_ms();
    for (std::size_t looked_at = host.seen.size();
         journal.delivered() < kMessages && host.take(kProgressWithinMs);) {
        for (; looked_at < host.seen.size(); ++looked_at) {
            const auto& event = host.seen[looked_at];
            const bool lost =
                event.type == GRACELINE_EVENT_CONNECTION_STATUS &&
                event.details.connection_status != GRACELINE_CONNECTION_STATUS_CONNECTED;
            journal.seen(lost, event.type == GRACELINE_EVENT_MESSAGE);
        }
        journal.wait_not_paused();
    }
    thread.join();
    if (failure) std::rethrow_exception(failure);
    // A cut may have come behind the last message: the verdict on it is part of the promise.
    const auto patience_ms = graceline_now_ms() + 10'000;
    while ((host.needs_refresh() || host.info().gap_open != 0) &&
           graceline_now_ms() < patience_ms) {
        host.take(100);
    }
    host.take_all();
    const auto took_ms = graceline_now_ms() - begun_ms;

    const auto totals = TruthCheck(journal).run(host);
    CHECK_FALSE(host.needs_refresh());
    CHECK(host.info().gap_open == 0);
    CHECK(host.count(GRACELINE_EVENT_REFRESH_NEEDED) == 0);
    const auto statistics = host.statistics();
    const auto served = server.stats();
    std::cout << "endurance: " << took_ms << " ms, " << statistics.connections_count
              << " connections, " << totals.verdicts << " verdicts, " << totals.recovered
              << " recovered, " << totals.interrupted << " interrupted, " << totals.replayed
              << " replayed, " << totals.beyond << " beyond a gap, "
              << statistics.duplicates_dropped_count << " doubles dropped, "
              << served.slow_clients_closed << " closed as too slow" << std::endl;
    CHECK(served.messages_published == static_cast<std::int64_t>(kMessages));
    CHECK(statistics.connections_count > kCuts / 2);
    CHECK(totals.recovered > 0);
    CHECK(totals.replayed == statistics.messages_replayed_count);
    CHECK(served.slow_clients_closed > 0);
}

TEST_CASE(
    "catch-up: live messages fill the queue behind it -> recovered, nobody waits for the other",
    "[capi]") {
    DevServer server;
    Source source(server);
    source.options.receive_queue_bytes = 65'536;
    Host host(source.options);
    host.start();
    REQUIRE(host.wait_connected());
    std::vector<std::string> ids{server.publish("a", "seen")};
    REQUIRE(host.wait_message("seen"));
    server.faults(R"({"refuse":true,"cut":true})");
    for (int i = 0; i < 350; ++i) ids.push_back(server.publish("a", "missed"));
    server.faults(R"({"refuse":false,"slow_ms":100})");
    REQUIRE(server.wait_equal("websockets_now", 1));
    // Far more than the queue takes, while the first of four pages is under way.
    for (int i = 0; i < 40; ++i) ids.push_back(server.publish("a", std::string(kFloodBytes, '.')));
    const auto begun_ms = graceline_now_ms();
    while (host.count(GRACELINE_EVENT_MESSAGE) < ids.size() && host.take(kProgressWithinMs)) {
    }
    CHECK(graceline_now_ms() - begun_ms < 10'000);
    CHECK(host.count(GRACELINE_EVENT_REFRESH_NEEDED) == 0);
    CHECK_FALSE(host.needs_refresh());
    std::vector<std::string> delivered;
    for (const auto& event : host.seen) {
        if (event.type == GRACELINE_EVENT_MESSAGE) delivered.push_back(event.id);
    }
    CHECK(delivered == ids);
    CHECK(host.statistics().reading_paused_count > 0);
    CHECK(host.statistics().held_peak_bytes > 65536);
}
