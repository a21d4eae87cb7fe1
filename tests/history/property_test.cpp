// Random lives of a client against random servers: none lost, none twice, in order, always ending.
// Must not forgive: the world checks each promise at every step, a seed repeats a failure.
#include "tests/history/world.hpp"

using namespace graceline::history;
using namespace graceline::history::testing;
namespace engine = graceline::engine;

namespace {

/// Two in five of the servers have a given habit.
Habits some_habits(engine::Generator& random) {
    const auto maybe = [&] { return random.next() % 5 < 2; };
    const auto chance = [&] { return maybe() ? static_cast<unsigned>(random.next() % 200) : 0U; };
    Habits habits;
    habits.unknown = static_cast<UnknownAnchor>(random.next() % 4);
    if (maybe()) habits.keeps = 20 + random.next() % 300;
    if (maybe()) habits.most_items = 1 + random.next() % 30;
    habits.inclusive = maybe();
    habits.newest_first = maybe();
    habits.tells_complete = maybe();
    habits.never_complete = !habits.tells_complete && maybe();
    habits.cursors = maybe();
    habits.loops = random.next() % 20 == 0;
    habits.ignores_anchors = random.next() % 20 == 0;
    if (maybe()) habits.slowest = milliseconds(random.next() % 2'000);
    habits.repeats = chance();
    habits.garbage = chance() / 4;
    habits.cut_short = chance() / 4;
    habits.lost = chance();
    habits.errors = chance();
    habits.throttles = chance();
    habits.hangs = chance() / 4;
    return habits;
}

struct Tally {
    std::size_t complete = 0, recovered = 0, gaps = 0, replayed = 0;
};

void live_a_life(std::uint64_t seed, Tally& tally) {
    engine::Generator random(seed);
    const auto below = [&](std::uint64_t bound) {
        return static_cast<std::size_t>(random.next() % bound);
    };
    const auto habits = some_habits(random);
    auto options = DeskOptions{};
    options.seed = seed;
    if (below(4) == 0) options.catch_up.pages = static_cast<std::uint32_t>(1 + below(6));
    if (below(4) == 0) options.catch_up.messages = static_cast<std::uint32_t>(1 + below(300));
    World world(habits, seed, options);
    // After a gap, what is older than what came live is replayed on the same connection.
    world.live_delay = milliseconds(below(300));
    world.publish(below(50));
    world.connect();
    std::uint64_t requests = 0;
    for (int round = 0; round < 12; ++round) {
        for (auto burst = below(6); burst > 0; --burst) {
            world.publish(below(4));
            world.pass(milliseconds(below(400)));
            if (below(8) == 0) world.server.takes_token = false;
            if (below(8) == 0) world.request(++requests, {});
        }
        if (below(3) != 0) world.settle();
        world.disconnect();
        world.publish(below(3) == 0 ? below(400) : below(20));
        world.pass(seconds(below(5)));
        world.connect();
    }
    world.settle();
    world.pass(seconds(10));
    for (const auto& each : world.verdicts) {
        const auto verdict = each.result.verdict;
        ++(verdict == GapVerdict::complete    ? tally.complete
           : verdict == GapVerdict::recovered ? tally.recovered
                                              : tally.gaps);
        tally.replayed += each.result.messages;
    }
    REQUIRE(world.pages.size() + world.failures.size() == requests);
}

}  // namespace

TEST_CASE("property: random servers and cuts -> no promise is broken", "[history]") {
    Tally tally;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        INFO("seed " << seed);
        live_a_life(seed, tally);
    }
    INFO(tally.complete << " complete, " << tally.recovered << " recovered, " << tally.gaps
                        << " gaps, " << tally.replayed << " replayed");
    // The lives are of use only while all outcomes are common.
    CHECK(tally.complete > 50);
    CHECK(tally.recovered > 250);
    CHECK(tally.gaps > 250);
}

TEST_CASE("property: pages in any order, quiet meanwhile -> none lost and none twice",
          "[history]") {
    std::size_t recovered = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        engine::Generator random(seed);
        Habits habits;
        habits.unknown =
            random.next() % 2 == 0 ? UnknownAnchor::refuse : UnknownAnchor::empty_and_complete;
        habits.shuffles = 700;
        habits.most_items = 1 + random.next() % 40;
        World world(habits, seed);
        world.checks_order = false;
        world.publish(10);
        world.connect();
        world.publish(1);
        world.pass(seconds(1));
        for (int round = 0; round < 5; ++round) {
            world.disconnect();
            world.publish(random.next() % 200);
            world.connect();
            world.settle();
            if (world.last_verdict().verdict == GapVerdict::recovered) ++recovered;
        }
    }
    CHECK(recovered > 300);
}

TEST_CASE("property: ten thousand messages through fifty cuts -> all, once, in order",
          "[history]") {
    for (const bool promises : {true, false}) {
        Habits habits;
        if (!promises) habits.unknown = UnknownAnchor::empty_and_complete;
        habits.fastest = milliseconds(1);
        habits.slowest = milliseconds(80);
        World world(habits, 7);
        engine::Generator random(11);
        world.publish(1);
        world.connect();
        world.publish(1);
        world.pass(milliseconds(1));
        for (int cut = 0; cut < 50; ++cut) {
            world.disconnect();
            world.publish(150);
            world.connect();
            for (int i = 0; i < 10; ++i) {
                world.publish(5);
                world.pass(milliseconds(random.next() % 60));
            }
        }
        world.settle();
        world.pass(seconds(1));
        CHECK(world.last_verdict().verdict == GapVerdict::recovered);
        std::set<std::size_t> places;
        for (const auto& each : world.delivered) places.insert(each.place);
        CHECK(places.size() == world.server.messages().size() - 1);
        CHECK(world.delivered.size() == places.size());
        CHECK(world.position_place() == world.server.messages().size() - 1);
    }
}
