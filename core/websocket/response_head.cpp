// The response head parser: strict lines (CR LF, no folding, no stray controls), judged byte by
// byte. Must not let the verdict depend on how the bytes were cut.
#include "core/websocket/response_head.hpp"

#include "core/websocket/http_text.hpp"

namespace graceline::websocket {
namespace {

constexpr std::string_view kVersionStart = "HTTP/";
// "HTTP/1.1 101"
constexpr std::size_t kMinStatusLineBytes = 12;
constexpr int kSwitchingProtocols = 101;

bool is_control(char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return (value < 0x20 && byte != '\t') || value == 0x7F;
}

}  // namespace

ResponseHead::ResponseHead(std::size_t max_bytes, std::size_t max_headers)
    : max_bytes_(max_bytes), max_headers_(max_headers) {}

ResponseHead::State ResponseHead::consume(std::span<const std::uint8_t>& input) {
    while (state_ == State::need_more && !input.empty()) {
        const auto byte = static_cast<char>(input.front());
        input = input.subspan(1);
        if (++taken_bytes_ > max_bytes_) {
            error_ = HandshakeError::header_block_too_large;
        } else {
            error_ = check_byte(byte);
        }
        block_.push_back(byte);
        if (error_ == HandshakeError::none && byte == '\n') {
            const auto line = std::string_view(block_).substr(line_begin_);
            error_ = read_line(line.substr(0, line.size() - 2));
            line_begin_ = block_.size();
        }
        if (error_ != HandshakeError::none) state_ = State::invalid;
        // An interim answer ends with an empty block, and the next one begins.
        if (block_.empty()) line_begin_ = 0;
    }
    return state_;
}

// Judges one byte by its place: what no continuation could make right fails here at once.
HandshakeError ResponseHead::check_byte(char byte) const {
    const std::size_t at = block_.size() - line_begin_;
    const bool after_cr = at != 0 && block_.back() == '\r';
    const bool in_status_line = line_begin_ == 0;
    const HandshakeError fault =
        in_status_line ? HandshakeError::bad_status_line : HandshakeError::malformed;
    if (in_status_line && at < kVersionStart.size() && byte != kVersionStart[at]) return fault;
    if (after_cr != (byte == '\n')) return fault;
    if (byte == '\r' || byte == '\n') return HandshakeError::none;
    if (is_control(byte)) return fault;
    // A line that starts with a blank continues the one before (obs-fold), which RFC 7230 retired.
    if (at == 0 && (byte == ' ' || byte == '\t')) return fault;
    return HandshakeError::none;
}

HandshakeError ResponseHead::read_line(std::string_view line) {
    if (status_ == 0) return read_status_line(line);
    if (!line.empty()) return read_header_line(line);
    finish_block();
    return HandshakeError::none;
}

void ResponseHead::finish_block() {
    const bool interim = status_ < 200 && status_ != kSwitchingProtocols;
    if (!interim) {
        state_ = State::complete;
        return;
    }
    status_ = 0;
    reason_ = {};
    headers_.clear();
    block_.clear();
}

HandshakeError ResponseHead::read_status_line(std::string_view line) {
    // "HTTP/" was checked byte by byte.
    if (line.size() < kMinStatusLineBytes || line[6] != '.' || line[8] != ' ') {
        return HandshakeError::bad_status_line;
    }
    const auto major = parse_decimal(line.substr(5, 1));
    const auto minor = parse_decimal(line.substr(7, 1));
    const auto status = parse_decimal(line.substr(9, 3));
    if (!major || !minor || !status || *status < 100) return HandshakeError::bad_status_line;
    // Some servers drop the space along with an empty reason.
    if (line.size() > kMinStatusLineBytes && line[kMinStatusLineBytes] != ' ') {
        return HandshakeError::bad_status_line;
    }
    if (*major != 1 || *minor > 1) return HandshakeError::http_version;
    minor_version_ = static_cast<int>(*minor);
    status_ = static_cast<int>(*status);
    if (line.size() > kMinStatusLineBytes) reason_ = range_of(line.substr(kMinStatusLineBytes + 1));
    return HandshakeError::none;
}

HandshakeError ResponseHead::read_header_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return HandshakeError::malformed;
    }
    if (++taken_headers_ > max_headers_) return HandshakeError::too_many_headers;
    headers_.push_back(
        {range_of(line.substr(0, colon)), range_of(trimmed(line.substr(colon + 1)))});
    return HandshakeError::none;
}

ResponseHead::Range ResponseHead::range_of(std::string_view part) const {
    if (part.empty()) return {};
    return {static_cast<std::size_t>(part.data() - block_.data()), part.size()};
}

std::size_t ResponseHead::count(std::string_view name) const {
    std::size_t found = 0;
    for (const Field& field : headers_) {
        if (equals_ignoring_case(text_of(field.name), name)) ++found;
    }
    return found;
}

std::optional<std::string_view> ResponseHead::find(std::string_view name) const {
    for (const Field& field : headers_) {
        if (equals_ignoring_case(text_of(field.name), name)) return text_of(field.value);
    }
    return std::nullopt;
}

bool ResponseHead::list_contains(std::string_view name, std::string_view element) const {
    for (const Field& field : headers_) {
        if (!equals_ignoring_case(text_of(field.name), name)) continue;
        std::string_view list = text_of(field.value);
        while (!list.empty()) {
            if (equals_ignoring_case(take_list_element(list), element)) return true;
        }
    }
    return false;
}

}  // namespace graceline::websocket
