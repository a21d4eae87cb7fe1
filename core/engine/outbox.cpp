// A ring of ids, and the messages behind those that are kept.
// Must not allocate for a message that is passed on at once.
#include "core/engine/outbox.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace graceline::engine {

bool Outbox::knows(std::string_view deduplication_id) const {
    return by_deduplication_id_.count(std::string(deduplication_id)) != 0;
}

std::uint64_t Outbox::keep(Outgoing message) {
    // Everything that can fail comes before anything that is changed.
    make_room();
    if (free_records_.empty()) {
        free_records_.reserve(records_.size() + 1);
        records_.emplace_back();
        free_records_.push_back(static_cast<std::uint32_t>(records_.size() - 1));
    }
    if (!message.deduplication_id.empty()) {
        by_deduplication_id_[message.deduplication_id] = next_id_;
    }
    Entry& entry = append();
    entry.state = State::waiting;
    kept_bytes_ += message.payload.size();
    next_expiry_ = earlier(next_expiry_, message.expires_at);
    entry.record = free_records_.back();
    free_records_.pop_back();
    records_[entry.record] = std::move(message);
    return next_id_++;
}

const Outgoing* Outbox::front() const {
    return first_waiting_ < next_id_ && at(first_waiting_).state == State::waiting
               ? &records_[at(first_waiting_).record]
               : nullptr;
}

void Outbox::front_given(std::uint64_t end_offset) {
    assert(front() != nullptr);
    Entry& entry = at(first_waiting_);
    entry.state = State::on_its_way;
    entry.end_offset = end_offset;
    flush_from_ = std::min(flush_from_, first_waiting_);
    // With acks the message may have to go once more.
    if (!has_acks_ || records_[entry.record].deduplication_id.empty()) release_record(entry);
    find_waiting();
}

void Outbox::flushed(std::uint64_t offset) {
    for (; flush_from_ < next_id_; ++flush_from_) {
        if (flush_from_ < first_open_) flush_from_ = first_open_;
        if (flush_from_ >= next_id_) return;
        Entry& entry = at(flush_from_);
        if (entry.state == State::waiting) return;  // what is behind it waits too
        if (entry.state != State::on_its_way) continue;
        if (entry.end_offset > offset) return;
        if (entry.record == kNoRecord) {
            flush_from_ = finish_passed(offset);
        } else {
            entry.state = State::unacknowledged;
        }
    }
}

/// What was passed on lies in one piece, and has one fate: a flood is thousands of them at a time.
/// Returns the last.
std::uint64_t Outbox::finish_passed(std::uint64_t offset) {
    const std::uint64_t first = flush_from_;
    const auto passed = [&](const Entry& entry) {
        return entry.state == State::on_its_way && entry.record == kNoRecord &&
               entry.end_offset <= offset;
    };
    std::uint64_t end = first + 1;
    while (end < next_id_ && passed(at(end))) ++end;
    note_fate({first, end - 1, Fate::sent, Reason::none});
    for (std::uint64_t id = first; id < end; ++id) at(id).state = State::done;
    open_count_ -= end - first;
    if (first_open_ == first) first_open_ = end;
    skip_done();
    return end - 1;
}

bool Outbox::acknowledged(std::string_view deduplication_id) {
    const auto found = by_deduplication_id_.find(std::string(deduplication_id));
    if (found == by_deduplication_id_.end()) return false;
    finish(found->second, Fate::acknowledged, Reason::none);
    find_waiting();
    return true;
}

void Outbox::connection_ended(Reason reason) {
    for (auto id = first_open_; id < next_id_; ++id) {
        Entry& entry = at(id);
        if (entry.state != State::on_its_way && entry.state != State::unacknowledged) continue;
        if (entry.record == kNoRecord) {
            finish(id, Fate::failed, reason);
        } else {
            entry.state = State::waiting;
        }
    }
    first_waiting_ = flush_from_ = first_open_;
    find_waiting();
}

bool Outbox::cancel(std::uint64_t id) {
    if (!is_open(id) || at(id).state != State::waiting) return false;
    finish(id, Fate::failed, Reason::send_cancelled);
    find_waiting();
    return true;
}

