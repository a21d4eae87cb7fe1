// Turns the C options into validated settings.
// Must not connect, start or keep anything.
#pragma once

#include "core/client/settings.hpp"
#include "graceline/graceline.h"

namespace graceline::capi {

/// Throws ApiError naming the field and the rule.
client::Settings settings_from(const graceline_options& options);

}  // namespace graceline::capi
