// The one ordered queue of a client: messages in segments, all other events one by one.
// Must keep its memory bounded: messages are held back by their reader, other events coalesce.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/client/batch.hpp"
#include "core/client/event.hpp"
#include "core/client/limits.hpp"
#include "core/client/message_writer.hpp"
#include "core/client/ring.hpp"
#include "core/client/segment.hpp"
#include "core/driver/platform/wake_descriptor.hpp"

namespace graceline::client {

/// An event that is not a message, still changeable while it waits.
struct ControlEvent {
    EventType type = EventType::none;
    std::int64_t time_ms = 0;
    EventDetails details;
    std::string text;
    std::shared_ptr<const void> owner;  ///< Of what the details point to.
};

struct QueueFigures {
    std::size_t bytes = 0;
    std::size_t peak_bytes = 0;
    std::size_t held_bytes = 0;  ///< Of payloads that wait behind pages.
    std::size_t held_peak_bytes = 0;
    std::uint64_t coalesced = 0;
};

/// Of that type, and of now.
ControlEvent control_event(EventType type);

class EventQueue : public std::enable_shared_from_this<EventQueue>, private SegmentSource {
  public:
    /// Both are called under no lock. `wake` says that events came while the host had found none;
    /// it may only signal. `room` says that a full queue has room again.
    EventQueue(std::size_t limit_bytes, std::function<void()> wake, std::function<void()> room);
    ~EventQueue() override;
    EventQueue(const EventQueue&) = delete;
    EventQueue& operator=(const EventQueue&) = delete;

    /// For the one thread that reads the socket.
    MessageWriter& writer() { return writer_; }
    /// For the same thread: what a catch-up brings. It is shown at once, past what is held.
    MessageWriter& replay_writer() { return replay_writer_; }
    void commit_replay();
    /// Shows what the writer added since the last time. False: the queue is full, stop reading.
    bool commit();
    /// Forgets what was added since (the window closed while a read was walked).
    void discard();

    // Any thread.

    /// From now on what is committed waits behind everything else; it counts against the limit.
    void hold();
    /// Shows what waited, in its order; `drop` says of each message whether it goes instead.
    void release(const std::function<bool(const Event&)>& drop);
    /// Reading must stand still.
    bool full() const;
    /// May another page be fetched? Held messages do not count: they wait for just that. False:
    /// `room` is called when the host has taken enough.
    bool has_room_for_pages();
    void add(ControlEvent event);
    /// The event after which there is nothing.
    void add_last(ControlEvent event);
    /// Waits up to the time-out (negative: until something comes); nullptr: nothing came.
    /// `out_ended`: the last event had been taken before.
    BatchPointer take(std::int64_t timeout_ms, std::uint32_t max_count, bool& out_ended);
    std::uint64_t fates_unread() const { return fates_unread_.load(std::memory_order_relaxed); }
    /// Completions of requests that the host has not taken.
    std::uint64_t pages_unread() const { return pages_unread_.load(std::memory_order_relaxed); }
    QueueFigures figures() const;
    int wake_descriptor();

  private:
    friend struct BatchReturn;

    /// A range of a segment, or (segment == nullptr) the next `count` control events.
    using Drop = std::function<bool(const Event&)>;
    struct Item {
        Segment* segment = nullptr;
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };

    // SegmentSource, called by the writer.
    Segment* open_segment(std::size_t bytes, bool previous_was_filled) override;
    void retire_segment(Segment* segment) override;

    void push_range(Ring<Item>& items, const WrittenRange& range);
    void show(const Item& item, const Drop& drop);
    void push_control(ControlEvent&& event);
    bool coalesce(ControlEvent& event);
    BatchPointer pop(std::uint32_t max_count);
    void fill_from_control(Batch& batch, std::uint32_t count);
    void give_back(Batch* batch);
    void drop(Segment* segment);
    void announce(std::unique_lock<std::mutex>& lock);
    std::size_t shown_bytes();

    const std::size_t limit_bytes_;
    const std::function<void()> wake_;
    const std::function<void()> room_;
    MessageWriter writer_;
    MessageWriter replay_writer_;

    mutable std::mutex mutex_;
    std::condition_variable ready_;
    Ring<Item> items_;
    Ring<Item> held_;
    Ring<ControlEvent, 1> control_;  ///< They are large; an idle client keeps one.
    std::vector<Segment*> free_segments_;
    std::vector<BatchPointer> free_batches_;
    std::unique_ptr<driver::platform::WakeDescriptor> descriptor_;
    std::uint64_t next_sequence_ = 1;
    std::atomic<std::uint64_t> fates_unread_{0};
    std::atomic<std::uint64_t> pages_unread_{0};
    std::size_t bytes_ = 0;       ///< Segments queued, held by the host, or open.
    std::size_t open_bytes_ = 0;  ///< The one being written; it does not count against the limit.
    std::size_t peak_bytes_ = 0;
    std::size_t held_bytes_ = 0;
    std::size_t held_peak_bytes_ = 0;
    std::uint64_t coalesced_ = 0;
    unsigned size_class_ = 0;
    unsigned waiting_ = 0;
    bool full_ = false;
    bool holding_ = false;
    bool pages_wait_ = false;
    bool host_saw_empty_ = true;
    bool last_added_ = false;
    bool ended_ = false;
};

}  // namespace graceline::client
