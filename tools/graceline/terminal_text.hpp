// Makes bytes of a server safe to show in a terminal.
// Must not change text that is harmless already, but for its length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace graceline::cli {

/// Control characters (a terminal obeys them) and bytes that are not UTF-8 become \xNN; what is
/// longer than max_bytes is cut at a character and ends with "…".
std::string terminal_text(std::string_view text, std::size_t max_bytes);

}  // namespace graceline::cli
