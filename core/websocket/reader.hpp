// Decodes what a server sends into messages and control frames, in place and without copies.
// Must not hold message payload, answer pings, or decide what happens after an error.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/websocket/deflate_options.hpp"
#include "core/websocket/frame.hpp"
#include "core/websocket/utf8.hpp"

namespace graceline::websocket {

class Inflater;

enum class ReadKind : std::uint8_t { need_more, message, part, ping, pong, close, failed };

struct ReadEvent {
    ReadKind kind = ReadKind::need_more;
    // text or binary for message and part; else the control opcode.
    Opcode opcode = Opcode::continuation;
    // Of a part: it opens the message, it ends it. A message has both set.
    bool first = false;
    bool last = false;
    ProtocolError error = ProtocolError::none;
    // close: kCloseNoStatus when the frame had no code.
    std::uint16_t close_code = 0;
    // close: the reason. Valid until the next call or until the input buffer goes.
    std::span<const std::uint8_t> payload;
    // On a first part: the size of the whole message when it is known (one uncompressed frame,
    // or the last of fragments of which the earlier ones were empty), else 0.
    std::uint64_t expected_bytes = 0;
};

// One per connection; fed with all that follows the handshake's header block.
class Reader {
  public:
    explicit Reader(const Limits& limits = {},
                    const std::optional<NegotiatedDeflate>& deflate = {});
    ~Reader();
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;

    // Gives the next event and takes what belongs to it from the front of `input`. Call it until
    // it says need_more: then `input` is empty. An unfragmented, uncompressed message whose payload
    // lies in `input` as a whole is a message; any other comes as parts. After failed or close all
    // further input is swallowed.
    ReadEvent next(std::span<const std::uint8_t>& input);

    // Frames received completely, of any kind.
    std::uint64_t frames() const { return frames_; }
    // The first frame of a message began and the last did not end; false after a failure.
    bool in_message() const { return in_message_; }
    // Nothing more will be read: a close frame came, or error() says why not.
    bool finished() const { return phase_ == Phase::finished; }
    ProtocolError error() const { return error_; }

  private:
    enum class Phase : std::uint8_t { header, payload, compressed, control, finished };

    ReadEvent next_slow(std::span<const std::uint8_t>& input);
    ProtocolError read_header(std::span<const std::uint8_t>& input);
    ProtocolError check_first_byte(std::uint8_t byte) const;
    ProtocolError check_second_byte(std::uint8_t byte) const;
    ProtocolError begin_frame();
    ProtocolError begin_data_frame(std::uint64_t length);
    bool compressed_too_long(std::uint64_t length) const;
    ReadEvent read_payload(std::span<const std::uint8_t>& input);
    ReadEvent read_compressed(std::span<const std::uint8_t>& input);
    ReadEvent read_control(std::span<const std::uint8_t>& input);
    ReadEvent close_event(std::span<const std::uint8_t> payload);
    ReadEvent part(std::span<const std::uint8_t> payload, bool last);
    ReadEvent fail(ProtocolError error, std::span<const std::uint8_t>& input);
    void end_frame();

    Limits limits_;
    std::uint64_t frames_ = 0;
    std::unique_ptr<Inflater> inflater_;
    NegotiatedDeflate deflate_;

    // The data frame at hand: payload bytes still to come and its size.
    std::uint64_t remaining_ = 0;
    std::uint64_t frame_length_ = 0;
    // The message at hand: announced payload bytes and frames so far.
    std::uint64_t message_bytes_ = 0;
    std::uint32_t fragments_ = 0;

    Phase phase_ = Phase::header;
    ProtocolError error_ = ProtocolError::none;
    Opcode message_opcode_ = Opcode::continuation;
    Utf8Validator utf8_;
    bool deflate_negotiated_;
    bool in_message_ = false;
    bool message_compressed_ = false;
    bool part_given_ = false;
    bool fin_ = false;
    // The inflater may have output without more input.
    bool inflate_pending_ = false;

    // Server frames carry no mask, so a header has 10 bytes at most.
    std::array<std::uint8_t, kMaxFrameHeaderBytes> header_;
    std::uint8_t header_have_ = 0;
    std::uint8_t header_need_ = 2;
    std::uint8_t control_have_ = 0;
    std::uint8_t control_need_ = 0;
    std::array<std::uint8_t, kMaxControlPayloadBytes> control_;
};

static_assert(sizeof(Reader) < 512, "an idle reader is part of what an idle connection costs");

}  // namespace graceline::websocket
