// The opening handshake of a client: writes the request, judges the answer.
// Must not draw the nonce, open connections, follow redirects or wait.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/websocket/deflate_options.hpp"
#include "core/websocket/handshake_error.hpp"
#include "core/websocket/header_rules.hpp"
#include "core/websocket/response_head.hpp"

namespace graceline::websocket {

inline constexpr std::size_t kNonceBytes = 16;

struct Header {
    std::string name;
    std::string value;
};

struct HandshakeRequest {
    // Value of the Host header, with the port when it is not the scheme's default.
    std::string host;
    // "/path?query"
    std::string target;
    std::vector<Header> headers;
    std::vector<std::string> subprotocols;
    DeflateOptions deflate;
    // Fresh random bytes for each attempt.
    std::array<std::uint8_t, kNonceBytes> nonce{};
};

// The first rule that the request breaks, as a sentence without values; nothing when it is fine.
std::optional<std::string> request_error(const HandshakeRequest& request);

// The request's bytes; empty when request_error() has something to say.
std::string write_request(const HandshakeRequest& request);

// Sec-WebSocket-Key of a nonce, and the Sec-WebSocket-Accept that answers a key.
std::string key_base64(std::span<const std::uint8_t, kNonceBytes> nonce);
std::string accept_key(std::string_view key_base64);

class HandshakeResponse {
  public:
    enum class State : std::uint8_t {
        need_more,
        // 101, and all of it was checked.
        accepted,
        // Another HTTP status; its header block was read, its body was not.
        refused,
        invalid
    };

    explicit HandshakeResponse(const HandshakeRequest& sent,
                               std::size_t max_header_bytes = kMaxHeaderBlockBytes);

    // Takes what belongs to the header block from the front of `input`; the rest, which may be the
    // first frames, stays.
    State consume(std::span<const std::uint8_t>& input);

    State state() const { return state_; }
    HandshakeError error() const { return error_; }
    // 0 before the status line was read.
    int http_status() const { return head_.status(); }
    // Retry-After, either in seconds from the answer on or as a date in Unix seconds.
    std::optional<std::uint32_t> retry_after_seconds() const;
    std::optional<std::int64_t> retry_after_date() const;
    // Empty when the server chose none.
    std::string_view subprotocol() const { return subprotocol_; }
    const std::optional<NegotiatedDeflate>& deflate() const { return deflate_; }
    const ResponseHead& head() const { return head_; }

  private:
    HandshakeError check_upgrade();
    HandshakeError check_subprotocol();
    HandshakeError check_extensions();

    ResponseHead head_;
    State state_ = State::need_more;
    HandshakeError error_ = HandshakeError::none;
    std::string expected_accept_;
    std::vector<std::string> offered_subprotocols_;
    DeflateOptions offered_deflate_;
    std::string subprotocol_;
    std::optional<NegotiatedDeflate> deflate_;
};

}  // namespace graceline::websocket
