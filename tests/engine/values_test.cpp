// The engine's small values: numbers beyond an enum's last, values that differ in one field.
// Must hold for every field, so that one that is added is not forgotten in a comparison.
#include <string>
#include <vector>

#include "core/engine/facts.hpp"
#include "core/engine/outbox.hpp"
#include "core/engine/reason.hpp"
#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

namespace {

constexpr auto kBeyond = 250;

/// Each of `others` differs from `one` and from all the others.
template <class Value>
void check_all_differ(const Value& one, std::vector<Value> others) {
    CHECK(one == Value(one));
    others.push_back(one);
    for (std::size_t a = 0; a < others.size(); ++a) {
        for (std::size_t b = 0; b < others.size(); ++b) {
            INFO(a << " and " << b);
            CHECK((others[a] == others[b]) == (a == b));
        }
    }
}

template <class Value, class... Changes>
std::vector<Value> changed(const Value& from, Changes... changes) {
    std::vector<Value> all;
    const auto add = [&](auto change) {
        all.push_back(from);
        change(all.back());
    };
    (add(changes), ...);
    return all;
}

}  // namespace

TEST_CASE("values: a number beyond the enum's last -> a name all the same", "[engine]") {
    CHECK(to_string(static_cast<Reason>(kBeyond)) != nullptr);
    CHECK(text_of(static_cast<Reason>(kBeyond)) != nullptr);
    CHECK(to_string(static_cast<ConnectionStatus>(kBeyond)) != nullptr);
    CHECK(to_string(static_cast<Phase>(kBeyond)) != nullptr);
    CHECK(to_string(static_cast<TaskCause>(kBeyond)) != nullptr);
    CHECK(to_string(static_cast<GapVerdict>(kBeyond)) != nullptr);
    CHECK(public_status(static_cast<ConnectionState>(kBeyond)) == ConnectionStatus::disconnected);
    CHECK(phase_of(static_cast<ConnectionState>(kBeyond)) == Phase::idle);
    CHECK(presence_after(static_cast<ApplicationState>(kBeyond)) == Presence::foreground);
}

TEST_CASE("values: every verdict and status -> its own name", "[engine]") {
    CHECK(to_string(GapVerdict::none) == std::string("none"));
    CHECK(to_string(GapVerdict::complete) == std::string("complete"));
    CHECK(to_string(GapVerdict::recovered) == std::string("recovered"));
    CHECK(to_string(GapVerdict::gap) == std::string("gap"));
    CHECK(to_string(GapVerdict::unknown) == std::string("unknown"));
    CHECK(to_string(ConnectionStatus::disconnected) == std::string("disconnected"));
    CHECK(to_string(ConnectionStatus::connecting) == std::string("connecting"));
    CHECK(to_string(ConnectionStatus::connected) == std::string("connected"));
    CHECK(to_string(ConnectionStatus::feature_throttled) == std::string("feature_throttled"));
}

TEST_CASE("values: every app state -> where the app is then", "[engine]") {
    CHECK(presence_after(ApplicationState::did_become_active) == Presence::foreground);
    CHECK(presence_after(ApplicationState::will_enter_foreground) == Presence::foreground);
    CHECK(presence_after(ApplicationState::will_resign_active) == Presence::resigned);
    CHECK(presence_after(ApplicationState::did_background) == Presence::background);
    CHECK(presence_after(ApplicationState::will_terminate) == Presence::terminated);
}

TEST_CASE("values: every state -> the phase that it alone tells", "[engine]") {
    using S = ConnectionState;
    CHECK(phase_of(S::idle) == Phase::idle);
    CHECK(phase_of(S::backoff) == Phase::backoff);
    CHECK(phase_of(S::throttled) == Phase::throttled);
    CHECK(phase_of(S::network_off) == Phase::network_off);
    CHECK(phase_of(S::opening) == Phase::resolving);
    CHECK(phase_of(S::opening_session) == Phase::opening_session);
    CHECK(phase_of(S::open) == Phase::open);
    CHECK(phase_of(S::closing) == Phase::closing);
    CHECK(phase_of(S::awaiting_token) == Phase::awaiting_token);
}

