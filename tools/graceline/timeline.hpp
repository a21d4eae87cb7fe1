// The time line of `graceline simulate`: text such as "connect; 2s; background" as a list of steps.
// Must not carry a step out: it is pure, and knows no client.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graceline/graceline.hpp"

namespace graceline::cli {

inline constexpr std::size_t kMaxTimelineSteps = 1'000;
inline constexpr std::size_t kMaxTimelineBytes = 65'536;

struct WaitStep {
    std::chrono::milliseconds duration;
};
struct StateStep {
    ApplicationState state;
};
struct NetworkStep {
    Network network;
};
struct SendStep {
    std::string text;
};
struct ConnectStep {};
struct DisconnectStep {};
struct PingStep {};
struct RefreshStep {};
struct QueryStep {};
struct ExpiringStep {};
struct QuitStep {};

using StepAction =
    std::variant<WaitStep, StateStep, NetworkStep, SendStep, ConnectStep, DisconnectStep, PingStep,
                 RefreshStep, QueryStep, ExpiringStep, QuitStep>;

struct Step {
    StepAction action;
    std::string text;  // as it was written
};

/// What is wrong with a time line, and where.
struct TimelineError {
    std::size_t column = 1;  // 1 is the first character
    std::string found;
    std::string expected;
};

std::variant<std::vector<Step>, TimelineError> parse_timeline(std::string_view text);

/// One line for people: column, what stands there, what was expected.
std::string describe(const TimelineError& error);

}  // namespace graceline::cli
