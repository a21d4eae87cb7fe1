// The outbox: one fate a message, in every order that connections, acks and hosts can make.
// Must not test how frames are written (tests/driver).
#include "core/engine/outbox.hpp"

#include <map>
#include <set>

#include "core/engine/backoff.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::engine;

namespace {

using std::chrono::seconds;

Outgoing text(std::string payload, std::string id = {}, Deadline expires_at = {}) {
    return {false, std::move(payload), std::move(id), expires_at};
}

std::vector<FateRange> fates_of(Outbox& outbox) {
    std::vector<FateRange> fates;
    while (const auto fate = outbox.poll_fate()) fates.push_back(*fate);
    outbox.check_invariants();
    return fates;
}

}  // namespace

TEST_CASE("outbox: passed on and flushed -> sent, in ranges", "[engine]") {
    Outbox outbox({}, false);
    CHECK(outbox.pass(10) == 1);
    CHECK(outbox.pass(20) == 2);
    CHECK(outbox.pass(30) == 3);
    outbox.flushed(20);
    CHECK(fates_of(outbox) == std::vector<FateRange>{{1, 2, Fate::sent, Reason::none}});
    CHECK(outbox.open_count() == 1);
    outbox.flushed(30);
    CHECK(fates_of(outbox) == std::vector<FateRange>{{3, 3, Fate::sent, Reason::none}});
}

TEST_CASE("outbox: passed on around a kept one -> one range up to the offset, what waits stays",
          "[engine]") {
    Outbox outbox({}, false);
    CHECK(outbox.pass(10) == 1);
    CHECK(outbox.pass(20) == 2);
    CHECK(outbox.keep(text("kept")) == 3);
    outbox.front_given(30);
    CHECK(outbox.pass(40) == 4);
    CHECK(outbox.pass(50) == 5);
    CHECK(outbox.keep(text("waits")) == 6);
    outbox.flushed(40);
    CHECK(fates_of(outbox) == std::vector<FateRange>{{1, 4, Fate::sent, Reason::none}});
    CHECK(outbox.open_count() == 2);
    outbox.flushed(100);
    CHECK(fates_of(outbox) == std::vector<FateRange>{{5, 5, Fate::sent, Reason::none}});
    CHECK(outbox.open_count() == 1);
}

TEST_CASE("outbox: kept while offline, then given -> first in first out, sent", "[engine]") {
    Outbox outbox({}, false);
    CHECK(outbox.keep(text("a")) == 1);
    CHECK(outbox.keep(text("b")) == 2);
    CHECK(outbox.kept_bytes() == 2);
    REQUIRE(outbox.front() != nullptr);
    CHECK(outbox.front()->payload == "a");
    outbox.front_given(5);
    CHECK(outbox.front()->payload == "b");
    outbox.front_given(9);
    CHECK(outbox.front() == nullptr);
    CHECK(outbox.kept_bytes() == 0);
    CHECK(outbox.pass(12) == 3);
    outbox.flushed(12);
    CHECK(fates_of(outbox) == std::vector<FateRange>{{1, 3, Fate::sent, Reason::none}});
}

TEST_CASE("outbox: the connection ends -> what was on its way failed, what waited waits",
          "[engine]") {
    Outbox outbox({}, false);
    outbox.pass(10);
    outbox.pass(20);
    outbox.flushed(10);
    outbox.keep(text("later"));
    fates_of(outbox);
    outbox.connection_ended(Reason::connection_lost);
    CHECK(fates_of(outbox) ==
          std::vector<FateRange>{{2, 2, Fate::failed, Reason::connection_lost}});
    REQUIRE(outbox.front() != nullptr);
    CHECK(outbox.front()->payload == "later");
    outbox.front_given(7);  // the stream of the next connection starts at 0
    outbox.flushed(7);
    CHECK(fates_of(outbox) == std::vector<FateRange>{{3, 3, Fate::sent, Reason::none}});
}

TEST_CASE("outbox: acks -> acknowledged instead of sent, whatever order they come in", "[engine]") {
    Outbox outbox({}, true);
    for (const auto* id : {"k1", "k2", "k3"}) outbox.keep(text("m", id));
    for (std::uint64_t offset = 1; outbox.front() != nullptr; ++offset) outbox.front_given(offset);
    outbox.flushed(3);
    CHECK(fates_of(outbox).empty());
    CHECK(outbox.acknowledged("k2"));
    CHECK(outbox.acknowledged("k1"));
    CHECK_FALSE(outbox.acknowledged("k1"));
    CHECK_FALSE(outbox.acknowledged("never sent"));
    CHECK(fates_of(outbox) == std::vector<FateRange>{{2, 2, Fate::acknowledged, Reason::none},
                                                     {1, 1, Fate::acknowledged, Reason::none}});
    CHECK(outbox.open_count() == 1);
}

TEST_CASE("outbox: acks, a cut before them -> resent under the same id, before newer ones",
          "[engine]") {
    Outbox outbox({}, true);
    outbox.keep(text("first", "k1"));
    outbox.keep(text("second", "k2"));
    outbox.front_given(1);
    outbox.front_given(2);
    outbox.flushed(1);
    outbox.acknowledged("k1");
    outbox.connection_ended(Reason::connection_lost);
    outbox.keep(text("third", "k3"));
    REQUIRE(outbox.front() != nullptr);
    CHECK(outbox.front()->deduplication_id == "k2");
    outbox.front_given(1);
    CHECK(outbox.front()->deduplication_id == "k3");
    outbox.front_given(2);
    CHECK(outbox.acknowledged("k3"));
    CHECK(outbox.acknowledged("k2"));
    CHECK(outbox.open_count() == 0);
    CHECK(outbox.kept_bytes() == 0);
}

