// What a host may put into the opening request: headers, subprotocols, host and target.
// Must not name the offending text in a rule: values may be secrets.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace graceline::websocket {

inline constexpr std::size_t kMaxRequestHeaders = 64;
inline constexpr std::size_t kMaxHeaderNameBytes = 256;
inline constexpr std::size_t kMaxHeaderValueBytes = 16 * 1024;
inline constexpr std::size_t kMaxSubprotocols = 32;
// Tokens are sent as subprotocols by some servers' conventions, and those are long.
inline constexpr std::size_t kMaxSubprotocolBytes = 8 * 1024;
inline constexpr std::size_t kMaxHostBytes = 512;
inline constexpr std::size_t kMaxTargetBytes = 16 * 1024;

// Each gives nothing when all is well, else the rule that was broken, as a sentence without values.
std::optional<std::string> header_error(std::string_view name, std::string_view value);
std::optional<std::string> subprotocol_error(std::string_view subprotocol);
std::optional<std::string> host_error(std::string_view host);
std::optional<std::string> target_error(std::string_view target);

}  // namespace graceline::websocket
