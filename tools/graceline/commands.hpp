// The commands; each gives the exit code.
// Must not read the command line.
#pragma once

#include "tools/graceline/arguments.hpp"

namespace graceline::cli {

int listen(ListenCommand command);
int send(SendCommand command);
int history(HistoryCommand command);
int simulate(SimulateCommand command);

}  // namespace graceline::cli
