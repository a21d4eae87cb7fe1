// The adapter contract: one state machine for every protocol spoken inside the WebSocket.
// Must not know of sockets, clocks or the engine's decisions: frames in, messages and actions out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/engine/input.hpp"
#include "core/engine/reason.hpp"
#include "core/websocket/frame.hpp"

namespace graceline::session {

using engine::input::SessionStart;
using websocket::Opcode;

/// What an adapter can promise; the verdict of a gap follows from it (SERVERS.md).
struct Capabilities {
    bool keeps_session = false;         ///< The server keeps our place while we are away.
    bool tells_window = false;          ///< The server says for how long.
    bool tells_loss = false;            ///< A resume proves that nothing was missed.
    bool has_history = false;           ///< Older messages can be fetched through it.
    bool has_deduplication_id = false;  ///< A message that comes twice is recognised.
    bool has_acks = false;              ///< The server confirms what we send.

    friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

/// What a session needs to open. The views are read during the call only.
struct OpenContext {
    std::string_view subprotocol;  ///< The one that the server chose; empty = none.
    std::string_view position;     ///< Where to resume, as position() gave it; empty = fresh.
    std::string_view token;        ///< For sessions that authenticate inside the socket.
    bool inactive = false;         ///< The app is in background while this opens.
};

/// What the message says about itself. The views are valid until the next call of the session.
struct MessageFields {
    std::string_view id, conversation, sender, time;
    bool has_id = false, has_conversation = false, has_sender = false, has_time = false;

    friend bool operator==(const MessageFields&, const MessageFields&) = default;
};

/// A message as the app gets it. `payload` is the frame's own bytes, or a part of them.
struct Message {
    std::span<const std::uint8_t> payload;
    MessageFields fields;
    bool replayed = false;  ///< Sent again by the server after a resume, not live.
};

/// What map() saw in the messages so far; the client's statistics show it.
struct Counters {
    std::uint64_t mapped = 0;      ///< Every configured field was there.
    std::uint64_t incomplete = 0;  ///< Delivered; at least one configured field was missing.
    std::uint64_t unreadable = 0;  ///< Delivered without fields: not well-formed, or over a limit.

    friend bool operator==(const Counters&, const Counters&) = default;
};

namespace action {

/// The payload is valid until the next call of the session other than poll_action().
struct SendFrame {
    Opcode opcode = Opcode::text;
    std::span<const std::uint8_t> payload;
};
/// Answer to open(): messages may flow.
struct Opened {
    SessionStart start = SessionStart::fresh;
    engine::Reason reason = engine::Reason::none;  ///< Why it was refused; none otherwise.
    std::optional<std::uint32_t> peer_count;       ///< How many of our own the server has had.
};
/// The session cannot go on; the socket is of no use. The text holds no byte of the peer.
struct Failed {
    engine::Failure cause;
    std::string text;
};
/// The server has this message of ours; the view is valid until the next call of the session other
/// than poll_action().
struct Acknowledged {
    std::string_view deduplication_id;
};
/// After suspend_close() and logout_close(), when the frames before it were sent.
struct CloseWebSocket {
    std::uint16_t code = websocket::kCloseNormal;
};

}  // namespace action

using Action = std::variant<action::SendFrame, action::Opened, action::Failed, action::Acknowledged,
                            action::CloseWebSocket>;

/// First in, first out; keeps its memory, so that a steady session allocates nothing.
class ActionQueue {
  public:
    template <class T>
    void put(T action) {
        actions_.emplace_back(std::in_place_type<T>, std::move(action));
    }

    std::optional<Action> poll() {
        if (next_ == actions_.size()) {
            clear();
            return std::nullopt;
        }
        return std::move(actions_[next_++]);
    }

    void clear() {
        actions_.clear();
        next_ = 0;
    }

  private:
    std::vector<Action> actions_;
    std::size_t next_ = 0;
};

/// One session serves all connections of a client, one after the other. After every call that is
/// not const, the caller drains poll_action() and carries the actions out in order.
class Session {
  public:
    virtual ~Session() = default;

    virtual const char* name() const = 0;  ///< "plain"
    virtual Capabilities capabilities() const = 0;

    // Life.

    /// A WebSocket is up; what an earlier one left unfinished is forgotten. Answered, now or after
    /// more frames, by exactly one Opened or Failed.
    virtual void open(const OpenContext& context) = 0;
    /// The app left the foreground, or came back, while the session is open.
    virtual void on_inactive() = 0;
    virtual void on_active() = 0;
    /// Ends with CloseWebSocket 1001: the server may keep the session.
    virtual void suspend_close() = 0;
    /// Ends with CloseWebSocket 1000: the session itself is over.
    virtual void logout_close() = 0;

    std::optional<Action> poll_action() { return actions_.poll(); }

    /// Where a later open() can resume; opaque, empty = nowhere. Valid until the next call.
    virtual std::string_view position() const = 0;

    // The hot path.

    /// False: every frame is a message and passes as it is; map() need not be called. The answer
    /// never changes, so the caller asks once.
    virtual bool maps_frames() const = 0;
    /// One whole text or binary message of the socket. True: `out` is a message for the app.
    /// False: it was the protocol's own; there may be actions. Allocates nothing once warm.
    virtual bool map(Opcode opcode, std::span<const std::uint8_t> payload, Message& out) = 0;

    virtual Counters counters() const = 0;

  protected:
    Session() = default;
    Session(const Session&) = default;
    Session(Session&&) = default;
    Session& operator=(const Session&) = default;
    Session& operator=(Session&&) = default;

    ActionQueue actions_;
};

}  // namespace graceline::session
