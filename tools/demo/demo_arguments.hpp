// The command line of the demo.
// Must not start anything.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tools/graceline/client_arguments.hpp"

namespace graceline::demo {

inline constexpr std::chrono::milliseconds kRealGrace{30'000};

struct DemoArguments {
    cli::ClientArguments client;
    /// Nothing: against the dev server, started as a child.
    bool own_server = false;
    std::chrono::milliseconds grace{3'000};
    std::string svg_file = "build/demo.svg";
    std::string ledger_file;
    std::string server_program;
};

struct DemoHelp {};

/// Throws cli::UsageError. `program` is how the demo was called, to find the dev server beside it.
std::variant<DemoHelp, DemoArguments> parse_demo_arguments(const std::string& program,
                                                           const std::vector<std::string>& words);

std::string demo_help();

}  // namespace graceline::demo
