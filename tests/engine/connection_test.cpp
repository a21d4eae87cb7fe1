// SPEC section 4: one attempt at a time, time-outs, backoff, server advice, the network, liveness.
// Must not test the window (window_test.cpp, faults_test.cpp).
#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

using Step = input::TransportProgress::Step;

namespace {

/// Fails the attempt under way and starts the next one.
Duration fail_and_wait(Harness& h) {
    h.lost();
    REQUIRE(h.state() == ConnectionState::backoff);
    const auto wait = h.until_deadline();
    h.advance(wait);
    REQUIRE(h.state() == ConnectionState::opening);
    return wait;
}

}  // namespace

TEST_CASE("connection: auto mode -> opens at start; manual mode -> at connect()", "[engine]") {
    Harness a;
    CHECK(a.status() == ConnectionStatus::disconnected);
    CHECK(a.reason() == Reason::not_started);
    a.start();
    CHECK(a.count<output::OpenTransport>() == 1);
    CHECK(a.status() == ConnectionStatus::connecting);

    Harness m(manual());
    m.start();
    CHECK(m.count<output::OpenTransport>() == 0);
    m.connect();
    CHECK(m.count<output::OpenTransport>() == 1);
}

TEST_CASE("connection: start() and connect() again -> still one attempt", "[engine]") {
    Harness h;
    h.start();
    h.start();
    h.connect();
    h.connect();
    CHECK(h.count<output::OpenTransport>() == 1);
    h.finish_opening();
    h.connect();
    CHECK(h.count<output::OpenTransport>() == 1);
}

TEST_CASE("connection: the way up -> phases in order, one status each", "[engine]") {
    Harness h;
    h.start();
    CHECK(h.engine.phase() == Phase::resolving);
    h.progress(Step::connecting);
    CHECK(h.engine.phase() == Phase::connecting);
    h.progress(Step::securing);
    CHECK(h.engine.phase() == Phase::securing);
    h.progress(Step::upgrading);
    CHECK(h.engine.phase() == Phase::upgrading);
    h.progress(Step::connecting);  // A happy-eyeballs loser: never backwards.
    CHECK(h.engine.phase() == Phase::upgrading);
    h.transport_opened();
    CHECK(h.engine.phase() == Phase::opening_session);
    CHECK(h.count<output::OpenSession>() == 1);
    CHECK(h.status() == ConnectionStatus::connecting);
    h.session_opened();
    CHECK(h.engine.phase() == Phase::open);
    const auto changes = h.all<output::StatusChanged>();
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].status == ConnectionStatus::connecting);
    CHECK(changes[1].status == ConnectionStatus::connected);
    CHECK(changes[1].cause.reason == Reason::none);
}

