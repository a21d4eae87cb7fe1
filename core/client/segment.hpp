// One block of received messages: an array of events and the bytes they point to.
// Must be written by one thread; readers only see what was committed before.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "core/client/event.hpp"

namespace graceline::client {

class Segment {
  public:
    /// Throws bad_alloc. The events array and the bytes are one allocation.
    static Segment* make(std::uint32_t max_events, std::size_t max_bytes, unsigned size_class) {
        const std::size_t events_bytes = max_events * sizeof(Event);
        void* memory = ::operator new(sizeof(Segment) + events_bytes + max_bytes);
        return new (memory) Segment(max_events, max_bytes, size_class);
    }
    static void destroy(Segment* segment) {
        segment->~Segment();
        ::operator delete(segment);
    }

    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

    bool fits(std::size_t bytes) const {
        return events_used_ < max_events_ && bytes <= max_bytes_ - bytes_used_;
    }
    /// Takes bytes for the next event; fits() must have said yes.
    std::uint8_t* take(std::size_t bytes) {
        std::uint8_t* at = bytes_ + bytes_used_;
        bytes_used_ += bytes;
        return at;
    }
    void align() { bytes_used_ = (bytes_used_ + 7U) & ~std::size_t{7}; }
    std::size_t bytes_used() const { return bytes_used_; }
    void give_back_to(std::size_t bytes_used) { bytes_used_ = bytes_used; }
    Event& next_event() { return events_[events_used_++]; }
    Event* events() { return events_; }
    std::uint32_t events_used() const { return events_used_; }
    void drop_events_after(std::uint32_t count) { events_used_ = count; }
    void rewind() {
        events_used_ = 0;
        bytes_used_ = 0;
    }

    std::size_t memory_bytes() const {
        return sizeof(Segment) + max_events_ * sizeof(Event) + max_bytes_;
    }
    bool holds_one_message() const { return max_events_ == 1; }
    unsigned size_class() const { return size_class_; }

    void add_reference() { references_.fetch_add(1, std::memory_order_relaxed); }
    bool drop_reference() { return references_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
    bool only_reference() const { return references_.load(std::memory_order_acquire) == 1; }

  private:
    Segment(std::uint32_t max_events, std::size_t max_bytes, unsigned size_class)
        : max_events_(max_events),
          size_class_(size_class),
          max_bytes_(max_bytes),
          events_(reinterpret_cast<Event*>(this + 1)),
          bytes_(reinterpret_cast<std::uint8_t*>(events_ + max_events)) {}
    ~Segment() = default;

    std::atomic<std::uint32_t> references_{1};
    std::uint32_t events_used_ = 0;
    std::uint32_t max_events_;
    unsigned size_class_;
    std::size_t max_bytes_;
    std::size_t bytes_used_ = 0;
    Event* events_;
    std::uint8_t* bytes_;
};

static_assert(sizeof(Segment) % alignof(Event) == 0);
static_assert(std::is_trivially_copyable_v<Event> && std::is_trivially_destructible_v<Event>);

}  // namespace graceline::client
