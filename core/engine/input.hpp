// Everything that can happen to the engine: a closed list.
// Must not carry pointers that outlive the call of handle().
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "core/engine/application_state.hpp"
#include "core/engine/continuity.hpp"
#include "core/engine/reason.hpp"
#include "core/engine/task.hpp"
#include "core/engine/time.hpp"

namespace graceline::engine {

/// Number of a connection attempt; what an old one still says changes nothing.
using Generation = std::uint64_t;

namespace input {

struct Start {};
struct Connect {};
struct Disconnect {};
struct Close {};  ///< The client ends.
struct ReportState {
    ApplicationState state;
};
struct BackgroundTimeExpiring {
    bool wait_allowed = true;  ///< False from a hook: abort instead of a close handshake.
};
/// Answer to output::AskBackgroundTime.
struct BackgroundTimeAnswer {
    std::uint64_t question = 0;
    bool begin = false;
    OsAnswer answer;
};
struct NetworkChanged {
    Network network;
};
struct Ping {};
struct MarkRefreshed {
    std::uint64_t mark = 0;
};
/// An attempt went one step on (resolving comes by itself).
struct TransportProgress {
    Generation generation = 0;
    enum class Step : std::uint8_t { resolving, connecting, securing, upgrading } step{};
};
struct TransportOpened {
    Generation generation = 0;
};
/// The socket is gone: refused, lost, closed by the peer, or our close is done.
struct TransportEnded {
    Generation generation = 0;
    Failure why;
};
enum class SessionStart : std::uint8_t { fresh, resumed, refused };
struct SessionOpened {
    Generation generation = 0;
    SessionStart start{};
    bool can_catch_up = false;  ///< There is a history, and a position to fetch from.
};
/// Answer to output::CatchUp.
struct CatchUpEnded {
    Generation generation = 0;
    GapVerdict verdict{};
    Reason reason = Reason::none;
};
/// Answer to output::AskToken.
struct TokenProvided {
    std::uint64_t request = 0;
    bool ok = false;
};
/// Somebody else than the connection needs a token: this one was refused.
struct TokenRefused {
    std::uint64_t token = 0;  ///< Its number, as Engine::token().number() gave it.
};
/// One read from the socket, already walked: a chunk, not a message.
struct FramesRead {
    Generation generation = 0;
    std::uint32_t frames = 0;
};
struct PongRead {
    Generation generation = 0;
    std::span<const std::uint8_t> payload;
};
struct ReadingPaused {
    Generation generation = 0;
};
struct ReadingResumed {
    Generation generation = 0;
};
struct ClockJumped {};  ///< The machine slept, or the process stood still.
struct Tick {};         ///< next_deadline() may have been reached.

}  // namespace input

using Input =
    std::variant<input::Start, input::Connect, input::Disconnect, input::Close, input::ReportState,
                 input::BackgroundTimeExpiring, input::BackgroundTimeAnswer, input::NetworkChanged,
                 input::Ping, input::MarkRefreshed, input::TransportProgress,
                 input::TransportOpened, input::TransportEnded, input::SessionOpened,
                 input::CatchUpEnded, input::TokenProvided, input::TokenRefused, input::FramesRead,
                 input::PongRead, input::ReadingPaused, input::ReadingResumed, input::ClockJumped,
                 input::Tick>;

/// What handle() answers to the caller of an API function.
enum class Outcome : std::uint8_t {
    ok,
    closed,
    not_connected,
    window_over,
    unknown_mark,
    unknown_request,  ///< Never asked, answered already, or no longer wanted.
};

}  // namespace graceline::engine
