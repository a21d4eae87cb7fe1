// SPEC section 3: what goes wrong around the window (R15 to R18, R20, R21, R25).
// Must not test reconnecting as such (connection_test.cpp).
#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

TEST_CASE("R15: connecting when backgrounded -> goes on inside the window", "[engine]") {
    Harness h;
    h.start();
    h.leave();
    h.advance(seconds(2));
    CHECK(h.count<output::AbortTransport>() == 0);
    h.finish_opening();
    CHECK(h.enabled());
}

TEST_CASE("R15: connecting still at the deadline -> stopped, nothing else is tried", "[engine]") {
    Options options;
    options.connect_timeout = std::chrono::minutes(5);
    Harness h(options);
    h.start();
    h.progress(input::TransportProgress::Step::connecting);
    h.leave();
    h.advance(seconds(29));
    REQUIRE(h.state() == ConnectionState::opening);
    h.forget();
    h.advance(seconds(1));
    CHECK(h.count<output::AbortTransport>() == 1);
    CHECK(h.one<output::StatusChanged>().cause.reason == Reason::background_expired);
    CHECK(h.state() == ConnectionState::idle);
    h.advance(std::chrono::hours(1));
    CHECK(h.count<output::OpenTransport>() == 0);
}

TEST_CASE("R15: waiting for a retry at the deadline -> the retry never comes", "[engine]") {
    Harness h;
    h.connect_up();
    h.network(Network::off);
    h.leave();
    h.lost();
    REQUIRE(h.state() == ConnectionState::network_off);
    h.advance(seconds(30));
    CHECK(h.state() == ConnectionState::idle);
    h.forget();
    h.network(Network::available);
    h.advance(std::chrono::hours(1));
    CHECK(h.count<output::OpenTransport>() == 0);
}

TEST_CASE("R16: lost in the window -> reconnects inside it, and the gap counts", "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.advance(seconds(5));
    h.forget();
    h.lost();
    CHECK(h.status() == ConnectionStatus::connecting);
    CHECK_FALSE(h.enabled());
    h.advance(seconds(1));
    REQUIRE(h.state() == ConnectionState::opening);
    h.finish_opening();
    CHECK(h.one<output::GapJudged>().verdict == GapVerdict::unknown);
    CHECK(h.must_refresh());
    CHECK_FALSE(h.enabled());
    CHECK(h.remaining_ms() == 24'000);
    h.forget();
    h.come_back();
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::refresh);
}

TEST_CASE("R17: frozen past the deadline -> the first thing at waking is the expiry", "[engine]") {
    using Act = std::function<void(Harness&)>;
    const std::vector<std::pair<const char*, Act>> wakers = {
        {"tick", [](Harness& h) { h.tick(); }},
        {"bytes", [](Harness& h) { h.frame(); }},
        {"pong",
         [](Harness& h) {
             h.handle(input::PongRead{h.engine.generation(), {}});
         }},
        {"socket lost", [](Harness& h) { h.lost(); }},
        {"clock jump", [](Harness& h) { h.clock_jumped(); }},
        {"network", [](Harness& h) { h.network(Network::available); }},
        {"did_background", [](Harness& h) { h.background(); }},
        {"ping", [](Harness& h) { h.ping(); }},
        {"mark", [](Harness& h) { h.refresh(); }},
        {"os expiring", [](Harness& h) { h.handle(input::BackgroundTimeExpiring{}); }},
        {"terminate", [](Harness& h) { h.terminate(); }},
        {"disconnect", [](Harness& h) { h.disconnect(); }},
        {"close", [](Harness& h) { h.close(); }},
        {"resumed reading", [](Harness& h) { h.resume(); }},
    };
    for (const auto& [name, wake] : wakers) {
        for (const auto slept :
             {milliseconds(30'000), milliseconds(30'500), milliseconds(86'400'000)}) {
            INFO(name << " after " << slept.count() << " ms");
            Harness h;
            h.connect_up();
            h.leave();
            h.forget();
            h.freeze(slept);
            // The queries know before anybody has acted.
            CHECK_FALSE(h.enabled());
            CHECK(h.must_refresh());
            CHECK(h.remaining_ms() == 0);
            CHECK(h.status() == ConnectionStatus::disconnected);
            wake(h);
            const auto ended = h.one<output::BackgroundTaskEnded>();
            CHECK(ended.cause == TaskCause::expired);
            CHECK(std::holds_alternative<output::BackgroundTaskEnded>(h.seen.front()));
            CHECK(h.count<output::SendPing>() == 0);
            CHECK(h.count<output::OpenTransport>() == 0);
        }
    }
}

