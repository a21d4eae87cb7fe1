// Growing memory for bytes that are about to be overwritten anyway: it is never filled with zeros.
// Must not know what the bytes are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace graceline::driver {

class ByteBuffer {
  public:
    ByteBuffer() = default;
    ~ByteBuffer() { std::free(data_); }
    ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
    ByteBuffer& operator=(ByteBuffer&& other) noexcept {
        ByteBuffer(std::move(other)).swap(*this);
        return *this;
    }

    const std::uint8_t* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    bool empty() const { return size_ == 0; }
    void clear() { size_ = 0; }

    /// Room for `bytes` more; commit() says how many of them were written.
    std::uint8_t* tail(std::size_t bytes) {
        if (capacity_ - size_ < bytes) grow(bytes);
        return data_ + size_;
    }
    void commit(std::size_t bytes) { size_ += bytes; }

    void drop_front(std::size_t bytes) {
        size_ -= bytes;
        if (size_ != 0) std::memmove(data_, data_ + bytes, size_);
    }

    void swap(ByteBuffer& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

  private:
    static constexpr std::size_t kFirstBytes = 1024;

    void grow(std::size_t bytes) {
        const std::size_t wanted = std::max({size_ + bytes, capacity_ * 2, kFirstBytes});
        void* const grown = std::realloc(data_, wanted);
        if (grown == nullptr) throw std::bad_alloc();
        data_ = static_cast<std::uint8_t*>(grown);
        capacity_ = wanted;
    }

    std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace graceline::driver
