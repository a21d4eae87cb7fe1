// The position: it moves with live messages, waits at a hole, and is bounded in number.
// Must not test who calls it.
#include "core/history/positions.hpp"

#include "tests/support/catch.hpp"

using namespace graceline::history;

TEST_CASE("positions: live messages without a hole -> the last one", "[history]") {
    Positions positions(Scope::all);
    CHECK_FALSE(positions.get("").has_value());
    positions.live("a", "1");
    positions.live("b", "2");
    CHECK(positions.get("") == "2");
    CHECK(positions.get("whatever") == "2");
    CHECK(positions.size() == 1);
    positions.live("b", "");
    CHECK(positions.get("") == "2");
}

TEST_CASE("positions: live messages beyond a hole -> they wait until it is closed", "[history]") {
    Positions positions(Scope::all);
    positions.given("", "1");
    positions.set_hole(true);
    positions.live("", "5");
    positions.live("", "6");
    CHECK(positions.get("") == "1");
    positions.recovered("", "3");
    CHECK(positions.get("") == "3");
    positions.set_hole(false);
    CHECK(positions.get("") == "6");
    positions.live("", "7");
    CHECK(positions.get("") == "7");
}

TEST_CASE("positions: a second hole -> what lay between the two is forgotten", "[history]") {
    Positions positions(Scope::all);
    positions.live("", "1");
    positions.set_hole(true);
    positions.live("", "5");
    positions.set_hole(true);
    positions.set_hole(false);
    CHECK(positions.get("") == "1");
}

TEST_CASE("positions: the app refreshed -> its newest message, unless later ones came live",
          "[history]") {
    Positions positions(Scope::all);
    positions.live("", "1");
    positions.set_hole(true);
    SECTION("none came") {
        positions.refreshed("", "9");
        CHECK(positions.get("") == "9");
        positions.set_hole(false);
        CHECK(positions.get("") == "9");
    }
    SECTION("one came that the page holds") {
        positions.live("", "8");
        positions.refreshed("", "8");
        positions.refreshed("", "9");
        positions.set_hole(false);
        CHECK(positions.get("") == "9");
    }
    SECTION("one came behind the page") {
        positions.live("", "10");
        positions.refreshed("", "9");
        positions.set_hole(false);
        CHECK(positions.get("") == "10");
    }
}

TEST_CASE("positions: one history a conversation -> one position each, last moved first",
          "[history]") {
    Positions positions(Scope::per_conversation);
    positions.live("a", "1");
    positions.live("b", "2");
    positions.live("a", "3");
    positions.set_hole(true);
    positions.live("new", "4");
    CHECK(positions.get("a") == "3");
    CHECK(positions.get("b") == "2");
    CHECK_FALSE(positions.get("new").has_value());
    CHECK(positions.conversations() == std::vector<std::string>{"a", "b"});
    positions.set_hole(false);
    CHECK(positions.get("new") == "4");
    CHECK(positions.conversations().front() == "new");
}

TEST_CASE("positions: more conversations than the bound -> the one that rested longest goes",
          "[history]") {
    Positions positions(Scope::per_conversation, 3);
    for (const char* name : {"a", "b", "c", "a", "d"}) positions.live(name, name);
    CHECK(positions.size() == 3);
    CHECK(positions.forgotten() == 1);
    CHECK_FALSE(positions.get("b").has_value());
    CHECK(positions.conversations() == std::vector<std::string>{"d", "a", "c"});
    for (int i = 0; i < 5000; ++i) positions.live("room" + std::to_string(i % 50), "x");
    CHECK(positions.size() == 3);
    CHECK(positions.get("room49") == "x");
}
