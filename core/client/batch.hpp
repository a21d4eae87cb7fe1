// What one take() gives to the host: an array of events and the memory behind it.
// Must stay valid after its client is gone, until it is given back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/client/event.hpp"
#include "core/client/segment.hpp"

namespace graceline::client {

class Batch;
class EventQueue;

/// Gives the batch back to its queue, which uses its memory again.
struct BatchReturn {
    void operator()(Batch* batch) const;
};
using BatchPointer = std::unique_ptr<Batch, BatchReturn>;

class Batch {
  public:
    Batch() = default;
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    std::uint32_t count() const { return count_; }
    const Event* events() const { return events_; }

  private:
    friend class EventQueue;
    friend struct BatchReturn;

    std::shared_ptr<EventQueue> queue_;  ///< Empty while it waits to be used again.
    Segment* segment_ = nullptr;         ///< Messages: a range of it.
    const Event* events_ = nullptr;
    std::uint32_t count_ = 0;
    std::vector<Event> own_events_;  ///< Other events: copies.
    std::vector<EventDetails> own_details_;
    std::vector<std::string> own_texts_;
    std::vector<std::shared_ptr<const void>> owners_;  ///< Of pages that details point to.
};

}  // namespace graceline::client
