// A host's paging object against the simulated server: both directions, ends proven or not.
// Must not test single fetches (desk_test.cpp).
#include "tests/history/world.hpp"

using namespace graceline::history;
using namespace graceline::history::testing;

namespace {

/// Pages in one direction until the walk says to stop; the number of messages.
struct Paged {
    std::size_t messages = 0;
    std::size_t pages = 0;
    End end = End::no;
};

Paged page_all(World& world, Walk& walk, Direction direction, std::size_t most = 50) {
    Paged paged;
    while (paged.end == End::no && paged.pages < most) {
        const auto fetch = direction == Direction::next ? walk.next() : walk.previous();
        if (!fetch) break;
        const auto page = world.page_of(*fetch);
        REQUIRE(page != nullptr);
        walk.page_came(*fetch, *page);
        paged.messages += page->size();
        ++paged.pages;
        paged.end = walk.at_end(direction);
    }
    return paged;
}

WalkOptions thirty() {
    return {};
}

}  // namespace

TEST_CASE("walk: older pages without a start -> the latest first, to a proven end", "[history]") {
    Habits habits;
    SECTION("by ids") {}
    SECTION("complete is told") {
        habits.tells_complete = true;
    }
    SECTION("by cursors") {
        habits.cursors = true;
    }
    SECTION("newest first") {
        habits.newest_first = true;
    }
    SECTION("unknown ids are empty pages") {
        habits.unknown = UnknownAnchor::empty_and_complete;
    }
    World world(habits);
    world.publish(100);
    Walk walk(thirty(), world.desk.source());
    CHECK(walk.previous()->direction == Direction::latest);
    const auto paged = page_all(world, walk, Direction::previous);
    CHECK(paged.messages == 100);
    CHECK(paged.end == End::proven);
    CHECK_FALSE(walk.previous().has_value());
}

TEST_CASE("walk: newer pages of the same object -> behind the latest, again and again",
          "[history]") {
    World world;
    world.publish(40);
    Walk walk(thirty(), world.desk.source());
    auto fetch = *walk.previous();
    walk.page_came(fetch, *world.page_of(fetch));
    CHECK(page_all(world, walk, Direction::next).messages == 0);
    CHECK(walk.at_end(Direction::next) == End::proven);
    CHECK(walk.at_end(Direction::previous) == End::no);
    world.publish(35);
    const auto paged = page_all(world, walk, Direction::next);
    CHECK(paged.messages == 35);
    CHECK(paged.end == End::proven);
    CHECK(page_all(world, walk, Direction::previous).messages == 10);
}

TEST_CASE("walk: from a start -> older before it, newer behind it", "[history]") {
    World world;
    world.publish(100);
    WalkOptions options;
    options.start_id = world.server.messages()[60].id;
    Walk walk(options, world.desk.source());
    CHECK(page_all(world, walk, Direction::previous).messages == 60);
    CHECK(page_all(world, walk, Direction::next).messages == 39);
}

TEST_CASE("walk: an empty page behind a start of the host -> proven only by a server that refuses",
          "[history]") {
    for (const bool refuses : {true, false}) {
        Habits habits;
        if (!refuses) habits.unknown = UnknownAnchor::empty_and_complete;
        habits.tells_complete = true;
        World world(habits);
        world.publish(3);
        WalkOptions options;
        options.start_id = refuses ? world.server.messages()[2].id : "nobody-knows";
        Walk walk(options, world.desk.source());
        const auto fetch = *walk.next();
        CHECK_FALSE(fetch.anchor_from_source);
        walk.page_came(fetch, *world.page_of(fetch));
        CHECK(walk.at_end(Direction::next) == (refuses ? End::proven : End::unproven));
        CHECK(walk.next().has_value());
    }
}

TEST_CASE("walk: an empty list -> a proven end, and the next question is for the latest",
          "[history]") {
    World world;
    Walk walk(thirty(), world.desk.source());
    const auto fetch = *walk.previous();
    walk.page_came(fetch, *world.page_of(fetch));
    CHECK(walk.at_end(Direction::previous) == End::proven);
    world.publish(2);
    CHECK(page_all(world, walk, Direction::next, 1).messages == 2);
}

