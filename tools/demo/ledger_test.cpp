// Tests of the demo's account: the number that says "lost" must be able to say it.
// Must not need a client or a server.
#include "tools/demo/ledger.hpp"

#include "tests/support/catch.hpp"

using namespace graceline::demo;

namespace {

// Four messages, a to d, published at 100, 200, 300, 400; each took the server 5 ms.
Ledger four_messages() {
    Ledger ledger;
    ledger.published("a", 100, 105);
    ledger.published("b", 200, 205);
    ledger.published("c", 300, 305);
    ledger.published("d", 400, 405);
    return ledger;
}

}  // namespace

TEST_CASE("ledger: all delivered -> live and replayed, nothing lost", "[demo]") {
    Ledger ledger = four_messages();
    ledger.delivered("a", 101, false);
    ledger.delivered("b", 350, true);
    ledger.delivered("c", 351, true);
    ledger.delivered("d", 402, false);
    const Account account = ledger.close(1'000);
    CHECK(account.live_count == 2);
    CHECK(account.replayed_count == 2);
    CHECK(account.lost_count == 0);
    CHECK(account.published_is_delivered);
    CHECK(account.is_clean());
}

TEST_CASE("ledger: one missing, one twice, or two exchanged -> the lists of ids differ", "[demo]") {
    const std::vector<std::vector<const char*>> ways = {{"a", "b", "c"},
                                                        {"a", "b", "c", "c", "d"},
                                                        {"a", "c", "b", "d"},
                                                        {"a", "b", "c", "d", "e"}};
    for (const auto& ids : ways) {
        Ledger ledger = four_messages();
        Ms at = 500;
        for (const char* id : ids) ledger.delivered(id, ++at, false);
        CHECK_FALSE(ledger.close(1'000).published_is_delivered);
    }
}

TEST_CASE("ledger: a hole, and the app was told before it saw a newer one -> reported", "[demo]") {
    Ledger ledger = four_messages();
    ledger.delivered("a", 101, false);
    ledger.told_to_refresh(150);
    ledger.delivered("d", 402, false);
    ledger.fetched_by_app("b");
    ledger.told_all_is_well(500);
    const Account account = ledger.close(1'000);
    CHECK(account.live_count == 2);
    CHECK(account.reported_count == 2);
    CHECK(account.reported_and_fetched_count == 1);
    CHECK(account.is_clean());
}

TEST_CASE("ledger: a hole, and nobody said a word -> lost", "[demo]") {
    Ledger ledger = four_messages();
    ledger.delivered("a", 101, false);
    ledger.delivered("d", 402, false);
    const Account account = ledger.close(1'000);
    CHECK(account.lost_count == 2);
    CHECK(account.entries[1].outcome == Outcome::lost);
    CHECK_FALSE(account.is_clean());
}

TEST_CASE("ledger: told only after a newer message was seen -> lost", "[demo]") {
    Ledger ledger = four_messages();
    ledger.delivered("a", 101, false);
    ledger.delivered("d", 402, false);
    ledger.told_to_refresh(403);
    CHECK(ledger.close(1'000).lost_count == 2);
}

TEST_CASE("ledger: told, and done with, before the message was published -> lost", "[demo]") {
    Ledger ledger = four_messages();
    ledger.delivered("a", 101, false);
    ledger.told_to_refresh(150);
    ledger.told_all_is_well(204);
    ledger.delivered("d", 402, false);
    const Account account = ledger.close(1'000);
    CHECK(account.lost_count == 2);
    CHECK(account.reported_count == 0);
}

TEST_CASE("ledger: nothing newer was seen -> told before the end counts", "[demo]") {
    Ledger told = four_messages();
    told.delivered("a", 101, false);
    told.told_to_refresh(900);
    CHECK(told.close(1'000).reported_count == 3);
    Ledger untold = four_messages();
    untold.delivered("a", 101, false);
    CHECK(untold.close(1'000).lost_count == 3);
}

TEST_CASE("ledger: twice, out of order, and of others -> counted, not clean", "[demo]") {
    Ledger ledger = four_messages();
    ledger.delivered("a", 101, false);
    ledger.delivered("c", 302, false);
    ledger.delivered("b", 303, false);
    ledger.delivered("d", 402, false);
    ledger.delivered("d", 403, false);
    ledger.delivered("stranger", 404, false);
    const Account account = ledger.close(1'000);
    CHECK(account.live_count == 4);
    CHECK(account.delivered_again_count == 1);
    CHECK(account.out_of_order_count == 1);
    CHECK(account.foreign_count == 1);
    CHECK_FALSE(account.is_clean());
}
