// SPEC section 3: gaps, their verdicts, marks, needs_refresh() and background_task_enabled().
// Must not test how connections end (connection_test.cpp).
#include "core/engine/continuity.hpp"

#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

namespace {

/// Down and up again.
void interrupt(Harness& h, input::SessionStart start = input::SessionStart::fresh) {
    h.lost();
    h.advance(h.until_deadline());
    h.finish_opening(start);
}

}  // namespace

TEST_CASE("gaps: the first one -> open from the start, closed by the first connection",
          "[engine]") {
    Harness h;
    CHECK(h.must_refresh());
    h.start();
    CHECK(h.must_refresh());
    h.finish_opening();
    CHECK_FALSE(h.must_refresh());
    const auto judged = h.one<output::GapJudged>();
    CHECK(judged.gap.number == 1);
    CHECK(judged.verdict == GapVerdict::complete);
    CHECK(judged.reason == Reason::first_connection);
    CHECK(h.count<output::RefreshNeeded>() == 0);
}

TEST_CASE("gaps: a cursor was given, or an initial refresh asked for -> the first one counts",
          "[engine]") {
    Options cursor;
    cursor.has_cursor = true;
    Options initial;
    initial.initial_refresh_required = true;
    for (const auto& options : {cursor, initial}) {
        Harness h(options);
        h.start();
        h.finish_opening();
        CHECK(h.one<output::GapJudged>().verdict == GapVerdict::unknown);
        CHECK(h.one<output::RefreshNeeded>().reason == Reason::session_tells_no_loss);
        CHECK(h.must_refresh());
        h.refresh();
        CHECK_FALSE(h.must_refresh());
    }
}

TEST_CASE("gaps: the first one fails some attempts -> still one gap", "[engine]") {
    Harness h;
    h.start();
    h.lost();
    h.advance(seconds(1));
    h.lost();
    h.advance(h.until_deadline());
    h.finish_opening();
    CHECK(h.one<output::GapJudged>().gap.number == 1);
    CHECK(h.one<output::GapJudged>().length == h.now - Instant{});
}

TEST_CASE("verdicts: a session that cannot tell -> unknown, always", "[engine]") {
    for (const auto start : {input::SessionStart::fresh, input::SessionStart::resumed}) {
        Harness h;
        h.connect_up();
        interrupt(h, start);
        CHECK(h.one<output::GapJudged>().verdict == GapVerdict::unknown);
        CHECK(h.one<output::GapJudged>().gap.reason == Reason::connection_lost);
        CHECK(h.count<output::RefreshNeeded>() == 1);
        CHECK(h.must_refresh());
    }
}

TEST_CASE("verdicts: a session that tells loss -> complete when resumed, else a gap", "[engine]") {
    Harness h(telling_loss());
    h.connect_up();
    interrupt(h, input::SessionStart::resumed);
    CHECK(h.one<output::GapJudged>().verdict == GapVerdict::complete);
    CHECK(h.one<output::GapJudged>().reason == Reason::session_resumed);
    CHECK_FALSE(h.must_refresh());
    for (const auto start : {input::SessionStart::refused, input::SessionStart::fresh}) {
        h.forget();
        interrupt(h, start);
        CHECK(h.one<output::GapJudged>().verdict == GapVerdict::gap);
        CHECK(h.one<output::GapJudged>().reason == Reason::session_not_resumed);
        CHECK(h.must_refresh());
        h.refresh();
    }
}

TEST_CASE("verdicts: a good resume after a gap -> the older gap stays", "[engine]") {
    Harness h(telling_loss());
    h.connect_up();
    interrupt(h, input::SessionStart::refused);
    interrupt(h, input::SessionStart::resumed);
    CHECK(h.last<output::GapJudged>().verdict == GapVerdict::complete);
    CHECK(h.must_refresh());
}

TEST_CASE("marks: taken while the hole is open -> it cannot be marked away", "[engine]") {
    Harness h;
    h.connect_up();
    h.lost();
    const auto mark = h.engine.continuity().mark();
    CHECK(h.handle(input::MarkRefreshed{mark}) == Outcome::ok);
    CHECK(h.must_refresh());
    h.advance(seconds(1));
    h.finish_opening();
    CHECK(h.handle(input::MarkRefreshed{mark}) == Outcome::ok);
    CHECK(h.must_refresh());
    h.refresh();
    CHECK_FALSE(h.must_refresh());
}

