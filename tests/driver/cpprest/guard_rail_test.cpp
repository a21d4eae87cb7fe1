// The guard rails: release at once whatever the peer does, nothing piles up, secrets stay in.
// Must not assert times that a busy machine can miss: they are printed, with generous bounds.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <iostream>
#include <thread>

#include "tests/driver/cpprest/harness.hpp"
#include "tests/driver/cpprest/scripted_server.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {

using driver::SendResult;
using engine::Reason;
using websocket::Opcode;
using Clock = std::chrono::steady_clock;

namespace {

double ms_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

const Certificate& authority() {
    static const Certificate made = make_certificate({.common_name = "test CA", .authority = true});
    return made;
}

ScriptedServer::Options server_options(bool tls) {
    ScriptedServer::Options options;
    if (tls) {
        options.certificate = make_certificate({.alternative_names = "IP:127.0.0.1"}, &authority());
    }
    return options;
}

driver::TransportSettings settings_for(const ScriptedServer& server, bool tls) {
    return tls ? tls_settings(server.port(), authority().certificate_pem)
               : plain_settings(server.port());
}

void echo(ServerConnection& connection) {
    connection.upgrade();
    connection.echo_until_close();
}

// Until cpprestsdk's object would have to wait for the server to get rid of its bytes.
void fill_the_pipes(Session& session) {
    const std::string block(100'000, 'f');
    while (session.send(block) == SendResult::accepted) {
        REQUIRE(session.last_offset < 1'000'000'000);
    }
}

}  // namespace

TEST_CASE("cpprest: abort with a frozen peer and full pipes -> released within milliseconds",
          "[driver][cpprest]") {
    const bool tls = GENERATE(false, true);
    const bool closing = GENERATE(false, true);
    ScriptedServer server(
        [](ServerConnection& connection) {
            connection.upgrade();
            connection.freeze();
        },
        server_options(tls));
    auto session = std::make_unique<Session>(settings_for(server, tls));
    session->open();
    REQUIRE(session->listener.wait_opened());
    fill_the_pipes(*session);
    if (closing) session->close(1000);
    const auto start = Clock::now();
    session->abort();
    const double abort_ms = ms_since(start);
    REQUIRE(wait_reaped());
    const double reaped_ms = ms_since(start);
    std::cout << "frozen peer, " << (tls ? "wss" : "ws") << (closing ? ", closing" : "")
              << ": abort " << abort_ms << " ms, object destroyed " << reaped_ms << " ms\n";
    CHECK(abort_ms < 100);
    CHECK(reaped_ms < 2500);
    CHECK_FALSE(session->listener.record().ended);
}

TEST_CASE("cpprest: dropped in every state -> silent, reaped, nothing left behind",
          "[driver][cpprest]") {
    enum class Moment { unopened, opening, securing, upgrading, open, closing, ended };
    const auto moment = GENERATE(Moment::unopened, Moment::opening, Moment::securing,
                                 Moment::upgrading, Moment::open, Moment::closing, Moment::ended);
    const bool on_io_thread = GENERATE(true, false);
    const bool tls = moment == Moment::securing;
    ScriptedServer server([&](ServerConnection& connection) {
        if (moment == Moment::upgrading || moment == Moment::securing) connection.freeze();
        connection.upgrade();
        if (moment == Moment::ended) return;
        connection.freeze();
    });
    Session session(tls ? tls_settings(server.port(), authority().certificate_pem)
                        : plain_settings(server.port()));
    const auto step = tls ? driver::OpeningStep::securing : driver::OpeningStep::upgrading;
    if (moment != Moment::unopened) session.open();
    if (moment == Moment::upgrading || moment == Moment::securing) {
        REQUIRE(session.listener.wait(
            [&](const auto& r) { return !r.steps.empty() && r.steps.back() == step; }));
    }
    if (moment == Moment::open || moment == Moment::closing) {
        REQUIRE(session.listener.wait_opened());
        session.send("on its way");
    }
    if (moment == Moment::closing) session.close(1000);
    if (moment == Moment::ended) REQUIRE(session.listener.wait_ended());
    if (on_io_thread) {
        on_loop(*session.loop, [&] { session.transport = nullptr; });
    } else {
        session.transport = nullptr;
        on_loop(*session.loop, [] {});
    }
    const auto calls = session.listener.record().ended_calls;
    REQUIRE(wait_reaped());
    on_loop(*session.loop, [] {});
    CHECK(session.listener.record().ended_calls == calls);
    CHECK(calls == (moment == Moment::ended ? 1U : 0U));
}

TEST_CASE("cpprest: many times open and abort -> no descriptor and no thread stays",
          "[driver][cpprest]") {
    const bool tls = GENERATE(false, true);
    ScriptedServer server(echo, server_options(tls));
    const auto loop = driver::Loop::acquire();
    const auto cycle = [&](int i) {
        Session session(settings_for(server, tls), loop);
        session.open();
        // Every third is aborted while it opens, the others when they are open.
        if (i % 3 != 0) REQUIRE(session.listener.wait_opened());
        if (i % 3 == 2) session.send("x");
        session.abort();
    };
    for (int i = 0; i < 9; ++i) cycle(i);
    REQUIRE(wait_reaped());
    REQUIRE(server.wait_idle());
    const auto descriptors = open_descriptors();
    const auto threads = running_threads();
    // With TLS each attempt loads the system's store, so fewer must do.
    for (int i = 0; i < (tls ? 60 : 200); ++i) cycle(i);
    REQUIRE(wait_reaped());
    REQUIRE(server.wait_idle());
    std::cout << (tls ? "wss" : "ws") << ": descriptors " << descriptors << " -> "
              << open_descriptors() << ", threads " << threads << " -> " << running_threads()
              << "\n";
    CHECK(open_descriptors() <= descriptors);
    // The reaper's own thread may still be on its way out.
    CHECK(running_threads() <= threads + 1);
}

TEST_CASE("cpprest: the listener is full -> the server is held up, memory bounded, nothing lost",
          "[driver][cpprest]") {
    const bool tls = GENERATE(false, true);
    constexpr std::size_t kMessages = 40'000;
    constexpr std::size_t kSize = 1000;
    std::atomic<std::size_t> written{0};
    ScriptedServer server(
        [&](ServerConnection& connection) {
            connection.upgrade();
            const std::string text(kSize, 'm');
            for (; written < kMessages; ++written) connection.write_frame(Opcode::text, text);
            connection.echo_until_close();
        },
        server_options(tls));
    Session session(settings_for(server, tls));
    session.listener.keep_payloads = false;
    session.listener.set_full(true);
    session.open();
    REQUIRE(session.listener.wait([](const auto& r) { return r.message_count > 0; }));
    // Nothing says that the writer is stuck; it is when it made no progress for a while.
    for (std::size_t seen = 0; seen != written;) {
        seen = written;
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    std::cout << (tls ? "wss" : "ws") << ": held up after " << written << " of " << kMessages
              << " messages of " << kSize << " bytes, given out "
              << session.listener.record().message_count << "\n";
    CHECK(written < kMessages);
    session.listener.set_full(false);
    session.resume_reading();
    CHECK(session.listener.wait([](const auto& r) { return r.message_count == kMessages; }));
    CHECK(session.listener.record().message_bytes == kMessages * kSize);
}

TEST_CASE("cpprest: the peer does not read -> send says full, and goes on when it reads again",
          "[driver][cpprest]") {
    const bool tls = GENERATE(false, true);
    std::promise<void> read_on;
    std::atomic<std::size_t> received{0};
    ScriptedServer server(
        [&](ServerConnection& connection) {
            connection.upgrade();
            read_on.get_future().wait();
            while (connection.read_frame().opcode == Opcode::text) ++received;
        },
        server_options(tls));
    auto settings = settings_for(server, tls);
    settings.write_buffer_bytes = 256 * 1024;
    Session session(settings);
    session.open();
    REQUIRE(session.listener.wait_opened());
    std::size_t accepted = 0;
    const std::string text(4000, 's');
    // Full for good is when no flush comes any more.
    for (int idle = 0; idle < 20;) {
        if (session.send(text) == SendResult::accepted) {
            ++accepted;
            idle = 0;
            REQUIRE(accepted < 100'000);
        } else {
            ++idle;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }
    const auto offset = session.last_offset;
    CHECK(session.listener.record().flushed + settings.write_buffer_bytes >= offset);
    CHECK(session.listener.record().flushed < offset);
    read_on.set_value();
    CHECK(session.listener.wait([&](const auto& r) { return r.flushed == offset; }));
    CHECK(session.send(text) == SendResult::accepted);
    session.close(1000);
    CHECK(session.listener.wait_ended());
    CHECK(received == accepted + 1);
}

TEST_CASE("cpprest: two small sends in a row -> no Nagle stall", "[driver][cpprest]") {
    ScriptedServer server([](ServerConnection& connection) {
        connection.upgrade();
        for (;;) {
            connection.read_frame();
            connection.read_frame();
            connection.write_frame(Opcode::text, "both");
        }
    });
    Session session(plain_settings(server.port()));
    session.open();
    REQUIRE(session.listener.wait_opened());
    constexpr std::size_t kPairs = 50;
    std::vector<double> times;
    for (std::size_t i = 1; i <= kPairs; ++i) {
        const auto start = Clock::now();
        session.send("one");
        session.send("two");
        REQUIRE(session.listener.wait([&](const auto& r) { return r.message_count == i; }));
        times.push_back(ms_since(start));
    }
    std::sort(times.begin(), times.end());
    std::cout << "pair of small sends: median " << times[kPairs / 2] << " ms\n";
    CHECK(times[kPairs / 2] < 20);  // 43 ms with Nagle's algorithm and delayed acknowledgements.
}

TEST_CASE("cpprest: through an HTTP proxy with credentials -> tunnel, refusals told apart",
          "[driver][cpprest]") {
    const bool tls = GENERATE(false, true);
    ScriptedServer server(echo, server_options(tls));
    std::mutex mutex;
    std::string asked;
    ScriptedServer proxy([&](ServerConnection& connection) {
        const auto head = connection.read_head();
        {
            const std::lock_guard lock(mutex);
            asked = head;
        }
        if (head.find("Proxy-Authorization: Basic dXNlcjpjYW5hcnk=\r\n") == std::string::npos) {
            connection.write("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        connection.write("HTTP/1.1 200 Connected\r\n\r\n");
        connection.splice_to(server.port());
    });
    auto settings = settings_for(server, tls);
    settings.proxy = {"127.0.0.1", proxy.port(), "user", "canary"};
    {
        Session session(settings);
        session.open();
        REQUIRE(session.listener.wait_opened());
        session.send("through");
        REQUIRE(session.listener.wait([](const auto& r) { return r.message_count == 1; }));
        const std::lock_guard lock(mutex);
        CHECK(
            asked.starts_with("CONNECT 127.0.0.1:" + std::to_string(server.port()) + " HTTP/1.1"));
    }
    settings.proxy.password = "wrong-canary";
    Session refused(settings);
    refused.open();
    REQUIRE(refused.listener.wait_ended());
    CHECK(refused.listener.record().ended->cause.reason == Reason::proxy_auth_refused);
    CHECK(refused.listener.record().ended->text.find("canary") == std::string::npos);
}

TEST_CASE("cpprest: a certificate that is not trusted -> refused with its reason",
          "[driver][cpprest]") {
    struct Row {
        const char* what;
        CertificateWish wish;
        bool other_authority;
    };
    CertificateWish good;
    good.alternative_names = "IP:127.0.0.1";
    CertificateWish wrong_name = good;
    wrong_name.alternative_names = "DNS:example.org,IP:127.0.0.2";
    CertificateWish only_common_name;
    only_common_name.common_name = "127.0.0.1";
    CertificateWish expired = good;
    expired.valid_from_seconds = -7200;
    expired.valid_to_seconds = -3600;
    CertificateWish not_yet = good;
    not_yet.valid_from_seconds = 3600;
    not_yet.valid_to_seconds = 7200;
    const auto row =
        GENERATE_COPY(Row{"another authority", good, true}, Row{"wrong name", wrong_name, false},
                      Row{"common name only", only_common_name, false},
                      Row{"expired", expired, false}, Row{"not yet valid", not_yet, false});
    INFO(row.what);
    const auto other = make_certificate({.common_name = "other CA", .authority = true});
    ScriptedServer::Options options;
    options.certificate = make_certificate(row.wish, row.other_authority ? &other : &authority());
    ScriptedServer server(echo, options);
    Session session(tls_settings(server.port(), authority().certificate_pem));
    session.open();
    REQUIRE(session.listener.wait_ended());
    CHECK_FALSE(session.listener.record().opened);
    CHECK(session.listener.record().ended->cause.reason == Reason::certificate_refused);

    auto insecure = tls_settings(server.port(), {});
    insecure.tls.verify = false;
    Session trusting(insecure);
    trusting.open();
    CHECK(trusting.listener.wait_opened());
}

TEST_CASE("cpprest: the system store is off and no CA given -> nobody is trusted",
          "[driver][cpprest]") {
    ScriptedServer server(echo, server_options(true));
    Session session(tls_settings(server.port(), {}));
    session.open();
    REQUIRE(session.listener.wait_ended());
    CHECK(session.listener.record().ended->cause.reason == Reason::certificate_refused);
}

TEST_CASE("cpprest: public key pins -> checked after the chain, also with verify off",
          "[driver][cpprest]") {
    auto options = server_options(true);
    ScriptedServer server(echo, options);
    const bool verify = GENERATE(true, false);
    auto settings = tls_settings(server.port(), authority().certificate_pem);
    settings.tls.verify = verify;
    settings.tls.pins = {authority().pin, options.certificate->pin};
    Session pinned(settings);
    pinned.open();
    CHECK(pinned.listener.wait_opened());
    settings.tls.pins = {driver::PublicKeyPin{}};
    Session other(settings);
    other.open();
    REQUIRE(other.listener.wait_ended());
    CHECK(other.listener.record().ended->cause.reason == Reason::pin_mismatch);
}

TEST_CASE("cpprest: own server name -> verified instead of the host", "[driver][cpprest]") {
    ScriptedServer::Options options;
    options.certificate = make_certificate({.alternative_names = "DNS:inner.test"}, &authority());
    ScriptedServer server(echo, options);
    auto settings = tls_settings(server.port(), authority().certificate_pem);
    settings.tls.server_name = "inner.test";
    Session named(settings);
    named.open();
    CHECK(named.listener.wait_opened());
    settings.tls.server_name = "outer.test";
    Session other(settings);
    other.open();
    REQUIRE(other.listener.wait_ended());
    CHECK(other.listener.record().ended->cause.reason == Reason::certificate_refused);
}

TEST_CASE("cpprest: client certificate -> shown; a broken one is named", "[driver][cpprest]") {
    auto options = server_options(true);
    options.client_authority_pem = authority().certificate_pem;
    ScriptedServer server(echo, options);
    const auto mine = make_certificate({.common_name = "client"}, &authority());
    auto settings = tls_settings(server.port(), authority().certificate_pem);
    settings.tls.client_certificate_pem = mine.certificate_pem;
    settings.tls.client_key_pem = mine.key_pem;
    Session shown(settings);
    shown.open();
    CHECK(shown.listener.wait_opened());

    settings.tls.client_key_pem = "not a key";
    Session broken(settings);
    broken.open();
    REQUIRE(broken.listener.wait_ended());
    CHECK(broken.listener.record().ended->cause.reason == Reason::tls_failed);
    CHECK(broken.listener.record().ended->text.find("client key") != std::string::npos);
}

TEST_CASE("cpprest: a CA setting without a certificate -> fails, not ignored",
          "[driver][cpprest]") {
    ScriptedServer server(echo, server_options(true));
    Session session(tls_settings(server.port(), "no pem"));
    session.open();
    REQUIRE(session.listener.wait_ended());
    CHECK(session.listener.record().ended->cause.reason == Reason::tls_failed);
}

}  // namespace graceline::tests
