// Cases of an open connection: messages, pings, back-pressure, flush reports.
// Must not wait for time to pass: each waits for something that must happen.
#include <atomic>
#include <future>
#include <map>
#include <thread>

#include "tests/driver/support/contract.hpp"

namespace graceline::tests {
namespace {

constexpr std::size_t kMegabyte = 1U << 20;

std::string patterned(std::size_t size) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; i += 7) text[i] = static_cast<char>('a' + i % 23);
    return text;
}

void text_and_binary(const TransportKind& kind) {
    Talk talk(kind);
    talk.peer.write(server_text("hello") + server_frame(0x82, std::string_view("\0\1", 2)) +
                    server_text(""));
    expect(talk.recorder().wait_for([](const Record& r) {
        return r.message_count == 3 && r.read_begins == r.read_ends;
    }),
           "messages are missing, or reads do not come in pairs");
    const Record record = talk.record();
    expect(record.messages[0].payload == "hello", "the text differs");
    expect(record.messages[0].opcode == websocket::Opcode::text, "text is not text");
    expect(record.messages[1].payload == std::string("\0\1", 2), "the binary differs");
    expect(record.messages[1].opcode == websocket::Opcode::binary, "binary is not binary");
    expect(record.messages[2].payload.empty(), "the empty text is not empty");
    expect_equal(record.frames, 3U, "frames");

    expect(talk.harness.send("back") == driver::SendResult::accepted, "not sent");
    expect(talk.harness.send("bin", websocket::Opcode::binary) == driver::SendResult::accepted,
           "not sent");
    const auto first = talk.peer.read_frame();
    const auto second = talk.peer.read_frame();
    expect(first && first->payload == "back" && first->first_byte == 0x81, "the text differs");
    expect(second && second->payload == "bin" && second->first_byte == 0x82, "binary differs");
    expect(first->masked && second->masked, "a frame is not masked");
    expect(first->mask != second->mask, "two frames have the same mask");
}

void fragments(const TransportKind& kind) {
    Talk talk(kind);
    talk.peer.write(server_frame(0x01, "one "));
    talk.peer.write(server_frame(0x89, "ping"));
    talk.peer.write(server_frame(0x00, "two "));
    talk.peer.write(server_frame(0x80, "three"));
    expect(talk.recorder().wait_messages(1), "the message is missing");
    expect(talk.record().messages[0].payload == "one two three", "the message differs");
    const auto pong = talk.peer.read_frame();
    expect(pong && pong->opcode() == 10 && pong->payload == "ping", "no pong in between");
}

void server_pings(const TransportKind& kind) {
    Talk talk(kind);
    for (const char* payload : {"", "a", "second"}) {
        talk.peer.write(server_frame(0x89, payload));
        const auto pong = talk.peer.read_frame();
        expect(pong && pong->first_byte == 0x8A && pong->payload == payload, "no such pong");
        expect(pong->masked, "the pong is not masked");
    }
}

void own_pings(const TransportKind& kind) {
    Talk talk(kind);
    const std::string longest(125, 'p');
    for (const std::string& payload : {std::string("probe-1"), longest}) {
        talk.harness.ping(payload);
        const auto ping = talk.peer.read_frame();
        expect(ping && ping->first_byte == 0x89 && ping->payload == payload, "no such ping");
        talk.peer.write(server_frame(0x8A, payload));
        expect(talk.recorder().wait_for([&](const Record& record) {
            return !record.pongs.empty() && record.pongs.back() == payload;
        }),
               "the pong is not reported");
    }
}

void megabyte_each_way(const TransportKind& kind) {
    Talk talk(kind);
    const std::string big = patterned(kMegabyte);
    auto received = std::async(std::launch::async, [&] { return talk.peer.read_frame(); });
    expect(talk.harness.send(big) == driver::SendResult::accepted, "not sent");
    const auto frame = received.get();
    expect(frame && frame->payload == big, "what arrived differs");
    talk.peer.write(server_text(big));
    expect(talk.recorder().wait_messages(1), "the message is missing");
    expect(talk.record().messages[0].payload == big, "what was delivered differs");
}

