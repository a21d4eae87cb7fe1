// Who writes when, and how often: the sending half over a scripted socket and a clock set by hand.
// Must not use a thread, a socket or the real time.
#include "core/driver/outgoing.hpp"

#include <boost/asio/io_context.hpp>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/websocket/writer.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {
namespace {

using driver::Outgoing;
using driver::SendResult;
using driver::StreamResult;
using driver::StreamStatus;
using std::chrono::microseconds;
using websocket::Opcode;

constexpr std::size_t kLimitBytes = 1024 * 1024;
constexpr std::size_t kPayloadBytes = 100;
constexpr std::size_t kFrameBytes = kPayloadBytes + 6;
constexpr std::size_t kFramesOfBatch = driver::kBatchBytes / kFrameBytes + 1;

engine::Instant clock_now;
engine::Instant read_clock() {
    return clock_now;
}

/// Takes `room` bytes, then nothing.
class ScriptedSocket final : public driver::WriteSide {
  public:
    StreamResult write(const std::uint8_t* from, std::size_t size) override {
        ++flushes;
        const StreamResult result = take(from, size);
        if (after_write) std::exchange(after_write, nullptr)();
        return result;
    }
    StreamResult try_write(const std::uint8_t* from, std::size_t size) override {
        ++tries;
        return take(from, size);
    }

    std::size_t room = std::size_t{1} << 30;
    int tries = 0;
    int flushes = 0;
    std::vector<std::uint8_t> bytes;
    std::function<void()> after_write;

  private:
    StreamResult take(const std::uint8_t* from, std::size_t size) {
        if (room == 0) return {StreamStatus::wait_write, 0, 0};
        const std::size_t taken = std::min(size, room);
        room -= taken;
        bytes.insert(bytes.end(), from, from + taken);
        return {StreamStatus::moved, taken, 0};
    }
};

class Fixture final : private driver::OutgoingOwner {
  public:
    explicit Fixture(std::size_t limit_bytes = kLimitBytes,
                     std::shared_ptr<std::mutex> shared = nullptr)
        : outgoing(*this, std::move(shared), read_clock) {
        clock_now = engine::Instant(std::chrono::hours(1));
        outgoing.begin(socket, limit_bytes, std::nullopt, 0);
    }
    ~Fixture() { outgoing.end(); }

    SendResult send() {
        std::string text(kPayloadBytes, '.');
        const std::string number = std::to_string(sent);
        text.replace(0, number.size(), number);
        const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
        const SendResult result = outgoing.send(Opcode::text, {bytes, text.size()}, offset);
        if (result != SendResult::full && result != SendResult::not_open) ++sent;
        return result;
    }
    void send(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) REQUIRE(send() == SendResult::accepted);
    }
    void pause() { clock_now += driver::kInlineWriteGap * 2; }
    Outgoing::Flush flush() {
        int error = 0;
        return outgoing.flush(driver::SharedBuffers::of(context), error);
    }
    /// Begins a flood: more than a batch before the I/O thread has come.
    void flood() {
        send(2 + kFramesOfBatch);
        REQUIRE(flush() == Outgoing::Flush::flooded);
        REQUIRE(socket.flushes == 0);
    }

    /// The opcodes on the wire; the texts must be 0, 1, 2 … in this order.
    std::vector<Opcode> wire() const {
        std::vector<Opcode> opcodes;
        std::uint64_t next = 0;
        std::size_t at = 0;
        while (at < socket.bytes.size()) {
            const std::uint8_t* const frame = socket.bytes.data() + at;
            const std::size_t size = frame[1] & 0x7FU;
            REQUIRE(size <= 125);
            REQUIRE(at + 6 + size <= socket.bytes.size());
            opcodes.push_back(static_cast<Opcode>(frame[0] & 0x0FU));
            std::uint32_t mask = 0;
            std::memcpy(&mask, frame + 2, sizeof(mask));
            std::string payload(size, ' ');
            auto* const plain = reinterpret_cast<std::uint8_t*>(payload.data());
            websocket::apply_mask(plain, frame + 6, size, mask);
            if (opcodes.back() == Opcode::text && std::stoull(payload) != next++) FAIL(payload);
            at += 6 + size;
        }
        return opcodes;
    }
    bool all_written() const {
        return wire().size() == sent && outgoing.flushed_offset() == offset;
    }

