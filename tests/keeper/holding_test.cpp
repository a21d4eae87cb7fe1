// What waits behind a page of the host's: it is given once, in time, or not at all.
// Must not test the catch-up's own holding (keeper_test.cpp); the simulator found these.
#include "tests/keeper/world.hpp"

using namespace graceline;
using namespace graceline::keeper;
using namespace graceline::keeper::testing;

namespace {

/// Connected, a page is asked for, and one message waits behind it.
void hold(World& w) {
    w.connect_up();
    w.live("1");
    REQUIRE(w.ask(7) == Asking::ok);
    REQUIRE(w.keeper.holding());
    w.live("2");
    w.said.clear();
}

}  // namespace

TEST_CASE("holding: the window closes meanwhile -> what waited is dropped, not delivered",
          "[keeper]") {
    World w(options_with(source()));
    hold(w);
    w.report(engine::ApplicationState::did_background);
    w.advance(seconds(30));
    CHECK(w.has("failed 7 background_expired"));
    CHECK(w.has("drop"));
    CHECK_FALSE(w.has("release"));
}

TEST_CASE("holding: the page waits for a token as the window closes -> dropped all the same",
          "[keeper]") {
    auto options = options_with(source());
    options.engine.host_provides_token = true;
    World w(options);
    w.handle(in::Start{});
    w.handle(in::TokenProvided{1, true});
    w.open();
    REQUIRE(w.ask(7) == Asking::ok);
    w.answer(engine::Failure{engine::Reason::http_status, 0, 401, {}});
    w.live("1");
    w.said.clear();
    w.report(engine::ApplicationState::did_background);
    w.advance(seconds(30));
    CHECK(w.has("drop"));
    CHECK_FALSE(w.has("release"));
}

TEST_CASE("holding: a message waits -> the position moves when it is given, and not if it is not",
          "[keeper]") {
    World w(options_with(source()));
    hold(w);
    CHECK(w.position() == "1");
    const bool given = GENERATE(true, false);
    if (given) {
        w.answer(page(source(), "12"));
        CHECK(w.position() == "2");
    } else {
        w.report(engine::ApplicationState::did_background);
        w.advance(seconds(30));
        CHECK(w.position() == "1");
    }
}

TEST_CASE("holding: the connection is lost -> what waited is given at once, before the news",
          "[keeper]") {
    World w(options_with(source()));
    hold(w);
    w.lost();
    CHECK(w.has("release"));
    CHECK(w.place("release") < w.place("status connecting"));
    CHECK_FALSE(w.keeper.holding());
    w.reconnect();
    CHECK(w.keeper.holding() == w.has("hold"));  // for its own catch-up only
}

TEST_CASE("holding: connect() after will_terminate -> pages and messages are given again",
          "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.report(engine::ApplicationState::will_terminate);
    w.handle(in::TransportEnded{w.generation(), {engine::Reason::closed_by_server, 1001, 0, {}}});
    w.handle(in::Connect{});
    w.open();
    CHECK((w.ask(1) == Asking::ok));
    w.said.clear();
    w.answer(page(source(), "1"));
    CHECK(w.has("release"));
}
