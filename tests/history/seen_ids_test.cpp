// The memory of ids against a plain model: exact, bounded, oldest forgotten first.
// Must not measure time.
#include "core/history/seen_ids.hpp"

#include <deque>
#include <string>
#include <utility>

#include "core/engine/backoff.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::history;

TEST_CASE("seen ids: an id twice -> new once, its first epoch stays", "[history]") {
    SeenIds seen(Scope::all);
    CHECK(seen.add("a", "1", 4));
    CHECK_FALSE(seen.add("a", "1", 5));
    CHECK_FALSE(seen.add("b", "1", 5));
    CHECK(seen.epoch_of("c", "1") == 4);
    CHECK_FALSE(seen.epoch_of("a", "2").has_value());
    CHECK(seen.size() == 1);
    CHECK(seen.bytes() == 1);
}

TEST_CASE("seen ids: one history a conversation -> the conversation is part of the key",
          "[history]") {
    SeenIds seen(Scope::per_conversation);
    CHECK(seen.add("a", "1", 1));
    CHECK(seen.add("b", "1", 2));
    CHECK(seen.add("ab", "c", 3));
    CHECK(seen.add("a", "bc", 4));
    CHECK(seen.epoch_of("b", "1") == 2);
    CHECK(seen.epoch_of("ab", "c") == 3);
    CHECK(seen.epoch_of("a", "bc") == 4);
}

TEST_CASE("seen ids: no id, or one larger than the memory -> always new, never kept", "[history]") {
    SeenIds seen(Scope::all, 8, 16);
    CHECK(seen.add("", "", 1));
    CHECK(seen.add("", "", 1));
    const std::string huge(17, 'x');
    CHECK(seen.add("", huge, 1));
    CHECK(seen.add("", huge, 1));
    CHECK(seen.size() == 0);
    CHECK(seen.add("", std::string(16, 'x'), 1));
    CHECK_FALSE(seen.add("", std::string(16, 'x'), 1));
    CHECK(seen.add("", "y", 1));
    CHECK(seen.size() == 1);
}

TEST_CASE("seen ids: cleared -> empty and usable", "[history]") {
    SeenIds seen(Scope::all);
    for (int i = 0; i < 1000; ++i) seen.add("", std::to_string(i), 1);
    seen.clear();
    CHECK(seen.size() == 0);
    CHECK_FALSE(seen.epoch_of("", "5").has_value());
    CHECK(seen.add("", "5", 2));
    CHECK(seen.epoch_of("", "5") == 2);
}

TEST_CASE("seen ids: any sequence -> as a plain queue of the same bounds", "[history]") {
    struct Bounds {
        std::size_t ids, bytes;
    };
    for (const auto& bounds : {Bounds{1, 100}, Bounds{7, 10'000}, Bounds{300, 10'000},
                               Bounds{100'000, 3'000}, Bounds{100'000, 64}}) {
        for (std::uint64_t seed = 1; seed <= 8; ++seed) {
            graceline::engine::Generator random(seed);
            SeenIds seen(Scope::all, bounds.ids, bounds.bytes);
            std::deque<std::pair<std::string, std::uint64_t>> model;
            for (std::uint64_t i = 0; i < 4000; ++i) {
                const auto id =
                    std::to_string(random.next() % 600) + std::string(random.next() % 40, 'p');
                const auto known = std::find_if(model.begin(), model.end(),
                                                [&](const auto& each) { return each.first == id; });
                REQUIRE(seen.add("", id, i) == (known == model.end()));
                if (known == model.end()) model.emplace_back(id, i);
                // The ring may forget a little earlier than the bytes alone would ask for.
                while (model.size() > seen.size()) model.pop_front();
                REQUIRE(model.size() == seen.size());
                REQUIRE(seen.size() <= bounds.ids);
                REQUIRE(seen.bytes() <= bounds.bytes);
            }
            for (const auto& [id, epoch] : model) REQUIRE(seen.epoch_of("", id) == epoch);
            if (bounds.ids < 600) {
                REQUIRE(seen.size() == bounds.ids);
            } else {
                // Never more than one id's room is left unused, at the end and before the oldest.
                REQUIRE(seen.bytes() + 2 * 44 >= bounds.bytes);
            }
            REQUIRE(seen.forgotten() > 0);
        }
    }
}

TEST_CASE("seen ids: what came live is forgotten -> only of its connection and from its number on",
          "[history]") {
    SeenIds seen(Scope::all);
    seen.add("", "old", 1);
    seen.add("", "early", 2);
    const auto since = seen.added();
    seen.add("", "late", 2);
    seen.add("", "page", graceline::history::kNotLive);
    seen.forget_live(2, since);
    CHECK(seen.add("", "late", 3));
    for (const char* id : {"old", "early", "page"}) CHECK_FALSE(seen.add("", id, 3));
}
