// Requests of the host at the desk: exactly one completion each, and the policy of failures.
// Must not test the catch-up (catch_up_test.cpp).
#include "tests/history/world.hpp"

using namespace graceline::history;
using namespace graceline::history::testing;
namespace engine = graceline::engine;
using graceline::engine::Failure;

namespace {

Failure status(std::uint16_t code) {
    return {Reason::http_status, 0, code, std::nullopt};
}

}  // namespace

TEST_CASE("desk: a request -> one page, and whether it was the last", "[history]") {
    Habits habits;
    habits.tells_complete = true;
    World world(habits);
    world.publish(50);
    Fetch fetch;
    fetch.limit = 30;
    REQUIRE(world.request(7, fetch));
    CHECK(world.desk.requests() == 1);
    world.settle();
    REQUIRE(world.pages.size() == 1);
    CHECK(world.pages[0].request == 7);
    CHECK(world.pages[0].page->size() == 30);
    CHECK(world.pages[0].end == End::no);
    CHECK(world.pages[0].fetch == fetch);
    fetch.direction = Direction::previous;
    fetch.anchor_id = world.server.messages()[20].id;
    CHECK(world.page_of(fetch)->size() == 20);
    CHECK(world.pages[1].end == End::proven);
    CHECK_FALSE(world.desk.next_deadline().has_value());
}

TEST_CASE("desk: messages of a new page -> one that comes live later is known", "[history]") {
    World world;
    world.connect();
    world.live_delay = seconds(5);
    world.publish(3);
    CHECK(world.page_of(Fetch{})->size() == 3);
    world.pass(seconds(10));
    CHECK(world.delivered.empty());
    const auto& message = world.server.messages()[0];
    CHECK(world.seen.epoch_of(message.conversation, message.id) == kNotLive);
}

TEST_CASE("desk: an older page -> its ids are not remembered, except in a hole", "[history]") {
    World world;
    world.publish(10);
    Fetch fetch;
    fetch.direction = Direction::previous;
    fetch.anchor_id = world.server.messages()[5].id;
    world.page_of(fetch);
    CHECK(world.seen.size() == 0);
    world.positions.set_hole(true);
    world.page_of(fetch);
    CHECK(world.seen.size() == 5);
}

TEST_CASE("desk: conversations -> their page, ids are no messages", "[history]") {
    World world;
    world.publish(1, "a");
    world.publish(1, "b");
    Fetch fetch;
    fetch.kind = Kind::conversations;
    fetch.direction = Direction::next;
    fetch.limit = 1;
    const auto page = world.page_of(fetch);
    REQUIRE(page->size() == 1);
    CHECK(page->items()[0].fields.id == "b");
    CHECK(page->items()[0].fields.conversation == "b");
    CHECK(world.pages[0].end == End::no);
    fetch.cursor = page->next_cursor();
    CHECK(world.page_of(fetch)->items()[0].fields.id == "a");
    CHECK(world.pages[1].end == End::proven);
    CHECK(world.seen.size() == 0);
}

TEST_CASE("desk: what cannot be begun -> refused, and nothing is fetched", "[history]") {
    Habits habits;
    habits.hangs = 1000;
    World world(habits);
    Fetch fetch;
    REQUIRE(world.request(1, fetch));
    CHECK_FALSE(world.request(1, fetch));
    CHECK_FALSE(world.request(0, fetch));
    for (std::uint64_t i = 2; i <= kMaxRequests; ++i) CHECK(world.request(i, fetch));
    CHECK_FALSE(world.request(kMaxRequests + 1, fetch));
    fetch.kind = Kind::conversations;
    fetch.direction = Direction::previous;
    CHECK_FALSE(world.request(kMaxRequests + 1, fetch));
    CHECK(world.fetches.size() == kMaxRequests);
    world.settle();
    CHECK(world.failures.size() == kMaxRequests);
}

