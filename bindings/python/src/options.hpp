// A dictionary of the package as graceline::Options.
// Must know each name, or fail: a slip of the pen must not become a default.
#pragma once

#include <pybind11/pybind11.h>

#include "graceline/graceline.hpp"

namespace graceline_python {

/// Names are the fields of graceline_options; durations are whole milliseconds (-1: unlimited).
/// What is not named keeps the library's default. TypeError and ValueError name the field.
graceline::Options options_from(const pybind11::dict& values);

/// The names that options_from() knows, those of the history with "history." before them.
pybind11::list option_names();

/// The library's defaults of all durations, numbers and switches, as a dictionary by name.
pybind11::dict default_options();

}  // namespace graceline_python
