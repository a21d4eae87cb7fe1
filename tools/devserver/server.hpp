// The listening sockets, the signals and the orderly end of the dev server.
// Must not know HTTP or WebSocket.
#pragma once

#include "tools/devserver/options.hpp"

namespace graceline::devserver {

// Runs until a signal (or, if asked for, the end of standard input) stops it; the result is the
// exit code. Throws std::runtime_error when it cannot start.
int run_server(Options options);

}  // namespace graceline::devserver
