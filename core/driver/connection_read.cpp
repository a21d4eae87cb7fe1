// How a connection reads: until there is nothing more or others want their turn, frames in place.
// Must not copy payload or allocate for a message; this is the hot path.
#include <boost/asio/post.hpp>
#include <utility>

#include "core/driver/connection.hpp"
#include "core/websocket/frame.hpp"

namespace graceline::driver {

/// One pass over the bytes of one read.
struct Connection::Walk {
    /// A close frame or a fault; need_more when the bytes were simply used up.
    websocket::ReadEvent last;
};

void Connection::resume_reading() {
    if ((phase_ != Phase::open && phase_ != Phase::closing) || pause_ == Pause::none) return;
    // Bytes that nobody wants stay unread until there is something to wait for among them.
    if (pause_ == Pause::discarding && phase_ == Phase::open) return;
    pause_ = Pause::none;
    post_read();
}

void Connection::read() {
    const std::span<std::uint8_t> buffer = buffers_.read();
    for (int reads = 0; reads < kMaxReadsPerWake; ++reads) {
        std::size_t bytes = 0;
        const StreamResult result = fill(buffer, bytes);
        if (bytes != 0 && !walk(buffer.first(bytes))) return;
        switch (result.status) {
            case StreamStatus::moved:
                // A socket that gave less than there was room for is empty; TLS says so itself.
                if (stream_->secure() || bytes == buffer.size()) continue;
                return wait_to_read(StreamStatus::wait_read);
            case StreamStatus::wait_read:
            case StreamStatus::wait_write:
                return wait_to_read(result.status);
            case StreamStatus::end_of_stream:
            case StreamStatus::failed:
                return lost(result.status == StreamStatus::end_of_stream, result.error);
        }
    }
    post_read();
}

StreamResult Connection::fill(std::span<std::uint8_t> buffer, std::size_t& out_bytes) {
    if (!stream_->secure()) {
        const StreamResult result = stream_->read(buffer.data(), buffer.size());
        if (result.status == StreamStatus::moved) out_bytes = result.bytes;
        return result;
    }
    // Record after record, until OpenSSL has nothing left or no record might fit any more.
    StreamResult result;
    do {
        result = stream_->read(buffer.data() + out_bytes, buffer.size() - out_bytes);
        if (result.status != StreamStatus::moved) return result;
        out_bytes += result.bytes;
    } while (buffer.size() - out_bytes >= SSL3_RT_MAX_PLAIN_LENGTH);
    return result;
}

void Connection::wait_to_read(StreamStatus direction) {
    if (std::exchange(read_pending_, true)) return;
    auto handler = [self = shared_from_this()](const ErrorCode& error) {
        self->read_pending_ = false;
        if (self->ended() || self->pause_ != Pause::none) return;
        if (error) return self->lost(false, error.value());
        self->read();
    };
    if (direction == StreamStatus::wait_read) {
        stream_->wait_readable(std::move(handler));
    } else {
        stream_->wait_writable(std::move(handler));
    }
}

void Connection::post_read() {
    if (std::exchange(read_pending_, true)) return;
    boost::asio::post(loop_->context(), [self = shared_from_this()] {
        self->read_pending_ = false;
        if (!self->ended() && self->pause_ == Pause::none) self->read();
    });
}

bool Connection::walk(std::span<const std::uint8_t> bytes) {
    const bool wanted = listener_->on_read_begin();
    if (ended()) return false;
    const std::size_t size = bytes.size();
    const std::uint64_t frames_before = reader_.frames();
    Walk walk;
    if (wanted) {
        give_frames(bytes, walk);
        if (ended()) return false;
        const auto frames = static_cast<std::uint32_t>(reader_.frames() - frames_before);
        if (!listener_->on_read_end(frames, size)) pause_ = Pause::listener_full;
        if (ended()) return false;
    } else {
        skip_frames(bytes, walk);
        if (phase_ != Phase::closing) pause_ = Pause::discarding;
    }
    if (walk.last.kind != websocket::ReadKind::need_more) {
        end_walk(walk.last);
        return false;
    }
    return pause_ == Pause::none;
}

void Connection::give_frames(std::span<const std::uint8_t>& bytes, Walk& walk) {
    for (;;) {
        const websocket::ReadEvent event = reader_.next(bytes);
        switch (event.kind) {
            case websocket::ReadKind::message:
                listener_->on_message(event.opcode, event.payload);
                break;
            case websocket::ReadKind::part:
                listener_->on_part(event);
                break;
            case websocket::ReadKind::ping:
                outgoing_.pong(event.payload);
                break;
            case websocket::ReadKind::pong:
                listener_->on_pong(event.payload);
                break;
            case websocket::ReadKind::need_more:
            case websocket::ReadKind::close:
            case websocket::ReadKind::failed:
                walk.last = event;
                return;
        }
        if (ended()) return;
    }
}

void Connection::skip_frames(std::span<const std::uint8_t>& bytes, Walk& walk) {
    do {
        walk.last = reader_.next(bytes);
    } while (walk.last.kind != websocket::ReadKind::need_more &&
             walk.last.kind != websocket::ReadKind::close &&
             walk.last.kind != websocket::ReadKind::failed);
}

void Connection::end_walk(const websocket::ReadEvent& last) {
    int ignored = 0;
    if (last.kind == websocket::ReadKind::failed) {
        const std::uint16_t code = websocket::close_code_for(last.error);
        outgoing_.close(code, {});
        outgoing_.flush(buffers_, ignored);
        const bool too_big = last.error == websocket::ProtocolError::message_too_big;
        return finish(too_big ? engine::Reason::message_too_big : engine::Reason::protocol_error,
                      code, websocket::to_string(last.error));
    }
    if (phase_ == Phase::closing) {
        return finish(engine::Reason::none, last.close_code, "the connection was closed");
    }
    // The answer goes out now or, with a full socket, not at all: nothing is waited for.
    outgoing_.close(last.close_code, {});
    outgoing_.flush(buffers_, ignored);
    finish(engine::Reason::closed_by_server, last.close_code,
           "the server closed the connection with code " + std::to_string(last.close_code));
}

}  // namespace graceline::driver
