// The keeper: what each part of a client is told of the others, and in which order the host hears.
// Must not test the parts themselves (tests/engine, tests/history).
#include "tests/keeper/world.hpp"

using namespace graceline;
using namespace graceline::keeper;
using namespace graceline::keeper::testing;

TEST_CASE(
    "keeper: a gap with a position -> held, fetched, replayed, judged, released, in this order",
    "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.live("1");
    CHECK(w.position() == "1");
    w.lost();
    w.said.clear();
    w.reconnect();
    REQUIRE(w.fetches.size() == 1);
    CHECK(w.fetches[0].page.anchor_id == "1");
    CHECK(w.has("hold"));
    w.live("4");
    CHECK(w.position() == "1");
    w.answer(page(source(), "234"));
    CHECK(w.replayed == std::vector<std::string>{"2", "3"});  // 4 comes live
    CHECK(w.place("hold") < w.place("replay"));
    CHECK(w.place("replay") < w.place("gap recovered missed_messages_fetched"));
    CHECK(w.place("gap recovered missed_messages_fetched") < w.place("release"));
    CHECK_FALSE(w.needs_refresh());
    CHECK(w.position() == "4");
}

TEST_CASE("keeper: no position yet -> unknown at once, nothing is held", "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.lost();
    w.reconnect();
    CHECK(w.has("gap unknown session_tells_no_loss"));
    CHECK_FALSE(w.has("hold"));
    CHECK(w.fetches.empty());
}

TEST_CASE(
    "keeper: cut during the catch-up -> stopped, released, the position stays, then both gaps "
    "close",
    "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.live("1");
    w.lost();
    w.reconnect();
    w.live("5");
    w.said.clear();
    w.lost();
    CHECK(w.has("stop_fetch"));
    CHECK(w.has("release"));
    CHECK(w.has("gap gap catch_up_interrupted"));
    CHECK(w.position() == "1");
    w.reconnect();
    CHECK(w.fetches.back().page.anchor_id == "1");
    w.answer(page(source(), "23456"));
    CHECK(w.replayed == std::vector<std::string>{"2", "3", "4", "6"});  // 5 was delivered live
    CHECK_FALSE(w.needs_refresh());
    CHECK(w.position() == "6");
}

TEST_CASE(
    "keeper: the window closes during the catch-up -> what was held is dropped, and new again",
    "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.live("1");
    w.lost();
    w.reconnect();
    w.live("3");
    const auto epoch = w.generation();
    w.report(engine::ApplicationState::did_background);
    w.said.clear();
    w.advance(seconds(30));
    CHECK(w.has("drop"));
    w.keeper.seen().forget_live(epoch);  // as the client does
    w.report(engine::ApplicationState::did_become_active);
    w.open();
    w.answer(page(source(), "23"));
    CHECK(w.replayed == std::vector<std::string>{"2", "3"});
}

TEST_CASE("keeper: a request while connected -> live messages wait behind its page", "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    CHECK((w.ask(7) == Asking::ok));
    CHECK(w.has("hold"));
    w.answer(page(source(), "123"));
    CHECK(w.place("page 7") < w.place("release"));
    w.said.clear();
    CHECK((w.ask(8, history::Direction::previous) == Asking::unsupported ||
           !w.has("hold")));  // older pages hold nobody up
}

TEST_CASE("keeper: a first page while connected -> marks what had ended as refreshed", "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.lost();
    w.reconnect();
    REQUIRE(w.needs_refresh());
    w.ask(1);
    w.answer(page(source(), "123"));
    CHECK_FALSE(w.needs_refresh());
    CHECK(w.position() == "3");
    auto off = options_with(source());
    off.refresh_by_fetch = false;
    World o(off);
    o.connect_up();
    o.lost();
    o.reconnect();
    o.ask(1);
    o.answer(page(source(), "123"));
    CHECK(o.needs_refresh());
}

TEST_CASE("keeper: a page asked for while the connection was down -> marks nothing", "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.lost();
    CHECK((w.ask(1) == Asking::ok));
    w.reconnect();
    w.answer(page(source(), "123"));
    CHECK(w.has("page 1"));
    CHECK(w.needs_refresh());
}

TEST_CASE("keeper: cut while the page of a refresh is fetched -> the new hole is not marked away",
          "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.lost();
    w.reconnect();
    w.ask(1);
    w.lost();
    w.answer(page(source(), "123"));
    CHECK(w.needs_refresh());
}

TEST_CASE("keeper: history per conversation -> gap until the conversations were fetched too",
          "[keeper]") {
    const auto each = source(history::Scope::per_conversation);
    World w(options_with(each));
    w.connect_up();
    w.live("1", "a");
    w.lost();
    w.reconnect();
    w.answer(page(each, "2"));
    CHECK(w.has("gap gap conversations_not_fetched"));
    CHECK(w.needs_refresh());
    CHECK((w.ask(1, history::Direction::latest, history::Kind::conversations) == Asking::ok));
    w.answer(page(each, "ab", true, history::Kind::conversations));
    CHECK_FALSE(w.needs_refresh());
}

