// The sending half of an open connection: frames go into one buffer, the buffer into the socket.
// Must not read, nor call the listener; the connection is told when the I/O thread is wanted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "core/driver/byte_buffer.hpp"
#include "core/driver/loop.hpp"
#include "core/driver/shared_buffers.hpp"
#include "core/driver/stream.hpp"
#include "core/driver/transport.hpp"
#include "core/websocket/deflater.hpp"

namespace graceline::driver {

/// Two sends in a row within this are not worth a system call each.
inline constexpr std::chrono::microseconds kInlineWriteGap{30};
/// A thread that sends without pause writes this much at a time itself.
inline constexpr std::size_t kBatchBytes = 64 * 1024;
/// What must wait for the I/O thread, or have been written by it in one go with more to come, for
/// the sender to do the writing from then on: so many bytes in so many frames.
inline constexpr std::size_t kFloodBytes = 64 * 1024;
inline constexpr std::size_t kFloodFrames = 64;
/// A flood's flushes are reported with the sweeps, or sooner when there is so much to report.
inline constexpr std::size_t kReportBytes = 256 * 1024;
/// How long a flood's last bytes may wait for more; then the I/O thread writes them.
inline constexpr std::chrono::microseconds kSweepPeriod{1000};
/// Sweeps in a row that found no batch written since the one before: the flood is over.
inline constexpr int kQuietSweeps = 4;
/// Pings and close frames that wait for a peer that reads nothing.
inline constexpr std::size_t kMaxWaitingControlBytes = 64 * 1024;
/// System calls of one flush before other connections have their turn.
inline constexpr int kMaxWritesPerWake = 16;
/// Shorter messages only get longer by compressing.
inline constexpr std::size_t kMinDeflateBytes = 64;

/// Calls come from any thread, under the lock of Outgoing: they only post.
class OutgoingOwner {
  public:
    virtual void want_flush() = 0;
    virtual void want_flush_report() = 0;

  protected:
    ~OutgoingOwner() = default;
};

class Outgoing {
  public:
    using Clock = engine::Instant (*)();

    /// `shared`: a lock that callers of send() and flush_now() hold already, and that all other
    /// calls take. Whoever keeps a ledger of what it sends has a lock of its own, and a second one
    /// for each message would cost more than its frame. Null: Outgoing has its own.
    explicit Outgoing(OutgoingOwner& owner, std::shared_ptr<std::mutex> shared = nullptr,
                      Clock clock = now)
        : owner_(owner),
          clock_(clock),
          senders_hold_it_(shared != nullptr),
          mutex_owner_(shared ? std::move(shared) : std::make_shared<std::mutex>()),
          mutex_(*mutex_owner_) {}

    /// I/O thread. Sends are taken from now on. `stream` stays until end().
    void begin(WriteSide& stream, std::size_t limit_bytes,
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

    /// `flooded`: the sender goes on alone, and sweep() is wanted every kSweepPeriod.
    /// Writes what waits, where nobody is at it, and returns flushed_offset().
    std::uint64_t flush_now();

    enum class Flush : std::uint8_t { done, again, wait_read, wait_write, lost, flooded };
    /// I/O thread, after want_flush() and after what it asked for came true. `out_error`: lost.
    Flush flush(SharedBuffers& buffers, int& out_error);

    /// I/O thread, while a flood lasts. `flush`: it met a full socket, flush() is wanted now.
    enum class Sweep : std::uint8_t { flooded, flush, over };
    Sweep sweep();

    /// Any thread, without a lock. Up to here the kernel has the stream.
    std::uint64_t flushed_offset() const { return flushed_offset_.load(); }
    /// I/O thread. What on_flushed may say now.
    std::uint64_t take_flush_report();

  private:
    using Lock = std::unique_lock<std::mutex>;

    struct Pong {
        std::array<std::uint8_t, websocket::kMaxControlPayloadBytes> bytes;
        std::uint8_t size = 0;
    };

    /// What one flush has taken from the buffer.
    struct Taken {
        std::size_t bytes = 0;
        std::size_t frames = 0;
    };
    enum class Refill : std::uint8_t { more, done, flooded };
    /// Who writes next. `free`: nothing waits. `asked`: the I/O thread, which has not begun.
    /// `io_thread`: it is at it, or will find the socket full. `sender`: whoever sends without
    /// pause, a batch at a time; the I/O thread sweeps.
    enum class Turn : std::uint8_t { free, asked, io_thread, sender };
    enum class Urgency : std::uint8_t { batched, now };

    std::size_t waiting_bytes() const { return buffer_.size() + in_flight_bytes_; }
    void append_frame(websocket::Opcode opcode, bool compressed,
                      std::span<const std::uint8_t> payload);
    void append_data(websocket::Opcode opcode, std::span<const std::uint8_t> payload);
    void append_control(websocket::Opcode opcode, std::span<const std::uint8_t> payload);
    void append_waiting_pong();
    /// Gets what was just appended on its way. True: all of it is in the kernel, and the caller
    /// is to see to the report.
    bool push(Urgency urgency);
    /// What follows from a write, or from none.
    void hand_over(bool tried);
    void report();
    Lock lock_of_sender() const {
        return senders_hold_it_ ? Lock(mutex_, std::defer_lock) : Lock(mutex_);
    }
    bool flooding(std::size_t bytes, std::size_t frames) const;
    bool write_inline();
    bool paused() { return clock_() - last_inline_write_ > kInlineWriteGap; }
    Refill refill(SharedBuffers& buffers, Taken& taken);
    void note_flushed() { flushed_offset_.store(appended_ - waiting_bytes()); }

    OutgoingOwner& owner_;
    const Clock clock_;
    /// Both are written before they are asked about, see take_flush_report().
    std::atomic<std::uint64_t> flushed_offset_{0};
    std::atomic<bool> report_wanted_{false};
    std::atomic<std::uint64_t> reported_offset_{0};
    std::atomic<bool> batch_written_{false};  ///< Since the last sweep.
    const bool senders_hold_it_;
    const std::shared_ptr<std::mutex> mutex_owner_;
    std::mutex& mutex_;

    // Under the lock.
    WriteSide* stream_ = nullptr;  ///< Null: not open.
    bool closing_ = false;
    bool flush_posted_ = false;
    Turn turn_ = Turn::free;
    std::size_t limit_bytes_ = 0;
    std::size_t batch_bytes_ = 0;
    ByteBuffer buffer_;
    std::size_t buffer_frames_ = 0;
    std::size_t in_flight_bytes_ = 0;  ///< Of flushing_, still to be written.
    std::uint64_t appended_ = 0;       ///< Stream offset of the buffer's end.
    engine::Instant last_inline_write_;
    std::unique_ptr<websocket::Deflater> deflater_;
    std::unique_ptr<Pong> waiting_pong_;

    // The I/O thread's.
    ByteBuffer flushing_;
    std::size_t flushed_bytes_ = 0;  ///< Of flushing_.
    int quiet_sweeps_ = 0;
};

}  // namespace graceline::driver
