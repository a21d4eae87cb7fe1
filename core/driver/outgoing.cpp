// Framing under a lock that is never held while the I/O thread writes; inline writes hold it.
// Must not allocate for a message once the buffers have grown.
#include "core/driver/outgoing.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "core/driver/mask_source.hpp"
#include "core/websocket/writer.hpp"

namespace graceline::driver {

void Outgoing::begin(Stream& stream, std::size_t limit_bytes,
                     const std::optional<websocket::NegotiatedDeflate>& deflate,
                     int deflate_level) {
    const Lock lock(mutex_);
    stream_ = &stream;
    limit_bytes_ = limit_bytes;
    if (deflate) deflater_ = std::make_unique<websocket::Deflater>(*deflate, deflate_level);
}

void Outgoing::end() {
    const Lock lock(mutex_);
    stream_ = nullptr;
    buffer_ = {};
    flushing_ = {};
    in_flight_bytes_ = 0;
    flushed_bytes_ = 0;
    deflater_.reset();
    waiting_pong_.reset();
}

SendResult Outgoing::send(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
                          std::uint64_t& out_offset) {
    Lock lock(mutex_);
    if (stream_ == nullptr || closing_) return SendResult::not_open;
    const std::size_t waiting = waiting_bytes();
    // A message above the limit can still go when it is the only one: the caller has it anyway.
    if (waiting != 0 && waiting + websocket::frame_bytes(payload.size()) > limit_bytes_) {
        return SendResult::full;
    }
    append_data(opcode, payload);
    out_offset = appended_;
    push(lock);
    return SendResult::accepted;
}

void Outgoing::ping(std::span<const std::uint8_t> payload) {
    Lock lock(mutex_);
    append_control(lock, websocket::Opcode::ping, payload);
}

void Outgoing::pong(std::span<const std::uint8_t> payload) {
    Lock lock(mutex_);
    if (waiting_bytes() == 0) {
        append_control(lock, websocket::Opcode::pong, payload);
    } else if (stream_ != nullptr && !closing_) {
        if (!waiting_pong_) waiting_pong_ = std::make_unique<Pong>();
        std::copy(payload.begin(), payload.end(), waiting_pong_->bytes.begin());
        waiting_pong_->size = static_cast<std::uint8_t>(payload.size());
    }
}

void Outgoing::close(std::uint16_t code, std::string_view reason) {
    Lock lock(mutex_);
    if (stream_ == nullptr || closing_) return;
    closing_ = true;
    waiting_pong_.reset();
    std::uint8_t* const tail = buffer_.tail(websocket::kMaxControlFrameBytes);
    const std::size_t size = websocket::encode_close(tail, code, reason, next_mask());
    buffer_.commit(size);
    appended_ += size;
    push(lock);
}

Outgoing::Flush Outgoing::flush(SharedBuffers& buffers, int& out_error) {
    for (int writes = 0; writes < kMaxWritesPerWake; ++writes) {
        if (flushed_bytes_ == flushing_.size() && !refill(buffers)) return Flush::done;
        // The stream is only taken away by this thread, so no lock is needed to use it.
        const StreamResult result =
            stream_->write(flushing_.data() + flushed_bytes_, flushing_.size() - flushed_bytes_);
        switch (result.status) {
            case StreamStatus::moved: {
                flushed_bytes_ += result.bytes;
                const Lock lock(mutex_);
                in_flight_bytes_ -= result.bytes;
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

std::uint64_t Outgoing::flushed_offset() {
    const Lock lock(mutex_);
    return appended_ - waiting_bytes();
}

std::uint64_t Outgoing::take_flush_report() {
    const Lock lock(mutex_);
    report_wanted_ = false;
    return appended_ - waiting_bytes();
}

void Outgoing::append_frame(websocket::Opcode opcode, bool compressed,
                            std::span<const std::uint8_t> payload) {
    const std::size_t size = websocket::frame_bytes(payload.size());
    websocket::encode_frame(buffer_.tail(size), opcode, true, compressed, payload, next_mask());
    buffer_.commit(size);
    appended_ += size;
}

void Outgoing::append_data(websocket::Opcode opcode, std::span<const std::uint8_t> payload) {
    if (deflater_ && payload.size() >= kMinDeflateBytes) {
        std::vector<std::uint8_t> compressed;
        if (deflater_->deflate(payload, compressed)) return append_frame(opcode, true, compressed);
    }
    append_frame(opcode, false, payload);
}

void Outgoing::append_control(Lock& lock, websocket::Opcode opcode,
                              std::span<const std::uint8_t> payload) {
    if (stream_ == nullptr || closing_) return;
    if (waiting_bytes() > limit_bytes_ + kMaxWaitingControlBytes) return;
    append_frame(opcode, false,
                 payload.first(std::min(payload.size(), websocket::kMaxControlPayloadBytes)));
    push(lock);
}

void Outgoing::push(Lock& lock) {
    if (flush_wanted_) return;
    const engine::Instant time = now();
    bool all_written = false;
    if (time - last_inline_write_ > kInlineWriteGap) {
        all_written = write_inline();
        last_inline_write_ = time;
    }
    if (!all_written) {
        flush_wanted_ = true;
        lock.unlock();
        owner_.want_flush();
    } else if (!report_wanted_) {
        report_wanted_ = true;
        lock.unlock();
        owner_.want_flush_report();
    }
}

bool Outgoing::write_inline() {
    const StreamResult result = stream_->try_write(buffer_.data(), buffer_.size());
    // An error is met again by the I/O thread's flush, which can report it.
    if (result.status != StreamStatus::moved) return false;
    if (result.bytes == buffer_.size()) {
        buffer_ = {};
        return true;
    }
    ByteBuffer rest;
    const std::size_t size = buffer_.size() - result.bytes;
    std::memcpy(rest.tail(size), buffer_.data() + result.bytes, size);
    rest.commit(size);
    buffer_ = std::move(rest);
    return false;
}

bool Outgoing::refill(SharedBuffers& buffers) {
    ByteBuffer empty = std::move(flushing_);
    empty.clear();
    flushed_bytes_ = 0;
    if (empty.capacity() == 0) empty = buffers.take_spare();
    const Lock lock(mutex_);
    if (waiting_pong_) {
        append_frame(websocket::Opcode::pong, false,
                     std::span(waiting_pong_->bytes).first(waiting_pong_->size));
        waiting_pong_.reset();
    }
    if (buffer_.empty()) {
        // Idle again: the memory is for whoever needs it next.
        flush_wanted_ = false;
        buffers.give_spare(std::move(empty));
        buffers.give_spare(std::move(buffer_));
        return false;
    }
    flushing_ = std::move(buffer_);
    buffer_ = std::move(empty);
    in_flight_bytes_ = flushing_.size();
    return true;
}

}  // namespace graceline::driver