TEST_CASE("desk: failures of a request -> at once, with the history's reason and what lay below",
          "[history]") {
    struct Row {
        Failure failure;
        Reason reason;
    };
    const std::vector<Row> rows = {
        {{Reason::connection_lost, 0, 0, std::nullopt}, Reason::history_failed},
        {{Reason::certificate_refused, 0, 0, std::nullopt}, Reason::history_failed},
        {{Reason::message_too_big, 0, 0, std::nullopt}, Reason::history_failed},
        {{Reason::history_unreadable, 0, 0, std::nullopt}, Reason::history_unreadable},
        {{Reason::history_timeout, 0, 0, std::nullopt}, Reason::history_timeout},
        {status(302), Reason::history_failed},
        {status(404), Reason::history_failed},
        {status(400), Reason::history_failed},
        {status(500), Reason::history_failed},
    };
    for (const auto& row : rows) {
        INFO(engine::to_string(row.failure.reason) << " " << row.failure.http_status);
        World world;
        SeenIds seen(Scope::all);
        Positions positions(Scope::all);
        const Known known{seen, positions, 1};
        Desk desk(source_of({}), {});
        Fetch fetch;
        fetch.direction = Direction::next;
        fetch.anchor_id = "x";
        REQUIRE(desk.begin(3, fetch, known, {}) == Desk::Begun::ok);
        REQUIRE(desk.poll_output().has_value());
        REQUIRE_FALSE(desk.poll_output().has_value());
        desk.answer(1, row.failure, known, {});
        const auto output = desk.poll_output();
        REQUIRE(output.has_value());
        const auto* failed = std::get_if<output::RequestFailed>(&*output);
        REQUIRE(failed != nullptr);
        CHECK(failed->request == 3);
        CHECK(failed->failure.reason == row.reason);
        CHECK(failed->failure.http_status == row.failure.http_status);
        CHECK(failed->cause == row.failure.reason);
        CHECK_FALSE(desk.poll_output().has_value());
        CHECK(desk.requests() == 0);
    }
}

TEST_CASE("desk: no answer -> stopped at the fetch's time-out, and the late answer is nothing",
          "[history]") {
    Habits habits;
    habits.hangs = 1000;
    World world(habits);
    world.request(1, {});
    world.request(2, {});
    world.pass(seconds(14));
    CHECK(world.failures.empty());
    world.pass(seconds(2));
    REQUIRE(world.failures.size() == 2);
    CHECK(world.failures[0].failure.reason == Reason::history_timeout);
    CHECK(world.stopped.size() == 2);
    world.pass(std::chrono::hours(2));
    CHECK(world.failures.size() == 2);
    CHECK(world.pages.empty());
}

TEST_CASE("desk: a throttled request -> waits as told and asks again", "[history]") {
    World world;
    world.publish(3);
    world.server.habits.throttles = 1000;
    world.at_answer = [&](const Fetch&) { world.server.habits.throttles = 0; };
    world.request(1, {});
    world.settle();
    CHECK(world.fetches.size() <= 2);
    CHECK(world.pages.size() + world.failures.size() == 1);
}

TEST_CASE("desk: advice that does not fit into the request's time -> throttled at once, with it",
          "[history]") {
    SeenIds seen(Scope::all);
    Positions positions(Scope::all);
    const Known known{seen, positions, 1};
    for (const std::uint32_t advice : {20U, 40U}) {
        Desk desk(source_of({}), {});
        desk.begin(1, {}, known, {});
        desk.poll_output();
        desk.answer(1, Failure{Reason::http_status, 0, 429, advice}, known, {});
        const auto output = desk.poll_output();
        CHECK(output.has_value() == (advice == 40));
        if (!output) {
            REQUIRE(desk.next_deadline().has_value());
            CHECK(*desk.next_deadline() >= Instant{} + seconds(20));
            CHECK(*desk.next_deadline() <= Instant{} + seconds(22));
            continue;
        }
        const auto& failed = std::get<output::RequestFailed>(*output);
        CHECK(failed.failure.reason == Reason::history_throttled);
        CHECK(failed.failure.retry_after_seconds == advice);
    }
}

TEST_CASE("desk: advice of no time at all -> asked again after a second, not at once",
          "[history]") {
    SeenIds seen(Scope::all);
    Positions positions(Scope::all);
    const Known known{seen, positions, 1};
    Desk desk(source_of({}), {});
    desk.begin(1, {}, known, {});
    desk.poll_output();
    desk.answer(1, Failure{Reason::http_status, 0, 429, 0}, known, {});
    CHECK_FALSE(desk.poll_output().has_value());
    CHECK(desk.next_deadline() == Instant{} + kMinThrottleWait);
    // What waits has no fetch under way, so nothing can be its answer.
    desk.answer(1, std::make_shared<Page>(), known, {});
    desk.answer(0, std::make_shared<Page>(), known, {});
    CHECK_FALSE(desk.poll_output().has_value());
    desk.tick(Instant{} + kMinThrottleWait);
    const auto again = desk.poll_output();
    REQUIRE(again.has_value());
    CHECK(std::get<output::StartFetch>(*again).fetch == 2);
}

