// What planted bugs got past the other tests of the keeper: late news, holds, marks.
// Must not repeat keeper_test.cpp.
#include "tests/keeper/world.hpp"

using namespace graceline;
using namespace graceline::keeper;
using namespace graceline::keeper::testing;

TEST_CASE("keeper: an old socket ends late -> what is on its way on the new one stays",
          "[keeper]") {
    World w(options_with(std::nullopt));
    w.connect_up();
    const auto old = w.generation();
    w.lost();
    w.reconnect();
    w.keeper.passed(10);
    w.said.clear();
    w.handle(in::TransportEnded{old, {engine::Reason::connection_lost, 0, 0, {}}});
    CHECK(w.said.empty());
    w.keeper.flushed(10);
    w.drain();
    CHECK(w.said == std::vector<std::string>{"fate 1-1 done"});
}

TEST_CASE("keeper: refused for good with messages that wait -> each fails, for the same reason",
          "[keeper]") {
    World w(options_with(std::nullopt));
    w.handle(in::Start{});
    w.keeper.keep(text("waits"));
    w.handle(in::TransportEnded{w.generation(), {engine::Reason::http_status, 0, 404, {}}});
    CHECK(w.has("fate 1-1 http_status"));
    CHECK((w.keeper.may_send(1, 0) == Sending::not_connected));
}

TEST_CASE("keeper: a held page fails -> the live messages are released", "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    REQUIRE(w.ask(7) == Asking::ok);
    REQUIRE(w.keeper.holding());
    w.answer(engine::Failure{engine::Reason::http_status, 0, 404, {}});
    CHECK(w.has("failed 7 history_failed"));
    CHECK(w.place("failed 7 history_failed") < w.place("release"));
    CHECK_FALSE(w.keeper.holding());
}

TEST_CASE("keeper: cut and up again while a page is fetched -> its mark is the one before the cut",
          "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.lost();
    w.reconnect();
    REQUIRE(w.ask(1) == Asking::ok);
    const auto asked = w.fetches.back().fetch;
    w.lost();
    w.reconnect();
    REQUIRE(w.needs_refresh());
    w.keeper.answer(asked, page(source(), "123"), w.now);
    w.drain();
    CHECK(w.has("page 1"));
    CHECK(w.needs_refresh());
}

TEST_CASE("keeper: a page of older messages -> marks nothing as refreshed", "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.lost();
    w.reconnect();
    REQUIRE(w.needs_refresh());
    history::Fetch older;
    older.direction = history::Direction::previous;
    older.anchor_id = "5";
    REQUIRE(w.keeper.ask(1, older, w.now) == Asking::ok);
    w.drain();
    w.answer(page(source(), "34"));
    history::Fetch newer = older;
    newer.direction = history::Direction::next;
    REQUIRE(w.keeper.ask(2, newer, w.now) == Asking::ok);
    w.drain();
    w.answer(page(source(), "67", false));
    CHECK(w.has("page 1"));
    CHECK(w.has("page 2"));
    CHECK(w.needs_refresh());
}
