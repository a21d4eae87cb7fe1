// Events of the library as plain tuples; the package makes typed objects of them.
// Must not hold messages back: those go into the inbox, in their batch.
#pragma once

#include <pybind11/pybind11.h>

#include "graceline/graceline.hpp"

namespace graceline_python {

/// The events of a batch that are not messages, as a list of tuples (type, sequence, time_ms,
/// coalesced_count, text, *details); its messages go into the inbox with the batch.
pybind11::list take_events(graceline::Batch batch, pybind11::handle inbox);

}  // namespace graceline_python
