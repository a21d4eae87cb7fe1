// Cases up to the open connection, and the ways not to get there.
// Must not depend on a server that is not scripted here.
#include <chrono>
#include <ctime>

#include "tests/driver/support/contract.hpp"

namespace graceline::tests {
namespace {

using engine::Reason;

/// Answers the upgrade with `answer` and gives what the transport made of it.
driver::TransportFailure answer_with(const TransportKind& kind, std::string_view answer,
                                     Reason reason) {
    Listener listener;
    driver::TransportSettings settings = plain_settings(listener.port());
    settings.max_header_bytes = 2048;
    Harness harness(kind, settings);
    harness.open();
    Peer peer = listener.accept();
    peer.read_until("\r\n\r\n");
    peer.write(answer);
    const driver::TransportFailure why = expect_ended(harness.recorder(), reason);
    expect(!harness.recorder().record().opened, "it opened");
    return why;
}

void headers_and_subprotocol(const TransportKind& kind) {
    Listener listener;
    driver::TransportSettings settings = plain_settings(listener.port());
    settings.target = "/path?query=1";
    settings.headers = {{"X-Test", "value"}, {"Authorization", "Bearer canary"}};
    settings.subprotocols = {"first", "second"};
    Harness harness(kind, settings);
    harness.open();
    Peer peer = listener.accept();
    const std::string request = peer.upgrade("Sec-WebSocket-Protocol: second\r\n");
    expect(harness.recorder().wait_opened(), "it did not open");
    expect(request.starts_with("GET /path?query=1 HTTP/1.1\r\n"), "the request line is wrong");
    expect(request.find("\r\nX-Test: value\r\n") != std::string::npos, "a header is missing");
    expect(request.find("\r\nHost: 127.0.0.1:" + std::to_string(listener.port()) + "\r\n") !=
               std::string::npos,
           "the Host header is wrong");
    const Record record = harness.recorder().record();
    expect(record.opened->subprotocol == "second", "the subprotocol is not reported");
    expect(record.opened->tls_version.empty(), "there is a TLS version without TLS");
    expect(record.opened->peer == "127.0.0.1:" + std::to_string(listener.port()),
           "the peer is not reported");
}

void progress_of_a_name(const TransportKind& kind) {
    Listener listener;
    driver::TransportSettings settings = plain_settings(listener.port());
    settings.host = "localhost";
    Harness harness(kind, settings);
    harness.open();
    Peer peer = listener.accept();
    peer.upgrade();
    expect(harness.recorder().wait_opened(), "it did not open");
    using Step = driver::OpeningStep;
    const std::vector<Step> wanted = {Step::resolving, Step::connecting, Step::upgrading};
    expect(harness.recorder().record().steps == wanted, "the steps differ");
}

void frames_behind_the_answer(const TransportKind& kind) {
    Listener listener;
    Harness harness(kind, plain_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    peer.upgrade({}, server_text("one") + server_text("two") + "\x81");
    expect(harness.recorder().wait_messages(2), "the first frames are missing");
    peer.write(server_text("three").substr(1));
    expect(harness.recorder().wait_messages(3), "the split frame is missing");
    expect(harness.recorder().record().messages[2].payload == "three", "the split frame differs");
}

void status_with_retry_after(const TransportKind& kind) {
    const auto why = answer_with(
        kind, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
        Reason::http_status);
    expect_equal(why.cause.http_status, 503, "status");
    expect(why.cause.retry_after_seconds.has_value(), "Retry-After is missing");
    expect_equal(*why.cause.retry_after_seconds, 7U, "Retry-After");
}

void status_with_retry_date(const TransportKind& kind) {
    const std::time_t then = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() +
                                                                  std::chrono::seconds(120));
    std::tm parts{};
    gmtime_r(&then, &parts);
    char date[64];
    std::strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    const auto why = answer_with(
        kind, std::string("HTTP/1.1 429 Too Many Requests\r\nRetry-After: ") + date + "\r\n\r\n",
        Reason::http_status);
    expect_equal(why.cause.http_status, 429, "status");
    expect(why.cause.retry_after_seconds.has_value(), "Retry-After is missing");
    const std::uint32_t seconds = *why.cause.retry_after_seconds;
    expect(seconds >= 60 && seconds <= 121, "Retry-After is not about two minutes");
}

void redirect(const TransportKind& kind) {
    const auto why = answer_with(
        kind, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", Reason::http_status);
    expect_equal(why.cause.http_status, 302, "status");
    expect(!why.cause.retry_after_seconds, "there is a Retry-After");
}

void wrong_accept_key(const TransportKind& kind) {
    answer_with(kind,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: c3R1cGlkIHZhbHVlIGhlcmUhISE=\r\n\r\n",
                Reason::handshake_invalid);
}

void not_http(const TransportKind& kind) {
    answer_with(kind, "SSH-2.0-OpenSSH_9.2p1\r\n\r\n", Reason::handshake_invalid);
}

void head_above_the_limit(const TransportKind& kind) {
    answer_with(kind, "HTTP/1.1 101 Switching Protocols\r\nX-Fill: " + std::string(4096, 'x'),
                Reason::handshake_invalid);
}

void subprotocol_not_asked_for(const TransportKind& kind) {
    Listener listener;
    Harness harness(kind, plain_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    peer.upgrade("Sec-WebSocket-Protocol: surprise\r\n");
    expect_ended(harness.recorder(), Reason::handshake_invalid);
}

void answer_in_single_bytes(const TransportKind& kind) {
    Listener listener;
    Harness harness(kind, plain_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    const std::string refusal = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    peer.read_until("\r\n\r\n");
    for (const char byte : refusal) peer.write(std::string_view(&byte, 1));
    const auto why = expect_ended(harness.recorder(), Reason::http_status);
    expect_equal(why.cause.http_status, 404, "status");
}

void closed_before_the_answer(const TransportKind& kind) {
    Listener listener;
    Harness harness(kind, plain_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    peer.read_until("\r\n\r\n");
    peer.close();
    expect_ended(harness.recorder(), Reason::connection_lost);
}

void reset_before_the_answer(const TransportKind& kind) {
    Listener listener;
    Harness harness(kind, plain_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    peer.read_until("\r\n\r\n");
    peer.reset();
    expect_ended(harness.recorder(), Reason::connection_lost);
}

void nobody_listens(const TransportKind& kind) {
    Listener listener;
    const std::uint16_t port = listener.port();
    listener.close();
    Harness harness(kind, plain_settings(port));
    harness.open();
    expect_ended(harness.recorder(), Reason::connect_failed);
}

void name_that_does_not_exist(const TransportKind& kind) {
    driver::TransportSettings settings = plain_settings(1);
    // A label above 63 bytes: no resolver asks anybody about it.
    settings.host = std::string(80, 'a') + ".example";
    Harness harness(kind, settings);
    harness.open();
    expect_ended(harness.recorder(), Reason::resolve_failed);
}

void no_secret_in_the_text(const TransportKind& kind) {
    Listener listener;
    driver::TransportSettings settings = plain_settings(listener.port());
    settings.target = "/?token=canary";
    settings.headers = {{"Authorization", "Bearer canary"}};
    Harness harness(kind, settings);
    harness.open();
    Peer peer = listener.accept();
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 401 canary\r\nX-Echo: canary\r\n\r\n");
    const auto why = expect_ended(harness.recorder(), Reason::http_status);
    expect_equal(why.cause.http_status, 401, "status");
    expect(why.text.find("canary") == std::string::npos, "the text repeats a secret");
}

}  // namespace

std::vector<ContractCase> opening_cases() {
    return {
        {"open: headers and subprotocols -> sent, the choice is reported", headers_and_subprotocol},
        {"open: a host name -> steps are reported in order", progress_of_a_name},
        {"open: frames behind the answer -> delivered, also a split one", frames_behind_the_answer},
        {"open: 503 with Retry-After in seconds -> http_status", status_with_retry_after},
        {"open: 429 with Retry-After as a date -> http_status", status_with_retry_date},
        {"open: redirect -> http_status, not followed", redirect},
        {"open: wrong accept key -> handshake_invalid", wrong_accept_key},
        {"open: answer is not HTTP -> handshake_invalid", not_http},
        {"open: answer above the header limit -> handshake_invalid", head_above_the_limit},
        {"open: subprotocol nobody asked for -> handshake_invalid", subprotocol_not_asked_for},
        {"open: answer in single bytes -> read whole", answer_in_single_bytes},
        {"open: server closes before it answers -> connection_lost", closed_before_the_answer},
        {"open: server resets before it answers -> connection_lost", reset_before_the_answer},
        {"open: nobody listens -> connect_failed", nobody_listens},
        {"open: name does not exist -> resolve_failed", name_that_does_not_exist},
        {"open: refused with our token in the answer -> not in the text", no_secret_in_the_text},
    };
}

}  // namespace graceline::tests