TEST_CASE("outbox: an expiry per message -> failed in its time, the others stay", "[engine]") {
    Outbox outbox({}, false);
    const Instant start{};
    outbox.keep(text("short", {}, start + seconds(5)));
    outbox.keep(text("long", {}, start + seconds(9)));
    outbox.keep(text("for ever"));
    CHECK(outbox.next_deadline() == start + seconds(5));
    outbox.expire(start + seconds(5) - milliseconds(1));
    CHECK(fates_of(outbox).empty());
    outbox.expire(start + seconds(5));
    CHECK(fates_of(outbox) ==
          std::vector<FateRange>{{1, 1, Fate::failed, Reason::message_expired}});
    CHECK(outbox.next_deadline() == start + seconds(9));
    outbox.expire(start + seconds(60));
    CHECK(fates_of(outbox) ==
          std::vector<FateRange>{{2, 2, Fate::failed, Reason::message_expired}});
    CHECK_FALSE(outbox.next_deadline());
    CHECK(outbox.front()->payload == "for ever");
}

TEST_CASE("outbox: unacknowledged in its time -> failed as expired", "[engine]") {
    Outbox outbox({}, true);
    outbox.keep(text("m", "k", Instant{} + seconds(5)));
    outbox.front_given(1);
    outbox.flushed(1);
    outbox.expire(Instant{} + seconds(5));
    CHECK(fates_of(outbox) ==
          std::vector<FateRange>{{1, 1, Fate::failed, Reason::message_expired}});
    CHECK_FALSE(outbox.acknowledged("k"));
    CHECK_FALSE(outbox.next_deadline());
}

TEST_CASE("outbox: cancel -> only what waits; the rest keeps its order", "[engine]") {
    Outbox outbox({}, false);
    outbox.pass(4);
    outbox.keep(text("a"));
    outbox.keep(text("b"));
    outbox.keep(text("c"));
    CHECK_FALSE(outbox.cancel(1));
    CHECK(outbox.cancel(2));
    CHECK(outbox.cancel(3));
    CHECK_FALSE(outbox.cancel(3));
    CHECK_FALSE(outbox.cancel(99));
    CHECK(fates_of(outbox) == std::vector<FateRange>{{2, 3, Fate::failed, Reason::send_cancelled}});
    CHECK(outbox.front()->payload == "c");
}

TEST_CASE("outbox: its bounds -> count with what is unread, bytes of what is kept", "[engine]") {
    Outbox outbox({3, 10}, false);
    CHECK(outbox.has_room(100, 0));  // alone it may be larger
    CHECK_FALSE(outbox.has_room(1, 3));
    outbox.keep(text("12345678"));
    CHECK(outbox.has_room(2, 0));
    CHECK_FALSE(outbox.has_room(3, 0));
    outbox.keep(text("1"));
    outbox.keep(text("1"));
    CHECK_FALSE(outbox.has_room(0, 0));
    outbox.fail_all(Reason::client_closed);
    CHECK(outbox.has_room(10, 0));
    CHECK(fates_of(outbox) == std::vector<FateRange>{{1, 3, Fate::failed, Reason::client_closed}});
}

TEST_CASE("outbox: a thousand random histories -> one fate each, none twice, bytes back to zero",
          "[engine]") {
    for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
        INFO("seed " << seed);
        Generator random(seed);
        const bool acks = (random.next() % (2)) == 0;
        Outbox outbox({50, 500}, acks);
        std::map<std::uint64_t, int> fates;
        std::vector<std::string> keys;
        std::uint64_t offset = 0;
        std::uint64_t accepted = 0;
        bool up = false;
        Instant now{};
        const auto drain = [&] {
            for (const auto& range : fates_of(outbox)) {
                for (auto id = range.first; id <= range.last; ++id) ++fates[id];
            }
        };
        for (int step = 0; step < 200; ++step) {
            now += milliseconds(100);
            switch ((random.next() % (9))) {
                case 0:
                case 1:
                    if (!outbox.has_room(5, 0)) break;
                    ++accepted;
                    if (up && !acks && outbox.front() == nullptr) {
                        outbox.pass(offset += 5);
                    } else {
                        keys.push_back("k" + std::to_string(accepted));
                        outbox.keep(text("12345", acks ? keys.back() : "",
                                         (random.next() % (4)) == 0 ? Deadline(now + seconds(2))
                                                                    : std::nullopt));
                    }
                    break;
                case 2:
                case 3:
                    if (up && outbox.front() != nullptr) outbox.front_given(offset += 5);
                    break;
                case 4:
                    if (up) outbox.flushed((random.next() % (offset + 1)));
                    break;
                case 5:
                    if (!keys.empty()) outbox.acknowledged(keys[(random.next() % (keys.size()))]);
                    break;
                case 6:
                    outbox.cancel(1 + (random.next() % (accepted + 1)));
                    break;
                case 7:
                    outbox.expire(now);
                    break;
                case 8:
                    if (up) outbox.connection_ended(Reason::connection_lost);
                    up = !up;
                    offset = 0;
                    break;
            }
            drain();
        }
        outbox.fail_all(Reason::client_closed);
        drain();
        REQUIRE(fates.size() == accepted);
        for (const auto& [id, count] : fates) REQUIRE(count == 1);
        REQUIRE(outbox.kept_bytes() == 0);
        REQUIRE(outbox.open_count() == 0);
        REQUIRE_FALSE(outbox.next_deadline());
    }
}
