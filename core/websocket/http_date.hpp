// Reads the three forms of an HTTP-date (RFC 7231 7.1.1.1) into Unix seconds.
// Must not compare with any clock: what a date means now is the caller's matter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace graceline::websocket {

// Two-digit years (RFC 850) from 70 on are of the 20th century, the others of the 21st.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace graceline::websocket
