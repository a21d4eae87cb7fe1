// The queue between the I/O thread and the host.
// Must call nobody under its lock, and never drop a message that was committed.
#include "core/client/event_queue.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace graceline::client {

namespace {

constexpr unsigned kOversize = ~0U;  ///< Size class of a segment made for one large message.

std::size_t class_bytes(unsigned size_class) {
    return kSmallestSegmentBytes << size_class;
}
std::uint32_t class_events(unsigned size_class) {
    return kSmallestSegmentEvents << size_class;
}
std::size_t class_memory(unsigned size_class) {
    return sizeof(Segment) + class_events(size_class) * sizeof(Event) + class_bytes(size_class);
}

}  // namespace

void BatchReturn::operator()(Batch* batch) const {
    if (const auto queue = std::move(batch->queue_)) {
        queue->give_back(batch);
    } else {
        delete batch;
    }
}

EventQueue::EventQueue(std::size_t limit_bytes, std::function<void()> wake,
                       std::function<void()> room)
    : limit_bytes_(limit_bytes),
      wake_(std::move(wake)),
      room_(std::move(room)),
      writer_(*this),
      replay_writer_(*this) {
    // What is given back is kept or freed; neither may fail.
    free_segments_.reserve(kFreeSegmentsKept);
    free_batches_.reserve(kFreeBatchesKept);
}

EventQueue::~EventQueue() {
    writer_.close();
    replay_writer_.close();
    for (auto* items : {&items_, &held_}) {
        while (!items->empty()) {
            const Item item = items->pop_front();
            if (item.segment && item.segment->drop_reference()) Segment::destroy(item.segment);
        }
    }
    for (Segment* segment : free_segments_) Segment::destroy(segment);
}

Segment* EventQueue::open_segment(std::size_t bytes, bool previous_was_filled) {
    const std::lock_guard lock(mutex_);
    if (previous_was_filled && size_class_ < kLargestSegmentClass &&
        class_memory(size_class_ + 1) <= limit_bytes_ / 4) {
        ++size_class_;
    }
    Segment* segment = nullptr;
    if (bytes > class_bytes(size_class_)) {
        segment = Segment::make(1, bytes, kOversize);
    } else {
        const auto fits = [&](const Segment* s) { return s->size_class() == size_class_; };
        const auto found = std::ranges::find_if(free_segments_, fits);
        if (found != free_segments_.end()) {
            segment = *found;
            free_segments_.erase(found);
            segment->rewind();
            segment->add_reference();
        } else {
            segment =
                Segment::make(class_events(size_class_), class_bytes(size_class_), size_class_);
        }
    }
    bytes_ += segment->memory_bytes();
    open_bytes_ = segment->memory_bytes();
    peak_bytes_ = std::max(peak_bytes_, bytes_);
    return segment;
}

// Called by the writer inside commit(), close() and drop_uncommitted().
void EventQueue::retire_segment(Segment* segment) {
    drop(segment);
}

/// Drops one reference; the last one makes the memory free again. Under the lock, or while no
/// other thread can know the queue.
void EventQueue::drop(Segment* segment) {
    if (!segment->drop_reference()) return;
    bytes_ -= segment->memory_bytes();
    if (segment->size_class() == size_class_ && free_segments_.size() < kFreeSegmentsKept) {
        free_segments_.push_back(segment);
    } else {
        Segment::destroy(segment);
    }
}

bool EventQueue::commit() {
    std::unique_lock lock(mutex_);
    bool added = false;
    writer_.commit([&](const WrittenRange& range) {
        push_range(holding_ ? held_ : items_, range);
        if (!holding_) added = true;
    });
    open_bytes_ = writer_.open_memory_bytes();
    full_ = bytes_ - std::min(open_bytes_, bytes_) >= limit_bytes_;
    const bool has_room = !full_;
    if (added) announce(lock);
    return has_room;
}

void EventQueue::discard() {
    const std::lock_guard lock(mutex_);
    writer_.drop_uncommitted();
    open_bytes_ = writer_.open_memory_bytes();
}

void EventQueue::commit_replay() {
    std::unique_lock lock(mutex_);
    bool added = false;
    replay_writer_.commit([&](const WrittenRange& range) {
        push_range(items_, range);
        added = true;
    });
    replay_writer_.close();  // the next catch-up may be days away
    open_bytes_ = writer_.open_memory_bytes();
    if (added) announce(lock);
}

void EventQueue::hold() {
    const std::lock_guard lock(mutex_);
    holding_ = true;
}