TEST_CASE("keeper: 401 of a page -> the provider's token, asked once for all, then again",
          "[keeper]") {
    auto options = options_with(source());
    options.engine.host_provides_token = true;
    World w(options);
    w.handle(in::Start{});
    w.handle(in::TokenProvided{w.keeper.engine().token().request(), true});
    w.open();
    w.said.clear();
    w.ask(1);
    w.answer(engine::Failure{engine::Reason::http_status, 0, 401, {}});
    CHECK(w.has("ask_token"));
    CHECK(w.fetches.size() == 1);
    w.handle(in::TokenProvided{w.keeper.engine().token().request(), true});
    REQUIRE(w.fetches.size() == 2);
    w.answer(engine::Failure{engine::Reason::http_status, 0, 401, {}});
    CHECK(w.has("failed 1 auth_refused"));
    CHECK((w.keeper.engine().state() == engine::ConnectionState::open));
}

TEST_CASE("keeper: questions in background -> only while a task runs; the deadline ends them",
          "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.report(engine::ApplicationState::did_background);
    CHECK((w.ask(1) == Asking::ok));
    w.advance(seconds(30));
    CHECK(w.has("failed 1 background_expired"));
    CHECK((w.ask(2) == Asking::window_over));
    w.report(engine::ApplicationState::did_become_active);
    CHECK((w.ask(3) == Asking::ok));
}

TEST_CASE("keeper: close -> questions and messages are answered before the last word", "[keeper]") {
    World w(options_with(source()));
    w.handle(in::Start{});
    w.keeper.keep(text("waits"));
    w.ask(1);
    w.handle(in::Close{});
    CHECK(w.has("failed 1 client_closed"));
    CHECK(w.has("fate 1-1 client_closed"));
    CHECK(w.place("failed 1 client_closed") < w.place("closed"));
    CHECK(w.place("fate 1-1 client_closed") < w.place("closed"));
    CHECK((w.ask(2) == Asking::closed));
    CHECK((w.keeper.may_send(1, 0) == Sending::closed));
}

TEST_CASE("keeper: what may be done with a message -> by the state of the connection", "[keeper]") {
    World w(options_with(std::nullopt, false));
    CHECK((w.keeper.may_send(1, 0) == Sending::not_connected));
    w.handle(in::Connect{});
    CHECK((w.keeper.may_send(1, 0) == Sending::wait));
    w.keeper.keep(text("first"));
    w.open();
    CHECK((w.keeper.may_send(1, 0) == Sending::wait));  // it must not overtake
    REQUIRE(w.keeper.to_send() != nullptr);
    w.keeper.given(5);
    CHECK((w.keeper.may_send(1, 0) == Sending::now));
    CHECK((w.keeper.may_send(1, 1'000) == Sending::full));
    w.keeper.flushed(5);
    w.drain();
    CHECK(w.has("fate 1-1 done"));
    w.handle(in::Disconnect{});
    CHECK((w.keeper.may_send(1, 0) == Sending::not_connected));
}

TEST_CASE("keeper: lost with a message on its way -> its fate comes before the status",
          "[keeper]") {
    World w(options_with(std::nullopt));
    w.connect_up();
    w.keeper.passed(10);
    w.said.clear();
    w.lost();
    CHECK(w.place("fate 1-1 connection_lost") < w.place("status connecting"));
}

TEST_CASE("keeper: one deadline in all -> the earliest of window, outbox and history", "[keeper]") {
    World w(options_with(source()));
    w.handle(in::Start{});
    auto message = text("m");
    message.expires_at = w.now + engine::milliseconds(1'500);
    w.keeper.keep(std::move(message));
    CHECK(w.keeper.next_deadline() == w.now + engine::milliseconds(1'500));
    w.advance(engine::milliseconds(1'500));
    CHECK(w.has("fate 1-1 message_expired"));
    w.connect_up();
    w.ask(1);
    REQUIRE(w.keeper.next_deadline());
    CHECK(*w.keeper.next_deadline() <= w.now + seconds(15));
}

TEST_CASE("keeper: closed while a page waits for a fresh token -> the request completes once",
          "[keeper]") {
    auto options = options_with(source());
    options.engine.host_provides_token = true;
    World w(options);
    w.handle(in::Start{});
    w.handle(in::TokenProvided{1, true});
    w.open();
    const bool up = GENERATE(true, false);
    if (!up) {
        w.handle(in::Disconnect{});
        w.advance(seconds(2));
    }
    REQUIRE(w.ask(7) == Asking::ok);
    w.answer(engine::Failure{engine::Reason::http_status, 0, 401, {}});
    CHECK(w.place("ask_token") < static_cast<std::ptrdiff_t>(w.said.size()));
    w.handle(in::Close{});
    w.advance(seconds(2));
    CHECK(w.has("closed"));
    CHECK(std::count(w.said.begin(), w.said.end(), "failed 7 auth_refused") +
              std::count(w.said.begin(), w.said.end(), "failed 7 client_closed") ==
          1);
}

TEST_CASE("keeper: closed while a page is fetched -> it fails at once, what was held is given",
          "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    REQUIRE(w.ask(7) == Asking::ok);
    REQUIRE(w.has("hold"));
    w.handle(in::Close{});
    CHECK(w.has("failed 7 client_closed"));
    CHECK(w.place("failed 7 client_closed") < w.place("release"));
    CHECK_FALSE(w.keeper.holding());
    CHECK_FALSE(w.has("closed"));  // the close handshake is still to come
    w.advance(seconds(2));
    CHECK(w.has("closed"));
}
