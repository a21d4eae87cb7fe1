// Reads the head of an HTTP/1.x response as it comes in: status line and headers, nothing behind.
// Must not know what the request was: a WebSocket upgrade and a proxy's CONNECT both end up here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/websocket/handshake_error.hpp"

namespace graceline::websocket {

inline constexpr std::size_t kMaxHeaderBlockBytes = 16 * 1024;
inline constexpr std::size_t kMaxResponseHeaders = 100;

class ResponseHead {
  public:
    enum class State : std::uint8_t { need_more, complete, invalid };

    explicit ResponseHead(std::size_t max_bytes = kMaxHeaderBlockBytes,
                          std::size_t max_headers = kMaxResponseHeaders);

    // Takes the bytes of the head from the front of `input` and leaves what follows it. Interim
    // answers (1xx other than 101) are skipped; they count against the limits all the same.
    State consume(std::span<const std::uint8_t>& input);

    State state() const { return state_; }
    HandshakeError error() const { return error_; }

    // 0 before the status line was read.
    int status() const { return status_; }
    // 1 for HTTP/1.1, 0 for HTTP/1.0.
    int minor_version() const { return minor_version_; }
    std::string_view reason() const { return text_of(reason_); }

    std::size_t header_count() const { return headers_.size(); }
    std::string_view header_name(std::size_t index) const { return text_of(headers_[index].name); }
    std::string_view header_value(std::size_t index) const {
        return text_of(headers_[index].value);
    }
    // Values come without the spaces around them; names match in any case.
    std::size_t count(std::string_view name) const;
    std::optional<std::string_view> find(std::string_view name) const;
    // True when the element stands in one of the comma-separated values of that name, in any case.
    bool list_contains(std::string_view name, std::string_view element) const;

  private:
    struct Range {
        std::size_t begin = 0;
        std::size_t size = 0;
    };
    struct Field {
        Range name;
        Range value;
    };

    std::string_view text_of(Range range) const {
        return std::string_view(block_).substr(range.begin, range.size);
    }
    Range range_of(std::string_view part) const;
    HandshakeError check_byte(char byte) const;
    HandshakeError read_line(std::string_view line);
    HandshakeError read_status_line(std::string_view line);
    HandshakeError read_header_line(std::string_view line);
    void finish_block();

    std::size_t max_bytes_;
    std::size_t max_headers_;
    std::size_t taken_bytes_ = 0;
    std::size_t taken_headers_ = 0;
    State state_ = State::need_more;
    HandshakeError error_ = HandshakeError::none;
    int status_ = 0;
    int minor_version_ = 1;
    Range reason_;
    std::string block_;
    std::size_t line_begin_ = 0;
    std::vector<Field> headers_;
};

}  // namespace graceline::websocket