void flush_offsets(const TransportKind& kind) {
    Talk talk(kind);
    std::uint64_t last = 0;
    for (int i = 0; i < 100; ++i) {
        expect(talk.harness.send("message") == driver::SendResult::accepted, "not sent");
        expect(talk.harness.last_offset() > last, "an offset does not grow");
        last = talk.harness.last_offset();
    }
    expect(talk.recorder().wait_for([&](const Record& r) { return r.flushed_offset == last; }),
           "the last offset is not reported");
    expect(talk.record().flush_reports <= 100, "more reports than messages");
    for (int i = 0; i < 100; ++i) expect(talk.peer.read_frame().has_value(), "a frame is missing");
    talk.harness.send("alone");
    expect(talk.recorder().wait_for(
               [&](const Record& r) { return r.flushed_offset == talk.harness.last_offset(); }),
           "a single message is not reported");
}

void flood(const TransportKind& kind) {
    Talk talk(kind);
    constexpr int kMessages = 20'000;
    const std::string filling(100, '.');
    auto reading = std::async(std::launch::async, [&] {
        for (int i = 0; i < kMessages; ++i) {
            const auto frame = talk.peer.read_frame();
            if (!frame || frame->payload != std::to_string(i) + filling) return false;
        }
        return true;
    });
    for (int i = 0; i < kMessages; ++i) {
        const std::string text = std::to_string(i) + filling;
        while (talk.harness.send(text) == driver::SendResult::full) {
            const std::uint64_t last = talk.harness.last_offset();
            talk.recorder().wait_for([&](const Record& r) { return r.flushed_offset == last; });
        }
    }
    expect(reading.get(), "what arrived differs");
    const std::uint64_t last = talk.harness.last_offset();
    expect(talk.recorder().wait_for([&](const Record& r) { return r.flushed_offset == last; }),
           "the last offset is not reported");
    talk.harness.send("alone");
    const auto frame = talk.peer.read_frame();
    expect(frame && frame->payload == "alone", "the message after it is missing");
}

void full_write_buffer(const TransportKind& kind) {
    Talk talk(kind, [](driver::TransportSettings& settings) {
        settings.write_buffer_bytes = 256 * 1024;
    });
    const std::string text(1000, 't');
    const std::uint64_t accepted = talk.harness.fill(text);
    const std::uint64_t offset = talk.harness.last_offset();
    expect(talk.record().flushed_offset < offset, "a full buffer is reported as flushed");
    talk.harness.ping("through");
    auto reading = std::async(std::launch::async, [&] {
        for (std::uint64_t i = 0; i < accepted; ++i) {
            const auto frame = talk.peer.read_frame();
            if (!frame || frame->payload != text) return false;
        }
        const auto ping = talk.peer.read_frame();
        return ping && ping->opcode() == 9 && ping->payload == "through";
    });
    expect(reading.get(), "what arrived differs");
    expect(talk.recorder().wait_for([&](const Record& r) { return r.flushed_offset >= offset; }),
           "the flush is not reported");
    expect(talk.harness.send("again") == driver::SendResult::accepted, "still full");
    const auto frame = talk.peer.read_frame();
    expect(frame && frame->payload == "again", "the message after it is missing");
}

