// Plain use of zlib, one call with room to spare for each message.
// Must not be quick.
#include "tests/websocket/server_zlib.hpp"

#include <stdexcept>

namespace graceline::websocket::test {
namespace {

constexpr std::size_t kRoomBytes = std::size_t{32} << 20;

}  // namespace

ServerDeflater::ServerDeflater(int window_bits, bool takeover, int level) : takeover_(takeover) {
    if (deflateInit2(&zlib_, level, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("deflateInit2");
    }
}

ServerDeflater::~ServerDeflater() {
    deflateEnd(&zlib_);
}

Bytes ServerDeflater::message(const Bytes& plain) {
    if (!takeover_) deflateReset(&zlib_);
    if (plain.empty()) return {0x00};
    Bytes out(plain.size() + plain.size() / 100 + 1024);
    Bytes in = plain;
    zlib_.next_in = in.data();
    zlib_.avail_in = static_cast<uInt>(in.size());
    zlib_.next_out = out.data();
    zlib_.avail_out = static_cast<uInt>(out.size());
    if (deflate(&zlib_, Z_SYNC_FLUSH) != Z_OK || zlib_.avail_out == 0) {
        throw std::runtime_error("deflate");
    }
    const auto end = out.end() - static_cast<std::ptrdiff_t>(zlib_.avail_out);
    if (Bytes(end - 4, end) != hex("00 00 ff ff")) throw std::runtime_error("marker");
    return Bytes(out.begin(), end - 4);
}

ServerInflater::ServerInflater(int window_bits, bool takeover) : takeover_(takeover) {
    if (inflateInit2(&zlib_, -window_bits) != Z_OK) throw std::runtime_error("inflateInit2");
}

ServerInflater::~ServerInflater() {
    inflateEnd(&zlib_);
}

Bytes ServerInflater::message(const Bytes& payload) {
    if (!takeover_) inflateReset(&zlib_);
    Bytes in = join({payload, hex("00 00 ff ff")});
    static Bytes room(kRoomBytes);
    zlib_.next_in = in.data();
    zlib_.avail_in = static_cast<uInt>(in.size());
    zlib_.next_out = room.data();
    zlib_.avail_out = static_cast<uInt>(room.size());
    const int result = inflate(&zlib_, Z_SYNC_FLUSH);
    if (result != Z_OK || zlib_.avail_in != 0) throw std::runtime_error("inflate");
    return Bytes(room.begin(), room.end() - static_cast<std::ptrdiff_t>(zlib_.avail_out));
}

}  // namespace graceline::websocket::test
