// Every call is noted under one lock and wakes the waiting test.
// Must not keep a span beyond its call.
#include "tests/driver/support/recorder.hpp"

#include <algorithm>

namespace graceline::tests {
namespace {

std::string text_of(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Record Recorder::record() const {
    const std::lock_guard lock(mutex_);
    return record_;
}

bool Recorder::wait_for(const std::function<bool(const Record&)>& condition) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return condition(record_); });
}

bool Recorder::wait_opened() const {
    wait_for([](const Record& record) { return record.opened || record.ended; });
    return record().opened.has_value();
}

bool Recorder::wait_ended() const {
    return wait_for([](const Record& record) { return record.ended.has_value(); });
}

bool Recorder::wait_messages(std::uint64_t count) const {
    return wait_for([count](const Record& record) { return record.message_count >= count; });
}

void Recorder::note(const std::function<void(Record&)>& change) {
    const std::lock_guard lock(mutex_);
    if (record_.ended) ++record_.calls_after_end;
    if (loop_ != nullptr && !loop_->on_io_thread()) ++record_.calls_off_thread;
    change(record_);
    changed_.notify_all();
}

void Recorder::on_progress(driver::OpeningStep step) {
    note([step](Record& record) { record.steps.push_back(step); });
}

void Recorder::on_opened(const driver::Opened& opened) {
    note([&opened](Record& record) { record.opened = opened; });
    if (after_opened) after_opened();
}

bool Recorder::on_read_begin() {
    note([](Record& record) { ++record.read_begins; });
    return wants_reads;
}

void Recorder::on_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload) {
    note([&](Record& record) {
        ++record.message_count;
        record.message_bytes += payload.size();
        if (!counts_only) record.messages.push_back({opcode, text_of(payload)});
    });
    if (after_message) after_message();
}

void Recorder::on_part(const websocket::ReadEvent& part) {
    if (part.first) partial_.clear();
    partial_ += text_of(part.payload);
    if (!part.last) return;
    note([&](Record& record) {
        ++record.message_count;
        record.message_bytes += partial_.size();
        if (!counts_only) record.messages.push_back({part.opcode, partial_});
    });
    if (after_message) after_message();
}

void Recorder::on_pong(std::span<const std::uint8_t> payload) {
    note([&](Record& record) { record.pongs.push_back(text_of(payload)); });
}

bool Recorder::on_read_end(std::uint32_t frames, std::size_t bytes) {
    note([&](Record& record) {
        ++record.read_ends;
        record.frames += frames;
        record.largest_read_bytes = std::max<std::uint64_t>(record.largest_read_bytes, bytes);
    });
    return goes_on;
}

void Recorder::on_flushed(std::uint64_t offset) {
    note([offset](Record& record) {
        ++record.flush_reports;
        record.flushed_offset = offset;
    });
    if (after_flush) after_flush(offset);
}

void Recorder::on_ended(const driver::TransportFailure& why) {
    note([&why](Record& record) { record.ended = why; });
    if (after_ended) after_ended();
}

}  // namespace graceline::tests
