// The cpprest transport on its everyday path: open, talk both ways, end.
// Must not test TLS settings, proxies or aborts; those have their own files.
#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "tests/driver/cpprest/harness.hpp"
#include "tests/driver/cpprest/scripted_server.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {

using driver::OpeningStep;
using driver::SendResult;
using engine::Reason;
using websocket::Opcode;

namespace {

void echo(ServerConnection& connection) {
    connection.upgrade();
    connection.echo_until_close();
}

Certificate authority() {
    static const Certificate made = make_certificate({.common_name = "test CA", .authority = true});
    return made;
}

ScriptedServer::Options tls_server() {
    const auto issuer = authority();
    ScriptedServer::Options options;
    options.certificate = make_certificate({.alternative_names = "IP:127.0.0.1"}, &issuer);
    return options;
}

void check_echo_and_close(Session& session) {
    session.open();
    REQUIRE(session.listener.wait_opened());
    REQUIRE(session.send("hello") == SendResult::accepted);
    const std::string binary("\0\1\2\377", 4);
    REQUIRE(session.send(binary, Opcode::binary) == SendResult::accepted);
    REQUIRE(session.send("", Opcode::text) == SendResult::accepted);
    const std::string large(200'000, 'x');
    REQUIRE(session.send(large) == SendResult::accepted);
    REQUIRE(session.listener.wait([](const auto& r) { return r.message_count == 4; }));
    const auto offset = session.last_offset;
    REQUIRE(session.listener.wait([&](const auto& r) { return r.flushed == offset; }));
    session.close(1001, "going away");
    REQUIRE(session.listener.wait_ended());
    const auto record = session.listener.record();
    CHECK(record.messages[0] == RecordingListener::Message{Opcode::text, "hello"});
    CHECK(record.messages[1] == RecordingListener::Message{Opcode::binary, binary});
    CHECK(record.messages[2] == RecordingListener::Message{Opcode::text, ""});
    CHECK(record.messages[3].payload == large);
    CHECK(record.ended->cause.reason == Reason::none);
    CHECK(record.ended_calls == 1);
    CHECK_FALSE(record.wrong_thread);
    CHECK_FALSE(record.late_call);
}

}  // namespace

TEST_CASE("cpprest: echo over ws and close -> every message back, close code sent",
          "[driver][cpprest]") {
    std::mutex mutex;
    ServerConnection::Frame close_frame;
    std::string request;
    ScriptedServer server([&](ServerConnection& connection) {
        auto head = connection.upgrade();
        for (;;) {
            auto frame = connection.read_frame();
            connection.write_frame(frame.opcode, frame.payload);
            if (frame.opcode != Opcode::close) continue;
            const std::lock_guard lock(mutex);
            close_frame = frame;
            request = head;
            return;
        }
    });
    auto settings = plain_settings(server.port(), "/chat?room=a");
    settings.headers = {{"Authorization", "Bearer canary"}, {"X-Own", "1"}};
    settings.subprotocols = {"one", "two"};
    Session session(settings);
    check_echo_and_close(session);
    const auto record = session.listener.record();
    CHECK(record.steps == std::vector{OpeningStep::connecting, OpeningStep::upgrading});
    CHECK(record.opened->peer == settings.host_header);
    CHECK(record.opened->tls_version.empty());
    const std::lock_guard lock(mutex);
    CHECK(close_frame.payload == std::string("\x03\xE9going away"));
    CHECK(request.starts_with("GET /chat?room=a HTTP/1.1\r\n"));
    CHECK(request.find("Host: " + settings.host_header + "\r\n") != std::string::npos);
    CHECK(request.find("Authorization: Bearer canary\r\n") != std::string::npos);
    CHECK(request.find("X-Own: 1\r\n") != std::string::npos);
    CHECK(request.find("Sec-WebSocket-Protocol: one, two\r\n") != std::string::npos);
    CHECK(request.find("Proxy-Authorization") == std::string::npos);
}

TEST_CASE("cpprest: echo over wss with an own CA and close -> every message back",
          "[driver][cpprest]") {
    ScriptedServer server(echo, tls_server());
    Session session(tls_settings(server.port(), authority().certificate_pem));
    check_echo_and_close(session);
    const auto record = session.listener.record();
    CHECK(record.steps ==
          std::vector{OpeningStep::connecting, OpeningStep::securing, OpeningStep::upgrading});
    CHECK(record.opened->tls_version == "TLSv1.3");
}

TEST_CASE("cpprest: TLS 1.2 only server -> opened, and flushed offsets are reached",
          "[driver][cpprest]") {
    auto options = tls_server();
    options.only_tls12 = true;
    ScriptedServer server(echo, options);
    Session session(tls_settings(server.port(), authority().certificate_pem));
    check_echo_and_close(session);
    CHECK(session.listener.record().opened->tls_version == "TLSv1.2");
}

TEST_CASE("cpprest: ping -> pong with its payload reaches the listener", "[driver][cpprest]") {
    ScriptedServer server(echo);
    Session session(plain_settings(server.port()));
    session.open();
    REQUIRE(session.listener.wait_opened());
    session.ping("42");
    session.ping("");
    REQUIRE(session.listener.wait([](const auto& r) { return r.pongs.size() == 2; }));
    CHECK(session.listener.record().pongs == std::vector<std::string>{"42", ""});
}

TEST_CASE("cpprest: the server pings -> answered, and counted as a frame", "[driver][cpprest]") {
    std::promise<std::string> answer;
    ScriptedServer server([&](ServerConnection& connection) {
        connection.upgrade();
        connection.write_frame(Opcode::ping, "are you there");
        answer.set_value(connection.read_frame().payload);
        connection.wait_until_gone();
    });
    Session session(plain_settings(server.port()));
    session.open();
    REQUIRE(answer.get_future().get() == "are you there");
    REQUIRE(session.listener.wait([](const auto& r) { return r.frames == 1; }));
    CHECK(session.listener.record().messages.empty());
}

TEST_CASE("cpprest: a message right behind the 101 -> comes after on_opened", "[driver][cpprest]") {
    ScriptedServer server([](ServerConnection& connection) {
        connection.upgrade();
        for (int i = 0; i < 100; ++i) connection.write_frame(Opcode::text, std::to_string(i));
        connection.write_frame(Opcode::close, std::string("\x03\xE8", 2));
        connection.wait_until_gone();
    });
    Session session(plain_settings(server.port()));
    std::vector<std::string> calls;
    session.listener.hook = [&](std::string_view call) { calls.emplace_back(call); };
    session.open();
    REQUIRE(session.listener.wait([](const auto& r) { return r.message_count == 100; }));
    const auto record = session.listener.record();
    for (std::size_t i = 0; i < 100; ++i) REQUIRE(record.messages[i].payload == std::to_string(i));
    session.abort();
    const auto opened = std::find(calls.begin(), calls.end(), "opened");
    const auto message = std::find(calls.begin(), calls.end(), "message");
    CHECK(opened < message);
}

TEST_CASE("cpprest: the server closes with a code -> closed_by_server with it",
          "[driver][cpprest]") {
    struct Row {
        std::string payload;
        std::uint16_t code;
    };
    const auto row = GENERATE(Row{std::string("\x03\xE8"
                                              "bye",
                                              5),
                                  1000},
                              Row{std::string("\x0F\xA1", 2), 4001});
    ScriptedServer server([&](ServerConnection& connection) {
        connection.upgrade();
        connection.write_frame(Opcode::close, row.payload);
        connection.read_frame();
    });
    Session session(plain_settings(server.port()));
    session.open();
    REQUIRE(session.listener.wait_ended());
    const auto record = session.listener.record();
    CHECK(record.ended->cause.reason == Reason::closed_by_server);
    CHECK(record.ended->cause.close_code == row.code);
    CHECK(record.ended->text.find("bye") == std::string::npos);
}

TEST_CASE("cpprest: the server closes over wss -> its code only when it ends TLS in order",
          "[driver][cpprest]") {
    const bool in_order = GENERATE(true, false);
    ScriptedServer server(
        [&](ServerConnection& connection) {
            connection.upgrade();
            connection.write_frame(Opcode::text, "last");
            connection.write_frame(Opcode::close, std::string("\x0F\xA1", 2));
            connection.read_frame();
            if (in_order) connection.say_goodbye();
        },
        tls_server());
    Session session(tls_settings(server.port(), authority().certificate_pem));
    session.open();
    REQUIRE(session.listener.wait_ended());
    const auto record = session.listener.record();
    CHECK(record.message_count == 1);
    if (in_order) {
        CHECK(record.ended->cause.reason == Reason::closed_by_server);
        CHECK(record.ended->cause.close_code == 4001);
    } else {
        // A known limit: websocketpp forgets the code when close_notify is missing.
        CHECK(record.ended->cause.reason == Reason::connection_lost);
    }
}

TEST_CASE("cpprest: the server breaks the protocol -> told with a close frame, own reason",
          "[driver][cpprest]") {
    struct Row {
        const char* what;
        std::string bytes;
        Reason reason;
        std::uint16_t code;
    };
    const auto row =
        GENERATE(Row{"masked", std::string("\x81\x81\0\0\0\0a", 7), Reason::protocol_error, 1002},
                 Row{"reserved bit",
                     std::string("\xC1\x01"
                                 "a"),
                     Reason::protocol_error, 1002},
                 Row{"reserved opcode",
                     std::string("\x83\x01"
                                 "a"),
                     Reason::protocol_error, 1002},
                 Row{"lone continuation",
                     std::string("\x80\x01"
                                 "a"),
                     Reason::protocol_error, 1002},
                 Row{"fragmented ping",
                     std::string("\x09\x01"
                                 "a"),
                     Reason::protocol_error, 1002},
                 Row{"not UTF-8", std::string("\x81\x02\xC3\x28"), Reason::protocol_error, 1007},
                 Row{"too big", std::string("\x81\x7D") + std::string(125, 'x'),
                     Reason::message_too_big, 1009});
    INFO(row.what);
    std::promise<ServerConnection::Frame> answer;
    ScriptedServer server([&](ServerConnection& connection) {
        connection.upgrade();
        connection.write_frame(Opcode::text, "good");
        connection.write(row.bytes);
        answer.set_value(connection.read_frame());
        connection.wait_until_gone();
    });
    auto settings = plain_settings(server.port());
    settings.limits.max_message_bytes = 100;
    Session session(settings);
    session.open();
    REQUIRE(session.listener.wait_ended());
    const auto record = session.listener.record();
    CHECK(record.ended->cause.reason == row.reason);
    CHECK(record.ended->cause.close_code == row.code);
    CHECK(record.message_count == 1);
    const auto frame = answer.get_future().get();
    CHECK(frame.opcode == Opcode::close);
    REQUIRE(frame.payload.size() >= 2);
    CHECK((static_cast<std::uint8_t>(frame.payload[0]) << 8 |
           static_cast<std::uint8_t>(frame.payload[1])) == row.code);
}

TEST_CASE("cpprest: the connection is cut -> connection_lost", "[driver][cpprest]") {
    const bool with_reset = GENERATE(false, true);
    ScriptedServer server([&](ServerConnection& connection) {
        connection.upgrade();
        if (with_reset) connection.reset();
    });
    Session session(plain_settings(server.port()));
    session.open();
    REQUIRE(session.listener.wait_ended());
    CHECK(session.listener.record().ended->cause.reason == Reason::connection_lost);
}

TEST_CASE("cpprest: the upgrade is refused -> ended, not opened", "[driver][cpprest]") {
    ScriptedServer server([](ServerConnection& connection) {
        connection.read_head();
        connection.write("HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n");
    });
    Session session(plain_settings(server.port()));
    session.open();
    REQUIRE(session.listener.wait_ended());
    const auto record = session.listener.record();
    CHECK_FALSE(record.opened);
    CHECK(record.ended->cause.reason == Reason::connection_lost);
    CHECK(record.ended->text.find("refused") != std::string::npos);
}

TEST_CASE("cpprest: a wrong accept key -> handshake_invalid", "[driver][cpprest]") {
    ScriptedServer server([](ServerConnection& connection) {
        connection.read_head();
        connection.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n");
        connection.wait_until_gone();
    });
    Session session(plain_settings(server.port()));
    session.open();
    REQUIRE(session.listener.wait_ended());
    CHECK(session.listener.record().ended->cause.reason == Reason::handshake_invalid);
}

TEST_CASE("cpprest: nobody listens -> connect_failed; no such name -> resolve_failed",
          "[driver][cpprest]") {
    std::uint16_t port = 0;
    { port = ScriptedServer(echo).port(); }
    Session refused(plain_settings(port));
    refused.open();
    REQUIRE(refused.listener.wait_ended());
    CHECK(refused.listener.record().ended->cause.reason == Reason::connect_failed);

    auto settings = plain_settings(port);
    settings.host = "no-such-host.invalid";
    Session unknown(settings);
    unknown.open();
    REQUIRE(unknown.listener.wait_ended());
    CHECK(unknown.listener.record().ended->cause.reason == Reason::resolve_failed);
}

TEST_CASE("cpprest: a host name -> resolved here, sent as Host", "[driver][cpprest]") {
    ScriptedServer server(echo);
    auto settings = plain_settings(server.port());
    settings.host = "localhost";
    settings.host_header = "localhost:" + std::to_string(server.port());
    Session session(settings);
    check_echo_and_close(session);
    CHECK(session.listener.record().steps.front() == OpeningStep::resolving);
}

TEST_CASE("cpprest: a header with a line break -> fails before anything is sent",
          "[driver][cpprest]") {
    ScriptedServer server(echo);
    auto settings = plain_settings(server.port());
    settings.headers = {{"X-Own", "secret-canary\r\nX-Other: 1"}};
    Session session(settings);
    session.open();
    REQUIRE(session.listener.wait_ended());
    CHECK(session.listener.record().ended->text.find("canary") == std::string::npos);
    CHECK(server.connections() == 0);
}

TEST_CASE("cpprest: a message above the limit -> message_too_big", "[driver][cpprest]") {
    ScriptedServer server([](ServerConnection& connection) {
        connection.upgrade();
        connection.write_frame(Opcode::text, std::string(1000, 'a'));
        connection.write_frame(Opcode::text, std::string(1001, 'b'));
        connection.write_frame(Opcode::text, "never seen");
        connection.wait_until_gone();
    });
    auto settings = plain_settings(server.port());
    settings.limits.max_message_bytes = 1000;
    Session session(settings);
    session.open();
    REQUIRE(session.listener.wait_ended());
    const auto record = session.listener.record();
    CHECK(record.message_count == 1);
    CHECK(record.ended->cause.reason == Reason::message_too_big);
}

TEST_CASE("cpprest: close before it is open -> ends at once, nothing hangs", "[driver][cpprest]") {
    ScriptedServer server([](ServerConnection& connection) { connection.freeze(); });
    Session session(plain_settings(server.port()));
    session.open();
    session.close(1000);
    REQUIRE(session.listener.wait_ended());
    CHECK_FALSE(session.listener.record().opened);
    CHECK(wait_reaped());
}

TEST_CASE("cpprest: close behind many sends -> all of them arrive before the close frame",
          "[driver][cpprest]") {
    std::promise<int> received;
    ScriptedServer server([&](ServerConnection& connection) {
        connection.upgrade();
        int count = 0;
        while (connection.read_frame().opcode == Opcode::text) ++count;
        connection.write_frame(Opcode::close, std::string("\x03\xE8", 2));
        received.set_value(count);
    });
    Session session(plain_settings(server.port()));
    session.open();
    REQUIRE(session.listener.wait_opened());
    int sent = 0;
    while (sent < 500 && session.send("message " + std::to_string(sent)) == SendResult::accepted) {
        ++sent;
    }
    session.close(1000);
    CHECK(received.get_future().get() == sent);
    CHECK(session.listener.wait_ended());
}

TEST_CASE("cpprest: sends from four threads -> offsets in order, all arrive", "[driver][cpprest]") {
    ScriptedServer server(echo);
    Session session(plain_settings(server.port()));
    session.open();
    REQUIRE(session.listener.wait_opened());
    constexpr int kEach = 200;
    std::vector<std::thread> threads;
    std::atomic<int> accepted{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            std::uint64_t offset = 0;
            std::uint64_t before = 0;
            for (int i = 0; i < kEach; ++i) {
                if (session.transport->send(Opcode::text, bytes_of("x"), offset) !=
                    SendResult::accepted) {
                    continue;
                }
                if (offset > before) ++accepted;
                before = offset;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    REQUIRE(session.listener.wait(
        [&](const auto& r) { return r.message_count == static_cast<std::size_t>(accepted); }));
    CHECK(accepted == 4 * kEach);
}

}  // namespace graceline::tests