TEST_CASE("walk: an empty page with a cursor -> goes on from there", "[history]") {
    auto source = source_of({});
    source.messages_url = "https://h/m{?cursor}";
    source.messages.next_cursor = "/next";
    PageReader reader;
    const PagePlan plan(source, Kind::messages);
    const auto read = [&](std::string_view body) {
        return std::get<std::shared_ptr<Page>>(reader.read(plan, body));
    };
    Walk walk({}, source);
    walk.page_came(*walk.previous(), *read(R"({"items":[{"id":"9"}],"next":"c1"})"));
    CHECK(walk.previous()->cursor == "c1");
    walk.page_came(*walk.previous(), *read(R"({"items":[],"next":"c2"})"));
    CHECK(walk.at_end(Direction::previous) == End::no);
    CHECK(walk.previous()->cursor == "c2");
    walk.page_came(*walk.previous(), *read(R"({"items":[],"next":null})"));
    CHECK(walk.at_end(Direction::previous) == End::proven);
    CHECK_FALSE(walk.next().has_value());  // Cursors alone lead one way.
}

TEST_CASE("walk: two cursors in a page -> one for each direction", "[history]") {
    auto source = source_of({});
    source.messages_url = "https://h/m{?cursor}";
    source.messages.next_cursor = "/newer";
    source.messages.previous_cursor = "/older";
    PageReader reader;
    const PagePlan plan(source, Kind::messages);
    const auto read = [&](std::string_view body) {
        return std::get<std::shared_ptr<Page>>(reader.read(plan, body));
    };
    Walk walk({}, source);
    walk.page_came(*walk.previous(), *read(R"({"items":[{"id":"9"}],"newer":"n","older":"o"})"));
    CHECK(walk.previous()->cursor == "o");
    CHECK(walk.next()->cursor == "n");
}

TEST_CASE("walk: conversations -> by cursor to the end, one direction only", "[history]") {
    World world;
    for (int i = 0; i < 65; ++i) world.publish(1, "room" + std::to_string(i));
    WalkOptions options;
    options.kind = Kind::conversations;
    Walk walk(options, world.desk.source());
    CHECK_FALSE(walk.previous().has_value());
    const auto paged = page_all(world, walk, Direction::next);
    CHECK(paged.messages == 65);
    CHECK(paged.pages == 3);
    CHECK(paged.end == End::proven);
    CHECK_FALSE(walk.next().has_value());
}

TEST_CASE("walk: options -> the field and the rule that they break", "[history]") {
    const auto source = source_of({});
    const auto error = [&](const WalkOptions& options, const SourceOptions& of) {
        const auto found = error_in(options, of);
        return found ? found->field : "none";
    };
    WalkOptions options;
    CHECK(error(options, source) == "none");
    for (const std::uint32_t limit : {0U, 101U}) {
        options.limit = limit;
        CHECK(error(options, source) == "limit");
    }
    options = {};
    options.kind = Kind::conversations;
    options.limit = 51;
    CHECK(error(options, source) == "limit");
    options.limit = 50;
    CHECK(error(options, source) == "none");
    options.conversation = "a";
    CHECK(error(options, source) == "conversation");
    options = {};
    options.start_id = std::string(1025, 'x');
    CHECK(error(options, source) == "start_id");
    options.start_id = "\xFF";
    CHECK(error(options, source) == "start_id");
    options.start_id = "x";
    CHECK(error(options, source) == "none");
    options.start_time = "5";
    CHECK(error(options, source) == "start_time");
    options.start_id.clear();
    CHECK(error(options, source) == "start_time");  // Its URL takes no time.
    options = {};
    auto each = source;
    each.scope = Scope::per_conversation;
    CHECK(error(options, each) == "conversation");
    auto one_list = source;
    one_list.messages_url = "https://h/m{?after}";
    options.conversation = "a";
    CHECK(error(options, one_list) == "conversation");
}
