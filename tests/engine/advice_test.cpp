// SPEC section 4: server advice, the network as the host sees it, and what causes lead to.
// Must not test attempts and their times (connection_test.cpp).
#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

TEST_CASE("server advice: 429 and 503 with Retry-After -> feature_throttled for that long",
          "[engine]") {
    for (const auto status : std::initializer_list<std::uint16_t>{429, 503}) {
        Harness h;
        h.start();
        h.refused_with(status, 60);
        CHECK(h.status() == ConnectionStatus::feature_throttled);
        CHECK(h.engine.cause().http_status == status);
        CHECK(h.until_deadline() >= seconds(60));
        CHECK(h.until_deadline() <= seconds(66));
        h.forget();
        h.advance(seconds(60) - milliseconds(1));
        CHECK(h.count<output::OpenTransport>() == 0);
        h.advance(seconds(7));
        CHECK(h.count<output::OpenTransport>() == 1);
    }
}

TEST_CASE("server advice: 1012 and 1013 -> feature_throttled, without a figure 5 to 30 s",
          "[engine]") {
    for (const auto code : std::initializer_list<std::uint16_t>{1012, 1013}) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            Options options;
            options.seed = seed;
            Harness h(options);
            h.connect_up();
            h.closed_by_server(code);
            CHECK(h.status() == ConnectionStatus::feature_throttled);
            CHECK(h.engine.cause().close_code == code);
            CHECK(h.until_deadline() >= seconds(5));
            CHECK(h.until_deadline() <= seconds(30));
        }
    }
}

TEST_CASE("server advice: a huge Retry-After -> five minutes, no more", "[engine]") {
    for (const std::uint32_t advice : {300U, 301U, 86'400U, UINT32_MAX}) {
        Harness h;
        h.start();
        h.refused_with(503, advice);
        CHECK(h.until_deadline() == std::chrono::minutes(5));
    }
}

TEST_CASE("server advice: Retry-After on a retryable status -> held; on a terminal one -> not",
          "[engine]") {
    Harness h;
    h.start();
    h.refused_with(500, 40);
    CHECK(h.status() == ConnectionStatus::feature_throttled);
    Harness t;
    t.start();
    t.refused_with(404, 40);
    CHECK(t.status() == ConnectionStatus::disconnected);
}

TEST_CASE("server advice: connect(), returns, network changes -> nothing skips it", "[engine]") {
    Harness h;
    h.start();
    h.refused_with(503, 100);
    h.forget();
    h.connect();
    h.network(Network::off);
    h.network(Network::available);
    h.resign();
    h.active();
    h.clock_jumped();
    h.disconnect();
    CHECK(h.status() == ConnectionStatus::disconnected);
    h.connect();
    CHECK(h.status() == ConnectionStatus::feature_throttled);
    h.leave();
    h.advance(seconds(40));  // Past the window.
    REQUIRE(h.state() == ConnectionState::idle);
    h.come_back();
    CHECK(h.status() == ConnectionStatus::feature_throttled);
    CHECK(h.engine.cause().http_status == 503);
    CHECK(h.count<output::OpenTransport>() == 0);
    CHECK(h.until_deadline() >= seconds(60));
    h.advance(h.until_deadline());
    CHECK(h.count<output::OpenTransport>() == 1);
}

TEST_CASE("network off: nothing is tried; back again -> at once", "[engine]") {
    Harness h;
    h.network(Network::off);
    h.start();
    CHECK(h.state() == ConnectionState::network_off);
    CHECK(h.status() == ConnectionStatus::connecting);
    CHECK_FALSE(h.engine.next_deadline());
    h.advance(std::chrono::hours(2));
    h.connect();
    CHECK(h.count<output::OpenTransport>() == 0);
    h.network(Network::available);
    CHECK(h.count<output::OpenTransport>() == 1);
}

TEST_CASE("network off: while opening or waiting -> given up until it is back", "[engine]") {
    Harness h;
    h.start();
    h.network(Network::off);
    CHECK(h.count<output::AbortTransport>() == 1);
    CHECK(h.state() == ConnectionState::network_off);
    CHECK(h.reason() == Reason::network_off);
    h.network(Network::metered);
    CHECK(h.state() == ConnectionState::opening);
    h.lost();
    h.network(Network::off);
    CHECK(h.state() == ConnectionState::network_off);
    CHECK_FALSE(h.engine.next_deadline());
}

TEST_CASE("network off: while connected -> suspected, not cut; lost then -> waits for it",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.advance(seconds(10));
    h.forget();
    h.network(Network::off);
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.count<output::SendPing>() == 1);
    h.lost();
    CHECK(h.state() == ConnectionState::network_off);
}

