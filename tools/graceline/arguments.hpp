// The command line of `graceline`: which command, with which options.
// Must not carry anything out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tools/graceline/client_arguments.hpp"
#include "tools/graceline/timeline.hpp"

namespace graceline::cli {

struct ListenCommand {
    ClientArguments client;
    std::optional<std::chrono::milliseconds> duration;
    std::optional<std::int64_t> message_count;
};

struct SendCommand {
    ClientArguments client;
    std::string text;
    std::chrono::milliseconds timeout{20'000};
    std::chrono::milliseconds wait{0};  // for answers, after the message was sent
    SendOptions options;
};

// Bounds what one call of the program keeps and prints.
inline constexpr int kMaxHistoryPages = 1'000;
inline constexpr int kMaxHistoryLimit = 100;

struct HistoryCommand {
    ClientArguments client;
    std::int32_t limit = 30;
    int pages = 1;
    std::optional<std::string> from;  // newer than this message, instead of the newest
};

struct SimulateCommand {
    ClientArguments client;
    std::vector<Step> steps;
};

struct HelpCommand {};
struct VersionCommand {};

using Command = std::variant<HelpCommand, VersionCommand, ListenCommand, SendCommand,
                             HistoryCommand, SimulateCommand>;

/// Throws UsageError.
Command parse_arguments(const std::vector<std::string>& words);

std::string help_text();

}  // namespace graceline::cli
