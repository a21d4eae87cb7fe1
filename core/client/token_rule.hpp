// Where a token goes in the request that opens a connection, and what it may hold there.
// Must not let a token into a text for people.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/driver/transport.hpp"

namespace graceline::client {

inline constexpr std::size_t kMaxTokenBytes = 8 * 1024;

/// graceline_token_placement, same values.
enum class TokenPlacement : std::uint8_t { header, query, subprotocol, first_frame };

struct TokenRule {
    TokenPlacement placement = TokenPlacement::header;
    std::string name = "token";  ///< Of the query parameter.
};

/// The rule that a token breaks; "" when it breaks none.
std::string token_error(const TokenRule& rule, std::string_view token);

/// The rule that the request with this token breaks as a whole, though each part of it is valid;
/// "" when it can be sent.
std::string request_rule(const driver::TransportSettings& base, const TokenRule& rule,
                         std::string_view token);

/// `base` with the token where the rule puts it; the first frame is the session's business.
std::shared_ptr<const driver::TransportSettings> with_token(const driver::TransportSettings& base,
                                                            const TokenRule& rule,
                                                            std::string_view token);

}  // namespace graceline::client
