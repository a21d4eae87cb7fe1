// The catch-up against servers of all habits: what it asks, what it delivers, what it claims.
// Must not look inside: fetches, messages, verdicts and the position are all there is to see.
#include "tests/history/world.hpp"

using namespace graceline::history;
using namespace graceline::history::testing;
namespace engine = graceline::engine;

namespace {

/// Connected once, with ten messages live, then away while `missed` more come.
void be_away(World& world, std::size_t missed) {
    world.publish(20);
    world.connect();
    world.publish(10);
    world.pass(seconds(1));
    world.disconnect();
    world.publish(missed);
    world.fetches.clear();
}

void check_verdict(const World& world, GapVerdict verdict, Reason reason, std::size_t messages) {
    REQUIRE(world.verdicts.size() == 1);
    INFO(engine::to_string(world.last_verdict().reason));
    CHECK(world.last_verdict().verdict == verdict);
    CHECK(world.last_verdict().reason == reason);
    CHECK(world.last_verdict().messages == messages);
    CHECK(world.delivered_now(true).size() == messages);
}

Habits trustworthy() {
    Habits habits;
    habits.tells_complete = true;
    return habits;
}

Habits promising_nothing() {
    Habits habits;
    habits.unknown = UnknownAnchor::empty_and_complete;
    habits.never_complete = true;
    return habits;
}

}  // namespace

TEST_CASE("catch-up: nothing missed, the server refuses unknown ids -> complete with one fetch",
          "[history]") {
    World world(trustworthy());
    be_away(world, 0);
    REQUIRE(world.connect());
    world.settle();
    check_verdict(world, GapVerdict::complete, Reason::none, 0);
    CHECK(world.fetches.size() == 1);
    CHECK(world.position_place() == 29);
    CHECK_FALSE(world.positions.hole());
}

TEST_CASE("catch-up: nothing missed, the server promises nothing -> the newest are looked at",
          "[history]") {
    World world(promising_nothing());
    be_away(world, 0);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::complete, Reason::none, 0);
    REQUIRE(world.fetches.size() == 2);
    CHECK(world.fetches[1].page.direction == Direction::latest);
    CHECK(world.fetches[1].page.limit == kLatestCheckItems);
}

TEST_CASE("catch-up: 250 missed -> recovered in order, the position at the last", "[history]") {
    World world(trustworthy());
    be_away(world, 250);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 250);
    CHECK(world.fetches.size() == 3);
    CHECK(world.last_verdict().pages == 3);
    CHECK(world.position_place() == 279);
    CHECK(world.delivered_now().front() == 30);
    CHECK(world.delivered_now().back() == 279);
}

TEST_CASE("catch-up: a server that promises nothing -> the joint is proven before and at the end",
          "[history]") {
    World world(promising_nothing());
    be_away(world, 250);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 250);
    std::vector<Direction> asked;
    for (const auto& each : world.fetches) asked.push_back(each.page.direction);
    CHECK(asked == std::vector{Direction::next, Direction::previous, Direction::next,
                               Direction::next, Direction::next, Direction::previous});
    CHECK(world.fetches[1].page.limit == 1);
    CHECK(world.position_place() == 279);
}

TEST_CASE("catch-up: pages hold the newest first, or their anchor, or cursors -> recovered",
          "[history]") {
    auto habits = promising_nothing();
    SECTION("newest first") {
        habits.newest_first = true;
    }
    SECTION("inclusive") {
        habits.inclusive = true;
    }
    SECTION("cursors") {
        habits.cursors = true;
    }
    SECTION("small pages") {
        habits.most_items = 7;
    }
    SECTION("repeats") {
        habits.repeats = 1000;
    }
    World world(habits);
    be_away(world, 250);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 250);
    CHECK(world.position_place() == 279);
}

TEST_CASE("catch-up: the history no longer reaches back -> gap, the position stays", "[history]") {
    Habits habits;
    habits.never_complete = true;
    habits.keeps = 40;
    SECTION("the server refuses") {}
    SECTION("empty and complete") {
        habits.unknown = UnknownAnchor::empty_and_complete;
    }
    SECTION("begins with its oldest") {
        habits.unknown = UnknownAnchor::from_oldest;
    }
    SECTION("gives its newest") {
        habits.unknown = UnknownAnchor::latest;
    }
    World world(habits);
    be_away(world, 250);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::gap, Reason::history_cut, 0);
    CHECK(world.position_place() == 29);
    CHECK(world.positions.hole());
}

