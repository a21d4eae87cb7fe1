// The raw DEFLATE stream behind Deflater; each message ends in a sync flush without its marker.
// Must not grow beyond the budget: the state of one stream is fixed by window and memory level.
#include "core/websocket/deflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "core/websocket/zlib_memory.hpp"

namespace graceline::websocket {
namespace {

constexpr int kMemoryLevel = 8;
// zlib 1.2 to 1.3 need at most 268 KiB here; zlib-ng pads and aligns to more.
constexpr std::size_t kDeflateBudgetBytes = 640 * 1024;
constexpr std::size_t kFlushRoomBytes = 16;

}  // namespace

struct Deflater::Stream {
    z_stream zlib{};
    ZlibBudget budget{kDeflateBudgetBytes};
    bool open = false;
    bool used = false;

    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() {
        if (open) deflateEnd(&zlib);
    }
};

Deflater::Deflater(const NegotiatedDeflate& negotiated, int level)
    : window_bits_(negotiated.client_max_window_bits),
      level_(std::clamp(level, 0, 9)),
      no_context_takeover_(negotiated.client_no_context_takeover) {}

Deflater::~Deflater() = default;
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;

bool Deflater::open() {
    if (stream_ && stream_->open) return true;
    if (stream_) return false;
    if (window_bits_ < kMinClientWindowBits || window_bits_ > kMaxWindowBits) return false;
    stream_.reset(new (std::nothrow) Stream());
    if (!stream_) return false;
    use_budget(stream_->zlib, stream_->budget);
    stream_->open = deflateInit2(&stream_->zlib, level_, Z_DEFLATED, -window_bits_, kMemoryLevel,
                                 Z_DEFAULT_STRATEGY) == Z_OK;
    return stream_->open;
}

bool Deflater::deflate(std::span<const std::uint8_t> in, std::vector<std::uint8_t>& out) {
    out.clear();
    if (in.size() > std::numeric_limits<uInt>::max() || !open()) return false;
    if (in.empty()) {
        // RFC 7692 7.2.3.6. zlib writes nothing for a flush that follows another.
        out.push_back(0x00);
        return true;
    }
    z_stream& zlib = stream_->zlib;
    if (no_context_takeover_ && stream_->used) deflateReset(&zlib);
    stream_->used = true;

    out.resize(deflateBound(&zlib, static_cast<uLong>(in.size())) + kFlushRoomBytes);
    zlib.next_in = const_cast<Bytef*>(in.data());
    zlib.avail_in = static_cast<uInt>(in.size());
    std::size_t written = 0;
    // A flush is complete when it leaves room; the bound makes one round the rule.
    do {
        if (written == out.size()) out.resize(out.size() * 2);
        const std::size_t room =
            std::min<std::size_t>(out.size() - written, std::numeric_limits<uInt>::max());
        zlib.next_out = out.data() + written;
        zlib.avail_out = static_cast<uInt>(room);
        const int result = ::deflate(&zlib, Z_SYNC_FLUSH);
        written += room - zlib.avail_out;
        if (result != Z_OK && result != Z_BUF_ERROR) break;
    } while (zlib.avail_out == 0);

    out.resize(written);
    if (zlib.avail_in != 0 || written <= kFlushMarker.size() ||
        !std::equal(kFlushMarker.begin(), kFlushMarker.end(), out.end() - 4)) {
        // Only a fault of zlib leads here; a fresh window is what the peer can always follow.
        deflateReset(&zlib);
        out.clear();
        return false;
    }
    out.resize(written - kFlushMarker.size());
    return true;
}

}  // namespace graceline::websocket