TEST_CASE("desk: two requests whose token is refused -> both go on with the fresh one",
          "[history]") {
    World world;
    world.publish(3);
    world.server.takes_token = false;
    world.request(1, {});
    world.request(2, {});
    world.settle();
    CHECK(world.pages.size() == 2);
    CHECK(world.tokens_asked == 2);
    CHECK(world.fetches.size() <= 5);
}

TEST_CASE("desk: no fresh token -> auth_refused", "[history]") {
    World world;
    world.publish(3);
    world.server.takes_token = false;
    SECTION("none comes") {
        world.token_arrives = false;
    }
    SECTION("it is refused as well") {
        world.fresh_token_works = false;
    }
    world.request(1, {});
    world.settle();
    REQUIRE(world.failures.size() == 1);
    CHECK(world.failures[0].failure.reason == Reason::auth_refused);
    CHECK(world.tokens_asked == 1);
}

TEST_CASE("desk: cancelled -> one completion with that reason, the fetch is stopped", "[history]") {
    Habits habits;
    habits.hangs = 1000;
    World world(habits);
    world.request(1, {});
    world.request(2, {});
    world.cancel(1);
    world.cancel(1);
    REQUIRE(world.failures.size() == 1);
    CHECK(world.failures[0].failure.reason == Reason::request_cancelled);
    CHECK(world.stopped.size() == 1);
    world.cancel_all();
    REQUIRE(world.failures.size() == 2);
    CHECK(world.failures[1].failure.reason == Reason::client_closed);
    CHECK_FALSE(world.desk.next_deadline().has_value());
}

TEST_CASE("desk: everything is cancelled in a catch-up -> no verdict, nothing is under way",
          "[history]") {
    Habits habits;
    habits.hangs = 1000;
    World world(habits);
    world.publish(3);
    world.positions.given("", world.server.messages()[0].id);
    REQUIRE(world.connect());
    world.cancel_all();
    CHECK_FALSE(world.desk.catching_up());
    CHECK(world.verdicts.empty());
    CHECK(world.stopped.size() == 1);
    CHECK_FALSE(world.desk.next_deadline().has_value());
}

TEST_CASE("desk: a clock that steps back or far ahead -> counts on, or ends all", "[history]") {
    Habits habits;
    habits.hangs = 1000;
    World world(habits);
    world.now = Instant{} + seconds(100);
    world.request(1, {});
    world.desk.tick(Instant{});
    CHECK_FALSE(world.desk.poll_output().has_value());
    world.desk.tick(world.now + std::chrono::hours(48));
    CHECK(std::holds_alternative<output::StopFetch>(*world.desk.poll_output()));
    CHECK(std::holds_alternative<output::RequestFailed>(*world.desk.poll_output()));
    CHECK_FALSE(world.desk.next_deadline().has_value());
}

TEST_CASE("treatment: every failure -> one of the five, and unknown ids only where one was sent",
          "[history]") {
    Fetch anchored;
    anchored.anchor_id = "x";
    CHECK(treatment_of(status(404), anchored, false) == Treatment::unknown_anchor);
    CHECK(treatment_of(status(410), anchored, false) == Treatment::unknown_anchor);
    CHECK(treatment_of(status(400), anchored, true) == Treatment::unknown_anchor);
    CHECK(treatment_of(status(400), anchored, false) == Treatment::fail);
    CHECK(treatment_of(status(404), {}, true) == Treatment::fail);
    CHECK(treatment_of(status(401), {}, true) == Treatment::token);
    CHECK(treatment_of(status(403), {}, true) == Treatment::token);
    CHECK(treatment_of(status(429), {}, true) == Treatment::wait);
    CHECK(treatment_of(status(503), {}, true) == Treatment::wait);
    CHECK(treatment_of(status(502), {}, true) == Treatment::retry);
    CHECK(treatment_of({Reason::http_status, 0, 502, 3U}, {}, true) == Treatment::wait);
    CHECK(treatment_of(status(301), {}, true) == Treatment::fail);
    CHECK(treatment_of({Reason::pin_mismatch, 0, 0, std::nullopt}, {}, true) == Treatment::fail);
}
