// The few ASCII rules of HTTP/1.1 that a handshake needs: tokens, case, spaces, numbers.
// Must not know any header by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace graceline::websocket {

// One of the characters of an RFC 7230 token.
bool is_token_char(char character);
// At least one character, all of a token.
bool is_token(std::string_view text);
bool equals_ignoring_case(std::string_view left, std::string_view right);
// Without the spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);
// Takes the first element off a comma-separated list, trimmed; the rest stays in `list`.
std::string_view take_list_element(std::string_view& list);
// Digits only, at least one; a value that does not fit is the greatest one.
std::optional<std::uint32_t> parse_decimal(std::string_view text);

}  // namespace graceline::websocket
