// A client with a desk, a simulated history and a live stream, all in virtual time.
// Must check after every step what must always hold.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/history/desk.hpp"
#include "tests/history/simulated_server.hpp"
#include "tests/support/catch.hpp"

namespace graceline::history::testing {

using engine::Duration;
using engine::GapVerdict;
using engine::Instant;
using engine::Reason;

struct Delivered {
    std::size_t place = 0;  ///< Among all messages of the server.
    bool replayed = false;
    std::uint64_t epoch = 0;
};

class World {
  public:
    explicit World(const Habits& habits = {}, std::uint64_t seed = 1, DeskOptions options = {});
    World(const Habits& habits, const SourceOptions& source, std::uint64_t seed = 1,
          DeskOptions options = {});

    // What happens.
    void publish(std::size_t count = 1, const std::string& conversation = "a");
    /// The first one makes what was there before known. False: no catch-up began.
    bool connect();
    void disconnect();
    void pass(Duration time);
    /// Until the catch-up and all requests are over.
    void settle();
    bool request(std::uint64_t number, const Fetch& fetch);
    /// The page of a request that must come; null when it failed.
    std::shared_ptr<Page> page_of(const Fetch& fetch);
    void cancel(std::uint64_t number, Reason reason = Reason::request_cancelled);
    void cancel_all(Reason reason = Reason::client_closed);

    const CatchUpResult& last_verdict() const { return verdicts.back().result; }
    /// Delivered on this connection.
    std::vector<std::size_t> delivered_now(bool replayed_only = false) const;
    std::string position(const std::string& conversation = "a") const;
    std::size_t position_place() const;

    SimulatedServer server;
    DeskOptions options;
    SeenIds seen;
    Positions positions;
    Desk desk;
    Instant now{};
    std::uint64_t epoch = 0;
    bool connected = false;

    // What was seen.
    std::vector<Delivered> delivered;
    std::vector<output::CatchUpEnded> verdicts;
    std::vector<output::StartFetch> fetches;
    std::vector<output::PageReady> pages;
    std::vector<output::RequestFailed> failures;
    std::vector<std::uint64_t> stopped;
    std::size_t tokens_asked = 0;

    // How the model behaves.
    bool token_arrives = true;
    bool fresh_token_works = true;
    bool checks_order;
    Duration live_delay{};  ///< From being published to being read.
    /// Done at the moment in which the server gives an answer.
    std::function<void(const Fetch&)> at_answer;

  private:
    struct Event {
        std::uint64_t fetch = 0;  ///< Goes with its fetch when that is stopped.
        std::function<void()> act;
    };

    Known known() { return {seen, positions, epoch}; }
    void at(Instant when, std::function<void()> act, std::uint64_t fetch = 0);
    bool step(Instant until);
    void live(std::size_t place, std::uint64_t connection);
    void deliver(std::size_t place, bool replayed);
    void release_held();
    void drain();
    void on(const output::StartFetch& start);
    void on(const output::StopFetch& stop);
    void on(const output::NeedToken& need);
    void on(const output::PageReady& ready);
    void on(const output::RequestFailed& failed);
    void on(const output::Replay& replay);
    void on(const output::CatchUpEnded& ended);
    void check();

    PagePlan messages_plan_;
    PagePlan conversations_plan_;
    PageReader reader_;
    std::multimap<Instant, Event> events_;
    std::vector<std::size_t> held_;
    std::vector<char> was_delivered_;
    std::size_t base_ = 0;        ///< Messages before are from before the first connection.
    std::size_t subscribed_ = 0;  ///< Messages from here on come live.
    std::size_t checked_ = 0;     ///< All before are delivered.
    Instant catch_up_began_{};
    std::uint64_t next_request_ = 1'000'000;
};

}  // namespace graceline::history::testing
