// One attempt from open() to its end: opening, then reading and writing frames, then closing.
// Must not decide when to give up or to come back: it has no deadline and no memory of others.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/driver/opening.hpp"
#include "core/driver/outgoing.hpp"
#include "core/driver/shared_buffers.hpp"
#include "core/driver/transport.hpp"
#include "core/websocket/reader.hpp"

namespace graceline::driver {

/// Reads of one wake-up before other connections have their turn.
inline constexpr int kMaxReadsPerWake = 16;

/// Pending handlers hold references; whoever finds it ended does nothing.
class Connection final : public std::enable_shared_from_this<Connection>,
                         public OpeningOwner,
                         public OutgoingOwner {
  public:
    Connection(std::shared_ptr<Loop> loop, std::shared_ptr<const TransportSettings> settings,
               TransportListener& listener);

    // As in Transport. open, close, abort and resume_reading: I/O thread.
    void open();
    SendResult send(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
                    std::uint64_t& out_offset) {
        return outgoing_.send(opcode, payload, out_offset);
    }
    std::uint64_t flush_now() { return outgoing_.flush_now(); }
    void ping(std::span<const std::uint8_t> payload) { outgoing_.ping(payload); }
    void close(std::uint16_t code, std::string_view reason);
    void abort();
    void resume_reading();

    Loop& loop() const { return *loop_; }

  private:
    enum class Phase : std::uint8_t { idle, opening, open, closing, ended };
    /// Why the socket is not being read.
    enum class Pause : std::uint8_t { none, listener_full, discarding };
    struct Walk;

    void opening_progress(OpeningStep step) override;
    void opening_done(std::unique_ptr<Stream> stream, const Opened& opened,
                      const std::optional<websocket::NegotiatedDeflate>& deflate,
                      std::span<const std::uint8_t> rest) override;
    void opening_failed(const TransportFailure& why) override;
    void want_flush() override;
    void want_flush_report() override;

    bool ended() const { return phase_ == Phase::ended; }

    // Reading.
    void read();
    StreamResult fill(std::span<std::uint8_t> buffer, std::size_t& out_bytes);
    void wait_to_read(StreamStatus direction);
    void post_read();
    /// False when reading stops: paused or ended.
    bool walk(std::span<const std::uint8_t> bytes);
    void give_frames(std::span<const std::uint8_t>& bytes, Walk& walk);
    void skip_frames(std::span<const std::uint8_t>& bytes, Walk& walk);
    /// The close frame or the fault that ended a walk.
    void end_walk(const websocket::ReadEvent& last);

    // Writing.
    void flush();
    void watch_flood();
    void sweep();
    void report_flushed(std::uint64_t offset);

    // Ending.
    void lost(bool end_of_stream, int error);
    void finish(engine::Reason reason, std::uint16_t close_code, std::string text);
    void finish(const TransportFailure& why);
    void free_socket(bool goodbye);

    std::shared_ptr<Loop> loop_;
    std::shared_ptr<const TransportSettings> settings_;
    TransportListener* listener_;
    SharedBuffers& buffers_;
    Phase phase_ = Phase::idle;
    Pause pause_ = Pause::none;
    bool read_pending_ = false;  ///< A wait or a posted read is under way.
    std::uint64_t reported_offset_ = 0;
    std::shared_ptr<Opening> opening_;
    std::unique_ptr<Stream> stream_;
    websocket::Reader reader_;
    Outgoing outgoing_;
    /// While the host's thread sends without pause; the I/O thread's, so it never outlives the end.
    std::unique_ptr<Timer> sweep_timer_;
};

}  // namespace graceline::driver