TEST_CASE(
    "catch-up: the server ignores what is asked and nothing older than its page is missing "
    "-> recovered",
    "[history]") {
    auto habits = promising_nothing();
    habits.ignores_anchors = true;
    World world(habits);
    be_away(world, 50);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 50);
}

TEST_CASE("catch-up: messages come live meanwhile -> the missed ones first, each once",
          "[history]") {
    auto habits = promising_nothing();
    SECTION("complete is told") {
        habits.never_complete = false, habits.tells_complete = true;
    }
    SECTION("nothing is told") {}
    SECTION("small pages") {
        habits.most_items = 20;
    }
    habits.fastest = habits.slowest = milliseconds(100);
    World world(habits);
    be_away(world, 150);
    world.live_delay = milliseconds(30);
    world.connect();
    for (int i = 0; i < 40; ++i) {
        world.publish();
        world.pass(milliseconds(20));
    }
    world.settle();
    world.pass(seconds(1));
    check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched,
                  world.last_verdict().messages);
    CHECK(world.delivered_now().size() == 190);
    CHECK(world.position_place() == 219);
}

TEST_CASE("catch-up: all the newest are live already -> it looks further back", "[history]") {
    auto habits = promising_nothing();
    habits.fastest = habits.slowest = milliseconds(100);
    World world(habits);
    be_away(world, 0);
    world.connect();
    // The first answer was made before these came, the second after.
    world.at_answer = [&](const Fetch& fetch) {
        if (fetch.direction == Direction::next) world.publish(12);
    };
    world.pass(milliseconds(100));
    world.at_answer = nullptr;
    world.settle();
    CHECK(world.last_verdict().verdict != GapVerdict::gap);
    world.pass(seconds(1));
    CHECK(world.delivered_now().size() == 12);
}

TEST_CASE("catch-up: many come between the two answers, none yet live -> it asks once more",
          "[history]") {
    World world(promising_nothing());
    be_away(world, 0);
    world.live_delay = seconds(30);
    bool first = true;
    world.at_answer = [&](const Fetch&) {
        if (std::exchange(first, false)) world.publish(30);
    };
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 30);
    world.pass(seconds(60));
    CHECK(world.delivered_now().size() == 30);
}

TEST_CASE(
    "catch-up: the connection is lost in the middle -> held messages come, no verdict, the "
    "rest comes next time",
    "[history]") {
    auto habits = trustworthy();
    habits.fastest = habits.slowest = milliseconds(100);
    World world(habits);
    be_away(world, 250);
    world.connect();
    world.publish(3);
    world.pass(milliseconds(150));
    world.disconnect();
    CHECK(world.verdicts.empty());
    CHECK(world.delivered_now().size() == 103);
    CHECK(world.position_place() == 129);
    world.publish(5);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 155);
    CHECK(world.position_place() == 287);
}

TEST_CASE("catch-up: a long one of a server that promises nothing is cut -> what was proven stays",
          "[history]") {
    auto habits = promising_nothing();
    habits.most_items = 10;
    habits.fastest = habits.slowest = milliseconds(100);
    World world(habits);
    be_away(world, 250);
    world.connect();
    // The first page, its joint, ten pages, theirs, and two more.
    world.pass(milliseconds(1'500));
    world.disconnect();
    CHECK(world.delivered_now().size() == 130);
    CHECK(world.position_place() == 29 + 110);
}

TEST_CASE("catch-up: a page is the same again and again -> gap, history_failed", "[history]") {
    auto habits = trustworthy();
    habits.cursors = true;
    habits.loops = true;
    World world(habits);
    be_away(world, 250);
    world.connect();
    world.settle();
    REQUIRE(world.verdicts.size() == 1);
    CHECK(world.last_verdict().verdict == GapVerdict::gap);
    CHECK(world.last_verdict().reason == Reason::history_failed);
}

TEST_CASE("catch-up: more pages or messages than the bound -> gap, and the next one goes on there",
          "[history]") {
    DeskOptions options;
    SECTION("pages") {
        options.catch_up.pages = 2;
    }
    SECTION("messages") {
        options.catch_up.messages = 200;
    }
    for (const bool promises : {true, false}) {
        World world(promises ? trustworthy() : promising_nothing(), 1, options);
        be_away(world, 250);
        world.connect();
        world.settle();
        check_verdict(world, GapVerdict::gap, Reason::catch_up_limit, 200);
        CHECK(world.position_place() == 229);
        world.verdicts.clear();
        world.disconnect();
        world.connect();
        world.settle();
        check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 50);
    }
}

TEST_CASE("catch-up: exactly as many as the bound -> recovered", "[history]") {
    DeskOptions options;
    options.catch_up.pages = 2;
    options.catch_up.messages = 200;
    World world(promising_nothing(), 1, options);
    be_away(world, 200);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 200);
}