void back_pressure(const TransportKind& kind) {
    Talk talk(kind, nullptr, [](Harness& harness) { harness.recorder().goes_on = false; });
    Recorder& recorder = talk.recorder();
    recorder.counts_only = true;
    const std::string text(1000, 't');
    const std::string block = [&] {
        std::string many;
        for (int i = 0; i < 100; ++i) many += server_text(text);
        return many;
    }();
    constexpr std::uint64_t kBlocks = 300;  // 30 MB, far above what the kernel buffers.
    std::atomic<std::uint64_t> written{0};
    std::thread writer([&] {
        for (std::uint64_t i = 0; i < kBlocks && talk.peer.write(block); ++i) ++written;
    });
    bool stalled = recorder.wait_messages(1);
    // The writer is stuck once its progress is the same for a while; nothing tells us so.
    for (std::uint64_t seen = ~0ULL; stalled && seen != written;) {
        seen = written;
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    const Record paused = talk.record();
    const bool stuck = written < kBlocks;
    while (stalled && talk.record().message_count < kBlocks * 100) {
        const std::uint64_t before = talk.record().message_count;
        talk.harness.resume_reading();
        if (!recorder.wait_messages(before + 1)) break;
        if (before > 10'000) recorder.goes_on = true;
    }
    recorder.goes_on = true;
    talk.harness.resume_reading();
    const bool whole = recorder.wait_messages(kBlocks * 100);
    if (!whole) talk.harness.abort();
    writer.join();
    expect(stuck, "the server was never held up");
    expect_equal(paused.read_ends, 1U, "reads after the listener was full");
    expect(whole, "messages were lost");
    expect_equal(talk.record().message_bytes, kBlocks * 100 * text.size(), "bytes");
}

void many_threads_send(const TransportKind& kind) {
    Talk talk(kind,
              [](driver::TransportSettings& settings) { settings.write_buffer_bytes = 64U << 20; });
    constexpr int kThreads = 4;
    constexpr int kEach = 5000;
    auto reading = std::async(std::launch::async, [&] {
        std::map<char, int> next;
        for (int i = 0; i < kThreads * kEach; ++i) {
            const auto frame = talk.peer.read_frame();
            if (!frame || frame->payload.size() < 2) return false;
            const char sender = frame->payload[0];
            if (std::stoi(frame->payload.substr(1)) != next[sender]++) return false;
        }
        return true;
    });
    std::vector<std::thread> threads;
    std::atomic<int> refused{0};
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                const std::string text = static_cast<char>('A' + t) + std::to_string(i);
                std::uint64_t offset = 0;
                if (talk.harness.transport().send(websocket::Opcode::text, bytes_of(text),
                                                  offset) != driver::SendResult::accepted) {
                    ++refused;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    expect_equal(refused.load(), 0, "refused messages");
    expect(reading.get(), "messages are missing or out of order");
}

void not_open(const TransportKind& kind) {
    Listener listener;
    Harness harness(kind, plain_settings(listener.port()));
    expect(harness.send("early") == driver::SendResult::not_open, "sent before open()");
    harness.open();
    Peer peer = listener.accept();
    expect(harness.send("early") == driver::SendResult::not_open, "sent before the upgrade");
    peer.upgrade();
    expect(harness.recorder().wait_opened(), "it did not open");
    expect(harness.send("now") == driver::SendResult::accepted, "not sent");
    harness.close(1000);
    expect(harness.send("late") == driver::SendResult::not_open, "sent after close()");
    const auto first = peer.read_frame();
    const auto second = peer.read_frame();
    expect(first && first->payload == "now", "the message is missing");
    expect(second && second->opcode() == 8, "the close frame is not next");
    harness.abort();
    expect(harness.send("late") == driver::SendResult::not_open, "sent after abort()");
}

void send_from_the_listener(const TransportKind& kind) {
    Harness* other = nullptr;
    Talk talk(kind, nullptr, [&other](Harness& harness) {
        other = &harness;
        harness.recorder().after_message = [&other] { other->send("answer"); };
    });
    for (int i = 0; i < 200; ++i) {
        talk.peer.write(server_text("question"));
        const auto frame = talk.peer.read_frame();
        expect(frame && frame->payload == "answer", "no answer");
    }
}

void unwanted_bytes(const TransportKind& kind) {
    Talk talk(kind);
    talk.recorder().wants_reads = false;
    talk.peer.write(server_text("unwanted"));
    expect(talk.recorder().wait_for([](const Record& r) { return r.read_begins == 1; }),
           "nothing was read");
    talk.peer.write(server_text("unwanted") + server_text("half").substr(0, 3));
    talk.peer.write(server_text("half").substr(3));
    talk.harness.close(1000, "over");
    const auto frame = talk.peer.read_frame_of(8);
    expect(frame && frame->close_code() == 1000, "no close frame");
    talk.peer.write(server_text("unwanted") + server_close(1000));
    const auto why = expect_ended(talk.recorder(), engine::Reason::none);
    expect_equal(why.cause.close_code, 1000, "close code");
    expect_equal(talk.record().message_count, 0U, "messages delivered");
}

}  // namespace

std::vector<ContractCase> talking_cases() {
    return {
        {"talk: text, binary, empty -> both ways, framed and masked", text_and_binary},
        {"talk: fragments with a ping between -> one message, one pong", fragments},
        {"talk: server pings -> each answered with its payload", server_pings},
        {"talk: own pings -> pongs are reported", own_pings},
        {"talk: one megabyte each way -> whole", megabyte_each_way},
        {"talk: messages in the kernel -> flush offset is reported", flush_offsets},
        {"talk: sends without pause -> all arrive in order, the last is reported", flood},
        {"talk: peer does not read -> full at the limit, nothing lost", full_write_buffer},
        {"talk: listener is full -> the socket is not read, nothing lost", back_pressure},
        {"talk: four threads send -> whole frames, order of each kept", many_threads_send},
        {"talk: send outside of the open phase -> not_open", not_open},
        {"talk: send from on_message -> arrives", send_from_the_listener},
        {"talk: reads not wanted -> discarded, the close is still found", unwanted_bytes},
    };
}

}  // namespace graceline::tests
