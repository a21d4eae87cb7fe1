// Turns the C options into validated settings.
// Must not connect, start or keep anything.
#pragma once

#include "core/client/settings.hpp"
#include "graceline/graceline.h"

namespace graceline::capi {

/// Throws ApiError naming the field and the rule.
client::Settings settings_from(const graceline_options& options);

/// The history and the positions: options_history.cpp.
void read_history(const graceline_options& options, const driver::TransportSettings& transport,
                  client::Settings& settings);

}  // namespace graceline::capi
