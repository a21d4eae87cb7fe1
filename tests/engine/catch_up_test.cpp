// The engine's side of a catch-up: when it is asked for, what its end and its interruption mean.
// Must not test how pages are fetched (tests/history).
#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

namespace {

Options with_history(Options options = {}) {
    options.session.has_history = true;
    return options;
}

/// Up again after a cut, with the catch-up running.
Harness catching_up() {
    Harness h(with_history());
    h.connect_up();
    h.lost();
    h.connect();
    h.can_catch_up = true;
    h.finish_opening();
    return h;
}

}  // namespace

TEST_CASE("catch-up: up again with a history and a position -> asked for, no verdict yet",
          "[engine]") {
    auto h = catching_up();
    CHECK(h.one<output::CatchUp>().generation == h.engine.generation());
    CHECK(h.count<output::GapJudged>() == 0);
    CHECK(h.engine.phase() == Phase::catching_up);
    CHECK(h.status() == ConnectionStatus::connected);
    CHECK(h.must_refresh());
}

TEST_CASE("catch-up: recovered or complete -> the gap is closed, nothing to refresh", "[engine]") {
    for (const auto verdict : {GapVerdict::recovered, GapVerdict::complete}) {
        auto h = catching_up();
        h.caught_up(verdict, Reason::missed_messages_fetched);
        CHECK(h.one<output::GapJudged>().verdict == verdict);
        CHECK(h.count<output::RefreshNeeded>() == 0);
        CHECK_FALSE(h.must_refresh());
        CHECK(h.engine.phase() == Phase::open);
    }
}

TEST_CASE("catch-up: ends with a gap -> refresh needed, with its reason", "[engine]") {
    auto h = catching_up();
    h.caught_up(GapVerdict::gap, Reason::catch_up_limit);
    CHECK(h.one<output::RefreshNeeded>().reason == Reason::catch_up_limit);
    CHECK(h.must_refresh());
}

TEST_CASE("catch-up: no position -> unknown, at once", "[engine]") {
    Harness h(with_history());
    h.connect_up();
    h.lost();
    h.connect();
    h.finish_opening();
    CHECK(h.one<output::GapJudged>().verdict == GapVerdict::unknown);
    CHECK(h.count<output::CatchUp>() == 0);
    CHECK(h.count<output::RefreshNeeded>() == 1);
}

TEST_CASE("catch-up: a position given at start -> the first connection catches up", "[engine]") {
    auto options = with_history();
    options.has_cursor = true;
    Harness h(options);
    h.can_catch_up = true;
    h.start();
    h.finish_opening();
    CHECK(h.count<output::CatchUp>() == 1);
    CHECK(h.must_refresh());
}

TEST_CASE("catch-up: cut in the middle -> stopped, gap; the next one closes both", "[engine]") {
    auto h = catching_up();
    h.forget();
    h.lost();
    CHECK(h.one<output::StopCatchUp>().deliver);
    CHECK(h.one<output::GapJudged>().reason == Reason::catch_up_interrupted);
    CHECK(h.must_refresh());
    h.connect();
    h.finish_opening();
    h.caught_up(GapVerdict::recovered, Reason::missed_messages_fetched);
    CHECK_FALSE(h.must_refresh());
}

TEST_CASE("catch-up: the answer of an older connection -> changes nothing", "[engine]") {
    auto h = catching_up();
    const auto old = h.engine.generation();
    h.lost();
    h.connect();
    h.finish_opening();
    h.handle(input::CatchUpEnded{old, GapVerdict::recovered, Reason::missed_messages_fetched});
    CHECK(h.must_refresh());
    CHECK(h.engine.phase() == Phase::catching_up);
}

TEST_CASE("catch-up: the window closes in the middle -> stopped, nothing may be delivered (R6)",
          "[engine]") {
    auto h = catching_up();
    h.leave();
    h.forget();
    h.advance(seconds(30));
    CHECK_FALSE(h.one<output::StopCatchUp>().deliver);
    CHECK(h.must_refresh());
}

TEST_CASE("catch-up: a return waits for it -> skip when recovered, refresh when not", "[engine]") {
    for (const bool recovered : {true, false}) {
        Harness h(with_history());
        h.connect_up();
        h.leave();
        h.lost();
        h.come_back();
        CHECK(h.count<output::ReturnJudged>() == 0);
        h.can_catch_up = true;
        h.finish_opening();
        CHECK(h.count<output::ReturnJudged>() == 0);
        CHECK_FALSE(h.enabled());
        const auto reason = recovered ? Reason::missed_messages_fetched : Reason::history_cut;
        h.caught_up(recovered ? GapVerdict::recovered : GapVerdict::gap, reason);
        const auto verdict = h.one<output::ReturnJudged>();
        CHECK((verdict.advice == ReturnAdvice::skip) == recovered);
        CHECK(h.enabled() == recovered);
        CHECK(verdict.reason == reason);
    }
}

TEST_CASE("catch-up: marked as refreshed meanwhile -> the gap is closed already", "[engine]") {
    auto h = catching_up();
    h.refresh();
    CHECK_FALSE(h.must_refresh());
    h.caught_up(GapVerdict::gap, Reason::history_failed);
    CHECK_FALSE(h.must_refresh());
}

TEST_CASE("catch-up: marked as refreshed before it ends with a gap -> no refresh_needed any more",
          "[engine]") {
    auto h = catching_up();
    h.refresh();
    REQUIRE_FALSE(h.must_refresh());
    h.caught_up(GapVerdict::gap, Reason::history_cut);
    CHECK(h.one<output::GapJudged>().verdict == GapVerdict::gap);
    CHECK(h.count<output::RefreshNeeded>() == 0);
    CHECK_FALSE(h.must_refresh());
}

TEST_CASE("catch-up: the system takes its time back, or refuses it -> what is held is not given",
          "[engine]") {
    for (const bool refused : {false, true}) {
        auto options = with_history();
        options.host_grants_time = true;
        Harness h(options);
        h.connect_up();
        h.lost();
        h.connect();
        h.can_catch_up = true;
        h.finish_opening();
        h.os_refuses = refused;
        h.leave();
        if (!refused) h.handle(input::BackgroundTimeExpiring{});
        CHECK_FALSE(h.one<output::StopCatchUp>().deliver);
    }
}
