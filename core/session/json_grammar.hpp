// RFC 8259's grammar of single scalars, which an On Demand reader leaves unchecked when it skips.
// Must not parse numbers: their text is what an id needs.
#pragma once

#include <string_view>

namespace graceline::session {

constexpr bool is_json_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// A whole number token, e.g. "-12.5e+3".
bool is_json_number(std::string_view token);

/// The inside of a string, without its quotes: every backslash begins a known escape.
bool has_valid_escapes(std::string_view inside);

}  // namespace graceline::session
