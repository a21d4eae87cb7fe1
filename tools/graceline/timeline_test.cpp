// Tests of the time line parser.
// Must not need a client or a server.
#include "tools/graceline/timeline.hpp"

#include "tests/support/catch.hpp"

using namespace graceline;
using namespace graceline::cli;
using std::chrono::milliseconds;

namespace {

std::vector<Step> steps_of(std::string_view text) {
    auto parsed = parse_timeline(text);
    REQUIRE(std::holds_alternative<std::vector<Step>>(parsed));
    return std::get<std::vector<Step>>(parsed);
}

TimelineError error_of(std::string_view text) {
    auto parsed = parse_timeline(text);
    REQUIRE(std::holds_alternative<TimelineError>(parsed));
    return std::get<TimelineError>(parsed);
}

template <class T>
T action(const Step& step) {
    REQUIRE(std::holds_alternative<T>(step.action));
    return std::get<T>(step.action);
}

}  // namespace

TEST_CASE("time line: the example of the README -> its steps in order", "[cli]") {
    const auto steps = steps_of("connect; 2s; background; 45s; foreground; 1s; quit");
    REQUIRE(steps.size() == 7);
    action<ConnectStep>(steps[0]);
    CHECK(action<WaitStep>(steps[1]).duration == milliseconds(2'000));
    CHECK(action<StateStep>(steps[2]).state == ApplicationState::did_background);
    CHECK(action<WaitStep>(steps[3]).duration == milliseconds(45'000));
    CHECK(action<StateStep>(steps[4]).state == ApplicationState::will_enter_foreground);
    CHECK(action<WaitStep>(steps[5]).duration == milliseconds(1'000));
    action<QuitStep>(steps[6]);
    CHECK(steps[3].text == "45s");
}

TEST_CASE("time line: every app state, short and in full -> the state", "[cli]") {
    const auto [text, state] = GENERATE(table<const char*, ApplicationState>({
        {"resign", ApplicationState::will_resign_active},
        {"will_resign_active", ApplicationState::will_resign_active},
        {"background", ApplicationState::did_background},
        {"did_background", ApplicationState::did_background},
        {"foreground", ApplicationState::will_enter_foreground},
        {"will_enter_foreground", ApplicationState::will_enter_foreground},
        {"active", ApplicationState::did_become_active},
        {"did_become_active", ApplicationState::did_become_active},
        {"terminate", ApplicationState::will_terminate},
        {"will_terminate", ApplicationState::will_terminate},
    }));
    CAPTURE(text);
    const auto steps = steps_of(text);
    REQUIRE(steps.size() == 1);
    CHECK(action<StateStep>(steps[0]).state == state);
}

TEST_CASE("time line: the other words -> their steps", "[cli]") {
    const auto steps =
        steps_of("disconnect;ping;refresh;query;expiring;network off;network on;network metered");
    REQUIRE(steps.size() == 8);
    action<DisconnectStep>(steps[0]);
    action<PingStep>(steps[1]);
    action<RefreshStep>(steps[2]);
    action<QueryStep>(steps[3]);
    action<ExpiringStep>(steps[4]);
    CHECK(action<NetworkStep>(steps[5]).network == Network::off);
    CHECK(action<NetworkStep>(steps[6]).network == Network::available);
    CHECK(action<NetworkStep>(steps[7]).network == Network::metered);
}

TEST_CASE("time line: send -> the text, trimmed or as quoted", "[cli]") {
    const auto [text, sent] = GENERATE(table<const char*, const char*>({
        {"send hello", "hello"},
        {"send  hello world  ; 1s", "hello world"},
        {"send \"a; b\"; 1s", "a; b"},
        {R"(send "say \"hi\" \\ bye")", R"(say "hi" \ bye)"},
        {"send \"\"", ""},
        {"send it's \"so\"", "it's \"so\""},
    }));
    CAPTURE(text);
    CHECK(action<SendStep>(steps_of(text)[0]).text == sent);
}

TEST_CASE("time line: spaces and a semicolon at the end -> no matter", "[cli]") {
    CHECK(steps_of("  ping\t;\n 1s ; ").size() == 2);
}

TEST_CASE("time line: a mistake -> its column and what was expected", "[cli]") {
    struct Row {
        const char* text;
        std::size_t column;
        const char* found;
        const char* expected;
    };
    const Row row = GENERATE(values<Row>({
        {"", 1, "", "a duration"},
        {"   ", 4, "", "a duration"},
        {"connect; 2x; quit", 10, "2x", "a number with a unit"},
        {"connect; 2", 10, "2", "a number with a unit"},
        {"25h", 1, "25h", "at most 24h"},
        {"connect; backgrund; 2s", 10, "backgrund", "an app state"},
        {"connect;; 2s", 9, ";", "a duration"},
        {"connect 2s", 9, "2s", "; or the end"},
        {"network", 8, "", "off, on, metered or unknown"},
        {"network up", 9, "up", "off, on, metered or unknown"},
        {"send", 5, "", "the text to send"},
        {"send ; 1s", 6, ";", "the text to send"},
        {"1s; send \"open", 10, "\"open", "a closing quote"},
        {"send \"a\\n\"", 8, "\\n\"", "inside quotes"},
        {"quit; 1s", 7, "1s", "nothing after quit"},
        {"send \"gr\xC3\xBC\xC3\x9F\"; nope", 14, "nope", "an app state"},
    }));
    CAPTURE(row.text);
    const TimelineError error = error_of(row.text);
    CHECK(error.column == row.column);
    CHECK(error.found.find(row.found) == 0);
    if (*row.found == '\0') CHECK(error.found.empty());
    CAPTURE(error.expected);
    CHECK(error.expected.find(row.expected) != std::string::npos);
    CHECK(describe(error).find("column " + std::to_string(row.column)) != std::string::npos);
}

TEST_CASE("time line: an error whose text would steer a terminal -> shown escaped", "[cli]") {
    CHECK(error_of("\x1b[2J").found == "\\x1b[2J");
}

TEST_CASE("time line: too long, too many steps -> refused", "[cli]") {
    std::string many;
    for (std::size_t i = 0; i < kMaxTimelineSteps; ++i) many += "ping;";
    CHECK(steps_of(many).size() == kMaxTimelineSteps);
    CHECK(error_of(many + "ping").expected == "at most 1000 steps");
    const std::string text = "send \"" + std::string(kMaxTimelineBytes, 'x') + "\"";
    CHECK(error_of(text).expected.find("bytes") != std::string::npos);
}