void EventQueue::release(const Drop& drop) {
    std::unique_lock lock(mutex_);
    holding_ = false;
    held_bytes_ = 0;
    const bool any = !held_.empty();
    while (!held_.empty()) {
        const Item item = held_.pop_front();
        show(item, drop);
        this->drop(item.segment);
    }
    bool room = false;
    if (full_ && items_.empty() && bytes_ - std::min(open_bytes_, bytes_) <= limit_bytes_ / 2) {
        full_ = false;  // all of it was dropped: nobody will give anything back
        room = true;
    }
    if (any && !items_.empty()) {
        announce(lock);
    } else {
        lock.unlock();
    }
    if (room) room_();
}

/// The parts of a held range between the messages that go.
void EventQueue::show(const Item& item, const Drop& drop) {
    std::uint32_t from = item.first;
    const std::uint32_t end = item.first + item.count;
    for (std::uint32_t i = item.first; i <= end; ++i) {
        if (i != end && !drop(item.segment->events()[i])) continue;
        if (i > from) push_range(items_, {item.segment, from, i - from});
        from = i + 1;
    }
}

bool EventQueue::full() const {
    const std::lock_guard lock(mutex_);
    return full_;
}

bool EventQueue::has_room_for_pages() {
    const std::lock_guard lock(mutex_);
    pages_wait_ = shown_bytes() >= limit_bytes_;
    return !pages_wait_;
}

/// What the host has, or can take.
std::size_t EventQueue::shown_bytes() {
    std::size_t hidden = open_bytes_;
    for (std::size_t i = 0; i < held_.size(); ++i) hidden += held_[i].segment->memory_bytes();
    return bytes_ - std::min(hidden, bytes_);
}

void EventQueue::push_range(Ring<Item>& items, const WrittenRange& range) {
    if (&items == &held_) {
        for (std::uint32_t i = 0; i < range.count; ++i) {
            held_bytes_ += range.segment->events()[range.first + i].size;
        }
        held_peak_bytes_ = std::max(held_peak_bytes_, held_bytes_);
    }
    if (!items.empty()) {
        Item& last = items.back();
        if (last.segment == range.segment && last.first + last.count == range.first) {
            last.count += range.count;
            return;
        }
    }
    range.segment->add_reference();
    items.push_back({range.segment, range.first, range.count});
}

void EventQueue::add(ControlEvent event) {
    std::unique_lock lock(mutex_);
    if (last_added_) return;
    push_control(std::move(event));
    announce(lock);
}

void EventQueue::add_last(ControlEvent event) {
    std::unique_lock lock(mutex_);
    if (last_added_) return;
    push_control(std::move(event));
    last_added_ = true;
    announce(lock);
}

void EventQueue::push_control(ControlEvent&& event) {
    // All or nothing, also when memory runs out.
    control_.reserve_one();
    items_.reserve_one();
    if (event.type == EventType::send_fate) {
        fates_unread_ += event.details.last_id - event.details.first_id + 1;
    }
    if (event.type == EventType::request_completed) ++pages_unread_;
    if (coalesce(event)) return;
    control_.push_back(std::move(event));
    if (!items_.empty() && items_.back().segment == nullptr) {
        ++items_.back().count;
    } else {
        items_.push_back({nullptr, 0, 1});
    }
}

/// Joins the event with one that waits, where nothing is lost by it or where room has run out.
bool EventQueue::coalesce(ControlEvent& event) {
    if (control_.empty() || event.type == EventType::closed) return false;
    // Each of these has its own answer; requests and fetches are bounded where they begin.
    if (event.type == EventType::request_completed || event.type == EventType::fetch_needed) {
        return false;
    }
    ControlEvent& last = control_.back();
    if (event.type == EventType::send_fate) {
        auto& fate = last.details;
        const bool follows = last.type == event.type && fate.fate == event.details.fate &&
                             fate.reason == event.details.reason &&
                             fate.last_id + 1 == event.details.first_id;
        if (follows) fate.last_id = event.details.last_id;
        return follows;  // unread fates are bounded by the outbox
    }
    const auto replace = [&](ControlEvent& older) {
        event.details.coalesced_count += older.details.coalesced_count;
        older = std::move(event);
        ++coalesced_;
        return true;
    };
    const bool repeats = event.type == EventType::connection_status && last.type == event.type &&
                         items_.back().segment == nullptr &&
                         last.details.connection_status == event.details.connection_status;
    if (repeats) return replace(last);
    if (control_.size() < kControlEventsKept) return false;
    for (std::size_t i = control_.size(); i-- > 0;) {
        if (control_[i].type == event.type) return replace(control_[i]);
    }
    return false;
}

/// Wakes whoever waits; gives the lock back before the hook.
void EventQueue::announce(std::unique_lock<std::mutex>& lock) {
    if (descriptor_) descriptor_->set(true);
    const bool waited_for = waiting_ != 0;
    const bool wake = std::exchange(host_saw_empty_, false);
    lock.unlock();
    // Not before: a host that is woken into a lock goes back to sleep at once.
    if (waited_for) ready_.notify_one();
    if (wake) wake_();
}

