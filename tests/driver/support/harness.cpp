// Moves calls of the test to the I/O thread where the seam wants them.
// Must not wait without a bound.
#include "tests/driver/support/harness.hpp"

#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

namespace graceline::tests {

driver::TransportSettings plain_settings(std::uint16_t port) {
    driver::TransportSettings settings;
    settings.secure = false;
    settings.host = "127.0.0.1";
    settings.port = port;
    settings.host_header = "127.0.0.1:" + std::to_string(port);
    settings.target = "/";
    return settings;
}

void run_on(driver::Loop& loop, const std::function<void()>& work) {
    const auto done = std::make_shared<std::promise<void>>();
    std::future<void> ran = done->get_future();
    loop.post([work, done] {
        work();
        done->set_value();
    });
    if (ran.wait_for(kPatience) != std::future_status::ready) {
        throw std::runtime_error("the I/O thread is stuck");
    }
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Harness::Harness(const TransportKind& kind, driver::TransportSettings settings)
    : loop_(driver::Loop::acquire()), recorder_(std::make_unique<Recorder>(loop_.get())) {
    auto shared = std::make_shared<const driver::TransportSettings>(std::move(settings));
    run_on(*loop_, [&] { transport_ = kind.make(loop_, shared, *recorder_); });
}

Harness::~Harness() {
    drop();
}

void Harness::open() {
    run_on(*loop_, [this] { transport_->open(); });
}

driver::SendResult Harness::send(std::string_view text, websocket::Opcode opcode) {
    return transport_->send(opcode, bytes_of(text), last_offset_);
}

std::uint64_t Harness::fill(std::string_view text) {
    // Buffers of the kernel grow while they are being filled; nothing tells when they are done.
    constexpr std::chrono::milliseconds kSettle{30};
    constexpr std::uint64_t kMaxMessages = 200'000;
    std::uint64_t accepted = 0;
    for (int refused_at_once = 0; refused_at_once < 3; ++refused_at_once) {
        while (send(text) == driver::SendResult::accepted) {
            refused_at_once = 0;
            if (++accepted > kMaxMessages) throw std::runtime_error("the buffer never fills");
        }
        std::this_thread::sleep_for(kSettle);
    }
    return accepted;
}

void Harness::ping(std::string_view payload) {
    transport_->ping(bytes_of(payload));
}

void Harness::close(std::uint16_t code, std::string_view reason) {
    run_on(*loop_, [&] { transport_->close(code, reason); });
}

void Harness::abort() {
    run_on(*loop_, [this] { transport_->abort(); });
}

void Harness::resume_reading() {
    run_on(*loop_, [this] { transport_->resume_reading(); });
}

void Harness::drop() {
    run_on(*loop_, [this] { transport_.reset(); });
}

}  // namespace graceline::tests
