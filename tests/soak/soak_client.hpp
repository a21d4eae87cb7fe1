// One client of the soak: its proxy, its host's thread with the whims of an app, its checker.
// Must take every whim from its seed, and judge nothing: the checker does.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "graceline/graceline.hpp"
#include "tests/servers/devserver.hpp"
#include "tests/soak/checker.hpp"
#include "tests/support/fault_proxy.hpp"

namespace graceline::tests {

class SoakClient {
  public:
    /// Of a dev server with TLS the client speaks wss and https.
    SoakClient(const DevServer& server, const StatusGraph& graph, std::uint64_t number,
               std::uint64_t seed);
    ~SoakClient();
    SoakClient(const SoakClient&) = delete;
    SoakClient& operator=(const SoakClient&) = delete;

    const DevServer& server() const { return server_; }
    const std::string& room() const { return room_; }
    Checker& checker() { return checker_; }
    const FaultProxy& proxy() const { return proxy_; }

    /// Has seen the first message, from which on nothing may be missing.
    bool settled() const { return settled_; }
    void begin_harms(std::chrono::milliseconds shortest, std::chrono::milliseconds longest) {
        proxy_.run_by_itself(shortest, longest);
        whims_ = true;
    }
    /// Once, now.
    void cut() { proxy_.begin(Harm::cut); }
    /// Ends harms and whims, and has everything that is still missing fetched.
    void calm_down();
    /// Everything that was published has come. `patience` bounds the wait.
    bool wait_complete(std::chrono::milliseconds patience);
    /// Takes the rest up to the event CLOSED.
    void close();

    std::uint64_t connections() const { return connections_; }
    std::uint64_t gaps_told() const { return gaps_told_; }

  private:
    Options options_for(std::uint64_t number) const;
    void live();
    void take(Milliseconds wait);
    void note(const Event& event);
    void note_message(const MessageEvent& message);
    void act();
    void come_back();
    void send();
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    const DevServer& server_;
    const std::string room_;
    const bool auto_;
    Checker checker_;
    std::mt19937_64 random_;
    FaultProxy proxy_;
    std::unique_ptr<Client> client_;

    std::atomic<bool> whims_{false};
    std::atomic<bool> settled_{false};
    std::atomic<bool> closing_{false};
    std::atomic<bool> wants_calm_{false};
    std::atomic<std::uint64_t> connections_{0};
    std::atomic<std::uint64_t> gaps_told_{0};
    bool away_ = false;
    bool closed_ = false;  ///< By us; its last events are still to come.
    bool ended_ = false;
    std::int64_t next_act_ms_ = 0;
    std::uint64_t sent_ = 0;
    std::thread thread_;
};

}  // namespace graceline::tests
