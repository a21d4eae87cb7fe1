// The sending half of an open connection: frames go into one buffer, the buffer into the socket.
// Must not read, nor call the listener; the connection is told when the I/O thread is wanted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

#include "core/driver/byte_buffer.hpp"
#include "core/driver/loop.hpp"
#include "core/driver/shared_buffers.hpp"
#include "core/driver/stream.hpp"
#include "core/driver/transport.hpp"
#include "core/websocket/deflater.hpp"

namespace graceline::driver {

/// Two sends in a row within this are not worth a system call each.
inline constexpr std::chrono::microseconds kInlineWriteGap{30};
/// Pings and close frames that wait for a peer that reads nothing.
inline constexpr std::size_t kMaxWaitingControlBytes = 64 * 1024;
/// System calls of one flush before other connections have their turn.
inline constexpr int kMaxWritesPerWake = 16;
/// Shorter messages only get longer by compressing.
inline constexpr std::size_t kMinDeflateBytes = 64;

/// Calls come from any thread, under no lock of Outgoing.
class OutgoingOwner {
  public:
    virtual void want_flush() = 0;
    virtual void want_flush_report() = 0;

  protected:
    ~OutgoingOwner() = default;
};

class Outgoing {
  public:
    explicit Outgoing(OutgoingOwner& owner) : owner_(owner) {}

    /// I/O thread. Sends are taken from now on. `stream` stays until end().
    void begin(Stream& stream, std::size_t limit_bytes,
               const std::optional<websocket::NegotiatedDeflate>& deflate, int deflate_level);
    /// I/O thread. When it returns no thread uses the stream any more.
    void end();

    /// Any thread.
    SendResult send(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
                    std::uint64_t& out_offset);
    void ping(std::span<const std::uint8_t> payload);
    /// While bytes wait, only the newest pong is kept: RFC 6455 5.5.3 asks for no more.
    void pong(std::span<const std::uint8_t> payload);
    /// The last frame: nothing is taken after it.
    void close(std::uint16_t code, std::string_view reason);

    enum class Flush : std::uint8_t { done, again, wait_read, wait_write, lost };
    /// I/O thread, after want_flush() and after what it asked for came true. `out_error`: lost.
    Flush flush(SharedBuffers& buffers, int& out_error);

    /// What on_flushed may say now.
    std::uint64_t flushed_offset();
    /// The same, and the next write will want a report again.
    std::uint64_t take_flush_report();

  private:
    using Lock = std::unique_lock<std::mutex>;

    struct Pong {
        std::array<std::uint8_t, websocket::kMaxControlPayloadBytes> bytes;
        std::uint8_t size = 0;
    };

    std::size_t waiting_bytes() const { return buffer_.size() + in_flight_bytes_; }
    void append_frame(websocket::Opcode opcode, bool compressed,
                      std::span<const std::uint8_t> payload);
    void append_data(websocket::Opcode opcode, std::span<const std::uint8_t> payload);
    void append_control(Lock& lock, websocket::Opcode opcode,
                        std::span<const std::uint8_t> payload);
    /// Gets what was just appended on its way; releases the lock.
    void push(Lock& lock);
    bool write_inline();
    bool refill(SharedBuffers& buffers);

    OutgoingOwner& owner_;
    std::mutex mutex_;

    // Under the lock.
    Stream* stream_ = nullptr;  ///< Null: not open.
    bool closing_ = false;
    bool flush_wanted_ = false;  ///< The I/O thread has been asked, or is at it.
    bool report_wanted_ = false;
    std::size_t limit_bytes_ = 0;
    ByteBuffer buffer_;
    std::size_t in_flight_bytes_ = 0;  ///< Of flushing_, still to be written.
    std::uint64_t appended_ = 0;       ///< Stream offset of the buffer's end.
    engine::Instant last_inline_write_;
    std::unique_ptr<websocket::Deflater> deflater_;
    std::unique_ptr<Pong> waiting_pong_;

    // The I/O thread's.
    ByteBuffer flushing_;
    std::size_t flushed_bytes_ = 0;  ///< Of flushing_.
};

}  // namespace graceline::driver
