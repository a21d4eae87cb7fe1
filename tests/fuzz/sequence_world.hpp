// The surroundings of one keeper for the sequence fuzzer: what was said, and what must be true of
// it. Must not know the simulator; its rules are written from the contract once more.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/keeper/keeper.hpp"

namespace graceline::fuzz {

/// Hears every output of a keeper and holds it against the rules: one end for each beginning, one
/// connection at a time, nothing opened after the deadline, a path in the graph of statuses.
class Ledger {
  public:
    Ledger(keeper::Keeper& keeper, const engine::Options& options)
        : keeper_(keeper), options_(options) {}

    // What the fuzzer does, told before or after it does it.
    void state_reported(engine::Presence before, engine::ApplicationState state);
    void accepted(std::uint64_t message) { open_messages_.insert(message); }
    /// Went to the connection as it came: no ack will speak for it.
    void passed(std::uint64_t message) {
        accepted(message);
        passed_.insert(message);
    }
    void asked(std::uint64_t request) { open_requests_.insert(request); }
    void never_asked(std::uint64_t request) { open_requests_.erase(request); }
    /// Around one step: what it may change, by what it is. Null: a call that is no input.
    void before(const engine::Input* input, engine::Instant now);
    void transport_ended(engine::Generation generation) {
        if (sockets_.erase(generation) == 1) ending_ = generation;
    }

    /// Takes all outputs; after it the keeper's own invariants must hold.
    void drain();
    /// After all timers that were due.
    void require_in_time() const;
    /// After Closed: everything that was begun has ended.
    void require_all_ended() const;

    // What the fuzzer may answer.
    struct Question {
        std::uint64_t number = 0;
        bool begin = false;
    };
    std::deque<Question> questions;
    std::vector<std::uint64_t> tokens;
    std::vector<engine::PingPayload> pings;
    std::vector<history::output::StartFetch> fetches;
    void answered(std::uint64_t fetch) {
        std::erase_if(fetches, [&](const auto& each) { return each.fetch == fetch; });
    }
    void granted(std::uint64_t id) { os_ids_.insert(id); }
    bool closed() const { return closed_; }
    bool has_socket(engine::Generation generation) const { return sockets_.count(generation) != 0; }

  private:
    struct Visitor;
    friend struct Visitor;
    void require_quiet_after_deadline() const;
    void require_allowed_changes() const;
    void note_times();
    // sequence_rules.cpp
    void require_window_rules() const;
    void require_trust_rules() const;
    void require_query_rules() const;
    void require_end_of_task(const engine::output::BackgroundTaskEnded& ended) const;
    bool step_is_any_of(std::initializer_list<std::size_t> kinds) const;
    bool step_answers_probe() const;

    keeper::Keeper& keeper_;
    engine::Options options_;
    std::set<engine::Generation> sockets_;
    /// Its end is what the step is about; what was due before it may still be wished of it.
    engine::Generation ending_ = 0;
    engine::Generation newest_socket_ = 0;
    engine::Generation socket_before_ = 0;
    std::uint64_t task_ = 0;
    bool task_open_ = false;
    std::set<std::uint64_t> os_ids_;
    std::set<std::uint64_t> gaps_;
    std::uint64_t returns_ = 0;
    std::uint64_t verdicts_ = 0;
    std::set<std::uint64_t> open_messages_;
    std::set<std::uint64_t> passed_;
    std::set<std::uint64_t> open_requests_;
    std::optional<engine::ConnectionStatus> status_;
    bool holding_ = false;
    bool closed_ = false;

    // The step at hand, and what was so before it.
    std::optional<engine::Input> step_;
    engine::Instant now_{};
    std::uint64_t task_before_ = 0;
    engine::Deadline deadline_before_;
    bool window_before_ = false;
    bool trusted_before_ = false;
    std::optional<engine::PingPayload> newest_probe_;
    engine::Deadline held_until_;
    bool disconnected_ = false;  ///< By the host, and not connected again by it.
    bool wanted_ = false;        ///< In manual mode.
    bool expired_before_ = false;
    engine::Presence presence_before_{};
    engine::ConnectionState state_before_{};
    engine::Instant window_at_{};
    engine::Instant state_since_{};
    engine::Instant probe_at_{};
};

}  // namespace graceline::fuzz