    boost::asio::io_context context;
    ScriptedSocket socket;
    Outgoing outgoing;
    std::uint64_t sent = 0;
    std::uint64_t offset = 0;
    int flushes_wanted = 0;
    int reports_wanted = 0;

  private:
    void want_flush() override { ++flushes_wanted; }
    void want_flush_report() override { ++reports_wanted; }
};

}  // namespace

TEST_CASE("outgoing: sends with pauses between them -> each is written at once", "[driver]") {
    Fixture fixture;
    for (int i = 0; i < 3; ++i) {
        fixture.send(1);
        CHECK(fixture.all_written());
        fixture.pause();
    }
    CHECK(fixture.socket.tries == 3);
    CHECK(fixture.flushes_wanted == 0);
    // Nobody has fetched the first report, so there is no second wake-up.
    CHECK(fixture.reports_wanted == 1);
    CHECK(fixture.outgoing.take_flush_report() == fixture.offset);
    fixture.send(1);
    CHECK(fixture.reports_wanted == 2);
}

TEST_CASE("outgoing: some sends in a row -> one wake-up and one write for the rest", "[driver]") {
    Fixture fixture;
    fixture.send(20);
    CHECK(fixture.flushes_wanted == 1);
    CHECK(fixture.flush() == Outgoing::Flush::done);
    CHECK(fixture.socket.tries == 1);
    CHECK(fixture.socket.flushes == 1);
    CHECK(fixture.all_written());
}

TEST_CASE("outgoing: flood that the I/O thread is late for -> the sender writes whole batches",
          "[driver]") {
    Fixture fixture;
    constexpr std::size_t kBatches = 40;
    fixture.send(1 + kBatches * kFramesOfBatch);
    CHECK(fixture.socket.tries == 1 + kBatches);
    CHECK(fixture.flushes_wanted == 1);
    CHECK(fixture.all_written());
    CHECK(fixture.flush() == Outgoing::Flush::flooded);
    CHECK(fixture.socket.flushes == 0);
}

TEST_CASE("outgoing: flood -> a report is wanted for each kReportBytes, else the sweeps report",
          "[driver]") {
    Fixture fixture;
    fixture.flood();
    fixture.outgoing.take_flush_report();
    const int before = fixture.reports_wanted;
    fixture.send(kFramesOfBatch);
    CHECK(fixture.reports_wanted == before);
    fixture.send(driver::kReportBytes / kFrameBytes + kFramesOfBatch);
    CHECK(fixture.reports_wanted == before + 1);
    CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::flooded);
    CHECK(fixture.outgoing.take_flush_report() == fixture.outgoing.flushed_offset());
}

TEST_CASE("outgoing: sends while the I/O thread writes -> it leaves the writing to the sender",
          "[driver]") {
    Fixture fixture;
    fixture.send(kFramesOfBatch / 2);
    fixture.socket.after_write = [&] {
        fixture.send(kFramesOfBatch);
        fixture.socket.after_write = [&] { fixture.send(10); };
    };
    CHECK(fixture.flush() == Outgoing::Flush::flooded);
    CHECK(fixture.socket.flushes == 2);
    CHECK_FALSE(fixture.all_written());
    fixture.send(kFramesOfBatch - 10);
    CHECK(fixture.socket.flushes == 2);
    CHECK(fixture.flushes_wanted == 1);
    CHECK(fixture.all_written());
}

TEST_CASE("outgoing: few large messages -> no flood", "[driver]") {
    Fixture fixture;
    const std::vector<std::uint8_t> large(driver::kFloodBytes);
    std::uint64_t offset = 0;
    for (int i = 0; i < 3; ++i) fixture.outgoing.send(Opcode::binary, large, offset);
    fixture.socket.after_write = [&] { fixture.outgoing.send(Opcode::binary, large, offset); };
    CHECK(fixture.flush() == Outgoing::Flush::done);
    CHECK(fixture.outgoing.flushed_offset() == offset);
}

