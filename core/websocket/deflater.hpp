// Compresses the messages of one connection for permessage-deflate (RFC 7692).
// Must not frame them and must not choose which messages are worth it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/websocket/deflate_options.hpp"

namespace graceline::websocket {

class Deflater {
  public:
    Deflater(const NegotiatedDeflate& negotiated, int level);
    ~Deflater();
    Deflater(Deflater&&) noexcept;
    Deflater& operator=(Deflater&&) noexcept;

    // Replaces `out` by the payload of one message to be sent with RSV1 set. Every payload made
    // must be sent, in order, for the peer's window follows ours. False: send this message as it
    // is, without RSV1; so it is for each one when the server asked for a window of 2^8 bytes,
    // which zlib cannot keep, or when there is no memory. The first call allocates the state.
    bool deflate(std::span<const std::uint8_t> in, std::vector<std::uint8_t>& out);

  private:
    struct Stream;
    bool open();

    std::unique_ptr<Stream> stream_;
    int window_bits_;
    int level_;
    bool no_context_takeover_;
};

}  // namespace graceline::websocket
