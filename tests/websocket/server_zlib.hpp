// The server's side of permessage-deflate for tests, straight on zlib.
// Must not use the codec's Inflater or Deflater, which it is there to check.
#pragma once

#include <zlib.h>

#include "tests/websocket/server_frames.hpp"

namespace graceline::websocket::test {

class ServerDeflater {
  public:
    explicit ServerDeflater(int window_bits = 15, bool takeover = true, int level = 6);
    ~ServerDeflater();
    ServerDeflater(const ServerDeflater&) = delete;
    ServerDeflater& operator=(const ServerDeflater&) = delete;

    // The payload of one compressed message.
    Bytes message(const Bytes& plain);

  private:
    z_stream zlib_{};
    bool takeover_;
};

class ServerInflater {
  public:
    explicit ServerInflater(int window_bits = 15, bool takeover = true);
    ~ServerInflater();
    ServerInflater(const ServerInflater&) = delete;
    ServerInflater& operator=(const ServerInflater&) = delete;

    // Throws std::runtime_error when the payload does not inflate to its end.
    Bytes message(const Bytes& payload);

  private:
    z_stream zlib_{};
    bool takeover_;
};

}  // namespace graceline::websocket::test
