// Turns the bytes of a fuzzer into choices and texts; when they are used up, all is zero and empty.
// Must not know what the choices are for. Calls in one expression must have a defined order, or two
// compilers would read one seed differently.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace graceline::fuzz {

class ByteSource {
  public:
    ByteSource(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

    bool empty() const { return rest_.empty(); }

    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const std::uint8_t value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }
    bool flag() { return (byte() & 1U) != 0; }
    /// From 0 to bound - 1; bound is at most 256.
    std::size_t below(std::size_t bound) { return byte() % bound; }
    std::uint64_t number(int bytes) {
        std::uint64_t value = 0;
        for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
        return value;
    }
    template <class T, std::size_t kSize>
    const T& one_of(const T (&choices)[kSize]) {
        return choices[below(kSize)];
    }
    /// Up to 255 bytes: a length, then so many.
    std::string text() {
        const std::size_t size = byte();
        return take(std::min(size, rest_.size()));
    }
    std::string rest() { return take(rest_.size()); }

  private:
    std::string take(std::size_t size) {
        std::string taken(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(size));
        rest_ = rest_.subspan(size);
        return taken;
    }

    std::span<const std::uint8_t> rest_;
};

}  // namespace graceline::fuzz
