// A queue in a ring of memory that is used again: no allocation in steady state.
// Must not be shared between threads without a lock.
#pragma once

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace graceline::client {

/// `First`: how many the first memory holds, a power of two.
template <class T, std::size_t First = 4>
class Ring {
    static_assert(First != 0 && (First & (First - 1)) == 0);

  public:
    bool empty() const { return head_ == tail_; }
    std::size_t size() const { return tail_ - head_; }
    T& front() { return at(head_); }
    T& back() { return at(tail_ - 1); }
    T& operator[](std::size_t index) { return at(head_ + index); }

    /// The next push_back() allocates nothing.
    void reserve_one() {
        if (size() == slots_.size()) grow();
    }
    void push_back(T value) {
        if (size() == slots_.size()) grow();
        at(tail_++) = std::move(value);
    }
    T pop_front() {
        assert(!empty());
        return std::exchange(at(head_++), T{});
    }

  private:
    T& at(std::size_t position) { return slots_[position & (slots_.size() - 1)]; }
    void grow() {
        std::vector<T> larger(slots_.empty() ? First : slots_.size() * 2);
        const std::size_t count = size();
        for (std::size_t i = 0; i < count; ++i) larger[i] = std::move((*this)[i]);
        slots_.swap(larger);
        head_ = 0;
        tail_ = count;
    }

    std::vector<T> slots_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
};

}  // namespace graceline::client