TEST_CASE("R17: frozen to before the deadline -> trust covers it, the return probes", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.leave();
    h.freeze(seconds(20));
    // Bytes that the kernel kept are read first; they prove nothing.
    h.frame();
    h.forget();
    h.active();
    CHECK_FALSE(h.enabled());
    CHECK(h.count<output::ReturnJudged>() == 0);
    CHECK(h.engine.phase() == Phase::probing);
}

TEST_CASE("R17: time never runs backwards -> an older now counts as the last", "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.advance(seconds(10));
    h.now -= seconds(9);
    h.tick();
    CHECK(h.remaining_ms() == 29'000);  // The query's own clock, the same deadline.
    h.now += seconds(9) + seconds(20);
    h.tick();
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
}

TEST_CASE("R18: a clock jump in the foreground -> a suspect socket is probed at once", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.freeze(std::chrono::hours(8));
    h.clock_jumped();
    CHECK(h.engine.phase() == Phase::probing);
    CHECK(h.status() == ConnectionStatus::connected);
    h.advance(milliseconds(2'000));
    CHECK(h.state() == ConnectionState::opening);
    CHECK(h.reason() == Reason::probe_failed);
}

TEST_CASE("R18: a clock jump right after a frame -> still trusted", "[engine]") {
    Harness h;
    h.connect_up();
    h.freeze(seconds(2));
    h.clock_jumped();
    CHECK(h.count<output::SendPing>() == 0);
    CHECK(h.engine.liveness().trusted());
}

TEST_CASE("R18: nobody reports the jump -> a timer that fires far too late tells", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.freeze(std::chrono::hours(8));
    h.frame();  // Kept by the kernel.
    CHECK(h.engine.phase() == Phase::probing);
}

TEST_CASE("R18: the end of the connection is read after the sleep -> no probe into nothing",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.freeze(std::chrono::hours(8));
    h.lost();
    CHECK(h.count<output::SendPing>() == 0);
    CHECK(h.state() != ConnectionState::open);
}

TEST_CASE("R18: asleep while a ping was out -> not taken for a dead peer before the probe",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.advance(seconds(26));  // The keepalive is out.
    REQUIRE(h.count<output::SendPing>() == 1);
    h.freeze(std::chrono::hours(1));
    h.tick();
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.engine.phase() == Phase::probing);
    h.pong(h.last<output::SendPing>().payload);
    CHECK(h.engine.phase() == Phase::open);
}

TEST_CASE("R20: will_terminate -> closed within 250 ms, task ended terminated", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.answers_close = false;
    h.leave();
    h.forget();
    h.terminate();
    CHECK(h.one<output::CloseTransport>().code == 1001);
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::terminated);
    CHECK(h.reason() == Reason::terminating);
    CHECK(h.until_deadline() <= milliseconds(250));
    h.advance(milliseconds(250));
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.os_ids_held() == 0);
}

TEST_CASE("R20: will_terminate while the deadline's close runs -> no longer than 250 ms more",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_close = false;
    h.leave();
    h.advance(seconds(30));
    h.terminate();
    h.advance(milliseconds(250));
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
}

TEST_CASE("R20: will_terminate in the foreground -> closed; twice is once", "[engine]") {
    Harness h;
    h.connect_up();
    h.terminate();
    h.terminate();
    CHECK(h.count<output::CloseTransport>() == 1);
    CHECK(h.state() == ConnectionState::idle);
}

TEST_CASE("R20: a cancelled quit -> auto mode revives as after an expiry, manual does not",
          "[engine]") {
    for (const bool is_auto : {true, false}) {
        Harness h(is_auto ? Options{} : manual());
        h.connect_up();
        h.leave();
        h.terminate();
        h.forget();
        h.active();
        CHECK(h.count<output::OpenTransport>() == (is_auto ? 1 : 0));
        CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::refresh);
    }
}

TEST_CASE("R20: disconnect(), then a cancelled quit -> stays disconnected", "[engine]") {
    Harness h;
    h.connect_up();
    h.disconnect();
    h.terminate();
    h.forget();
    h.active();
    CHECK(h.count<output::OpenTransport>() == 0);
}

