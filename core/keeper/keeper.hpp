// One client as one value: engine, outbox and history, each told what the others did.
// Must not do I/O or see a payload that goes straight to the connection; client/ does that.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/outbox.hpp"
#include "core/history/desk.hpp"

namespace graceline::keeper {

using engine::Deadline;
using engine::Instant;
using engine::Outcome;

/// The last message that the app knows, of one conversation or of all.
struct Position {
    std::string conversation;  ///< Empty: all.
    std::string id;
};

struct Options {
    engine::Options engine;
    engine::OutboxLimits outbox;
    bool has_acks = false;  ///< The session tells what the server has.
    bool has_ids = false;   ///< The session reads an id from each message.
    std::optional<history::SourceOptions> source;
    history::DeskOptions desk;
    std::vector<Position> positions;
    bool refresh_by_fetch = true;
};

/// What may be done with a message now.
enum class Sending : std::uint8_t { now, wait, closed, not_connected, window_over, full };

/// What became of a question of the host.
enum class Asking : std::uint8_t {
    ok,
    closed,
    window_over,
    full,
    unsupported,  ///< There is no such history.
};

namespace output {

/// From now on messages that are read wait in the queue, unseen.
struct HoldMessages {};
/// They follow now; those that stand in `pages` have been given already. `deliver` false: they are
/// dropped, and must be fetched again.
struct ReleaseMessages {
    bool deliver = true;
    std::vector<std::shared_ptr<const history::Page>> pages;
};

}  // namespace output

using Output = std::variant<engine::Output, engine::FateRange, history::output::StartFetch,
                            history::output::StopFetch, history::output::PageReady,
                            history::output::RequestFailed, history::output::Replay,
                            output::HoldMessages, output::ReleaseMessages>;

/// The engine's three verbs, for the whole: handle() and the calls below change it, then
/// poll_output() until it is empty, then next_deadline(). Its owner is whoever holds the client's
/// lock; seen() alone belongs to the thread that reads the socket.
class Keeper {
  public:
    Keeper(const Options& options, Instant now);

    Outcome handle(const engine::Input& input, Instant now);
    std::optional<Output> poll_output();
    Deadline next_deadline() const;

    const engine::Engine& engine() const { return engine_; }
    const engine::Outbox& outbox() const { return outbox_; }
    const history::Positions& positions() const { return positions_; }
    const history::SourceOptions* source() const { return desk_ ? &desk_->source() : nullptr; }
    bool holding() const { return holding_; }

    // Sending. `unread`: fates that the host has not taken.
    Sending may_send(std::size_t bytes, std::uint64_t unread) const;
    /// passed() fails for nothing after it.
    void make_room() { outbox_.make_room(); }
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

    // Receiving: messages with ids.
    history::SeenIds& seen() { return seen_; }
    /// The newest of a conversation, read on this connection and put into the queue.
    void received(std::string_view conversation, std::string_view id) {
        if (holding_) {
            hold_position(conversation, id);
        } else {
            positions_.live(conversation, id);
        }
    }

    // History. `number` is the caller's, used once. Ends with one PageReady or RequestFailed.
    Asking ask(std::uint64_t number, history::Fetch page, Instant now);
    void cancel_request(std::uint64_t number, Instant now);
    void answer(std::uint64_t fetch, history::Answer&& answer, Instant now);

    void check_invariants() const;

  private:
    /// A question of the host whose page may be newer than what is on screen.
    struct Refresh {
        std::uint64_t number = 0;
        std::optional<std::uint64_t> mark;  ///< Taken while connected.
        bool holds = false;
    };
    /// A fetch and the token that it was sent with.
    struct Sent {
        std::uint64_t fetch = 0;
        std::uint64_t token = 0;
    };

    /// What the desk says is large, and most clients have none: it stands in desk_outputs_.
    struct OfDesk {};
    using Said = std::variant<engine::Output, engine::FateRange, output::HoldMessages,
                              output::ReleaseMessages, OfDesk>;
    static_assert(sizeof(Said) <= 64, "room for many of them is part of what an idle client costs");

    bool is_open() const { return engine_.state() == engine::ConnectionState::open; }
    bool may_fetch() const;
    history::Known known() { return {seen_, positions_, engine_.generation()}; }
    engine::Input completed(engine::input::SessionOpened opened) const;
    void settle();
    void put_of_desk(Output output);
    void drain_engine();
    void drain_desk();
    void drain_fates();
    void follow_gaps();
    void cancel_what_may_not_run();
    void route(const engine::Output& output);
    void begin_catch_up(engine::Generation generation);
    void on(history::output::StartFetch& start);
    void on(history::output::StopFetch& stop);
    void on(history::output::NeedToken& need);
    void on(history::output::PageReady& ready);
    void on(history::output::RequestFailed& failed);
    void on(history::output::Replay& replay);
    void on(history::output::CatchUpEnded& ended);
    void refreshed_by(const history::output::PageReady& ready, const Refresh& refresh);
    std::optional<Refresh> take_refresh(std::uint64_t number);
    void hold();
    void stop_holding();
    void release(bool deliver);
    void hold_position(std::string_view conversation, std::string_view id);

    bool refresh_by_fetch_;
    bool has_ids_;
    Instant now_;
    engine::Engine engine_;
    engine::Outbox outbox_;
    history::SeenIds seen_;
    history::Positions positions_;
    std::unique_ptr<history::Desk> desk_;
    std::vector<Said> outputs_;
    std::vector<Output> desk_outputs_;
    std::size_t drained_ = 0;
    std::size_t desk_drained_ = 0;

    std::vector<Refresh> refreshes_;
    std::vector<Sent> sent_;
    bool catching_up_ = false;
    bool holding_ = false;
    bool gap_was_open_ = true;
    std::optional<bool> token_settled_;  ///< Of the step at hand; the desk is told behind it.
    std::vector<std::shared_ptr<const history::Page>> pages_of_hold_;
    std::vector<Position>
        positions_of_hold_;  ///< What is held moves no position before it is given.
    std::optional<std::uint64_t> messages_mark_;       ///< Newest mark of a page of messages.
    std::optional<std::uint64_t> conversations_mark_;  ///< The same of conversations.
};

}  // namespace graceline::keeper
