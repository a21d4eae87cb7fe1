// Once warm, a live message costs no allocation in the history's memory.
// Must not measure time.
#include <array>
#include <cstdio>
#include <string>

#include "core/history/positions.hpp"
#include "core/history/seen_ids.hpp"
#include "tests/session/allocation_counter.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::history;
using graceline::session::testing::allocations;

namespace {

/// A text of that number, in place.
struct Name {
    std::array<char, 40> text{};
    std::size_t size = 0;
    Name(const char* before, int number) {
        size = static_cast<std::size_t>(
            std::snprintf(text.data(), text.size(), "%s-%030d", before, number));
    }
    operator std::string_view() const { return {text.data(), size}; }
};

}  // namespace

TEST_CASE("steady state: ids beyond the bound -> no allocation", "[history]") {
    for (const auto scope : {Scope::all, Scope::per_conversation}) {
        SeenIds seen(scope);
        const auto before_first = allocations();
        for (int i = 0; i < 40'000; ++i) seen.add(Name("room", i % 50), Name("id", i), 1);
        CHECK(allocations() > before_first);  // The counter counts.
        const auto before = allocations();
        for (int i = 40'000; i < 100'000; ++i) {
            const Name room("room", i % 50);
            seen.add(room, Name("id", i), 2);
            seen.epoch_of(room, Name("id", i - 5));
        }
        CHECK(allocations() == before);
        CHECK(seen.size() <= kMaxSeenIds);
    }
}

TEST_CASE("steady state: positions of known and of ever new conversations -> no allocation",
          "[history]") {
    Positions positions(Scope::per_conversation, 100);
    const auto move = [&](int i, int rooms) {
        positions.live(Name("room", i % rooms), Name("id", i));
    };
    for (int i = 0; i < 400; ++i) move(i, 150);
    positions.set_hole(true);
    for (int i = 0; i < 400; ++i) move(i, 150);
    const auto before = allocations();
    for (int i = 0; i < 10'000; ++i) move(i, 90);
    for (int i = 0; i < 10'000; ++i) move(i, 150);
    positions.set_hole(false);
    for (int i = 0; i < 10'000; ++i) move(i, 150);
    CHECK(allocations() == before);
    CHECK(positions.size() == 100);
}
