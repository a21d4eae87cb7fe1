// One client as one value: engine and outbox, each told what the other did.
// Must not do I/O or see a payload that goes straight to the connection; client/ does that.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/outbox.hpp"

namespace graceline::keeper {

using engine::Deadline;
using engine::Instant;
using engine::Outcome;

struct Options {
    engine::Options engine;
    engine::OutboxLimits outbox;
    bool has_acks = false;  ///< The session tells what the server has.
};

/// What may be done with a message now.
enum class Sending : std::uint8_t { now, wait, closed, not_connected, window_over, full };

using Output = std::variant<engine::Output, engine::FateRange>;

/// The engine's three verbs, for the whole: handle() and the calls below change it, then
/// poll_output() until it is empty, then next_deadline(). Its owner is whoever holds the client's
/// lock.
class Keeper {
  public:
    Keeper(const Options& options, Instant now);

    Outcome handle(const engine::Input& input, Instant now);
    std::optional<Output> poll_output();
    Deadline next_deadline() const {
        return engine::earlier(engine_.next_deadline(), outbox_.next_deadline());
    }

    const engine::Engine& engine() const { return engine_; }
    const engine::Outbox& outbox() const { return outbox_; }

    // Sending. `unread`: fates that the host has not taken.
    Sending may_send(std::size_t bytes, std::uint64_t unread) const;
    /// After Sending::now: the connection has taken it. Returns its id.
    std::uint64_t passed(std::uint64_t end_offset) { return outbox_.pass(end_offset); }
    /// After Sending::wait. Returns its id.
    std::uint64_t keep(engine::Outgoing message) { return outbox_.keep(std::move(message)); }
    /// What the open connection should be given next; null: nothing.
    const engine::Outgoing* to_send() const { return is_open() ? outbox_.front() : nullptr; }
    void given(std::uint64_t end_offset) { outbox_.front_given(end_offset); }
    void flushed(std::uint64_t offset);
    bool acknowledged(std::string_view deduplication_id);
    bool cancel_send(std::uint64_t id);

    void check_invariants() const;

  private:
    bool is_open() const { return engine_.state() == engine::ConnectionState::open; }
    void route(const engine::Output& output);
    void settle(Instant now);
    void collect_fates();

    engine::Engine engine_;
    engine::Outbox outbox_;
    std::vector<Output> outputs_;
    std::size_t drained_ = 0;
};

}  // namespace graceline::keeper
