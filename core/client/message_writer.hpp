// Writes messages into segments: payload bytes are copied once, from the read buffer to here.
// Must be used by one thread; nothing is seen by readers before the queue's commit().
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/client/event.hpp"
#include "core/client/segment.hpp"

namespace graceline::client {

/// Fields of one message, as views; absent ones have no data.
struct FieldViews {
    std::string_view id, conversation, sender, time;
};

struct WrittenRange {
    Segment* segment = nullptr;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

class SegmentSource {
  public:
    virtual ~SegmentSource() = default;
    /// A segment with room for one event of that size; the writer holds a reference.
    virtual Segment* open_segment(std::size_t bytes, bool previous_was_filled) = 0;
    virtual void retire_segment(Segment* segment) = 0;  ///< Drops the writer's reference.
};

class MessageWriter {
  public:
    explicit MessageWriter(SegmentSource& source) : source_(source) {}
    MessageWriter(const MessageWriter&) = delete;
    MessageWriter& operator=(const MessageWriter&) = delete;

    void add(std::uint32_t flags, std::span<const std::uint8_t> payload, std::int64_t time_ms,
             const FieldViews* fields = nullptr) {
        const std::size_t bytes = payload.size() + (fields ? fields_bytes(*fields) : 0);
        Segment& segment = writable(bytes);
        std::uint8_t* at = segment.take(payload.size());
        if (!payload.empty()) std::memcpy(at, payload.data(), payload.size());
        finish_event(segment, flags, at, payload.size(), time_ms, fields);
    }

    /// A message that comes in pieces; `expected` bytes are set aside when the size is known, at
    /// once or, where they are many, when a part of them has come.
    void begin_parts(std::size_t expected);
    void add_part(std::span<const std::uint8_t> piece);
    bool in_parts() const { return in_parts_; }
    /// All bytes so far, so that a session can read the fields; valid until end or drop.
    std::span<const std::uint8_t> parts() const;
    void end_parts(std::uint32_t flags, std::int64_t time_ms, const FieldViews* fields = nullptr);
    void drop_parts();

    /// Calls take(WrittenRange) for everything since the last time, in order. The receiver takes
    /// its own reference on each segment.
    template <class Take>
    void commit(Take&& take);
    /// Forgets what was added since the last commit (the window closed meanwhile).
    void drop_uncommitted();
    /// Gives all memory back; nothing may be uncommitted.
    void close();

    std::size_t open_memory_bytes() const { return open_ ? open_->memory_bytes() : 0; }
    std::uint64_t added_count() const { return added_count_; }

  private:
    struct Filled {
        Segment* segment;
        std::uint32_t from;
    };

    static std::size_t fields_bytes(const FieldViews& fields);
    Segment& writable(std::size_t bytes) {
        if (open_ && open_->events_used() == committed_ && committed_ != 0 && !in_parts_ &&
            open_->only_reference()) {
            // The host has taken and given back all of it: the same warm memory again.
            open_->rewind();
            committed_ = 0;
        }
        if (!open_ || !open_->fits(bytes)) rotate(bytes);
        return *open_;
    }
    void rotate(std::size_t bytes);
    void reserve_parts(std::size_t expected);
    void finish_event(Segment& segment, std::uint32_t flags, const std::uint8_t* data,
                      std::size_t size, std::int64_t time_ms, const FieldViews* fields) {
        Event& event = segment.next_event();
        event.type = static_cast<std::uint32_t>(EventType::message);
        event.flags = flags;
        event.time_ms = time_ms;
        event.data = data;
        event.size = size;
        event.fields = fields ? store_fields(segment, *fields) : nullptr;
        event.details = nullptr;
        ++added_count_;
    }
    static const EventFields* store_fields(Segment& segment, const FieldViews& fields);

    SegmentSource& source_;
    Segment* open_ = nullptr;
    std::uint32_t committed_ = 0;  ///< Events of open_ that readers may see.
    std::vector<Filled> filled_;   ///< Full segments with uncommitted events.
    std::uint64_t added_count_ = 0;

    bool in_parts_ = false;
    std::uint8_t* part_at_ = nullptr;  ///< In open_, when the size was known.
    std::size_t part_reserved_ = 0;
    std::size_t part_expected_ = 0;  ///< Announced, and not set aside yet.
    std::size_t part_size_ = 0;
    std::vector<std::uint8_t> part_buffer_;  ///< Else here.
};

template <class Take>
void MessageWriter::commit(Take&& take) {
    for (const auto& [segment, from] : filled_) {
        if (segment->events_used() > from) {
            take(WrittenRange{segment, from, segment->events_used() - from});
        }
        source_.retire_segment(segment);
    }
    filled_.clear();
    if (open_ && open_->events_used() > committed_) {
        take(WrittenRange{open_, committed_, open_->events_used() - committed_});
        committed_ = open_->events_used();
    }
    if (open_ && open_->holds_one_message() && !in_parts_) {
        // Large memory goes when its one message goes.
        source_.retire_segment(open_);
        open_ = nullptr;
        committed_ = 0;
    }
}

}  // namespace graceline::client