TEST_CASE("outgoing: flood that stops -> the next sweep writes the last ones, then it is over",
          "[driver]") {
    Fixture fixture;
    fixture.flood();
    fixture.send(5);
    CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::flooded);  // a batch was written before it
    CHECK_FALSE(fixture.all_written());
    CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::flooded);
    CHECK(fixture.all_written());
    for (int i = 2; i < driver::kQuietSweeps; ++i) {
        CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::flooded);
    }
    CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::over);
    CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::over);
    // As before the flood: the first goes at once, the second wakes the I/O thread.
    const int wanted = fixture.flushes_wanted;
    fixture.pause();
    fixture.send(1);
    CHECK(fixture.all_written());
    CHECK(fixture.flushes_wanted == wanted);
    fixture.send(1);
    CHECK(fixture.flushes_wanted == wanted + 1);
}

TEST_CASE("outgoing: single sends right after a flood -> still written at once", "[driver]") {
    Fixture fixture;
    fixture.flood();
    fixture.outgoing.flush_now();
    for (int i = 0; i < 3; ++i) {
        fixture.pause();
        fixture.send(1);
        CHECK(fixture.all_written());
    }
}

TEST_CASE("outgoing: socket that fills up in a flood -> asked of the I/O thread once, tried once",
          "[driver]") {
    Fixture fixture;
    fixture.flood();
    const int wanted = fixture.flushes_wanted;
    fixture.socket.room = 1000;
    fixture.send(3 * kFramesOfBatch);
    const int tries = fixture.socket.tries;
    fixture.send(3 * kFramesOfBatch);
    CHECK(fixture.socket.tries == tries);
    CHECK(fixture.flushes_wanted == wanted + 1);
    CHECK(fixture.flush() == Outgoing::Flush::wait_write);
    CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::flooded);
    CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::over);
    fixture.socket.room = std::size_t{1} << 30;
    CHECK(fixture.flush() == Outgoing::Flush::done);
    CHECK(fixture.all_written());
}

TEST_CASE("outgoing: sweep that meets a full socket -> the I/O thread flushes", "[driver]") {
    Fixture fixture;
    fixture.flood();
    fixture.outgoing.sweep();
    fixture.send(5);
    fixture.socket.room = 0;
    CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::flush);
    CHECK(fixture.flush() == Outgoing::Flush::wait_write);
    fixture.socket.room = kLimitBytes;
    CHECK(fixture.flush() == Outgoing::Flush::done);
    CHECK(fixture.all_written());
}

TEST_CASE("outgoing: peer that reads nothing -> full at the limit, accepted again afterwards",
          "[driver]") {
    Fixture fixture;
    fixture.flood();
    fixture.socket.room = 0;
    while (fixture.send() == SendResult::accepted) {
    }
    CHECK(fixture.offset - fixture.outgoing.flushed_offset() <= kLimitBytes);
    CHECK(fixture.offset - fixture.outgoing.flushed_offset() > kLimitBytes - kFrameBytes);
    CHECK(fixture.flush() == Outgoing::Flush::wait_write);
    CHECK(fixture.send() == SendResult::full);
    fixture.socket.room = std::size_t{1} << 30;
    CHECK(fixture.flush() == Outgoing::Flush::done);
    fixture.send(1);
    fixture.outgoing.flush_now();
    CHECK(fixture.all_written());
}

TEST_CASE("outgoing: buffer full when the sender takes over -> it makes room itself", "[driver]") {
    Fixture fixture;
    fixture.send(2);
    fixture.socket.after_write = [&] {
        fixture.send(kFramesOfBatch);
        fixture.socket.after_write = [&] {
            while (fixture.send() == SendResult::accepted) {
            }
        };
    };
    CHECK(fixture.flush() == Outgoing::Flush::flooded);
    const std::vector<std::uint8_t> large(2 * driver::kBatchBytes);
    std::uint64_t offset = 0;
    CHECK(fixture.outgoing.send(Opcode::binary, large, offset) == SendResult::accepted);
    CHECK(fixture.outgoing.flush_now() == offset);
}

TEST_CASE("outgoing: close while the I/O thread writes a flood -> it writes to the end",
          "[driver]") {
    Fixture fixture;
    fixture.send(2);
    fixture.socket.after_write = [&] {
        fixture.send(kFramesOfBatch);
        fixture.socket.after_write = [&] {
            fixture.send(5);
            fixture.outgoing.close(1000, {});
        };
    };
    CHECK(fixture.flush() == Outgoing::Flush::done);
    CHECK(fixture.wire().size() == fixture.sent + 1);
}

