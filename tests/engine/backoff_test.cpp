// Properties of the waiting times.
// Must not drive the engine.
#include "core/engine/backoff.hpp"

#include "tests/support/catch.hpp"

using namespace graceline::engine;

namespace {

const BackoffPolicy kDefault;

BackoffPolicy policy(Duration initial, Duration maximum) {
    BackoffPolicy made;
    made.initial = initial;
    made.maximum = maximum;
    return made;
}

}  // namespace

TEST_CASE("backoff: ceilings -> 500 ms doubling to 30 s, never beyond", "[engine]") {
    CHECK(backoff_ceiling(1, kDefault) == milliseconds(500));
    CHECK(backoff_ceiling(2, kDefault) == milliseconds(1'000));
    CHECK(backoff_ceiling(3, kDefault) == milliseconds(2'000));
    CHECK(backoff_ceiling(6, kDefault) == milliseconds(16'000));
    CHECK(backoff_ceiling(7, kDefault) == milliseconds(30'000));
    CHECK(backoff_ceiling(8, kDefault) == milliseconds(30'000));
    CHECK(backoff_ceiling(UINT32_MAX, kDefault) == milliseconds(30'000));
    CHECK(backoff_ceiling(0, kDefault) == milliseconds(500));
}

TEST_CASE("backoff: any policy and attempt -> monotone, saturating, within the maximum",
          "[engine]") {
    for (const auto initial : {Duration(0), Duration(1), Duration(milliseconds(500)),
                               Duration(std::chrono::hours(24)), Duration::max()}) {
        for (const auto maximum : {Duration(1), Duration(milliseconds(30'000)), Duration::max()}) {
            Duration before{};
            for (std::uint32_t attempt = 1; attempt < 100; ++attempt) {
                const auto ceiling = backoff_ceiling(attempt, policy(initial, maximum));
                REQUIRE(ceiling >= before);
                REQUIRE(ceiling <= maximum);
                before = ceiling;
            }
        }
    }
}

TEST_CASE("backoff: many seeds -> within [0, ceiling] and spread over all of it", "[engine]") {
    Generator generator(1);
    for (const std::uint32_t attempt : {1U, 3U, 10U}) {
        const auto ceiling = backoff_ceiling(attempt, kDefault);
        int quarters[4] = {};
        constexpr int kDraws = 4'000;
        for (int i = 0; i < kDraws; ++i) {
            const auto wait = backoff(attempt, kDefault, generator);
            REQUIRE(wait >= Duration::zero());
            REQUIRE(wait <= ceiling);
            ++quarters[std::min<std::int64_t>(3, wait * 4 / ceiling)];
        }
        for (const int count : quarters) {
            CHECK(count > kDraws / 5);
            CHECK(count < kDraws * 3 / 10);
        }
    }
}

TEST_CASE("backoff: the same seed -> the same waits; another -> others", "[engine]") {
    Generator a(7);
    Generator b(7);
    Generator c(8);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const auto wait = backoff(5, kDefault, a);
        CHECK(wait == backoff(5, kDefault, b));
        differs = differs || wait != backoff(5, kDefault, c);
    }
    CHECK(differs);
}

TEST_CASE("backoff: causes that mend slowly -> the upper half of the maximum", "[engine]") {
    Generator generator(3);
    for (int i = 0; i < 1'000; ++i) {
        const auto wait = slow_backoff(kDefault, generator);
        REQUIRE(wait >= milliseconds(15'000));
        REQUIRE(wait <= milliseconds(30'000));
    }
}

TEST_CASE("hold: the server's figure -> at least that, at most a tenth more, at most 5 minutes",
          "[engine]") {
    Generator generator(4);
    for (const std::uint32_t advice : {0U, 1U, 10U, 120U, 299U, 300U, 1'000U, UINT32_MAX}) {
        for (int i = 0; i < 200; ++i) {
            const auto hold = hold_time(advice, generator);
            const Duration advised = std::chrono::seconds(std::min(advice, 300U));
            REQUIRE(hold >= advised);
            REQUIRE(hold <= advised + advised / 10);
            REQUIRE(hold <= std::chrono::minutes(5));
        }
    }
}

TEST_CASE("generator: between -> both ends are drawn, an empty range gives its lower end",
          "[engine]") {
    Generator generator(5);
    bool low = false;
    bool high = false;
    for (int i = 0; i < 1'000; ++i) {
        const auto drawn = generator.between(Duration(3), Duration(6));
        REQUIRE(drawn >= Duration(3));
        REQUIRE(drawn <= Duration(6));
        low = low || drawn == Duration(3);
        high = high || drawn == Duration(6);
    }
    CHECK(low);
    CHECK(high);
    CHECK(generator.between(Duration(5), Duration(5)) == Duration(5));
    CHECK(generator.between(Duration(5), Duration(4)) == Duration(5));
}