BatchPointer EventQueue::take(std::int64_t timeout_ms, std::uint32_t max_count, bool& out_ended) {
    std::unique_lock lock(mutex_);
    const auto done = [&] { return !items_.empty() || ended_; };
    if (!done() && timeout_ms != 0) {
        ++waiting_;
        if (timeout_ms < 0) {
            ready_.wait(lock, done);
        } else {
            ready_.wait_for(lock, std::chrono::milliseconds(timeout_ms), done);
        }
        --waiting_;
    }
    out_ended = ended_;
    if (items_.empty()) {
        host_saw_empty_ = true;
        return nullptr;
    }
    auto batch = pop(max_count == 0 ? ~0U : max_count);
    if (items_.empty()) {
        if (descriptor_ && !last_added_) descriptor_->set(false);
        if (last_added_) {
            ended_ = true;
            ready_.notify_all();
        }
    } else if (waiting_ != 0) {
        ready_.notify_one();
    }
    return batch;
}

BatchPointer EventQueue::pop(std::uint32_t max_count) {
    BatchPointer batch;
    if (free_batches_.empty()) {
        batch.reset(new Batch);
    } else {
        batch = std::move(free_batches_.back());
        free_batches_.pop_back();
    }
    Item& item = items_.front();
    const std::uint32_t count = std::min(item.count, max_count);
    if (item.segment == nullptr) {
        fill_from_control(*batch, count);
    } else {
        Event* events = item.segment->events() + item.first;
        for (std::uint32_t i = 0; i < count; ++i) events[i].sequence = next_sequence_++;
        item.segment->add_reference();
        batch->segment_ = item.segment;
        batch->events_ = events;
        batch->count_ = count;
    }
    item.first += count;
    item.count -= count;
    if (item.count == 0) {
        if (item.segment) drop(item.segment);
        items_.pop_front();
    }
    batch->queue_ = shared_from_this();
    return batch;
}

void EventQueue::fill_from_control(Batch& batch, std::uint32_t count) {
    batch.own_events_.resize(count);
    batch.own_details_.resize(count);
    batch.own_texts_.resize(count);
    batch.owners_.reserve(count);  // from here on nothing may fail: what is taken is gone
    for (std::uint32_t i = 0; i < count; ++i) {
        ControlEvent taken = control_.pop_front();
        if (taken.type == EventType::send_fate) {
            fates_unread_ -= taken.details.last_id - taken.details.first_id + 1;
        }
        if (taken.type == EventType::request_completed) --pages_unread_;
        batch.own_texts_[i] = std::move(taken.text);
        if (taken.owner) batch.owners_.push_back(std::move(taken.owner));
        batch.own_details_[i] = taken.details;
        batch.own_details_[i].text = batch.own_texts_[i].c_str();
        Event& event = batch.own_events_[i] = Event{};
        event.type = static_cast<std::uint32_t>(taken.type);
        event.sequence = next_sequence_++;
        event.time_ms = taken.time_ms;
        event.details = &batch.own_details_[i];
    }
    batch.events_ = batch.own_events_.data();
    batch.count_ = count;
}

void EventQueue::give_back(Batch* batch) {
    bool room = false;
    std::vector<std::shared_ptr<const void>> owners;  // freed under no lock
    BatchPointer surplus;
    {
        const std::lock_guard lock(mutex_);
        if (batch->segment_) drop(std::exchange(batch->segment_, nullptr));
        batch->events_ = nullptr;
        batch->count_ = 0;
        owners.swap(batch->owners_);
        if (free_batches_.size() < kFreeBatchesKept) {
            free_batches_.emplace_back(batch);
        } else {
            surplus.reset(batch);
        }
        if (full_ && bytes_ - std::min(open_bytes_, bytes_) <= limit_bytes_ / 2) {
            full_ = false;
            room = true;
        }
        if (pages_wait_ && shown_bytes() <= limit_bytes_ / 2) {
            pages_wait_ = false;
            room = true;
        }
    }
    if (room) room_();
}

QueueFigures EventQueue::figures() const {
    const std::lock_guard lock(mutex_);
    return {bytes_, peak_bytes_, held_bytes_, held_peak_bytes_, coalesced_};
}

int EventQueue::wake_descriptor() {
    const std::lock_guard lock(mutex_);
    if (!descriptor_) {
        descriptor_ = std::make_unique<driver::platform::WakeDescriptor>();
        descriptor_->set(!items_.empty() || ended_);
    }
    return descriptor_->descriptor();
}

}  // namespace graceline::client
