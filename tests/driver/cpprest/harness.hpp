// A loop, a listener that writes everything down, and one attempt: what every case here needs.
// Must not hide a transport behind another one: these cases are about cpprest alone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/driver/cpprest/cpprest_transport.hpp"

namespace graceline::tests {

inline constexpr std::chrono::seconds kPatience{20};

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Runs work on the I/O thread and waits for it.
void on_loop(driver::Loop& loop, const std::function<void()>& work);

class RecordingListener final : public driver::TransportListener {
  public:
    struct Message {
        websocket::Opcode opcode{};
        std::string payload;
        friend bool operator==(const Message&, const Message&) = default;
    };
    struct Record {
        std::vector<driver::OpeningStep> steps;
        std::optional<driver::Opened> opened;
        std::vector<Message> messages;
        std::vector<std::string> pongs;
        std::uint64_t message_bytes = 0;
        std::size_t message_count = 0;
        std::uint32_t frames = 0;
        std::uint64_t flushed = 0;
        std::optional<driver::TransportFailure> ended;
        std::size_t ended_calls = 0;
        bool wrong_thread = false;
        bool late_call = false;  ///< Something came after on_ended.
    };

    explicit RecordingListener(driver::Loop& loop) : loop_(loop) {}

    void on_progress(driver::OpeningStep step) override;
    void on_opened(const driver::Opened& opened) override;
    bool on_read_begin() override;
    void on_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload) override;
    void on_part(const websocket::ReadEvent& part) override;
    void on_pong(std::span<const std::uint8_t> payload) override;
    bool on_read_end(std::uint32_t frames, std::size_t bytes) override;
    void on_flushed(std::uint64_t offset) override;
    void on_ended(const driver::TransportFailure& why) override;

    /// False when the patience ran out.
    bool wait(const std::function<bool(const Record&)>& condition,
              std::chrono::milliseconds limit = kPatience);
    bool wait_opened() {
        return wait([](const Record& r) { return r.opened || r.ended; }) && record().opened;
    }
    bool wait_ended() {
        return wait([](const Record& r) { return r.ended.has_value(); });
    }
    Record record();
    /// Called on the I/O thread inside a call; set before open().
    std::function<void(std::string_view call)> hook;
    bool keep_payloads = true;
    void set_full(bool full);

  private:
    template <typename Change>
    void change(std::string_view call, Change apply);

    driver::Loop& loop_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Record record_;
    bool full_ = false;
};

/// One attempt with its loop. The transport is dropped on the I/O thread at the end.
class Session {
  public:
    explicit Session(driver::TransportSettings settings,
                     std::shared_ptr<driver::Loop> loop = driver::Loop::acquire());
    ~Session();

    void open();
    void close(std::uint16_t code, std::string_view reason = {});
    void abort();
    void resume_reading();
    driver::SendResult send(std::string_view text,
                            websocket::Opcode opcode = websocket::Opcode::text);
    void ping(std::string_view payload);

    std::shared_ptr<driver::Loop> loop;
    RecordingListener listener;
    std::shared_ptr<driver::Transport> transport;
    std::uint64_t last_offset = 0;
};

driver::TransportSettings plain_settings(std::uint16_t port, std::string target = "/");
driver::TransportSettings tls_settings(std::uint16_t port, const std::string& ca_pem);

/// All given-up objects are destroyed, within the patience.
bool wait_reaped();

std::size_t open_descriptors();
std::size_t running_threads();

}  // namespace graceline::tests
