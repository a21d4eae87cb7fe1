// Tells the ends that this side asked for from those that came from outside.
// Must not know the commands.
#pragma once

#include "graceline/graceline.hpp"

namespace graceline::cli {

/// True for a reason that nobody on this side asked for. With the status `disconnected` it says
/// that nothing will be tried again.
bool is_final(Reason reason);

}  // namespace graceline::cli
