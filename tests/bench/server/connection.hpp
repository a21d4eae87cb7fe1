// One accepted connection of the bench server: TLS, upgrade, and the behaviour its path asked for.
// Must not own the epoll descriptor, and must not be faster to one client library than to another.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graceline::bench {

enum class Mode { none, flood, echo, sink, idle, pair, freeze };

struct ServerStats {
    std::uint64_t accepted = 0;
    std::uint64_t upgraded = 0;
    std::uint64_t tls_handshakes = 0;
    std::uint64_t tls_resumed = 0;
};

// Prebuilt frames, in memory for TLS and as a memory file for sendfile(), which spares the server
// the copy: on a machine with few cores the clients shall be what is measured.
struct Flood {
    std::size_t payload_bytes = 0;
    std::string frames;
    int file = -1;
};

// What all connections of the one thread share: the read buffer and the prebuilt floods.
class Shared {
  public:
    static constexpr std::size_t kReadChunkBytes = std::size_t{256} * 1024;
    static constexpr std::size_t kMaxMessageBytes = std::size_t{1024} * 1024;
    static constexpr std::size_t kFloodBufferBytes = std::size_t{512} * 1024;

    Shared();

    unsigned char* buffer() { return buffer_.data(); }
    std::size_t buffer_bytes() const { return buffer_.size(); }
    // Whole frames with `payload_bytes` of ASCII text each, at least kFloodBufferBytes long.
    const Flood& flood(std::size_t payload_bytes);

    ServerStats stats;

  private:
    std::vector<unsigned char> buffer_;
    std::vector<std::unique_ptr<Flood>> floods_;
};

class Connection {
  public:
    // Takes the descriptor; `context` is null for a plain connection.
    Connection(int descriptor, SSL_CTX* context, Shared& shared);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Does all that can be done now. False when the connection is over.
    bool on_ready(bool readable, bool writable);

    bool wants_read() const { return mode_ != Mode::freeze; }
    bool wants_write() const;
    bool frozen() const { return mode_ == Mode::freeze; }
    int descriptor() const { return descriptor_; }

    // The events that epoll was last asked for; kept here so that the loop asks only on a change.
    std::uint32_t armed_events = 0;

  private:
    enum class Phase { tls, upgrade, open, closing };

    bool continue_handshake();
    bool read_all();
    bool upgrade(std::string_view request);
    // The number of bytes used, or -1 after a protocol error.
    std::ptrdiff_t walk_frames(unsigned char* data, std::size_t size);
    void on_data(unsigned opcode, const unsigned char* mask, unsigned char* payload,
                 std::size_t size);
    void append_frame(unsigned opcode, const unsigned char* payload, std::size_t size);
    bool flush();
    bool flood_some();
    std::ptrdiff_t write_flood(std::size_t size);
    // The number of bytes, 0 at the end of the stream, -1 when it would block, -2 on an error.
    std::ptrdiff_t read_some(unsigned char* data, std::size_t size);
    std::ptrdiff_t write_some(const char* data, std::size_t size);

    int descriptor_;
    SSL* ssl_ = nullptr;
    Shared& shared_;
    Phase phase_;
    Mode mode_ = Mode::none;
    std::string tail_;
    std::string out_;
    std::size_t out_offset_ = 0;
    std::uint64_t counted_ = 0;
    std::uint64_t answer_at_ = 0;
    const Flood* flood_ = nullptr;
    std::size_t flood_offset_ = 0;
    std::uint64_t flood_left_bytes_ = 0;
};

}  // namespace graceline::bench