TEST_CASE("network off: while the server holds us -> the hold first, then the network",
          "[engine]") {
    Harness h;
    h.start();
    h.refused_with(503, 10);
    h.network(Network::off);
    CHECK(h.status() == ConnectionStatus::feature_throttled);
    h.forget();
    h.advance(seconds(20));
    CHECK(h.state() == ConnectionState::network_off);
    CHECK(h.count<output::OpenTransport>() == 0);
    h.network(Network::available);
    CHECK(h.count<output::OpenTransport>() == 1);
}

TEST_CASE("network change: connection open -> a suspect event", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.advance(seconds(10));
    h.network(Network::available);
    CHECK(h.engine.phase() == Phase::probing);
    h.advance(seconds(2));
    CHECK(h.state() == ConnectionState::opening);  // Without backoff.
}

TEST_CASE("dispositions: terminal causes -> disconnected with the cause, no timer", "[engine]") {
    const std::vector<Failure> terminal = {
        {Reason::pin_mismatch, 0, 0, {}},        {Reason::protocol_error, 0, 0, {}},
        {Reason::message_too_big, 0, 0, {}},     {Reason::handshake_invalid, 0, 0, {}},
        {Reason::http_status, 0, 404, {}},       {Reason::http_status, 0, 301, {}},
        {Reason::closed_by_server, 1002, 0, {}}, {Reason::closed_by_server, 1009, 0, {}},
    };
    for (const auto& why : terminal) {
        INFO(to_string(why.reason) << ' ' << why.close_code << ' ' << why.http_status);
        Harness h;
        h.connect_up();
        h.transport_ended(why);
        CHECK(h.status() == ConnectionStatus::disconnected);
        CHECK(h.engine.cause() == why);
        CHECK_FALSE(h.engine.wanted());
        CHECK_FALSE(h.engine.next_deadline());
        // A terminal cause is not an expiry: the return does not revive, connect() does.
        h.leave();
        h.come_back();
        CHECK(h.state() == ConnectionState::idle);
        h.connect();
        CHECK(h.state() == ConnectionState::opening);
    }
}

TEST_CASE("dispositions: a refused fixed token -> auth_refused, terminal", "[engine]") {
    for (const auto status : std::initializer_list<std::uint16_t>{401, 403}) {
        Harness h;
        h.start();
        h.refused_with(status);
        CHECK(h.reason() == Reason::auth_refused);
        CHECK(h.engine.cause().http_status == status);
        CHECK(h.state() == ConnectionState::idle);
    }
}

TEST_CASE("dispositions: a refused certificate -> retried, but slowly", "[engine]") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Options options;
        options.seed = seed;
        Harness h(options);
        h.start();
        h.transport_ended({Reason::certificate_refused, 0, 0, {}});
        CHECK(h.state() == ConnectionState::backoff);
        CHECK(h.until_deadline() >= seconds(15));
        CHECK(h.until_deadline() <= seconds(30));
    }
}

TEST_CASE("dispositions: the host's own rows -> win over the table", "[engine]") {
    Options options;
    options.dispositions = {{4000, 0, Disposition::terminal}, {0, 404, Disposition::retry}};
    Harness h(options);
    h.start();
    h.refused_with(404);
    CHECK(h.state() == ConnectionState::backoff);
    h.advance(seconds(1));
    h.finish_opening();
    h.closed_by_server(4000);
    CHECK(h.state() == ConnectionState::idle);
    CHECK_FALSE(h.engine.wanted());
}

TEST_CASE("server advice: given to the last allowed try -> a connect() waits for it all the same",
          "[engine]") {
    Options options;
    options.backoff.attempts = 1;
    Harness h(options);
    h.start();
    h.refused_with(503, 60);
    REQUIRE(h.reason() == Reason::retry_limit);
    h.forget();
    h.connect();
    CHECK(h.status() == ConnectionStatus::feature_throttled);
    CHECK(h.count<output::OpenTransport>() == 0);
    h.advance(seconds(90));
    CHECK(h.count<output::OpenTransport>() == 1);
}
