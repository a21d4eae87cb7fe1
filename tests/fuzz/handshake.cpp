// Answers to the upgrade request, whole and byte by byte.
// Must not need luck for the accept key: a byte stands for it.
#include "core/websocket/handshake.hpp"

#include <algorithm>

#include "core/websocket/http_date.hpp"
#include "tests/fuzz/byte_source.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace graceline::fuzz {
namespace {

using websocket::HandshakeResponse;
using State = HandshakeResponse::State;

/// In the input: the Sec-WebSocket-Accept that answers the request.
constexpr char kAcceptMark = '\x01';

struct Verdict {
    State state{};
    websocket::HandshakeError error{};
    int status = 0;
    std::string subprotocol;
    bool deflate = false;
    std::size_t left = 0;
    std::optional<std::uint32_t> retry_after;

    bool operator==(const Verdict&) const = default;
};

std::string with_accept(const std::string& text, const websocket::HandshakeRequest& request) {
    const std::string accept = websocket::accept_key(websocket::key_base64(request.nonce));
    std::string out;
    for (const char c : text) {
        if (c == kAcceptMark) {
            out += accept;
        } else {
            out += c;
        }
    }
    return out;
}

Verdict judge(const websocket::HandshakeRequest& request, std::size_t max_bytes,
              const std::string& text, std::size_t piece) {
    HandshakeResponse response(request, max_bytes);
    std::span<const std::uint8_t> rest(reinterpret_cast<const std::uint8_t*>(text.data()),
                                       text.size());
    while (!rest.empty() && response.state() == State::need_more) {
        auto input = rest.first(std::min(piece, rest.size()));
        const std::size_t given = input.size();
        response.consume(input);
        require(input.size() <= given, "input does not grow");
        rest = rest.subspan(given - input.size());
    }
    return {response.state(),
            response.error(),
            response.http_status(),
            std::string(response.subprotocol()),
            response.deflate().has_value(),
            rest.size(),
            response.retry_after_seconds()};
}

void check_accepted(const Verdict& verdict, const std::string& text,
                    const websocket::HandshakeRequest& request) {
    require(verdict.status == 101, "only 101 is accepted");
    const std::string head = text.substr(0, text.size() - verdict.left);
    require(head.ends_with("\r\n\r\n"), "the head ends with an empty line");
    for (std::size_t i = 0; i < head.size(); ++i) {
        const bool line_end = head[i] == '\r' && head[i + 1] == '\n';
        const bool after = head[i] == '\n' && i > 0 && head[i - 1] == '\r';
        const bool text_byte = head[i] == '\t' || static_cast<unsigned char>(head[i]) >= 0x20;
        require(line_end || after || text_byte, "no control in an accepted head");
    }
    const auto& offered = request.subprotocols;
    require(verdict.subprotocol.empty() ||
                std::find(offered.begin(), offered.end(), verdict.subprotocol) != offered.end(),
            "only a subprotocol that was offered");
    require(!verdict.deflate || request.deflate.enabled, "no deflate without an offer");
}

}  // namespace

void handshake(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kMaxBytes[] = {16 * 1024, 300, 64};
    ByteSource source(data, size);
    websocket::HandshakeRequest request;
    request.host = "example.com";
    request.target = "/";
    if (source.flag()) request.subprotocols = {"chat", "v2.feed"};
    request.deflate.enabled = source.flag();
    request.deflate.server_no_context_takeover = source.flag();
    if (source.flag()) request.deflate.server_max_window_bits = 10;
    const std::size_t max_bytes = source.one_of(kMaxBytes);
    const std::size_t piece = source.byte() + 1U;
    const std::string text = with_accept(source.rest(), request);
    const Verdict whole = judge(request, max_bytes, text, text.size());
    require(judge(request, max_bytes, text, 1) == whole, "bytes are judged as the whole");
    require(judge(request, max_bytes, text, piece) == whole, "pieces are judged as the whole");
    require((whole.state == State::invalid) == (whole.error != websocket::HandshakeError::none),
            "an error says why");
    if (whole.state == State::accepted) check_accepted(whole, text, request);
    if (whole.state == State::refused) require(whole.status != 101, "101 is not refused");
    if (whole.state == State::need_more) require(text.size() <= max_bytes, "the head is bounded");
    websocket::parse_http_date(text);
}

}  // namespace graceline::fuzz
