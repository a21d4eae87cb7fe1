// Puts a token into a header, the query or the subprotocols.
// Must not change what was valid: a token is checked first.
#include "core/client/token_rule.hpp"

#include <algorithm>

#include "core/client/url.hpp"
#include "core/websocket/handshake.hpp"
#include "core/websocket/utf8.hpp"

namespace graceline::client {

std::string token_error(const TokenRule& rule, std::string_view token) {
    if (token.size() > kMaxTokenBytes) return "must not be longer than 8192 bytes";
    switch (rule.placement) {
        case TokenPlacement::header: {
            const auto visible = [](char c) { return c > 0x20 && c < 0x7F; };
            if (!std::ranges::all_of(token, visible)) return "must be visible ASCII in a header";
            break;
        }
        case TokenPlacement::query:
            break;
        case TokenPlacement::subprotocol:
            if (websocket::subprotocol_error(token)) {
                return "must be an RFC 7230 token to be a subprotocol";
            }
            break;
        case TokenPlacement::first_frame:
            if (!websocket::is_utf8(
                    {reinterpret_cast<const std::uint8_t*>(token.data()), token.size()})) {
                return "must be UTF-8 in a text frame";
            }
            break;
    }
    return {};
}

std::string request_rule(const driver::TransportSettings& base, const TokenRule& rule,
                         std::string_view token) {
    const auto settings = with_token(base, rule, token);
    websocket::HandshakeRequest request;
    request.host = settings->host_header;
    request.target = settings->target;
    request.headers = settings->headers;
    request.subprotocols = settings->subprotocols;
    request.deflate = settings->deflate;
    return websocket::request_error(request).value_or("");
}

std::shared_ptr<const driver::TransportSettings> with_token(const driver::TransportSettings& base,
                                                            const TokenRule& rule,
                                                            std::string_view token) {
    auto settings = std::make_shared<driver::TransportSettings>(base);
    switch (rule.placement) {
        case TokenPlacement::header:
            settings->headers.push_back({"Authorization", "Bearer " + std::string(token)});
            break;
        case TokenPlacement::query:
            settings->target += settings->target.find('?') == std::string::npos ? '?' : '&';
            settings->target += percent_encode(rule.name) + "=" + percent_encode(token);
            break;
        case TokenPlacement::subprotocol:
            settings->subprotocols.emplace_back(token);
            break;
        case TokenPlacement::first_frame:
            break;
    }
    return settings;
}

}  // namespace graceline::client
