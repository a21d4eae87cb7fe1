// Inflates the messages of one connection (RFC 7692) piece by piece into one small buffer.
// Must not see frames or UTF-8; what it gives is judged by the reader.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "core/websocket/deflate_options.hpp"
#include "core/websocket/frame.hpp"

namespace graceline::websocket {

inline constexpr std::size_t kInflateBufferBytes = 16 * 1024;

class Inflater {
  public:
    Inflater(const NegotiatedDeflate& negotiated, std::uint64_t max_message_bytes);
    ~Inflater();
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    struct Step {
        // Valid until the next step. Bytes before a fault are given together with its error.
        std::span<const std::uint8_t> output;
        ProtocolError error = ProtocolError::none;
        // More output may come without more input: step again.
        bool pending = false;
    };

    void begin_message();
    // Takes from the front of `input`. `last` says that the message ends where `input` ends.
    // Not pending and no error with `last`: the message is complete.
    Step step(std::span<const std::uint8_t>& input, bool last);

  private:
    struct Stream;
    bool open();
    ProtocolError run(std::span<const std::uint8_t>& from, std::size_t& filled, std::size_t room);
    ProtocolError feed(std::span<const std::uint8_t>& input, bool last, std::size_t& filled,
                       std::size_t room);
    bool ratio_exceeded() const;

    std::unique_ptr<Stream> stream_;
    std::uint64_t max_message_bytes_;
    std::uint64_t max_ratio_;
    // Of this message: compressed bytes used and inflated bytes given.
    std::uint64_t used_bytes_ = 0;
    std::uint64_t given_bytes_ = 0;
    bool no_context_takeover_;
    // Bytes of the flush marker that this message still has to be fed.
    std::uint8_t marker_left_ = 0;
    // The stream stands between two DEFLATE blocks on a byte boundary.
    bool at_boundary_ = true;
    // The buffer was filled up to a point where the ratio has still to be judged.
    bool at_mark_ = false;
};

}  // namespace graceline::websocket
