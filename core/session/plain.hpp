// The session of any WebSocket server: every frame is a message, nothing is promised.
// Must not guess: what the server does not say (ids, loss, history) stays unsaid.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/session/json_fields.hpp"
#include "core/session/session.hpp"

namespace graceline::session {

inline constexpr std::size_t kMaxFramesAfterConnect = 64;
inline constexpr std::size_t kMaxFrameAfterConnectBytes = std::size_t{64} * 1024;

/// A frame that is sent after every connect, so that a reconnect needs no help from the host.
struct ConnectFrame {
    Opcode opcode = Opcode::text;
    std::string payload;
};

/// The first frame, for servers that want the token inside the socket: before + token + after, as
/// they are. Whoever puts a token into JSON chooses tokens that need no escape there.
struct TokenFrame {
    std::string before;
    std::string after;
};

/// JSON pointers into a text message; an absent one leaves its field unset.
struct FieldPointers {
    std::optional<std::string> id, conversation, sender, time;
};

struct PlainOptions {
    std::optional<TokenFrame> token_frame;           ///< Sent first, when there is a token.
    std::vector<ConnectFrame> frames_after_connect;  ///< Sent in this order.
    FieldPointers pointers;
    /// A text frame with a value here is the server's ack of the message that has this
    /// de-duplication id, and nothing else: it does not reach the app.
    std::optional<std::string> ack_pointer;
};

/// What is wrong with `options`: the field and the rule, without the value. Nothing: valid.
struct OptionError {
    std::string field;  ///< "pointers.id"
    std::string rule;
};
std::optional<OptionError> plain_options_error(const PlainOptions& options);

class Plain final : public Session {
  public:
    /// `options` have no plain_options_error(). `reader` may serve other sessions of the same
    /// thread; without one, a session with pointers makes its own.
    explicit Plain(PlainOptions options, std::shared_ptr<JsonReader> reader = nullptr);

    const char* name() const override { return "plain"; }
    Capabilities capabilities() const override { return capabilities_; }

    void open(const OpenContext& context) override;
    void on_inactive() override {}
    void on_active() override {}
    void suspend_close() override;
    void logout_close() override;
    std::string_view position() const override { return {}; }

    bool maps_frames() const override { return plan_.has_value(); }
    bool map(Opcode opcode, std::span<const std::uint8_t> payload, Message& out) override;
    Counters counters() const override { return counters_; }

  private:
    static constexpr std::size_t kFields = 5;
    static constexpr std::size_t kAckField = 4;

    void close(std::uint16_t code);

    // Of the options, what is needed later.
    std::optional<TokenFrame> token_frame_;
    std::vector<ConnectFrame> frames_after_connect_;
    Capabilities capabilities_;

    std::string first_frame_;
    std::optional<JsonPlan> plan_;
    std::shared_ptr<JsonReader> reader_;
    /// For each pointer of the plan, which field it fills; the ack is the last one.
    std::array<std::size_t, kFields> field_of_{};
    Counters counters_;
};

}  // namespace graceline::session
