// The slow paths of the message writer: new segments, messages in pieces, fields.
// Must keep a message in one piece of memory, whatever way it came.
#include "core/client/message_writer.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <new>
#include <utility>

#include "core/client/limits.hpp"

namespace graceline::client {

namespace {

/// A reassembly buffer beyond this is not kept for the next message.
constexpr std::size_t kPartBufferKeptBytes = 64 * 1024;

}  // namespace

std::size_t MessageWriter::fields_bytes(const FieldViews& fields) {
    // Alignment, the struct, and a NUL behind each text.
    return 8 + sizeof(EventFields) + fields.id.size() + fields.conversation.size() +
           fields.sender.size() + fields.time.size() + 4;
}

const EventFields* MessageWriter::store_fields(Segment& segment, const FieldViews& fields) {
    segment.align();
    auto* stored = new (segment.take(sizeof(EventFields))) EventFields;
    const auto store = [&](std::string_view text) -> const char* {
        if (text.data() == nullptr) return nullptr;
        auto* at = segment.take(text.size() + 1);
        std::copy(text.begin(), text.end(), at);
        at[text.size()] = 0;
        return reinterpret_cast<const char*>(at);
    };
    stored->id = store(fields.id);
    stored->conversation = store(fields.conversation);
    stored->sender = store(fields.sender);
    stored->time = store(fields.time);
    return stored;
}

void MessageWriter::rotate(std::size_t bytes) {
    const bool filled = open_ != nullptr;
    if (open_) {
        filled_.push_back({open_, committed_});
        open_ = nullptr;
    }
    committed_ = 0;
    open_ = source_.open_segment(bytes, filled);
}

void MessageWriter::begin_parts(std::size_t expected) {
    drop_parts();
    if (expected > kBelievedMessageBytes) {
        part_expected_ = expected;
    } else if (expected != 0) {
        reserve_parts(expected);
    }
    in_parts_ = true;
}

/// Takes over what has come already.
void MessageWriter::reserve_parts(std::size_t expected) {
    std::uint8_t* const at = writable(expected).take(expected);
    std::copy(part_buffer_.begin(), part_buffer_.end(), at);
    std::vector<std::uint8_t>().swap(part_buffer_);
    part_at_ = at;
    part_reserved_ = expected;
}

void MessageWriter::add_part(std::span<const std::uint8_t> piece) {
    if (part_expected_ != 0 && part_size_ + piece.size() >= part_expected_ / kBelievedParts) {
        reserve_parts(std::exchange(part_expected_, 0));
    }
    if (part_at_ && piece.size() <= part_reserved_ - part_size_) {
        std::copy(piece.begin(), piece.end(), part_at_ + part_size_);
    } else {
        if (part_at_) {
            // More than was announced (further fragments): go on in a buffer that can grow.
            part_buffer_.assign(part_at_, part_at_ + part_size_);
            part_at_ = nullptr;
        }
        part_buffer_.insert(part_buffer_.end(), piece.begin(), piece.end());
    }
    part_size_ += piece.size();
}

std::span<const std::uint8_t> MessageWriter::parts() const {
    return {part_at_ ? part_at_ : part_buffer_.data(), part_size_};
}

void MessageWriter::end_parts(std::uint32_t flags, std::int64_t time_ms, const FieldViews* fields) {
    const auto whole = parts();
    if (part_at_ && (!fields || open_->fits(fields_bytes(*fields)))) {
        finish_event(*open_, flags, part_at_, part_size_, time_ms, fields);
    } else {
        add(flags, whole, time_ms, fields);
    }
    drop_parts();
}

void MessageWriter::drop_parts() {
    in_parts_ = false;
    part_at_ = nullptr;
    part_reserved_ = 0;
    part_expected_ = 0;
    part_size_ = 0;
    part_buffer_.clear();
    if (part_buffer_.capacity() > kPartBufferKeptBytes) {
        std::vector<std::uint8_t>().swap(part_buffer_);
    }
}

void MessageWriter::drop_uncommitted() {
    drop_parts();
    for (const auto& [segment, from] : filled_) {
        segment->drop_events_after(from);
        source_.retire_segment(segment);
    }
    filled_.clear();
    if (!open_) return;
    open_->drop_events_after(committed_);
    if (open_->holds_one_message()) {
        // It was made for the message that will not come any more.
        source_.retire_segment(open_);
        open_ = nullptr;
        committed_ = 0;
    }
}

void MessageWriter::close() {
    drop_uncommitted();
    if (open_) source_.retire_segment(open_);
    open_ = nullptr;
    committed_ = 0;
}

}  // namespace graceline::client
