// The pure policies over their whole enums: dispositions, public status, the state graph, names.
// Must not drive the engine.
#include <set>

#include "core/engine/phase.hpp"
#include "core/engine/reason.hpp"
#include "tests/engine/harness.hpp"

using namespace graceline::engine;

namespace {

constexpr int kReasons = static_cast<int>(Reason::request_cancelled) + 1;

Disposition of(Reason reason, std::uint16_t close_code = 0, std::uint16_t http_status = 0,
               const std::vector<DispositionOverride>& overrides = {}) {
    return disposition_of({reason, close_code, http_status, {}}, overrides);
}

}  // namespace

TEST_CASE("policy: every close code -> the published disposition", "[engine]") {
    const std::set<int> terminal = {1002, 1003, 1007, 1009, 1010};
    const std::set<int> auth = {1008, 3000, 3003, 4401, 4403};
    const std::set<int> throttled = {1012, 1013};
    const std::set<int> slowly = {1015};
    for (int code = 0; code <= 65'535; ++code) {
        const auto expected = terminal.count(code) != 0    ? Disposition::terminal
                              : auth.count(code) != 0      ? Disposition::auth
                              : throttled.count(code) != 0 ? Disposition::throttled
                              : slowly.count(code) != 0    ? Disposition::retry_slowly
                                                           : Disposition::retry;
        const auto found = of(Reason::closed_by_server, static_cast<std::uint16_t>(code));
        if (found != expected) FAIL("close code " << code);
    }
}

TEST_CASE("policy: every HTTP status -> the published disposition", "[engine]") {
    for (int status = 100; status <= 999; ++status) {
        const auto expected = status == 401 || status == 403   ? Disposition::auth
                              : status == 429 || status == 503 ? Disposition::throttled
                              : status == 408 || status == 425 ? Disposition::retry
                              : status >= 500                  ? Disposition::retry
                                                               : Disposition::terminal;
        const auto found = of(Reason::http_status, 0, static_cast<std::uint16_t>(status));
        if (found != expected) FAIL("HTTP status " << status);
    }
}

TEST_CASE("policy: every reason without a code -> the published disposition", "[engine]") {
    const std::set<Reason> terminal = {Reason::pin_mismatch,      Reason::proxy_auth_refused,
                                       Reason::handshake_invalid, Reason::protocol_error,
                                       Reason::message_too_big,   Reason::session_failed,
                                       Reason::retry_limit,       Reason::http_status};
    for (int i = 0; i < kReasons; ++i) {
        const auto reason = static_cast<Reason>(i);
        INFO(to_string(reason));
        const auto expected = terminal.count(reason) != 0             ? Disposition::terminal
                              : reason == Reason::auth_refused        ? Disposition::auth
                              : reason == Reason::certificate_refused ? Disposition::retry_slowly
                                                                      : Disposition::retry;
        CHECK((of(reason) == expected));
    }
}

TEST_CASE("policy: the host's rows -> win for their own code only", "[engine]") {
    const std::vector<DispositionOverride> rows = {{4000, 0, Disposition::terminal},
                                                   {0, 418, Disposition::throttled},
                                                   {1002, 0, Disposition::retry}};
    CHECK((of(Reason::closed_by_server, 4000, 0, rows) == Disposition::terminal));
    CHECK((of(Reason::closed_by_server, 4001, 0, rows) == Disposition::retry));
    CHECK((of(Reason::closed_by_server, 1002, 0, rows) == Disposition::retry));
    CHECK((of(Reason::http_status, 0, 418, rows) == Disposition::throttled));
    CHECK((of(Reason::http_status, 0, 404, rows) == Disposition::terminal));
    CHECK((of(Reason::connection_lost, 0, 0, rows) == Disposition::retry));
}

