// RFC 6455 4.1 from the client's side: the request's lines and the checks on a 101.
// Must not accept anything that was not asked for.
#include "core/websocket/handshake.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "core/websocket/extensions.hpp"
#include "core/websocket/http_date.hpp"
#include "core/websocket/http_text.hpp"

namespace graceline::websocket {
namespace {

constexpr std::string_view kAcceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr int kSwitchingProtocols = 101;

std::string base64(std::span<const std::uint8_t> bytes) {
    // EVP_EncodeBlock writes a terminating NUL.
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

void append_line(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

const char* to_string(HandshakeError error) {
    switch (error) {
        case HandshakeError::none:
            return "no handshake error";
        case HandshakeError::malformed:
            return "malformed HTTP header";
        case HandshakeError::header_block_too_large:
            return "HTTP header block above the size limit";
        case HandshakeError::too_many_headers:
            return "too many HTTP headers";
        case HandshakeError::bad_status_line:
            return "malformed HTTP status line";
        case HandshakeError::http_version:
            return "HTTP version other than 1.1";
        case HandshakeError::missing_upgrade:
            return "answer without Upgrade: websocket";
        case HandshakeError::missing_connection:
            return "answer without Connection: Upgrade";
        case HandshakeError::bad_accept:
            return "Sec-WebSocket-Accept missing, repeated or wrong";
        case HandshakeError::unexpected_subprotocol:
            return "subprotocol that was not offered";
        case HandshakeError::unexpected_extension:
            return "extension that was not offered";
        case HandshakeError::bad_extension_parameters:
            return "extension parameters that do not fit the offer";
    }
    return "unknown handshake error";
}

std::optional<std::string> request_error(const HandshakeRequest& request) {
    if (auto rule = host_error(request.host)) return rule;
    if (auto rule = target_error(request.target)) return rule;
    if (request.headers.size() > kMaxRequestHeaders) return "there must be at most 64 headers";
    for (const Header& header : request.headers) {
        if (auto rule = header_error(header.name, header.value)) return rule;
    }
    const auto& subprotocols = request.subprotocols;
    if (subprotocols.size() > kMaxSubprotocols) return "there must be at most 32 subprotocols";
    for (auto it = subprotocols.begin(); it != subprotocols.end(); ++it) {
        if (auto rule = subprotocol_error(*it)) return rule;
        if (std::find(subprotocols.begin(), it, *it) != it) {
            return "a subprotocol must not be given twice";
        }
    }
    return deflate_options_error(request.deflate);
}

std::string key_base64(std::span<const std::uint8_t, kNonceBytes> nonce) {
    return base64(nonce);
}

std::string accept_key(std::string_view key_base64) {
    const std::string text = std::string(key_base64).append(kAcceptGuid);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
        return {};
    }
    return base64(std::span(digest).first(size));
}

std::string write_request(const HandshakeRequest& request) {
    if (request_error(request)) return {};
    std::string text;
    text.append("GET ").append(request.target).append(" HTTP/1.1\r\n");
    append_line(text, "Host", request.host);
    append_line(text, "Upgrade", "websocket");
    append_line(text, "Connection", "Upgrade");
    append_line(text, "Sec-WebSocket-Key", key_base64(request.nonce));
    append_line(text, "Sec-WebSocket-Version", "13");
    if (!request.subprotocols.empty()) {
        std::string offer;
        for (const std::string& subprotocol : request.subprotocols) {
            offer.append(offer.empty() ? "" : ", ").append(subprotocol);
        }
        append_line(text, "Sec-WebSocket-Protocol", offer);
    }
    const std::string extensions = write_extension_offer(request.deflate);
    if (!extensions.empty()) append_line(text, "Sec-WebSocket-Extensions", extensions);
    for (const Header& header : request.headers) append_line(text, header.name, header.value);
    return text.append("\r\n");
}

HandshakeResponse::HandshakeResponse(const HandshakeRequest& sent, std::size_t max_header_bytes)
    : head_(max_header_bytes),
      expected_accept_(accept_key(key_base64(sent.nonce))),
      offered_subprotocols_(sent.subprotocols),
      offered_deflate_(sent.deflate) {}

HandshakeResponse::State HandshakeResponse::consume(std::span<const std::uint8_t>& input) {
    if (state_ != State::need_more) return state_;
    switch (head_.consume(input)) {
        case ResponseHead::State::need_more:
            return state_;
        case ResponseHead::State::invalid:
            error_ = head_.error();
            break;
        case ResponseHead::State::complete:
            if (head_.status() != kSwitchingProtocols) return state_ = State::refused;
            error_ = check_upgrade();
            if (error_ == HandshakeError::none) error_ = check_subprotocol();
            if (error_ == HandshakeError::none) error_ = check_extensions();
            break;
    }
    state_ = error_ == HandshakeError::none ? State::accepted : State::invalid;
    return state_;
}

HandshakeError HandshakeResponse::check_upgrade() {
    if (head_.minor_version() != 1) return HandshakeError::http_version;
    const auto upgrade = head_.find("Upgrade");
    if (head_.count("Upgrade") != 1 || !equals_ignoring_case(*upgrade, "websocket")) {
        return HandshakeError::missing_upgrade;
    }
    if (!head_.list_contains("Connection", "upgrade")) return HandshakeError::missing_connection;
    const auto accept = head_.find("Sec-WebSocket-Accept");
    if (head_.count("Sec-WebSocket-Accept") != 1 || expected_accept_.empty() ||
        *accept != expected_accept_) {
        return HandshakeError::bad_accept;
    }
    return HandshakeError::none;
}

HandshakeError HandshakeResponse::check_subprotocol() {
    const auto chosen = head_.find("Sec-WebSocket-Protocol");
    if (!chosen) return HandshakeError::none;
    const auto& offered = offered_subprotocols_;
    if (head_.count("Sec-WebSocket-Protocol") != 1 ||
        std::find(offered.begin(), offered.end(), *chosen) == offered.end()) {
        return HandshakeError::unexpected_subprotocol;
    }
    subprotocol_ = *chosen;
    return HandshakeError::none;
}

HandshakeError HandshakeResponse::check_extensions() {
    std::vector<std::string_view> values;
    for (std::size_t i = 0; i < head_.header_count(); ++i) {
        if (equals_ignoring_case(head_.header_name(i), "Sec-WebSocket-Extensions")) {
            values.push_back(head_.header_value(i));
        }
    }
    const HandshakeError error = read_extension_answer(values, offered_deflate_, deflate_);
    if (error != HandshakeError::none) deflate_.reset();
    return error;
}

std::optional<std::uint32_t> HandshakeResponse::retry_after_seconds() const {
    const auto value = head_.find("Retry-After");
    return value ? parse_decimal(*value) : std::nullopt;
}

std::optional<std::int64_t> HandshakeResponse::retry_after_date() const {
    const auto value = head_.find("Retry-After");
    return value ? parse_http_date(*value) : std::nullopt;
}

}  // namespace graceline::websocket