TEST_CASE("marks: a cut between mark and refresh -> the later gap stays", "[engine]") {
    Harness h;
    h.connect_up();
    interrupt(h);
    const auto mark = h.engine.continuity().mark();
    interrupt(h);
    h.handle(input::MarkRefreshed{mark});
    CHECK(h.must_refresh());
    h.refresh();
    CHECK_FALSE(h.must_refresh());
}

TEST_CASE("marks: an older mark after a newer one -> changes nothing", "[engine]") {
    Harness h;
    h.connect_up();
    interrupt(h);
    const auto old = h.engine.continuity().mark();
    interrupt(h);
    h.refresh();
    h.handle(input::MarkRefreshed{old});
    CHECK_FALSE(h.must_refresh());
}

TEST_CASE("marks: one that was never given -> refused, closes nothing", "[engine]") {
    Harness h;
    h.connect_up();
    interrupt(h);
    CHECK(h.handle(input::MarkRefreshed{99}) == Outcome::unknown_mark);
    CHECK(h.handle(input::MarkRefreshed{UINT64_MAX}) == Outcome::unknown_mark);
    CHECK(h.must_refresh());
    interrupt(h);
    CHECK(h.must_refresh());
}

TEST_CASE("background_task_enabled: after a return -> returned, trusted, no gap; else false",
          "[engine]") {
    Harness h;
    h.connect_up();
    CHECK_FALSE(h.enabled());  // Before the first task.
    h.leave();
    CHECK(h.enabled());
    h.advance(seconds(4));
    h.come_back();
    CHECK(h.enabled());
    h.lost();
    CHECK_FALSE(h.enabled());
    h.advance(seconds(1));
    h.finish_opening();
    CHECK_FALSE(h.enabled());
    h.refresh();
    CHECK(h.enabled());
}

TEST_CASE("background_task_enabled: the socket becomes suspect later -> false until it answers",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.come_back();
    h.answers_pings = false;
    h.advance(seconds(20));
    h.forget();
    h.clock_jumped();
    CHECK_FALSE(h.enabled());
    h.pong(h.last<output::SendPing>().payload);
    CHECK(h.enabled());
}

TEST_CASE("continuity: a cut before the verdict -> the ended gap stays unclosed", "[engine]") {
    Continuity truth{Instant{}};
    truth.end();
    CHECK(truth.verdict_pending());
    CHECK(truth.needs_refresh());
    truth.judge(GapVerdict::gap, Reason::catch_up_interrupted);
    CHECK_FALSE(truth.verdict_pending());
    truth.open(Instant{} + seconds(5), Reason::connection_lost);
    truth.end();
    const auto gap = truth.judge(GapVerdict::complete, Reason::session_resumed);
    CHECK(gap.number == 2);
    CHECK(truth.needs_refresh());  // The first was never accounted for.
    truth.mark_refreshed(truth.mark());
    CHECK_FALSE(truth.needs_refresh());
}

TEST_CASE("continuity: recovered from the position -> the earlier gaps are closed too",
          "[engine]") {
    Continuity truth{Instant{}};
    truth.end();
    truth.judge(GapVerdict::gap, Reason::catch_up_interrupted);
    truth.open(Instant{} + seconds(5), Reason::connection_lost);
    truth.end();
    truth.judge(GapVerdict::recovered, Reason::missed_messages_fetched, true);
    CHECK_FALSE(truth.needs_refresh());
}

TEST_CASE("continuity: a mark before the verdict of an ended gap -> closes it", "[engine]") {
    Continuity truth{Instant{}};
    truth.end();
    const auto mark = truth.mark();
    truth.mark_refreshed(mark);
    CHECK_FALSE(truth.needs_refresh());
    truth.judge(GapVerdict::gap, Reason::session_not_resumed);
    CHECK_FALSE(truth.needs_refresh());
}

TEST_CASE("continuity: opened twice, ended twice -> one gap", "[engine]") {
    Continuity truth{Instant{}};
    truth.open(Instant{} + seconds(1), Reason::connection_lost);
    CHECK(truth.gap_number() == 1);
    truth.end();
    truth.end();
    CHECK(truth.mark() == 1);
    CHECK(truth.judge(GapVerdict::recovered, Reason::none).since == Instant{});
    CHECK_FALSE(truth.needs_refresh());
}

TEST_CASE("verdicts: each of them -> complete and recovered close a gap", "[engine]") {
    CHECK(closes_gap(GapVerdict::complete));
    CHECK(closes_gap(GapVerdict::recovered));
    CHECK_FALSE(closes_gap(GapVerdict::gap));
    CHECK_FALSE(closes_gap(GapVerdict::unknown));
    CHECK_FALSE(closes_gap(GapVerdict::none));
}
