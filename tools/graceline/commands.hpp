// The three commands; each gives the exit code.
// Must not read the command line.
#pragma once

#include "tools/graceline/arguments.hpp"

namespace graceline::cli {

int listen(ListenCommand command);
int send(SendCommand command);
int simulate(SimulateCommand command);

}  // namespace graceline::cli
