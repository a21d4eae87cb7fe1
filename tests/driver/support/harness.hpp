// One transport under test with its recorder, driven from the test's thread.
// Must not let a transport or listener die on any thread but the I/O thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/driver/loop.hpp"
#include "core/driver/transport.hpp"
#include "tests/driver/support/recorder.hpp"
#include "tests/driver/support/transports.hpp"

namespace graceline::tests {

/// ws://127.0.0.1:port/
driver::TransportSettings plain_settings(std::uint16_t port);

/// Runs on the I/O thread; returns when it has run.
void run_on(driver::Loop& loop, const std::function<void()>& work);

std::span<const std::uint8_t> bytes_of(std::string_view text);

class Harness {
  public:
    Harness(const TransportKind& kind, driver::TransportSettings settings);
    /// Lets go of the transport on the I/O thread.
    ~Harness();
    Harness(const Harness&) = delete;
    Harness& operator=(const Harness&) = delete;

    void open();
    driver::SendResult send(std::string_view text,
                            websocket::Opcode opcode = websocket::Opcode::text);
    /// Sends the text over and over to a peer that does not read, until the kernel takes no more
    /// and the transport's buffer is full for good. Returns how many were accepted.
    std::uint64_t fill(std::string_view text);
    void ping(std::string_view payload);
    void close(std::uint16_t code, std::string_view reason = {});
    void abort();
    void resume_reading();
    /// Destroys the transport; the recorder stays.
    void drop();
    /// The same from a callback, on the I/O thread.
    void drop_here() { transport_.reset(); }

    driver::Loop& loop() { return *loop_; }
    std::shared_ptr<driver::Loop> loop_pointer() { return loop_; }
    driver::Transport& transport() { return *transport_; }
    Recorder& recorder() { return *recorder_; }
    std::uint64_t last_offset() const { return last_offset_; }

  private:
    std::shared_ptr<driver::Loop> loop_;
    std::unique_ptr<Recorder> recorder_;
    std::shared_ptr<driver::Transport> transport_;
    std::uint64_t last_offset_ = 0;
};

}  // namespace graceline::tests