TEST_CASE("values: facts, failures and fates -> equal only in every field", "[engine]") {
    check_all_differ(
        Facts{},
        changed(
            Facts{}, [](Facts& f) { f.state = ConnectionState::open; },
            [](Facts& f) { f.presence = Presence::background; },
            [](Facts& f) { f.last_cause = TaskCause::expired; },
            [](Facts& f) { f.needs_refresh = false; }, [](Facts& f) { f.trusted = true; },
            [](Facts& f) { f.task_running = true; }, [](Facts& f) { f.has_deadline = true; },
            [](Facts& f) { f.closed = true; }, [](Facts& f) { f.deadline += milliseconds(1); }));
    check_all_differ(Failure{}, changed(
                                    Failure{}, [](Failure& f) { f.reason = Reason::tls_failed; },
                                    [](Failure& f) { f.close_code = 1000; },
                                    [](Failure& f) { f.http_status = 500; },
                                    [](Failure& f) { f.retry_after_seconds = 0; },
                                    [](Failure& f) { f.retry_after_seconds = 1; }));
    check_all_differ(FateRange{}, changed(
                                      FateRange{}, [](FateRange& f) { f.first = 1; },
                                      [](FateRange& f) { f.last = 1; },
                                      [](FateRange& f) { f.fate = Fate::sent; },
                                      [](FateRange& f) { f.reason = Reason::send_cancelled; }));
    const DispositionOverride row{1000, 0, Disposition::retry};
    check_all_differ(row, changed(
                              row, [](DispositionOverride& r) { r.close_code = 1001; },
                              [](DispositionOverride& r) { r.http_status = 500; },
                              [](DispositionOverride& r) { r.disposition = Disposition::auth; }));
}

TEST_CASE("facts: each thing that must hold is missing -> the query is false", "[engine]") {
    Facts up;
    up.state = ConnectionState::open;
    up.needs_refresh = false;
    up.presence = Presence::background;
    up.task_running = true;
    up.has_deadline = true;
    up.deadline = Instant(std::chrono::seconds(30));
    const Instant now(std::chrono::seconds(29));
    REQUIRE(background_task_enabled(up, now));
    for (const auto& less : changed(
             up, [](Facts& f) { f.state = ConnectionState::opening; },
             [](Facts& f) { f.needs_refresh = true; }, [](Facts& f) { f.task_running = false; },
             [](Facts& f) { f.closed = true; },
             [](Facts& f) { f.deadline = Instant(std::chrono::seconds(29)); },
             [](Facts& f) { f.presence = Presence::foreground; },
             [](Facts& f) {
                 f.presence = Presence::foreground;
                 f.last_cause = TaskCause::returned;
             },
             [](Facts& f) {
                 f.presence = Presence::foreground;
                 f.trusted = true;
             })) {
        CHECK_FALSE(background_task_enabled(less, now));
    }
    up.has_deadline = false;
    CHECK(background_time_remaining_ms(up, now) == -1);
    up.closed = true;
    CHECK(background_time_remaining_ms(up, now) == 0);
}

TEST_CASE("outbox: fates that differ in one thing -> not joined", "[engine]") {
    const auto keep = [](Outbox& outbox, Deadline expires_at = {}) {
        return outbox.keep({false, "x", {}, expires_at});
    };
    const auto fates = [](Outbox& outbox) {
        std::vector<FateRange> all;
        while (const auto fate = outbox.poll_fate()) all.push_back(*fate);
        return all;
    };
    Outbox outbox({}, false);
    keep(outbox, Instant(std::chrono::seconds(1)));
    keep(outbox);
    keep(outbox);
    keep(outbox);
    CHECK(outbox.cancel(3));
    outbox.expire(Instant(std::chrono::seconds(1)));
    outbox.fail_waiting(Reason::disconnect_called);
    // Another reason, a number in between, and then two that belong together.
    CHECK(fates(outbox) == std::vector<FateRange>{{3, 3, Fate::failed, Reason::send_cancelled},
                                                  {1, 1, Fate::failed, Reason::message_expired},
                                                  {2, 2, Fate::failed, Reason::disconnect_called},
                                                  {4, 4, Fate::failed, Reason::disconnect_called}});
}

TEST_CASE("outbox: acks, but a message without an id -> sent once, never again", "[engine]") {
    Outbox outbox({}, true);
    outbox.keep({false, "plain", {}, {}});
    outbox.keep({false, "known", "d", {}});
    outbox.front_given(5);
    outbox.front_given(10);
    CHECK(outbox.knows("d"));
    CHECK_FALSE(outbox.knows("e"));
    outbox.connection_ended(Reason::connection_lost);
    REQUIRE(outbox.front() != nullptr);
    CHECK(outbox.front()->payload == "known");
    outbox.check_invariants();
}

TEST_CASE("outbox: one on its way, others wait -> only those that wait fail", "[engine]") {
    Outbox outbox({}, false);
    outbox.keep({false, "given", {}, {}});
    outbox.keep({false, "waits", {}, {}});
    outbox.keep({false, "cancelled", {}, {}});
    outbox.front_given(5);
    CHECK(outbox.cancel(3));
    outbox.fail_waiting(Reason::background_expired);
    CHECK(outbox.open_count() == 1);
    outbox.flushed(5);
    CHECK(outbox.open_count() == 0);
    outbox.check_invariants();
}
