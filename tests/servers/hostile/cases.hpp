// The hostile server's table: what it sends, and what a host must see of it.
// Must not call the codec: every expected text and code stands here as the contract has it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "graceline/graceline.h"

namespace graceline::tests::hostile {

/// What becomes of the connection.
enum class End : std::uint8_t {
    stays_up,   ///< Another message still comes through, and our close is answered.
    terminal,   ///< No retry.
    retried,    ///< With backoff.
    throttled,  ///< The server's advice holds.
};

struct Case {
    const char* category = "";
    std::string name;
    /// Of the request, the answer; absent: the good one, with `answer_lines`.
    std::function<std::string(const std::string&)> answer{};
    std::string answer_lines{};
    std::string stream{};   ///< Behind the answer.
    bool hangs_up = false;  ///< FIN behind the stream.

    /// "text:...", "binary:..."; a payload above 60 bytes as its size.
    std::vector<std::string> messages{};
    std::vector<std::string> pongs{};  ///< All that the client sends, in order.
    bool pongs_may_be_fewer = false;   ///< Of a flood the newest one alone is enough.
    End end = End::stays_up;
    graceline_reason reason = GRACELINE_REASON_NONE;
    std::string text{};   ///< A part of the text for people; it tells faults apart.
    int close_sent = 0;   ///< In the client's close frame; 0: it sends none.
    int close_code = 0;   ///< In the event.
    int http_status = 0;  ///< In the event.

    std::int64_t max_message_bytes = 1'048'576;
    std::int32_t max_fragments = 4'096;
    bool deflate = false;
    std::vector<const char*> subprotocols{};
};

using Cases = std::vector<Case>;

Cases framing_cases();
Cases reserved_bit_cases();
Cases opcode_cases();
Cases ping_pong_cases();
Cases fragmentation_cases();
Cases utf8_cases();
Cases close_cases();
Cases limit_cases();
Cases handshake_cases();
Cases deflate_cases();

// Building blocks.

/// "81 05" and so on; everything but hexadecimal digits is skipped.
std::string hex(std::string_view text);
/// A frame of a server with its length in the shortest form.
std::string frame(int first_byte, std::string_view payload);
std::string text_frame(std::string_view text);
std::string close_frame(int code, std::string_view reason = {});
/// `payload` as zlib compresses it with RFC 7692's end, in a frame with RSV1.
std::string compressed(std::string_view payload, int first_byte = 0xC1, int level = 6);
/// Only the payload of that.
std::string deflated(std::string_view payload, int level = 6);

inline constexpr const char* kDeflateAnswer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// A fault of the stream: terminal, with this text and the close code that tells the server.
Case fault(const char* category, std::string name, std::string stream, std::string text,
           int close_sent = 1002);
/// A stream that must be taken.
Case taken(const char* category, std::string name, std::string stream,
           std::vector<std::string> messages);
/// The same with permessage-deflate agreed on.
Case with_deflate(Case one);

}  // namespace graceline::tests::hostile
