// Counts frames against written bytes.
// Must not run behind: an offset that is never reached would hold a message as unsent for ever.
#include "core/driver/cpprest/send_ledger.hpp"

#include <algorithm>

#include "core/websocket/writer.hpp"

namespace graceline::driver::cpprest {

namespace {

constexpr std::size_t kRecordHeaderBytes = 5;
constexpr std::uint8_t kApplicationData = 23;

}  // namespace

std::uint64_t SendLedger::data_queued(std::size_t payload_bytes) {
    advance_position(payload_bytes);
    queued_offset_ += websocket::frame_bytes(payload_bytes);
    waiting_.push_back({position_, queued_offset_});
    return queued_offset_;
}

void SendLedger::control_queued(std::size_t payload_bytes) {
    advance_position(payload_bytes);
}

void SendLedger::advance_position(std::size_t payload_bytes) {
    // Bytes that nobody queued here (the handshake, pongs, which websocketpp answers by itself) are
    // forgotten at every idle moment. At worst a message counts as written a pong too early.
    position_ = std::max(position_, sent_) + websocket::frame_bytes(payload_bytes);
}

void SendLedger::written(std::span<const std::uint8_t> bytes) {
    if (records_) {
        count_records(bytes);
    } else {
        sent_ += bytes.size();
    }
    settle();
}

void SendLedger::count_records(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        if (record_left_ > 0) {
            const auto taken = std::min(record_left_, bytes.size());
            bytes = bytes.subspan(taken);
            record_left_ -= taken;
            // A record counts with its last byte: the peer can read nothing of it before.
            if (record_left_ == 0 && counts_record_) {
                const std::size_t size =
                    static_cast<std::size_t>(record_header_[3]) << 8U | record_header_[4];
                if (size > record_overhead_) sent_ += size - record_overhead_;
            }
            continue;
        }
        record_header_[header_have_++] = bytes.front();
        bytes = bytes.subspan(1);
        if (header_have_ < kRecordHeaderBytes) continue;
        header_have_ = 0;
        record_left_ = static_cast<std::size_t>(record_header_[3]) << 8U | record_header_[4];
        counts_record_ = record_header_[0] == kApplicationData;
    }
}

void SendLedger::settle() {
    while (!waiting_.empty() && waiting_.front().position <= sent_) {
        flushed_offset_ = waiting_.front().offset;
        waiting_.pop_front();
    }
}

}  // namespace graceline::driver::cpprest
