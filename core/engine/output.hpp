// Everything that the engine can wish or report: a closed list, drained after each handle().
// Must stay trivially copyable: texts are made where they are shown.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "core/engine/continuity.hpp"
#include "core/engine/input.hpp"
#include "core/engine/liveness.hpp"
#include "core/engine/phase.hpp"
#include "core/engine/reason.hpp"
#include "core/engine/task.hpp"
#include "core/engine/time.hpp"

namespace graceline::engine {

/// graceline_return_verdict, same values.
enum class ReturnAdvice : std::uint8_t { none, skip, refresh };

namespace output {

// Wishes: carried out in order by the driver.
struct OpenTransport {
    Generation generation = 0;
};
struct OpenSession {
    Generation generation = 0;
};
/// suspend: the server keeps the session (1001); else it is ended first (1000).
struct CloseTransport {
    Generation generation = 0;
    std::uint16_t code = 1000;
    bool suspend = false;
};
struct AbortTransport {
    Generation generation = 0;
};
struct SendPing {
    Generation generation = 0;
    PingPayload payload{};
};
/// begin: the begin hook, else the remaining hook; on the thread of the call that caused it.
struct AskBackgroundTime {
    std::uint64_t question = 0;
    bool begin = false;
};
struct EndBackgroundTime {
    std::uint64_t id = 0;
};
/// Fetch what was missed, from the position on; answered by input::CatchUpEnded.
struct CatchUp {
    Generation generation = 0;
};
/// The connection of that catch-up is over. `deliver`: what was held back may still be given.
struct StopCatchUp {
    bool deliver = true;
};
/// Reaches the host as an event; answered by input::TokenProvided.
struct AskToken {
    std::uint64_t request = 0;
};
/// There is a fresh token, or there will be none: for who else waits for one.
struct TokenSettled {
    bool ok = false;
};

// Events: reach the host in order.
struct StatusChanged {
    ConnectionStatus status{};
    ConnectionState state{};
    Failure cause;
    std::uint32_t attempt = 0;
    std::optional<Duration> retry_in;
};
struct BackgroundTaskBegan {
    std::uint64_t number = 0;
};
struct BackgroundTaskEnded {
    std::uint64_t number = 0;
    TaskCause cause{};
    Reason reason = Reason::none;
};
struct GapJudged {
    Gap gap;
    GapVerdict verdict{};
    Reason reason = Reason::none;
    Duration length{};
};
struct ReturnJudged {
    ReturnAdvice advice{};
    Reason reason = Reason::none;
};
struct RefreshNeeded {
    Reason reason = Reason::none;
};
struct PingCompleted {
    std::optional<Duration> round_trip;  ///< nullopt: no answer.
    Reason reason = Reason::none;
};
struct Closed {};  ///< The last output that is an event.

}  // namespace output

using Output =
    std::variant<output::OpenTransport, output::OpenSession, output::CloseTransport,
                 output::AbortTransport, output::SendPing, output::AskBackgroundTime,
                 output::EndBackgroundTime, output::CatchUp, output::StopCatchUp, output::AskToken,
                 output::TokenSettled, output::StatusChanged, output::BackgroundTaskBegan,
                 output::BackgroundTaskEnded, output::GapJudged, output::ReturnJudged,
                 output::RefreshNeeded, output::PingCompleted, output::Closed>;

}  // namespace graceline::engine