TEST_CASE("R21: a terminal cause in the window -> task ended server, no retry", "[engine]") {
    for (const auto code :
         std::initializer_list<std::uint16_t>{1008, 4401, 4403, 1002, 1003, 1007, 1009, 1010}) {
        INFO(code);
        Harness h;
        h.connect_up();
        h.leave();
        h.forget();
        h.closed_by_server(code);
        CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::server);
        CHECK(h.status() == ConnectionStatus::disconnected);
        CHECK_FALSE(h.engine.next_deadline());
        h.come_back();
        h.advance(std::chrono::hours(1));
        CHECK(h.count<output::OpenTransport>() == 0);
        CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::refresh);
    }
}

TEST_CASE("R25: reading stopped by us -> no ping, no pong time-out, no dead peer", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.pause();
    h.advance(std::chrono::hours(3));
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.count<output::SendPing>() == 0);
}

TEST_CASE("R25: stopped while a ping is out -> its silence is not blamed on the server",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.advance(seconds(26));
    REQUIRE(h.count<output::SendPing>() == 1);
    h.pause();
    h.advance(seconds(60));
    CHECK(h.state() == ConnectionState::open);
    h.forget();
    h.resume();
    // The end of our own back-pressure is a suspect event.
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.engine.phase() == Phase::probing);
    CHECK(h.count<output::SendPing>() == 1);
}

TEST_CASE("R25: stopped while a probe is out -> no probe failure; asked anew afterwards",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.leave();
    h.advance(seconds(8));
    h.active();
    REQUIRE(h.engine.phase() == Phase::probing);
    h.pause();
    h.advance(seconds(30));
    CHECK(h.state() == ConnectionState::open);
    h.forget();
    h.resume();
    const auto probe = h.one<output::SendPing>();
    h.pong(probe.payload);
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::skip);
}

TEST_CASE("R25: lost while stopped -> the next socket is watched again", "[engine]") {
    Harness h;
    h.connect_up();
    h.pause();
    h.lost();
    h.connect();
    h.finish_opening();
    h.answers_pings = false;
    h.forget();
    h.advance(seconds(36));
    CHECK(h.count<output::SendPing>() >= 1);
    CHECK(h.state() != ConnectionState::open);
}

TEST_CASE("R25: stopped for a moment only -> still trusted, nothing is sent", "[engine]") {
    Harness h;
    h.connect_up();
    h.pause();
    h.freeze(seconds(3));
    h.resume();
    CHECK(h.count<output::SendPing>() == 0);
    CHECK(h.engine.liveness().trusted());
}

TEST_CASE("R25: stopped in background -> the deadline comes all the same", "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.pause();
    h.advance(seconds(30));
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
    CHECK(h.state() == ConnectionState::idle);
}

TEST_CASE("close(): in the window -> task ended closed, Closed is the last event", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.answers_close = false;
    h.leave();
    h.ping();
    h.forget();
    h.close();
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::closed);
    CHECK(h.one<output::CloseTransport>().code == 1000);
    CHECK(h.count<output::Closed>() == 0);
    h.advance(milliseconds(1'000));
    CHECK(h.count<output::Closed>() == 1);
    CHECK(std::holds_alternative<output::Closed>(h.seen.back()));
    CHECK(h.os_ids_held() == 0);
    // Everything after is refused and changes nothing.
    h.forget();
    CHECK(h.connect() == Outcome::closed);
    CHECK(h.ping() == Outcome::closed);
    CHECK(h.active() == Outcome::closed);
    CHECK(h.close() == Outcome::ok);
    CHECK(h.seen.empty());
    CHECK(h.must_refresh());
    CHECK_FALSE(h.enabled());
    CHECK(h.remaining_ms() == 0);
    CHECK(h.status() == ConnectionStatus::disconnected);
}

TEST_CASE("frozen: past the deadline -> the gap counts from the last frame", "[engine]") {
    Harness h;
    h.connect_up();
    h.advance(milliseconds(100));
    h.frame();
    const auto last_frame = h.now;
    h.leave();
    h.freeze(seconds(40));
    h.active();
    h.finish_opening();
    const auto judged = h.last<output::GapJudged>();
    CHECK(judged.gap.since == last_frame);
    CHECK(judged.length == seconds(40));
}