TEST_CASE("time-outs: each step of opening -> its own bound and reason", "[engine]") {
    struct Row {
        const char* name;
        std::function<void(Harness&)> reach;
        milliseconds bound;
        Reason reason;
    };
    const std::vector<Row> rows = {
        {"resolving", [](Harness&) {}, milliseconds(5'000), Reason::resolve_timeout},
        {"connecting", [](Harness& h) { h.progress(Step::connecting); }, milliseconds(15'000),
         Reason::connect_timeout},
        {"session", [](Harness& h) { h.transport_opened(); }, milliseconds(10'000),
         Reason::session_timeout},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        Harness h;
        h.start();
        row.reach(h);
        h.advance(row.bound - milliseconds(1));
        CHECK(h.count<output::AbortTransport>() == 0);
        h.advance(milliseconds(1));
        CHECK(h.count<output::AbortTransport>() == 1);
        CHECK(h.state() == ConnectionState::backoff);
        CHECK(h.reason() == row.reason);
    }
}

TEST_CASE("time-outs: TCP, TLS and upgrade -> 15 s in all, not each", "[engine]") {
    Harness h;
    h.start();
    h.advance(seconds(4));
    h.progress(Step::connecting);
    h.advance(seconds(6));
    h.progress(Step::securing);
    h.advance(seconds(6));
    h.progress(Step::upgrading);
    CHECK(h.until_deadline() == milliseconds(3'000));
}

TEST_CASE("time-outs: a step read after a freeze -> gives no time anew", "[engine]") {
    Harness h;
    h.start();
    h.freeze(seconds(17));
    h.progress(Step::connecting);
    h.advance(seconds(0));
    CHECK(h.count<output::AbortTransport>() == 1);
    CHECK(h.reason() == Reason::resolve_timeout);
}

TEST_CASE("generations: what an old attempt says -> changes nothing", "[engine]") {
    Harness h;
    h.start();
    const auto old = h.engine.generation();
    fail_and_wait(h);
    REQUIRE(h.engine.generation() == old + 1);
    h.forget();
    const std::vector<Input> late = {input::TransportProgress{old, Step::upgrading},
                                     input::TransportOpened{old},
                                     input::SessionOpened{old, input::SessionStart::fresh},
                                     input::FramesRead{old, 5},
                                     input::TransportEnded{old, {Reason::pin_mismatch, 0, 0, {}}},
                                     input::ReadingPaused{old},
                                     input::ReadingResumed{old},
                                     input::PongRead{old, {}}};
    for (const bool up : {false, true}) {
        if (up) h.finish_opening();
        h.forget();
        const auto facts = h.engine.facts();
        const auto deadline = h.engine.next_deadline();
        for (const auto& input : late) h.handle(input);
        CHECK(h.seen.empty());
        CHECK(h.engine.facts() == facts);
        CHECK(h.engine.next_deadline() == deadline);
    }
}

TEST_CASE("generations: the same attempt after its abort -> changes nothing", "[engine]") {
    Harness h;
    h.start();
    h.disconnect();
    h.forget();
    h.transport_opened();
    h.session_opened();
    h.lost();
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.seen.empty());
}

TEST_CASE("backoff: failures in a row -> full jitter under a doubling ceiling", "[engine]") {
    Duration longest{};
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Options options;
        options.seed = seed;
        Harness h(options);
        h.start();
        auto ceiling = milliseconds(500);
        for (int failure = 1; failure <= 10; ++failure) {
            h.forget();
            const auto wait = fail_and_wait(h);
            CHECK(wait >= Duration::zero());
            CHECK(wait <= ceiling);
            longest = std::max(longest, wait);
            const auto waiting = h.all<output::StatusChanged>();
            REQUIRE(waiting.size() == 1);
            CHECK(waiting[0].retry_in == wait);
            CHECK(waiting[0].attempt == static_cast<std::uint32_t>(failure));
            ceiling = std::min(ceiling * 2, milliseconds(30'000));
        }
    }
    CHECK(longest > seconds(20));  // The ceiling is used, not only respected.
}

TEST_CASE("backoff: up for ten seconds -> the next failure counts as the first", "[engine]") {
    for (const bool stable : {true, false}) {
        Harness h;
        h.start();
        for (int i = 0; i < 8; ++i) fail_and_wait(h);
        h.finish_opening();
        h.advance(stable ? milliseconds(10'000) : milliseconds(9'999));
        h.lost();
        CHECK((h.engine.attempt() == 0) == stable);
        if (stable) CHECK(h.until_deadline() <= milliseconds(500));
    }
}

TEST_CASE("backoff: connect(), a return, the network back -> the wait is skipped", "[engine]") {
    const std::vector<std::pair<const char*, std::function<void(Harness&)>>> skips = {
        {"connect", [](Harness& h) { h.connect(); }},
        {"return", [](Harness& h) { h.active(); }},
        {"network", [](Harness& h) { h.network(Network::available); }},
    };
    for (const auto& [name, skip] : skips) {
        INFO(name);
        Options options;
        options.backoff.initial = std::chrono::minutes(4);
        options.backoff.maximum = std::chrono::minutes(4);
        Harness h(options);
        h.start();
        h.resign();
        h.lost();
        REQUIRE(h.state() == ConnectionState::backoff);
        h.forget();
        skip(h);
        CHECK(h.count<output::OpenTransport>() == 1);
    }
}

TEST_CASE("limits: attempts -> after that many failures terminal, connect() begins anew",
          "[engine]") {
    Options options;
    options.backoff.attempts = 3;
    Harness h(options);
    h.start();
    fail_and_wait(h);
    fail_and_wait(h);
    h.lost();
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.reason() == Reason::retry_limit);
    CHECK(h.status() == ConnectionStatus::disconnected);
    CHECK(h.engine.generation() == 3);
    h.connect();
    CHECK(h.engine.attempt() == 1);
    CHECK(h.state() == ConnectionState::opening);
}

TEST_CASE("limits: total time -> no attempt is begun after it", "[engine]") {
    Options options;
    options.backoff.total = std::chrono::minutes(2);
    Harness h(options);
    h.start();
    while (h.state() != ConnectionState::idle) {
        h.advance(seconds(20));
        if (has_socket(h.state())) h.lost();
        REQUIRE(h.now < Instant{} + std::chrono::minutes(4));
    }
    CHECK(h.reason() == Reason::retry_limit);
    CHECK(h.now >= Instant{} + std::chrono::minutes(2));
}

TEST_CASE("liveness: silence -> a ping after 25 s, a dead peer 10 s later", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    const auto silent_since = h.now;
    h.advance(milliseconds(24'999));
    CHECK(h.count<output::SendPing>() == 0);
    h.advance(milliseconds(1));
    CHECK(h.count<output::SendPing>() == 1);
    h.advance(milliseconds(9'999));
    CHECK(h.state() == ConnectionState::open);
    h.advance(milliseconds(1));
    CHECK(h.state() == ConnectionState::backoff);
    CHECK(h.reason() == Reason::pong_timeout);
    CHECK(h.count<output::AbortTransport>() == 1);
    h.advance(seconds(1));
    h.finish_opening();
    CHECK(h.one<output::GapJudged>().gap.since == silent_since);
}

TEST_CASE("liveness: any frame -> counts as life, also instead of the pong", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    for (int i = 0; i < 20; ++i) {
        h.advance(seconds(20));
        h.frame();
    }
    CHECK(h.count<output::SendPing>() == 0);
    h.advance(seconds(30));
    REQUIRE(h.count<output::SendPing>() == 1);
    h.frame();
    CHECK(h.until_deadline() == seconds(25));
}

TEST_CASE("liveness: an idle connection -> woken once an interval only", "[engine]") {
    Harness h;
    h.connect_up();
    int wakes = 0;
    const auto end = h.now + std::chrono::minutes(10);
    while (*h.engine.next_deadline() <= end) {
        h.now = *h.engine.next_deadline();
        h.tick();
        ++wakes;
    }
    CHECK(wakes == 24);
    CHECK(h.count<output::SendPing>() == 24);
}

TEST_CASE("liveness: pings switched off -> no timer at all in the foreground", "[engine]") {
    Options options;
    options.ping_interval = std::nullopt;
    Harness h(options);
    h.connect_up();
    CHECK_FALSE(h.engine.next_deadline());
}

TEST_CASE("ping(): no answer -> one completion that says so", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.ping();
    CHECK(h.ping() == Outcome::ok);  // Joins the one under way.
    h.advance(milliseconds(10'000));
    const auto done = h.one<output::PingCompleted>();
    CHECK(done.round_trip == std::nullopt);
    CHECK(done.reason == Reason::pong_timeout);
}

TEST_CASE("ping(): the connection goes -> completed with its reason", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.ping();
    h.lost();
    CHECK(h.one<output::PingCompleted>().reason == Reason::connection_lost);
}

TEST_CASE("disconnect(): connected -> 1000, then idle; the peer never answers -> aborted",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_close = false;
    h.disconnect();
    CHECK(h.one<output::CloseTransport>().code == 1000);
    CHECK(h.status() == ConnectionStatus::disconnected);
    h.advance(milliseconds(1'000));
    CHECK(h.count<output::AbortTransport>() == 1);
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.count<output::StatusChanged>() == 1);
}

TEST_CASE("disconnect(): opening or waiting -> ended at once", "[engine]") {
    Harness h;
    h.start();
    h.disconnect();
    CHECK(h.count<output::AbortTransport>() == 1);
    CHECK(h.state() == ConnectionState::idle);
    h.connect();
    h.lost();
    h.disconnect();
    CHECK(h.state() == ConnectionState::idle);
    CHECK_FALSE(h.engine.next_deadline());
    // Without any connection it is remembered as the reason.
    h.disconnect();
    CHECK(h.reason() == Reason::disconnect_called);
}
