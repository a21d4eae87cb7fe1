// Which accepted messages are still on their way: ids against offsets of the stream.
// Must give each accepted id exactly one fate, in order.
#pragma once

#include <cstdint>
#include <vector>

namespace graceline::client {

struct IdRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< Included; first > last: empty.
    bool empty() const { return first > last; }
    std::uint64_t count() const { return empty() ? 0 : last - first + 1; }
};

/// Ids are consecutive, so that a ring of end offsets says all.
class SendLedger {
  public:
    std::uint64_t next_id() const { return next_id_; }
    std::uint64_t in_flight() const { return next_id_ - first_open_; }

    /// The stream starts afresh with each connection; nothing may be in flight.
    std::uint64_t accept(std::uint64_t end_offset) {
        if (in_flight() == ring_.size()) grow();
        ring_[next_id_ & (ring_.size() - 1)] = end_offset;
        return next_id_++;
    }
    /// Everything up to this offset is in the kernel.
    IdRange flushed(std::uint64_t offset) {
        const auto first = first_open_;
        while (first_open_ < next_id_ && ring_[first_open_ & (ring_.size() - 1)] <= offset) {
            ++first_open_;
        }
        return {first, first_open_ - 1};
    }
    /// The connection is gone: what was on its way has no other fate.
    IdRange abandon() {
        const auto first = first_open_;
        first_open_ = next_id_;
        return {first, first_open_ - 1};
    }

  private:
    void grow() {
        std::vector<std::uint64_t> larger(ring_.empty() ? 16 : ring_.size() * 2);
        for (auto id = first_open_; id < next_id_; ++id) {
            larger[id & (larger.size() - 1)] = ring_[id & (ring_.size() - 1)];
        }
        ring_.swap(larger);
    }

    std::uint64_t next_id_ = 1;
    std::uint64_t first_open_ = 1;
    std::vector<std::uint64_t> ring_;
};

}  // namespace graceline::client
