// Framing under a lock that is never held while the I/O thread writes; inline writes hold it.
// Must not allocate for a message once the buffers have grown.
#include "core/driver/outgoing.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/driver/mask_source.hpp"
#include "core/websocket/writer.hpp"

namespace graceline::driver {

void Outgoing::begin(WriteSide& stream, std::size_t limit_bytes,
                     const std::optional<websocket::NegotiatedDeflate>& deflate,
                     int deflate_level) {
    const Lock lock(mutex_);
    stream_ = &stream;
    limit_bytes_ = limit_bytes;
    batch_bytes_ = std::min(kBatchBytes, limit_bytes / 2);
    if (deflate) deflater_ = std::make_unique<websocket::Deflater>(*deflate, deflate_level);
}

void Outgoing::end() {
    const Lock lock(mutex_);
    stream_ = nullptr;
    turn_ = Turn::free;
    buffer_ = {};
    buffer_frames_ = 0;
    flushing_ = {};
    in_flight_bytes_ = 0;
    flushed_bytes_ = 0;
    deflater_.reset();
    waiting_pong_.reset();
}

SendResult Outgoing::send(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
                          std::uint64_t& out_offset) {
    const Lock lock = lock_of_sender();
    for (bool tried = false;; tried = true) {
        if (stream_ == nullptr || closing_) return SendResult::not_open;
        const std::size_t waiting = waiting_bytes();
        // A message above the limit can still go when it is the only one: the caller has it anyway.
        if (waiting == 0 || waiting + websocket::frame_bytes(payload.size()) <= limit_bytes_) break;
        if (tried || turn_ != Turn::sender) return SendResult::full;
        // In a flood nobody else makes room.
        if (push(Urgency::now)) report();
    }
    append_data(opcode, payload);
    out_offset = appended_;
    if (!push(Urgency::batched)) return SendResult::accepted;
    // Whoever keeps a ledger under the same lock needs no other thread to tell.
    if (senders_hold_it_) return SendResult::written;
    report();
    return SendResult::accepted;
}

void Outgoing::ping(std::span<const std::uint8_t> payload) {
    const Lock lock(mutex_);
    append_control(websocket::Opcode::ping, payload);
}

void Outgoing::pong(std::span<const std::uint8_t> payload) {
    const Lock lock(mutex_);
    if (waiting_bytes() == 0) {
        append_control(websocket::Opcode::pong, payload);
    } else if (stream_ != nullptr && !closing_) {
        if (!waiting_pong_) waiting_pong_ = std::make_unique<Pong>();
        std::copy(payload.begin(), payload.end(), waiting_pong_->bytes.begin());
        waiting_pong_->size = static_cast<std::uint8_t>(payload.size());
    }
}

void Outgoing::close(std::uint16_t code, std::string_view reason) {
    const Lock lock(mutex_);
    if (stream_ == nullptr || closing_) return;
    closing_ = true;
    waiting_pong_.reset();
    std::uint8_t* const tail = buffer_.tail(websocket::kMaxControlFrameBytes);
    const std::size_t size = websocket::encode_close(tail, code, reason, next_mask());
    buffer_.commit(size);
    appended_ += size;
    if (push(Urgency::now)) report();
}

std::uint64_t Outgoing::flush_now() {
    const Lock lock = lock_of_sender();
    if (stream_ != nullptr && !buffer_.empty() && turn_ != Turn::io_thread) {
        append_waiting_pong();
        const bool all_written = write_inline();
        last_inline_write_ = clock_();
        // What was asked of the I/O thread is done; it will find nothing.
        if (turn_ == Turn::asked) turn_ = Turn::free;
        if (all_written) {
            report();
        } else {
            hand_over(true);
        }
    }
    return flushed_offset_.load();
}

Outgoing::Flush Outgoing::flush(SharedBuffers& buffers, int& out_error) {
    {
        const Lock lock(mutex_);
        flush_posted_ = false;
        // The sender did not wait for this.
        if (turn_ == Turn::sender && !closing_) {
            quiet_sweeps_ = 0;
            return Flush::flooded;
        }
        turn_ = Turn::io_thread;
    }
    Taken taken;
    for (int writes = 0; writes < kMaxWritesPerWake; ++writes) {
        if (flushed_bytes_ == flushing_.size()) {
            const Refill refilled = refill(buffers, taken);
            if (refilled == Refill::done) return Flush::done;
            if (refilled == Refill::flooded) return Flush::flooded;
        }
        // The stream is only taken away by this thread, so no lock is needed to use it.
        const StreamResult result =
            stream_->write(flushing_.data() + flushed_bytes_, flushing_.size() - flushed_bytes_);
        switch (result.status) {
            case StreamStatus::moved: {
                flushed_bytes_ += result.bytes;
                const Lock lock(mutex_);
                in_flight_bytes_ -= result.bytes;
                note_flushed();
                break;
            }
            case StreamStatus::wait_read:
                return Flush::wait_read;
            case StreamStatus::wait_write:
                return Flush::wait_write;
            case StreamStatus::end_of_stream:
            case StreamStatus::failed:
                out_error = result.error;
                return Flush::lost;
        }
    }
    return Flush::again;
}

Outgoing::Sweep Outgoing::sweep() {
    if (batch_written_.exchange(false)) {
        quiet_sweeps_ = 0;
        return Sweep::flooded;
    }
    const Lock lock(mutex_);
    if (turn_ != Turn::sender) return Sweep::over;
    append_waiting_pong();
    if (!write_inline()) {
        turn_ = Turn::io_thread;
        return Sweep::flush;
    }
    if (++quiet_sweeps_ < kQuietSweeps) return Sweep::flooded;
    turn_ = Turn::free;
    buffer_ = {};
    return Sweep::over;
}

std::uint64_t Outgoing::take_flush_report() {
    // In this order: a write that finds the report still wanted is in the offset read below.
    report_wanted_.store(false);
    const std::uint64_t offset = flushed_offset_.load();
    reported_offset_.store(offset);
    return offset;
}

void Outgoing::append_frame(websocket::Opcode opcode, bool compressed,
                            std::span<const std::uint8_t> payload) {
    const std::size_t size = websocket::frame_bytes(payload.size());
    websocket::encode_frame(buffer_.tail(size), opcode, true, compressed, payload, next_mask());
    buffer_.commit(size);
    ++buffer_frames_;
    appended_ += size;
}

void Outgoing::append_waiting_pong() {
    if (!waiting_pong_) return;
    append_frame(websocket::Opcode::pong, false,
                 std::span(waiting_pong_->bytes).first(waiting_pong_->size));
    waiting_pong_.reset();
}

void Outgoing::append_data(websocket::Opcode opcode, std::span<const std::uint8_t> payload) {
    if (deflater_ && payload.size() >= kMinDeflateBytes) {
        std::vector<std::uint8_t> compressed;
        if (deflater_->deflate(payload, compressed)) return append_frame(opcode, true, compressed);
    }
    append_frame(opcode, false, payload);
}

void Outgoing::append_control(websocket::Opcode opcode, std::span<const std::uint8_t> payload) {
    if (stream_ == nullptr || closing_) return;
    if (waiting_bytes() > limit_bytes_ + kMaxWaitingControlBytes) return;
    append_frame(opcode, false,
                 payload.first(std::min(payload.size(), websocket::kMaxControlPayloadBytes)));
    if (push(Urgency::now)) report();
}

bool Outgoing::push(Urgency urgency) {
    bool all_written = false;
    bool tried = true;
    switch (turn_) {
        case Turn::io_thread:
            return false;
        case Turn::asked:
            if (!flooding(buffer_.size(), buffer_frames_)) return false;
            turn_ = Turn::sender;
            [[fallthrough]];
        case Turn::sender: {
            // One look at the clock for each batch; sweep() looks after the last messages.
            const bool batch = buffer_.size() >= batch_bytes_;
            const bool alone = buffer_frames_ == 1;
            if (!batch && urgency == Urgency::batched && !(alone && paused())) return false;
            append_waiting_pong();
            all_written = write_inline();
            last_inline_write_ = clock_();
            if (batch) batch_written_.store(true);
            break;
        }
        case Turn::free:
            tried = paused();
            if (!tried) break;
            last_inline_write_ = clock_();
            all_written = write_inline();
            break;
    }
    if (!all_written) hand_over(tried);
    return all_written;
}

void Outgoing::hand_over(bool tried) {
    // A full socket is for the thread that can wait for it.
    turn_ = tried ? Turn::io_thread : Turn::asked;
    if (!std::exchange(flush_posted_, true)) owner_.want_flush();
}

void Outgoing::report() {
    // Sweeps report what a flood has written, unless there is much of it.
    const bool soon =
        turn_ == Turn::sender && flushed_offset_.load() - reported_offset_.load() < kReportBytes;
    if (!soon && !report_wanted_.exchange(true)) owner_.want_flush_report();
}

bool Outgoing::flooding(std::size_t bytes, std::size_t frames) const {
    return bytes >= std::min(kFloodBytes, batch_bytes_) && frames >= kFloodFrames && !closing_;
}

bool Outgoing::write_inline() {
    // With TLS a write takes one record at a time.
    std::size_t written = 0;
    while (written < buffer_.size()) {
        const StreamResult result =
            stream_->try_write(buffer_.data() + written, buffer_.size() - written);
        // An error is met again by the I/O thread's flush, which can report it.
        if (result.status != StreamStatus::moved) break;
        written += result.bytes;
    }
    buffer_.drop_front(written);
    note_flushed();
    if (!buffer_.empty()) return false;
    buffer_frames_ = 0;
    // Only a flood keeps its memory: there may be thousands of idle connections.
    if (turn_ != Turn::sender) buffer_ = {};
    return true;
}

Outgoing::Refill Outgoing::refill(SharedBuffers& buffers, Taken& taken) {
    ByteBuffer empty = std::move(flushing_);
    empty.clear();
    flushed_bytes_ = 0;
    if (empty.capacity() == 0) empty = buffers.take_spare();
    const Lock lock(mutex_);
    append_waiting_pong();
    if (buffer_.empty()) {
        // Idle again: the memory is for whoever needs it next.
        turn_ = Turn::free;
        buffers.give_spare(std::move(empty));
        buffers.give_spare(std::move(buffer_));
        return Refill::done;
    }
    if (flooding(taken.bytes, taken.frames)) {
        // Whoever sends without pause has its frames in its own cache, and no use for a second
        // thread that takes them away piece by piece.
        turn_ = Turn::sender;
        quiet_sweeps_ = 0;
        buffers.give_spare(std::move(empty));
        return Refill::flooded;
    }
    flushing_ = std::move(buffer_);
    buffer_ = std::move(empty);
    in_flight_bytes_ = flushing_.size();
    taken.bytes += flushing_.size();
    taken.frames += std::exchange(buffer_frames_, 0);
    return Refill::more;
}

}  // namespace graceline::driver
