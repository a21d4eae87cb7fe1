// The plumbing of the cpprest cases.
// Must not assert anything: cases do.
#include "tests/driver/cpprest/harness.hpp"

#include <dirent.h>

#include <future>
#include <thread>
#include <utility>

namespace graceline::tests {

namespace {

std::size_t entries_of(const char* directory) {
    DIR* const open = ::opendir(directory);
    std::size_t count = 0;
    while (::readdir(open) != nullptr) ++count;
    ::closedir(open);
    return count;
}

}  // namespace

std::shared_ptr<driver::Loop> make_test_loop() {
    return driver::Loop::acquire();
}

void on_loop(driver::Loop& loop, const std::function<void()>& work) {
    std::promise<void> done;
    loop.post([&] {
        work();
        done.set_value();
    });
    done.get_future().wait();
}

template <typename Change>
void RecordingListener::change(std::string_view call, Change apply) {
    {
        const std::lock_guard lock(mutex_);
        record_.wrong_thread = record_.wrong_thread || !loop_.on_io_thread();
        record_.late_call = record_.late_call || record_.ended.has_value();
        apply();
        changed_.notify_all();
    }
    if (hook) hook(call);
}

void RecordingListener::on_progress(driver::OpeningStep step) {
    change("progress", [&] { record_.steps.push_back(step); });
}
void RecordingListener::on_opened(const driver::Opened& opened) {
    change("opened", [&] { record_.opened = opened; });
}
bool RecordingListener::on_read_begin() {
    change("read_begin", [] {});
    return true;
}
void RecordingListener::on_message(websocket::Opcode opcode,
                                   std::span<const std::uint8_t> payload) {
    change("message", [&] {
        ++record_.message_count;
        record_.message_bytes += payload.size();
        if (!keep_payloads) return;
        record_.messages.push_back(
            {opcode, {reinterpret_cast<const char*>(payload.data()), payload.size()}});
    });
}
void RecordingListener::on_part(const websocket::ReadEvent&) {
    change("part", [] {});
}
void RecordingListener::on_pong(std::span<const std::uint8_t> payload) {
    change("pong", [&] {
        record_.pongs.emplace_back(reinterpret_cast<const char*>(payload.data()), payload.size());
    });
}
bool RecordingListener::on_read_end(std::uint32_t frames, std::size_t) {
    change("read_end", [&] { record_.frames += frames; });
    const std::lock_guard lock(mutex_);
    return !full_;
}
void RecordingListener::on_flushed(std::uint64_t offset) {
    change("flushed", [&] { record_.flushed = offset; });
}
void RecordingListener::on_ended(const driver::TransportFailure& why) {
    change("ended", [&] {
        record_.ended = why;
        ++record_.ended_calls;
    });
}

bool RecordingListener::wait(const std::function<bool(const Record&)>& condition,
                             std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return condition(record_); });
}

RecordingListener::Record RecordingListener::record() {
    const std::lock_guard lock(mutex_);
    return record_;
}

void RecordingListener::set_full(bool full) {
    const std::lock_guard lock(mutex_);
    full_ = full;
}

Session::Session(driver::TransportSettings settings, std::shared_ptr<driver::Loop> the_loop)
    : loop(std::move(the_loop)), listener(*loop) {
    transport = driver::make_cpprest_transport(
        loop, std::make_shared<const driver::TransportSettings>(std::move(settings)), listener);
}

Session::~Session() {
    on_loop(*loop, [this] { transport = nullptr; });
}

void Session::open() {
    on_loop(*loop, [this] { transport->open(); });
}
void Session::close(std::uint16_t code, std::string_view reason) {
    on_loop(*loop, [&] { transport->close(code, reason); });
}
void Session::abort() {
    on_loop(*loop, [this] { transport->abort(); });
}
void Session::resume_reading() {
    on_loop(*loop, [this] { transport->resume_reading(); });
}
driver::SendResult Session::send(std::string_view text, websocket::Opcode opcode) {
    return transport->send(opcode, bytes_of(text), last_offset);
}
void Session::ping(std::string_view payload) {
    transport->ping(bytes_of(payload));
}

driver::TransportSettings plain_settings(std::uint16_t port, std::string target) {
    driver::TransportSettings settings;
    settings.secure = false;
    settings.host = "127.0.0.1";
    settings.port = port;
    settings.host_header = "127.0.0.1:" + std::to_string(port);
    settings.target = std::move(target);
    return settings;
}

driver::TransportSettings tls_settings(std::uint16_t port, const std::string& ca_pem) {
    auto settings = plain_settings(port);
    settings.secure = true;
    settings.tls.use_system_store = false;
    settings.tls.ca_pem = ca_pem;
    return settings;
}

bool wait_reaped() {
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (driver::cpprest_unreaped_objects() > 0) {
        if (std::chrono::steady_clock::now() > limit) return false;
        std::this_thread::yield();
    }
    return true;
}

std::size_t open_descriptors() {
    return entries_of("/proc/self/fd");
}
std::size_t running_threads() {
    return entries_of("/proc/self/task");
}

}  // namespace graceline::tests