void Outbox::expire(Instant now) {
    if (!reached(next_expiry_, now)) return;
    next_expiry_.reset();
    for (auto id = first_open_; id < next_id_; ++id) {
        const Entry& entry = at(id);
        if (entry.state == State::done || entry.record == kNoRecord) continue;
        const auto expires_at = records_[entry.record].expires_at;
        if (reached(expires_at, now)) {
            finish(id, Fate::failed, Reason::message_expired);
        } else {
            next_expiry_ = earlier(next_expiry_, expires_at);
        }
    }
    find_waiting();
}

void Outbox::fail_waiting(Reason reason) {
    for (auto id = first_waiting_; id < next_id_; ++id) {
        if (at(id).state == State::waiting) finish(id, Fate::failed, reason);
    }
    find_waiting();
}

void Outbox::fail_all(Reason reason) {
    for (auto id = first_open_; id < next_id_; ++id) {
        if (at(id).state != State::done) finish(id, Fate::failed, reason);
    }
    find_waiting();
    next_expiry_.reset();
}

std::optional<FateRange> Outbox::poll_fate() {
    if (fates_taken_ == fates_.size()) {
        fates_.clear();
        fates_taken_ = 0;
        return std::nullopt;
    }
    return fates_[fates_taken_++];
}

void Outbox::grow() {
    std::vector<Entry> larger(ring_.empty() ? 16 : ring_.size() * 2);
    for (auto id = first_open_; id < next_id_; ++id) larger[id & (larger.size() - 1)] = at(id);
    ring_.swap(larger);
}

void Outbox::finish(std::uint64_t id, Fate fate, Reason reason) {
    Entry& entry = at(id);
    assert(entry.state != State::done);
    note_fate({id, id, fate, reason});
    release_record(entry);
    entry.state = State::done;
    --open_count_;
    skip_done();
}

void Outbox::skip_done() {
    while (first_open_ < next_id_ && at(first_open_).state == State::done) ++first_open_;
}

void Outbox::note_fate(const FateRange& one) {
    if (!fates_.empty() && fates_taken_ < fates_.size()) {
        FateRange& last = fates_.back();
        if (last.fate == one.fate && last.reason == one.reason && last.last + 1 == one.first) {
            last.last = one.last;
            return;
        }
    }
    fates_.push_back(one);
}

void Outbox::release_record(Entry& entry) {
    if (entry.record == kNoRecord) return;
    Outgoing& message = records_[entry.record];
    kept_bytes_ -= message.payload.size();
    if (!message.deduplication_id.empty()) by_deduplication_id_.erase(message.deduplication_id);
    message = {};
    free_records_.push_back(std::exchange(entry.record, kNoRecord));
    if (free_records_.size() == records_.size()) {
        // Nothing is kept: a burst while offline must not cost memory for ever.
        records_ = {};
        free_records_ = {};
        next_expiry_.reset();
    }
}

void Outbox::find_waiting() {
    first_waiting_ = std::max(first_waiting_, first_open_);
    while (first_waiting_ < next_id_ && at(first_waiting_).state != State::waiting) {
        ++first_waiting_;
    }
}

void Outbox::check_invariants() const {
    std::uint64_t open = 0;
    std::size_t bytes = 0;
    bool waiting_seen = false;
    for (auto id = first_open_; id < next_id_; ++id) {
        const Entry& entry = at(id);
        if (entry.state == State::done) continue;
        ++open;
        if (entry.record != kNoRecord) bytes += records_[entry.record].payload.size();
        if (entry.state == State::waiting) {
            assert((waiting_seen || id == first_waiting_) && "the front is the oldest that waits");
            assert(entry.record != kNoRecord && "what waits is kept");
            waiting_seen = true;
        }
        assert((entry.state != State::on_its_way || !waiting_seen) &&
               "what waits goes before what came later");
    }
    assert(open == open_count_ && bytes == kept_bytes_);
    assert(by_deduplication_id_.size() <= open);
    (void)open;
    (void)bytes;
    (void)waiting_seen;
}

}  // namespace graceline::engine
