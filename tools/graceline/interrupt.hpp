// Turns SIGINT and SIGTERM into a question that loops can ask.
// Must not do anything in the signal handler but set the flag.
#pragma once

namespace graceline::cli {

/// From now on the two signals set the flag; a second one ends the process at once.
void catch_interrupts();
bool interrupted();

}  // namespace graceline::cli
