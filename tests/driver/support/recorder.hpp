// Listens to one transport and lets the test's thread wait for what it heard.
// Must not judge: the test compares what was recorded.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/driver/loop.hpp"
#include "core/driver/transport.hpp"

namespace graceline::tests {

/// How long a test waits for something that must come. Long, for sanitizers and busy machines.
inline constexpr std::chrono::seconds kPatience{20};

struct RecordedMessage {
    websocket::Opcode opcode = websocket::Opcode::text;
    std::string payload;
};

struct Record {
    std::vector<driver::OpeningStep> steps;
    std::optional<driver::Opened> opened;
    std::vector<RecordedMessage> messages;
    std::vector<std::string> pongs;
    std::uint64_t message_count = 0;
    std::uint64_t message_bytes = 0;
    std::uint64_t largest_read_bytes = 0;
    std::uint32_t read_begins = 0;
    std::uint32_t read_ends = 0;
    std::uint64_t frames = 0;
    std::uint64_t flushed_offset = 0;
    std::uint32_t flush_reports = 0;
    std::optional<driver::TransportFailure> ended;
    std::uint32_t calls_after_end = 0;
    std::uint32_t calls_off_thread = 0;
};

class Recorder final : public driver::TransportListener {
  public:
    explicit Recorder(driver::Loop* loop = nullptr) : loop_(loop) {}

    /// A copy, taken at one moment.
    Record record() const;
    /// False when it did not come true within kPatience.
    bool wait_for(const std::function<bool(const Record&)>& condition) const;
    bool wait_opened() const;
    bool wait_ended() const;
    bool wait_messages(std::uint64_t count) const;

    /// What the listener answers from now on.
    std::atomic<bool> wants_reads{true};
    std::atomic<bool> goes_on{true};
    /// Keeps only counts of messages.
    std::atomic<bool> counts_only{false};
    /// Called on the I/O thread, outside of the lock, after each message; set before opening.
    std::function<void()> after_message;
    std::function<void()> after_opened;
    std::function<void()> after_ended;
    std::function<void(std::uint64_t)> after_flush;

    void on_progress(driver::OpeningStep step) override;
    void on_opened(const driver::Opened& opened) override;
    bool on_read_begin() override;
    void on_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload) override;
    void on_part(const websocket::ReadEvent& part) override;
    void on_pong(std::span<const std::uint8_t> payload) override;
    bool on_read_end(std::uint32_t frames, std::size_t bytes) override;
    void on_flushed(std::uint64_t offset) override;
    void on_ended(const driver::TransportFailure& why) override;

  private:
    void note(const std::function<void(Record&)>& change);

    driver::Loop* loop_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    Record record_;
    std::string partial_;
};

}  // namespace graceline::tests
