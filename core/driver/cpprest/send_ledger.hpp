// Knows which sent messages have reached the kernel, from the bytes that the relay passed on.
// Must not see payload, and must not do I/O: it is counted for from outside, under its owner's
// lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

namespace graceline::driver::cpprest {

/// cpprestsdk says only that websocketpp took a message, not that it was written. The relay sees
/// every byte on its way to the server, so bytes are the measure: exact for ws, and for wss the
/// record headers (which are not encrypted) give the plain size, as only AEAD ciphers are allowed.
class SendLedger {
  public:
    /// Before the first byte: what flows is TLS records.
    void expect_records() { records_ = true; }
    /// After the TLS handshake, before the first message: what encryption adds to each record.
    void set_record_overhead(std::size_t bytes) { record_overhead_ = bytes; }

    /// A data message or (offset unused) a ping was handed over; call it before its bytes can flow.
    std::uint64_t data_queued(std::size_t payload_bytes);
    void control_queued(std::size_t payload_bytes);

    /// Bytes that were written to the server's socket.
    void written(std::span<const std::uint8_t> bytes);

    /// The stream offset up to which everything is in the kernel.
    std::uint64_t flushed_offset() const { return flushed_offset_; }
    std::size_t pending_bytes() const {
        return static_cast<std::size_t>(queued_offset_ - flushed_offset_);
    }
    /// Frames of every kind that did not go out yet.
    std::uint64_t unsent_bytes() const { return position_ > sent_ ? position_ - sent_ : 0; }
    std::size_t pending_messages() const { return waiting_.size(); }

  private:
    struct Waiting {
        std::uint64_t position;  ///< Of `sent_`, when the last byte of the message went out.
        std::uint64_t offset;    ///< Of the stream of data frames, as the listener counts.
    };

    void advance_position(std::size_t payload_bytes);
    void count_records(std::span<const std::uint8_t> bytes);
    void settle();

    std::uint64_t sent_ = 0;      ///< Bytes below TLS that went out.
    std::uint64_t position_ = 0;  ///< Where `sent_` will be when all that is queued went out.
    std::uint64_t queued_offset_ = 0;
    std::uint64_t flushed_offset_ = 0;
    std::deque<Waiting> waiting_;

    bool records_ = false;
    std::size_t record_overhead_ = 0;
    std::uint8_t record_header_[5] = {};
    std::size_t header_have_ = 0;
    std::size_t record_left_ = 0;
    bool counts_record_ = false;
};

}  // namespace graceline::driver::cpprest
