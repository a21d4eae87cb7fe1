// Cases of the end: closed by either side, cut, broken rules, aborted at any moment.
// Must not leave a peer waiting.
#include <thread>

#include "tests/driver/support/contract.hpp"

namespace graceline::tests {
namespace {

using engine::Reason;

void own_close(const TransportKind& kind) {
    Talk talk(kind);
    talk.harness.send("last words");
    talk.harness.close(1001, "gone");
    const auto text = talk.peer.read_frame();
    const auto close = talk.peer.read_frame();
    expect(text && text->payload == "last words", "data before the close frame is missing");
    expect(close && close->close_code() == 1001, "the close code differs");
    expect(close->payload.substr(2) == "gone" && close->masked, "the close reason differs");
    expect(!talk.record().ended, "it ended before the answer");
    talk.peer.write(server_text("still delivered") + server_close(1001));
    const auto why = expect_ended(talk.recorder(), Reason::none);
    expect_equal(why.cause.close_code, 1001, "close code");
    expect_equal(talk.record().message_count, 1U, "messages before the answer");
    expect(talk.peer.read_to_end(), "the socket stays open");
}

void own_close_unanswered(const TransportKind& kind) {
    Talk talk(kind);
    talk.harness.close(1000);
    expect(talk.peer.read_frame_of(8).has_value(), "no close frame");
    talk.peer.close();
    expect_ended(talk.recorder(), Reason::connection_lost);
}

void own_close_while_full(const TransportKind& kind) {
    Talk talk(kind);
    talk.recorder().goes_on = false;
    talk.peer.write(server_text("pauses"));
    expect(talk.recorder().wait_for([](const Record& r) { return r.read_ends == 1; }), "no read");
    talk.recorder().wants_reads = false;
    talk.harness.close(1000);
    expect(talk.peer.read_frame_of(8).has_value(), "no close frame");
    talk.peer.write(server_close(1000));
    expect_ended(talk.recorder(), Reason::none);
}

void close_while_opening(const TransportKind& kind) {
    Listener listener;
    Harness harness(kind, plain_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    harness.close(1000);
    expect_ended(harness.recorder(), Reason::none);
    expect(peer.read_to_end(), "the socket stays open");
    expect(!harness.recorder().record().opened, "it opened");
}

void close_before_open(const TransportKind& kind) {
    Harness harness(kind, plain_settings(1));
    harness.close(1000);
    expect_ended(harness.recorder(), Reason::none);
}

void server_closes(const TransportKind& kind) {
    for (const int code : {1000, 1001, 1011, 1013, 3000, 4001}) {
        Talk talk(kind);
        talk.peer.write(server_text("before") + server_close(code, "reason with canary"));
        const auto why = expect_ended(talk.recorder(), Reason::closed_by_server);
        expect_equal(why.cause.close_code, code, "close code");
        expect(why.text.find("canary") == std::string::npos, "the text repeats the server's");
        expect_equal(talk.record().message_count, 1U, "messages before the close frame");
        const auto answer = talk.peer.read_frame();
        expect(answer && answer->opcode() == 8 && answer->close_code() == code,
               "the close frame is not answered");
        expect(talk.peer.read_to_end(), "the socket stays open");
    }
}

void server_closes_without_code(const TransportKind& kind) {
    Talk talk(kind);
    talk.peer.write(server_frame(0x88, ""));
    const auto why = expect_ended(talk.recorder(), Reason::closed_by_server);
    expect_equal(why.cause.close_code, 1005, "close code");
    const auto answer = talk.peer.read_frame();
    expect(answer && answer->opcode() == 8 && answer->payload.empty(), "the answer has a code");
}

void server_ends_the_stream(const TransportKind& kind) {
    Talk talk(kind);
    talk.peer.write(server_text("last"));
    talk.peer.close();
    const auto why = expect_ended(talk.recorder(), Reason::connection_lost);
    expect_equal(why.cause.close_code, 1006, "close code");
    expect_equal(talk.record().message_count, 1U, "messages before the end");
}

void server_resets(const TransportKind& kind) {
    Talk talk(kind);
    talk.peer.reset();
    const auto why = expect_ended(talk.recorder(), Reason::connection_lost);
    expect_equal(why.cause.close_code, 1006, "close code");
}

void server_resets_while_sending(const TransportKind& kind) {
    for (int round = 0; round < 10; ++round) {
        Talk talk(kind);
        std::thread cutter([&] {
            talk.peer.read_some();
            talk.peer.reset();
        });
        while (talk.harness.send(std::string(500, 's')) != driver::SendResult::not_open) {
            if (talk.record().ended) break;
        }
        cutter.join();
        expect_ended(talk.recorder(), Reason::connection_lost);
    }
}

struct Fault {
    std::string bytes;
    Reason reason;
    int code;
};

void protocol_errors(const TransportKind& kind) {
    const std::vector<Fault> faults = {
        {std::string("\x81\x81\0\0\0\0a", 7), Reason::protocol_error, 1002},
        {server_frame(0xC1, "rsv1"), Reason::protocol_error, 1002},
        {server_frame(0x83, "opcode"), Reason::protocol_error, 1002},
        {server_frame(0x80, "continuation of nothing"), Reason::protocol_error, 1002},
        {server_frame(0x09, "fragmented ping"), Reason::protocol_error, 1002},
        {server_text("\xC3\x28"), Reason::protocol_error, 1007},
        {server_close(1005), Reason::protocol_error, 1002},
        {server_text(std::string(70'000, 'x')), Reason::message_too_big, 1009},
        {server_frame(0x01, std::string(40'000, 'x')) +
             server_frame(0x80, std::string(40'000, 'x')),
         Reason::message_too_big, 1009},
    };
    for (const Fault& fault : faults) {
        Talk talk(kind, [](driver::TransportSettings& settings) {
            settings.limits.max_message_bytes = 65'536;
        });
        talk.peer.write(server_text("good") + fault.bytes);
        const auto why = expect_ended(talk.recorder(), fault.reason);
        expect_equal(why.cause.close_code, fault.code, "close code");
        expect_equal(talk.record().message_count, 1U, "messages before the fault");
        const auto close = talk.peer.read_frame_of(8);
        expect(close && close->close_code() == fault.code, "the close frame is missing");
    }
}

void abort_in_every_phase(const TransportKind& kind) {
    Listener listener;
    {
        Harness harness(kind, plain_settings(listener.port()));
        harness.abort();
        harness.open();
        expect(!harness.recorder().record().ended, "abort() before open() is not silent");
    }
    {
        Harness harness(kind, plain_settings(listener.port()));
        run_on(harness.loop(), [&] {
            harness.transport().open();
            harness.transport().abort();
        });
        run_on(harness.loop(), [] {});
        expect(harness.recorder().record().steps.empty(), "it went on after abort()");
    }
    Harness harness(kind, plain_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    peer.read_until("\r\n\r\n");
    harness.abort();
    expect(peer.read_to_end(), "the socket stays open");
    run_on(harness.loop(), [] {});
    expect(!harness.recorder().record().ended, "abort() while upgrading is not silent");
}

void abort_while_open_or_closing(const TransportKind& kind) {
    for (const bool closing : {false, true}) {
        Talk talk(kind);
        talk.harness.send("something");
        if (closing) talk.harness.close(1000);
        talk.harness.abort();
        expect(talk.peer.read_to_end(), "the socket stays open");
        run_on(talk.harness.loop(), [] {});
        expect(!talk.record().ended, "abort() is not silent");
        talk.harness.abort();
        talk.harness.close(1000);
        talk.harness.resume_reading();
        run_on(talk.harness.loop(), [] {});
        expect(!talk.record().ended, "a call after abort() is not silent");
    }
}

void abort_inside_on_message(const TransportKind& kind) {
    for (const bool destroy : {false, true}) {
        Harness* harness = nullptr;
        Talk talk(kind, nullptr, [&](Harness& mine) {
            harness = &mine;
            mine.recorder().after_message = [&harness, destroy] {
                if (harness->recorder().record().message_count != 2) return;
                if (destroy) {
                    harness->drop_here();
                } else {
                    harness->transport().abort();
                }
            };
        });
        talk.peer.write(server_text("1") + server_text("2") + server_text("3") +
                        server_close(1000));
        expect(talk.peer.read_to_end(), "the socket stays open");
        run_on(talk.harness.loop(), [] {});
        expect_equal(talk.record().message_count, 2U, "messages");
        expect(!talk.record().ended, "it is not silent");
    }
}

void destroy_inside_others(const TransportKind& kind) {
    {
        Listener listener;
        Harness harness(kind, plain_settings(listener.port()));
        harness.recorder().after_opened = [&harness] { harness.drop_here(); };
        harness.open();
        Peer peer = listener.accept();
        peer.upgrade({}, server_text("never"));
        expect(peer.read_to_end(), "the socket stays open");
        expect_equal(harness.recorder().record().message_count, 0U, "messages");
    }
    Listener listener;
    Harness harness(kind, plain_settings(listener.port()));
    harness.recorder().after_ended = [&harness] { harness.drop_here(); };
    harness.open();
    listener.accept().reset();
    expect(harness.recorder().wait_ended(), "it did not end");
    run_on(harness.loop(), [] {});
}

}  // namespace

std::vector<ContractCase> ending_cases() {
    return {
        {"end: close() -> after the data, ends with the answer", own_close},
        {"end: close() without an answer -> connection_lost", own_close_unanswered},
        {"end: close() while the listener is full -> the answer is read", own_close_while_full},
        {"end: close() while opening -> ends at once", close_while_opening},
        {"end: close() before open() -> ends at once", close_before_open},
        {"end: server closes with a code -> answered, closed_by_server", server_closes},
        {"end: server closes without a code -> 1005", server_closes_without_code},
        {"end: server ends the stream -> connection_lost, 1006", server_ends_the_stream},
        {"end: server resets -> connection_lost, 1006", server_resets},
        {"end: server resets while we send -> connection_lost", server_resets_while_sending},
        {"end: broken rules -> close frame with the code, protocol_error", protocol_errors},
        {"end: abort() before and while opening -> silent", abort_in_every_phase},
        {"end: abort() while open or closing -> silent", abort_while_open_or_closing},
        {"end: abort or destruction inside on_message -> nothing more", abort_inside_on_message},
        {"end: destruction inside on_opened and on_ended -> nothing more", destroy_inside_others},
    };
}

}  // namespace graceline::tests
