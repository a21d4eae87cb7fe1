// Memory that all connections of one loop take turns with, so that an idle one keeps none.
// Must not be used from any thread but the I/O thread.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/driver/byte_buffer.hpp"

namespace graceline::driver {

inline constexpr std::size_t kReadBufferBytes = 128 * 1024;
inline constexpr std::size_t kMaxSpareBuffers = 4;
inline constexpr std::size_t kMaxSpareBytes = 1024 * 1024;

class SharedBuffers final : public boost::asio::execution_context::service {
  public:
    static boost::asio::execution_context::id id;

    explicit SharedBuffers(boost::asio::execution_context& context)
        : service(context), read_(new std::uint8_t[kReadBufferBytes]) {
        spares_.reserve(kMaxSpareBuffers);
    }

    static SharedBuffers& of(boost::asio::io_context& context) {
        return boost::asio::use_service<SharedBuffers>(context);
    }

    /// What was read into it is over before the next handler runs.
    std::span<std::uint8_t> read() { return {read_.get(), kReadBufferBytes}; }

    /// An empty buffer, with room in it if one is left over.
    ByteBuffer take_spare() {
        if (spares_.empty()) return {};
        ByteBuffer spare = std::move(spares_.back());
        spares_.pop_back();
        return spare;
    }
    /// The memory of one that is not needed now.
    void give_spare(ByteBuffer buffer) {
        if (buffer.capacity() == 0 || buffer.capacity() > kMaxSpareBytes) return;
        if (spares_.size() >= kMaxSpareBuffers) return;
        buffer.clear();
        spares_.push_back(std::move(buffer));
    }

  private:
    void shutdown() override {}

    std::unique_ptr<std::uint8_t[]> read_;
    std::vector<ByteBuffer> spares_;
};

}  // namespace graceline::driver
