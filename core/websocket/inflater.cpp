// The raw inflate stream behind Inflater, with an output cap and a ratio cap.
// Must not let the caps depend on how the bytes came in: they are judged at fixed output positions.
#include "core/websocket/inflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "core/websocket/zlib_memory.hpp"

namespace graceline::websocket {
namespace {

// zlib needs 7 KiB and the window (32 KiB at most); zlib-ng pads and aligns to more.
constexpr std::size_t kInflateBudgetBytes = 128 * 1024;
constexpr int kBetweenBlocksFlag = 128;
constexpr int kUnusedBitsMask = 63;

}  // namespace

struct Inflater::Stream {
    z_stream zlib{};
    ZlibBudget budget{kInflateBudgetBytes};
    bool open = false;
    std::array<std::uint8_t, kInflateBufferBytes> buffer;

    // The buffer stays unset on purpose: only what zlib wrote is ever read.
    Stream() {}  // NOLINT(cppcoreguidelines-pro-type-member-init,modernize-use-equals-default)
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() {
        if (open) inflateEnd(&zlib);
    }
};

Inflater::Inflater(const NegotiatedDeflate& negotiated, std::uint64_t max_message_bytes)
    : max_message_bytes_(max_message_bytes),
      max_ratio_(std::max<std::uint64_t>(1, negotiated.max_ratio)),
      no_context_takeover_(negotiated.server_no_context_takeover) {}

Inflater::~Inflater() = default;

bool Inflater::open() {
    if (stream_) return stream_->open;
    stream_.reset(new (std::nothrow) Stream());
    if (!stream_) return false;
    use_budget(stream_->zlib, stream_->budget);
    // The largest window, whatever was agreed. zlib finds a reference beyond a smaller one only
    // when its target has left the output buffer, so the verdict would depend on how the input is
    // cut.
    stream_->open = inflateInit2(&stream_->zlib, -kMaxWindowBits) == Z_OK;
    return stream_->open;
}

void Inflater::begin_message() {
    if (no_context_takeover_ && stream_ && stream_->open) inflateReset(&stream_->zlib);
    used_bytes_ = 0;
    given_bytes_ = 0;
    marker_left_ = kFlushMarker.size();
    at_boundary_ = true;
    at_mark_ = false;
}

bool Inflater::ratio_exceeded() const {
    return given_bytes_ > kInflateRatioFloorBytes && given_bytes_ / max_ratio_ > used_bytes_;
}

// Inflates `from` into the buffer behind `filled` until either is used up. With no room at all it
// reads ahead to the next symbol that gives output.
ProtocolError Inflater::run(std::span<const std::uint8_t>& from, std::size_t& filled,
                            std::size_t room) {
    z_stream& zlib = stream_->zlib;
    for (;;) {
        const std::size_t offered =
            std::min<std::size_t>(from.size(), std::numeric_limits<uInt>::max());
        zlib.next_in = const_cast<Bytef*>(from.data());
        zlib.avail_in = static_cast<uInt>(offered);
        zlib.next_out = stream_->buffer.data() + filled;
        zlib.avail_out = static_cast<uInt>(room - filled);
        const int result = inflate(&zlib, Z_SYNC_FLUSH);
        const std::size_t taken = offered - zlib.avail_in;
        const std::size_t given = room - filled - zlib.avail_out;
        from = from.subspan(taken);
        filled += given;
        if (result == Z_STREAM_END) {
            // A block with BFINAL set may be followed by more, which may look back into the window.
            inflateResetKeep(&zlib);
            at_boundary_ = true;
        } else if (result == Z_OK) {
            at_boundary_ = (zlib.data_type & kBetweenBlocksFlag) != 0 &&
                           (zlib.data_type & kUnusedBitsMask) == 0;
        } else if (result != Z_BUF_ERROR) {
            return ProtocolError::inflate_failed;
        }
        const bool full = room != 0 && filled == room;
        if (full || from.empty() || (taken == 0 && given == 0)) return ProtocolError::none;
    }
}

// Feeds input, and the marker behind the message's end.
ProtocolError Inflater::feed(std::span<const std::uint8_t>& input, bool last, std::size_t& filled,
                             std::size_t room) {
    const std::size_t before = input.size();
    ProtocolError error = run(input, filled, room);
    used_bytes_ += before - input.size();
    const bool full = room != 0 && filled == room;
    if (error == ProtocolError::none && last && input.empty() && !full && marker_left_ != 0) {
        std::span<const std::uint8_t> marker = std::span(kFlushMarker).last(marker_left_);
        error = run(marker, filled, room);
        marker_left_ = static_cast<std::uint8_t>(marker.size());
    }
    return error;
}

Inflater::Step Inflater::step(std::span<const std::uint8_t>& input, bool last) {
    Step result;
    if (!open()) {
        result.error = ProtocolError::inflate_failed;
        return result;
    }
    std::size_t filled = 0;
    if (at_mark_) {
        // How far zlib reads ahead at a full buffer depends on how the input is cut. Reading ahead
        // to the symbol that gives the next byte makes the count of used bytes the same always.
        result.error = feed(input, last, filled, 0);
        if (result.error != ProtocolError::none || (input.empty() && !last)) return result;
        at_mark_ = false;
        if (ratio_exceeded()) result.error = ProtocolError::inflate_ratio;
        if (result.error != ProtocolError::none) return result;
    }
    // The buffer ends at a multiple of its size in the message, where the ratio is judged, or one
    // byte beyond the limit.
    const std::uint64_t to_mark = kInflateBufferBytes - given_bytes_ % kInflateBufferBytes;
    const std::uint64_t to_limit = max_message_bytes_ - given_bytes_;
    const auto room = static_cast<std::size_t>(to_limit < to_mark ? to_limit + 1 : to_mark);
    result.error = feed(input, last, filled, room);
    given_bytes_ += filled;
    result.output = std::span(stream_->buffer).first(filled);
    result.pending = filled == room;
    at_mark_ = result.pending && filled == to_mark;
    if (given_bytes_ > max_message_bytes_) {
        result.error = ProtocolError::message_too_big;
    } else if (result.error == ProtocolError::none && !result.pending) {
        // A message has to end between two blocks.
        const bool ended = marker_left_ == 0 && at_boundary_;
        if (!input.empty() || (last && !ended)) {
            result.error = ProtocolError::inflate_failed;
        } else if (last && ratio_exceeded()) {
            result.error = ProtocolError::inflate_ratio;
        }
    }
    return result;
}

}  // namespace graceline::websocket