TEST_CASE("policy: every state -> the public status of SPEC", "[engine]") {
    using S = ConnectionState;
    const std::vector<std::pair<S, ConnectionStatus>> rows = {
        {S::idle, ConnectionStatus::disconnected},
        {S::closing, ConnectionStatus::disconnected},
        {S::backoff, ConnectionStatus::connecting},
        {S::network_off, ConnectionStatus::connecting},
        {S::opening, ConnectionStatus::connecting},
        {S::opening_session, ConnectionStatus::connecting},
        {S::awaiting_token, ConnectionStatus::connecting},
        {S::open, ConnectionStatus::connected},
        {S::throttled, ConnectionStatus::feature_throttled}};
    REQUIRE(rows.size() == kConnectionStates);
    for (const auto& [state, status] : rows) CHECK(public_status(state) == status);
}

TEST_CASE("policy: the state graph -> no self loops, every state reachable and left", "[engine]") {
    std::set<int> reached = {0};
    for (int round = 0; round < kConnectionStates; ++round) {
        for (int a = 0; a < kConnectionStates; ++a) {
            for (int b = 0; b < kConnectionStates; ++b) {
                const bool edge =
                    may_follow(static_cast<ConnectionState>(a), static_cast<ConnectionState>(b));
                if (a == b) CHECK_FALSE(edge);
                if (edge && reached.count(a) != 0) reached.insert(b);
            }
        }
    }
    CHECK(reached.size() == kConnectionStates);
    // Only a session that was opened comes up, and only an attempt opens one.
    for (int a = 0; a < kConnectionStates; ++a) {
        const auto from = static_cast<ConnectionState>(a);
        CHECK(may_follow(from, ConnectionState::open) ==
              (from == ConnectionState::opening_session));
        CHECK(may_follow(from, ConnectionState::opening_session) ==
              (from == ConnectionState::opening));
        if (from != ConnectionState::idle) CHECK(may_follow(from, ConnectionState::idle));
    }
}

TEST_CASE("policy: the status graph -> connected only from connecting", "[engine]") {
    using S = ConnectionStatus;
    for (const auto from : {S::disconnected, S::connecting, S::feature_throttled}) {
        CHECK(may_follow(from, S::connected) == (from == S::connecting));
    }
}

TEST_CASE("policy: names and texts -> one each, no two alike", "[engine]") {
    std::set<std::string> names;
    std::set<std::string> texts;
    for (int i = 0; i < kReasons; ++i) {
        names.insert(to_string(static_cast<Reason>(i)));
        texts.insert(text_of(static_cast<Reason>(i)));
    }
    CHECK(names.size() == kReasons);
    CHECK(texts.size() == kReasons);
    names.clear();
    for (int i = 0; i < kConnectionStates; ++i) {
        names.insert(to_string(static_cast<ConnectionState>(i)));
    }
    CHECK(names.size() == kConnectionStates);
    names.clear();
    for (int i = 0; i <= static_cast<int>(Phase::catching_up); ++i) {
        names.insert(to_string(static_cast<Phase>(i)));
    }
    CHECK(names.size() == static_cast<std::size_t>(Phase::catching_up) + 1);
    names.clear();
    for (int i = 0; i < kTimers; ++i) names.insert(to_string(static_cast<Timer>(i)));
    CHECK(names.size() == kTimers);
    names.clear();
    for (int i = 0; i <= static_cast<int>(TaskCause::closed); ++i) {
        names.insert(to_string(static_cast<TaskCause>(i)));
    }
    CHECK(names.size() == static_cast<std::size_t>(TaskCause::closed) + 1);
}

TEST_CASE("policy: queries over default and closed facts -> the safe side", "[engine]") {
    Facts facts;
    CHECK_FALSE(background_task_enabled(facts, Instant{}));
    CHECK(needs_refresh(facts, Instant{}));
    CHECK(background_time_remaining_ms(facts, Instant{}) == 0);
    CHECK(connection_status(facts, Instant{}) == ConnectionStatus::disconnected);
    facts.state = ConnectionState::open;
    facts.needs_refresh = false;
    facts.trusted = true;
    facts.last_cause = TaskCause::returned;
    CHECK(background_task_enabled(facts, Instant{}));
    facts.closed = true;
    CHECK_FALSE(background_task_enabled(facts, Instant{}));
    CHECK(needs_refresh(facts, Instant{}));
    CHECK(connection_status(facts, Instant{}) == ConnectionStatus::disconnected);
}
