// The length of one UTF-8 character, for the writers of this tool.
// Must not be used on the wire: the library has its own, faster check.
#pragma once

#include <cstddef>
#include <string_view>

namespace graceline::cli {

/// Bytes of the valid character that `text` begins with; 0 when it begins with none.
std::size_t utf8_length(std::string_view text);

}  // namespace graceline::cli