TEST_CASE("outgoing: write buffer below a batch -> the batches are smaller, nothing is refused",
          "[driver]") {
    Fixture fixture(16 * 1024);
    fixture.send(10 * kFramesOfBatch);
    CHECK(fixture.flushes_wanted == 1);
    CHECK(fixture.flush() == Outgoing::Flush::flooded);
    fixture.outgoing.flush_now();
    CHECK(fixture.all_written());
}

TEST_CASE("outgoing: flush_now before the I/O thread comes -> written, nothing left for it",
          "[driver]") {
    Fixture fixture;
    fixture.send(10);
    CHECK(fixture.outgoing.flush_now() == fixture.offset);
    CHECK(fixture.all_written());
    fixture.pause();
    fixture.send(1);
    CHECK(fixture.all_written());
    fixture.send(1);
    CHECK(fixture.flushes_wanted == 1);  // the one that is on its way serves both
    CHECK(fixture.flush() == Outgoing::Flush::done);
    CHECK(fixture.all_written());
    CHECK(fixture.socket.flushes == 1);
}

TEST_CASE("outgoing: flush_now with a full socket -> does not wait, the I/O thread goes on",
          "[driver]") {
    Fixture fixture;
    fixture.send(1);
    const std::uint64_t first = fixture.offset;
    fixture.send(10);
    fixture.socket.room = 0;
    CHECK(fixture.outgoing.flush_now() == first);
    CHECK(fixture.outgoing.flush_now() == first);
    CHECK(fixture.flushes_wanted == 1);
    fixture.socket.room = kLimitBytes;
    CHECK(fixture.flush() == Outgoing::Flush::done);
    CHECK(fixture.all_written());
}

TEST_CASE("outgoing: ping, pong and close in a flood -> with the next write, in this order",
          "[driver]") {
    Fixture fixture;
    fixture.flood();
    fixture.send(3);
    fixture.outgoing.pong({});
    fixture.outgoing.pong({});
    const std::size_t before = fixture.socket.bytes.size();
    fixture.outgoing.ping({});
    CHECK(fixture.socket.bytes.size() > before);
    fixture.send(3);
    fixture.outgoing.close(1000, {});
    CHECK(fixture.send() == SendResult::not_open);
    std::vector<Opcode> tail = fixture.wire();
    tail.erase(tail.begin(), tail.end() - 6);
    CHECK(tail == std::vector<Opcode>{Opcode::ping, Opcode::pong, Opcode::text, Opcode::text,
                                      Opcode::text, Opcode::close});
    CHECK(fixture.flush() == Outgoing::Flush::done);
}

TEST_CASE("outgoing: one lock for its senders and it -> sends under it, all else takes it",
          "[driver]") {
    const auto shared = std::make_shared<std::mutex>();
    Fixture fixture(kLimitBytes, shared);
    {
        const std::lock_guard lock(*shared);  // a second locking would never end
        CHECK(fixture.send() == SendResult::written);
        CHECK(fixture.send() == SendResult::accepted);  // right behind it, so it waits
        for (std::size_t i = 0; i < kFramesOfBatch; ++i) fixture.send();
        CHECK(fixture.reports_wanted == 0);  // whoever sent it knows
    }
    REQUIRE(fixture.flush() == Outgoing::Flush::flooded);
    {
        const std::lock_guard lock(*shared);
        std::size_t written = 0;
        for (std::size_t i = 0; i < 3 * kFramesOfBatch; ++i) {
            if (fixture.send() != SendResult::written) continue;
            ++written;
            CHECK(fixture.outgoing.flushed_offset() == fixture.offset);
        }
        CHECK(written >= 3);
        CHECK(fixture.outgoing.flush_now() == fixture.offset);
    }
    fixture.outgoing.ping({});
    CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::flooded);
    fixture.outgoing.close(1000, {});
    CHECK(fixture.wire().back() == Opcode::close);
}

TEST_CASE("outgoing: end in a flood -> nothing is taken, nothing is written", "[driver]") {
    Fixture fixture;
    fixture.flood();
    fixture.send(3);
    const std::size_t before = fixture.socket.bytes.size();
    fixture.outgoing.end();
    CHECK(fixture.send() == SendResult::not_open);
    CHECK(fixture.outgoing.sweep() != Outgoing::Sweep::flush);
    CHECK(fixture.outgoing.sweep() == Outgoing::Sweep::over);
    fixture.outgoing.flush_now();
    CHECK(fixture.socket.bytes.size() == before);
}

}  // namespace graceline::tests
