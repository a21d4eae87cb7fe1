// SPEC section 3: the return, trust and probes (R5, R7, R24), and its one verdict.
// Must not test how the window begins (window_test.cpp).
#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

TEST_CASE("R5: return before the deadline, trusted -> returned, the same socket, skip",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.advance(seconds(20));
    h.forget();
    h.foreground();
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::returned);
    const auto verdict = h.one<output::ReturnJudged>();
    CHECK(verdict.advice == ReturnAdvice::skip);
    CHECK(verdict.reason == Reason::continuous);
    CHECK(h.count<output::SendPing>() == 0);
    CHECK(h.count<output::StatusChanged>() == 0);
    CHECK(h.enabled());
    CHECK_FALSE(h.must_refresh());
    CHECK(h.remaining_ms() == 0);
    // The second report of the same return says nothing new.
    h.forget();
    h.active();
    CHECK(h.seen.empty());
    CHECK(h.engine.connections() == 1);
}

TEST_CASE("R5: return before the deadline, untrusted -> probing, connected, no verdict yet",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.leave();
    h.advance(seconds(8));
    h.forget();
    h.active();
    CHECK(h.engine.phase() == Phase::probing);
    CHECK(h.status() == ConnectionStatus::connected);
    CHECK_FALSE(h.enabled());
    CHECK(h.count<output::ReturnJudged>() == 0);
    const auto probe = h.one<output::SendPing>();

    h.advance(milliseconds(1'000));
    h.pong(probe.payload);
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::skip);
    CHECK(h.enabled());
    CHECK(h.engine.phase() == Phase::open);
    CHECK(h.count<output::StatusChanged>() == 0);
}

TEST_CASE("R5: the probe gets no answer -> abort, reconnect at once, the gap from the last frame",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.advance(seconds(3));
    h.frame();
    const auto last_frame = h.now;
    h.answers_pings = false;
    h.leave();
    h.advance(seconds(8));
    h.active();
    h.forget();
    h.advance(milliseconds(1'999));
    CHECK(h.state() == ConnectionState::open);
    h.advance(milliseconds(1));
    CHECK(h.count<output::AbortTransport>() == 1);
    CHECK(h.count<output::OpenTransport>() == 1);
    CHECK(h.state() == ConnectionState::opening);
    CHECK(h.reason() == Reason::probe_failed);
    const auto verdict = h.one<output::ReturnJudged>();
    CHECK(verdict.advice == ReturnAdvice::refresh);
    CHECK(verdict.reason == Reason::probe_failed);
    CHECK(h.must_refresh());
    h.finish_opening();
    CHECK(h.one<output::GapJudged>().gap.since == last_frame);
    CHECK(h.one<output::GapJudged>().length == h.now - last_frame);
    // Still one verdict for this return.
    CHECK(h.count<output::ReturnJudged>() == 1);
}

TEST_CASE("R5: the socket breaks while it is probed -> the return is judged refresh", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.leave();
    h.advance(seconds(8));
    h.active();
    h.lost();
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::refresh);
    CHECK_FALSE(h.enabled());
}

TEST_CASE("trust: the newest frame exactly trust_time old -> trusted; a nanosecond more -> probed",
          "[engine]") {
    for (const bool late : {false, true}) {
        Harness h;
        h.connect_up();
        h.answers_pings = false;
        h.resign();
        h.frame();
        h.freeze(milliseconds(5'000) + Duration(late ? 1 : 0));
        h.forget();
        h.active();
        CHECK(h.count<output::SendPing>() == (late ? 1 : 0));
        CHECK(h.engine.liveness().trusted() == !late);
    }
}

TEST_CASE("trust: lost -> frames do not give it back, only the probe's own pong does", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.leave();
    h.advance(seconds(5));  // A keepalive is on its way; its pong is no probe's answer.
    const auto keepalive = h.one<output::SendPing>();
    h.advance(seconds(1));
    h.forget();
    h.active();
    const auto probe = h.one<output::SendPing>();
    h.frame();
    CHECK_FALSE(h.enabled());
    h.pong(keepalive.payload);
    CHECK_FALSE(h.enabled());
    auto forged = probe.payload;
    forged.back() ^= 1;
    h.pong(forged);
    CHECK_FALSE(h.enabled());
    h.handle(input::PongRead{h.engine.generation(), {}});
    CHECK_FALSE(h.enabled());
    CHECK(h.count<output::ReturnJudged>() == 0);
    h.pong(probe.payload);
    CHECK(h.enabled());
    CHECK(h.count<output::ReturnJudged>() == 1);
}

TEST_CASE("probe: other bytes -> restart its time-out, never beyond ten seconds in all",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.leave();
    h.advance(seconds(8));
    h.active();
    const auto probed_at = h.now;
    h.forget();
    for (int i = 0; i < 5; ++i) {
        h.advance(milliseconds(1'900));
        REQUIRE(h.state() == ConnectionState::open);
        h.frame();
    }
    CHECK(h.until_deadline() == milliseconds(500));
    h.advance(milliseconds(499));
    h.frame();
    CHECK(h.state() == ConnectionState::open);
    h.advance(milliseconds(1));
    CHECK(h.state() == ConnectionState::opening);
    CHECK(h.now - probed_at == seconds(10));
    CHECK(h.count<output::AbortTransport>() == 1);
}

TEST_CASE("R7: return after the deadline, auto -> reconnects at once, the rest aborted first",
          "[engine]") {
    for (const bool still_closing : {false, true}) {
        Harness h;
        h.connect_up();
        h.answers_close = !still_closing;
        h.leave();
        h.advance(seconds(30));
        h.forget();
        h.foreground();
        CHECK(h.count<output::AbortTransport>() == (still_closing ? 1 : 0));
        CHECK(h.count<output::OpenTransport>() == 1);
        CHECK(h.status() == ConnectionStatus::connecting);
        const auto verdict = h.one<output::ReturnJudged>();
        CHECK(verdict.advice == ReturnAdvice::refresh);
        CHECK(verdict.reason == Reason::background_expired);
        CHECK_FALSE(h.enabled());
        h.finish_opening();
        CHECK(h.count<output::ReturnJudged>() == 1);
        CHECK(h.count<output::RefreshNeeded>() == 1);
        CHECK(h.must_refresh());
        CHECK_FALSE(h.enabled());
    }
}

TEST_CASE("R7: return after the deadline, manual -> disconnected until connect()", "[engine]") {
    Harness h(manual());
    h.connect_up();
    h.leave();
    h.advance(seconds(31));
    h.forget();
    h.come_back();
    h.advance(std::chrono::hours(1));
    CHECK(h.count<output::OpenTransport>() == 0);
    CHECK(h.status() == ConnectionStatus::disconnected);
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::refresh);
    h.connect();
    CHECK(h.count<output::OpenTransport>() == 1);
}

TEST_CASE("R7: disconnect() after the expiry -> the return does not revive", "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.advance(seconds(31));
    h.disconnect();
    h.forget();
    h.come_back();
    CHECK(h.count<output::OpenTransport>() == 0);
    CHECK(h.count<output::ReturnJudged>() == 1);
}

TEST_CASE("R7: the expiry that nobody carried out -> done before the return is looked at",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.freeze(seconds(31));
    h.forget();
    h.foreground();
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
    CHECK(h.count<output::AbortTransport>() == 1);  // The close time-out is over too.
    CHECK(h.count<output::OpenTransport>() == 1);
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::refresh);
}

TEST_CASE("R7: the refresh is marked after the return -> the next one says skip", "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.advance(seconds(31));
    h.come_back();
    h.finish_opening();
    h.refresh();
    CHECK_FALSE(h.must_refresh());
    // The task that ended expired is the last one until the next.
    CHECK_FALSE(h.enabled());
    h.forget();
    h.leave();
    CHECK(h.enabled());
    h.advance(seconds(3));
    h.come_back();
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::skip);
    CHECK(h.enabled());
}

TEST_CASE("return: an older gap was never refreshed -> refresh, though the socket is trusted",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.lost();
    h.advance(seconds(60));
    h.finish_opening();
    REQUIRE(h.must_refresh());
    h.forget();
    h.leave();
    CHECK_FALSE(h.enabled());
    h.advance(seconds(1));
    h.come_back();
    const auto verdict = h.one<output::ReturnJudged>();
    CHECK(verdict.advice == ReturnAdvice::refresh);
    CHECK(verdict.reason == Reason::refresh_not_marked);
}

TEST_CASE("return: a second one before the first was judged -> the first is superseded",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.leave();
    h.advance(seconds(8));
    h.active();
    h.forget();
    h.leave();
    CHECK(h.count<output::ReturnJudged>() == 0);
    h.active();
    const auto verdict = h.one<output::ReturnJudged>();
    CHECK(verdict.advice == ReturnAdvice::refresh);
    CHECK(verdict.reason == Reason::superseded);
    CHECK(h.engine.return_pending());
}

TEST_CASE("return: the client is closed before it was judged -> judged all the same", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.leave();
    h.advance(seconds(8));
    h.active();
    h.close();
    const auto verdict = h.one<output::ReturnJudged>();
    CHECK(verdict.advice == ReturnAdvice::refresh);
    CHECK(verdict.reason == Reason::client_closed);
}

TEST_CASE("return: a session that tells loss resumes -> the verdict waits for it and says skip",
          "[engine]") {
    Harness h(telling_loss());
    h.connect_up();
    h.leave();
    h.advance(seconds(31));
    h.forget();
    h.come_back();
    CHECK(h.count<output::ReturnJudged>() == 0);
    h.finish_opening(input::SessionStart::resumed);
    CHECK(h.one<output::GapJudged>().verdict == GapVerdict::complete);
    const auto verdict = h.one<output::ReturnJudged>();
    CHECK(verdict.advice == ReturnAdvice::skip);
    CHECK_FALSE(h.must_refresh());
    CHECK(h.count<output::RefreshNeeded>() == 0);
}

TEST_CASE("return: the session is refused -> refresh", "[engine]") {
    Harness h(telling_loss());
    h.connect_up();
    h.leave();
    h.advance(seconds(31));
    h.forget();
    h.come_back();
    h.finish_opening(input::SessionStart::refused);
    CHECK(h.one<output::GapJudged>().verdict == GapVerdict::gap);
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::refresh);
    CHECK(h.must_refresh());
}

TEST_CASE("return: waiting for a resume when the server refuses for good -> refresh", "[engine]") {
    Harness h(telling_loss());
    h.connect_up();
    h.leave();
    h.advance(seconds(31));
    h.forget();
    h.come_back();
    h.refused_with(401);
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::refresh);
}

TEST_CASE("R24: resign in background before the deadline -> a return is implied, then a new window",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.advance(seconds(20));
    h.forget();
    h.resign();
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::returned);
    CHECK(h.one<output::BackgroundTaskBegan>().number == 2);
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::skip);
    CHECK(h.remaining_ms() == 30'000);
    h.advance(seconds(10));
    h.background();
    CHECK(h.remaining_ms() == 20'000);
    h.advance(seconds(20));
    CHECK(h.state() == ConnectionState::idle);
}

TEST_CASE("R24: resign in background after the deadline, auto -> revived as by a return",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.advance(seconds(60));
    h.forget();
    h.resign();
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::refresh);
    CHECK(h.one<output::BackgroundTaskBegan>().number == 2);
    CHECK(h.count<output::OpenTransport>() == 1);
    CHECK(h.remaining_ms() == 30'000);
    // A host that never says more cannot keep a connection for ever.
    h.finish_opening();
    h.advance(seconds(30));
    CHECK(h.state() == ConnectionState::idle);
}

TEST_CASE("R24: resign in background after the deadline, manual -> no task, still disconnected",
          "[engine]") {
    Harness h(manual());
    h.connect_up();
    h.leave();
    h.advance(seconds(60));
    h.forget();
    h.resign();
    CHECK(h.count<output::ReturnJudged>() == 1);
    CHECK(h.count<output::BackgroundTaskBegan>() == 0);
    CHECK(h.count<output::OpenTransport>() == 0);
}

TEST_CASE("return: initially in background, manual, never connected -> one verdict, refresh",
          "[engine]") {
    auto options = manual();
    options.initial_application_state = ApplicationState::did_background;
    Harness h(options);
    h.start();
    h.come_back();
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::refresh);
}

TEST_CASE("return: the app is in the foreground already -> no return, nothing happens",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.active();
    h.foreground();
    CHECK(h.seen.empty());
}