TEST_CASE("catch-up: failures that mend -> three retries in a row, then the page", "[history]") {
    World world(trustworthy());
    be_away(world, 30);
    world.server.habits.lost = 1000;
    int answers = 0;
    world.at_answer = [&](const Fetch&) {
        if (++answers == 3) world.server.habits.lost = 0;
    };
    world.connect();
    world.settle();
    CHECK(world.fetches.size() == 4);
    check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 30);
}

TEST_CASE("catch-up: failures that last -> gap with the reason", "[history]") {
    auto habits = trustworthy();
    Reason reason{};
    std::size_t fetches = 1;
    SECTION("unreachable") {
        habits.lost = 1000, reason = Reason::history_failed, fetches = 4;
    }
    SECTION("500") {
        habits.errors = 1000, reason = Reason::history_failed, fetches = 4;
    }
    SECTION("no answer") {
        habits.hangs = 1000, reason = Reason::catch_up_limit, fetches = 4;
    }
    SECTION("no page") {
        habits.garbage = 1000, reason = Reason::history_unreadable;
    }
    World world(habits);
    be_away(world, 30);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::gap, reason, 0);
    CHECK(world.fetches.size() == fetches);
    CHECK(world.position_place() == 29);
}

TEST_CASE("catch-up: a server that throttles for ever -> gap inside the bound, asked rarely",
          "[history]") {
    auto habits = trustworthy();
    habits.throttles = 1000;
    World world(habits);
    be_away(world, 30);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::gap, Reason::history_throttled, 0);
    CHECK(world.fetches.size() <= 60);
    CHECK(world.fetches.size() > 1);
}

TEST_CASE("catch-up: the token is refused -> one fresh one, and the second refusal ends it",
          "[history]") {
    World world(trustworthy());
    be_away(world, 30);
    world.server.takes_token = false;
    SECTION("the fresh one works") {
        world.connect();
        world.settle();
        check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 30);
        CHECK(world.tokens_asked == 1);
    }
    SECTION("none comes") {
        world.token_arrives = false;
        world.connect();
        world.settle();
        check_verdict(world, GapVerdict::gap, Reason::auth_refused, 0);
    }
    SECTION("the fresh one is refused as well") {
        world.fresh_token_works = false;
        world.connect();
        world.settle();
        check_verdict(world, GapVerdict::gap, Reason::auth_refused, 0);
        CHECK(world.tokens_asked == 1);
    }
}

TEST_CASE(
    "catch-up: one list a conversation -> each is caught up, and the verdict says what cannot "
    "be known",
    "[history]") {
    const auto habits = trustworthy();
    auto source = source_of(habits);
    source.scope = Scope::per_conversation;
    World world(habits, source);
    world.checks_order = false;
    world.connect();
    world.publish(2, "a");
    world.publish(2, "b");
    world.pass(seconds(1));
    world.disconnect();
    world.publish(120, "a");
    world.publish(3, "b");
    world.connect();
    world.settle();
    REQUIRE(world.verdicts.size() == 1);
    CHECK(world.last_verdict().verdict == GapVerdict::gap);
    CHECK(world.last_verdict().reason == Reason::conversations_not_fetched);
    CHECK(world.last_verdict().messages == 123);
    CHECK(world.server.index_of(world.position("a")) == 123);
    CHECK(world.server.index_of(world.position("b")) == 126);
}

TEST_CASE("catch-up: without a position or a source that can -> none begins", "[history]") {
    World empty(trustworthy());
    CHECK_FALSE(empty.connect());
    CHECK_FALSE(empty.desk.catching_up());

    auto source = source_of(trustworthy());
    source.messages.id.reset();
    World without_ids(trustworthy(), source);
    without_ids.publish();
    without_ids.positions.given("", without_ids.server.messages()[0].id);
    CHECK_FALSE(without_ids.connect());
}

TEST_CASE("catch-up: what the app fetched in the hole -> not delivered once more", "[history]") {
    World world(trustworthy());
    be_away(world, 50);
    Fetch fetch;
    fetch.limit = 20;
    REQUIRE(world.page_of(fetch)->size() == 20);
    fetch.direction = Direction::previous;
    fetch.anchor_id = world.server.messages()[60].id;
    REQUIRE(world.page_of(fetch)->size() == 20);
    world.connect();
    world.settle();
    check_verdict(world, GapVerdict::recovered, Reason::missed_messages_fetched, 10);
    CHECK(world.position_place() == 79);
}
