// Names of the scenario files against the enums of graceline.hpp.
// Must take the library's own names where it has them.
#pragma once

#include <stdexcept>
#include <string>

#include "graceline/graceline.hpp"

namespace graceline::scenarios {

/// The file says what nobody knows: a slip of the pen, told with what was read.
struct Unknown : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::string name_of_status(Status status);  ///< "window_over"
std::string name_of_fate(Fate fate);
std::string name_of_page_end(PageEnd end);

/// The enum's value of that name, among the values from 0 to `last`.
template <class Enum>
Enum named(const std::string& name, Enum last) {
    for (std::int32_t value = 0; value <= static_cast<std::int32_t>(last); ++value) {
        if (name == name_of(static_cast<Enum>(value))) return static_cast<Enum>(value);
    }
    throw Unknown("no such name: " + name);
}

Network network_named(const std::string& name);
HistoryScope scope_named(const std::string& name);

}  // namespace graceline::scenarios
