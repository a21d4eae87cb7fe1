// Every (situation x input) pair: a situation is connection state x presence x task, each reached
// by its own path; the outcome of every cell stands in table.txt.
// Must not skip a cell. GRACELINE_WRITE_TABLE=path rewrites the table; read its diff before
// committing it.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

namespace {

using Act = std::function<void(Harness&)>;

struct Situation {
    std::string name;
    Harness harness;
};

struct Named {
    std::string name;
    Act act;
};

const char* name_of(Presence presence) {
    switch (presence) {
        case Presence::foreground:
            return "foreground";
        case Presence::resigned:
            return "resigned";
        case Presence::background:
            return "background";
        case Presence::terminated:
            return "terminated";
    }
    return "?";
}

const char* name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::ok:
            return "ok";
        case Outcome::closed:
            return "closed";
        case Outcome::not_connected:
            return "not_connected";
        case Outcome::window_over:
            return "window_over";
        case Outcome::unknown_mark:
            return "unknown_mark";
        case Outcome::unknown_request:
            return "unknown_request";
    }
    return "?";
}

std::string task_of(const Engine& engine) {
    if (engine.task().window_started()) return "window";
    return engine.task().running() ? "task" : "no task";
}

std::string where(const Engine& engine) {
    std::string text = std::string(to_string(engine.state())) + " | " + name_of(engine.presence()) +
                       " | " + task_of(engine);
    if (engine.phase() == Phase::probing) text += " | probing";
    if (engine.continuity().verdict_pending()) text += " | catching_up";
    if (engine.token().asking()) text += " | token asked";
    if (engine.closed()) text += " | closed";
    return text;
}

std::string text_of_output(const Output& output) {
    struct Visitor {
        std::string operator()(const output::OpenTransport&) { return "open"; }
        std::string operator()(const output::OpenSession&) { return "open_session"; }
        std::string operator()(const output::CloseTransport& o) {
            return "close " + std::to_string(o.code);
        }
        std::string operator()(const output::AbortTransport&) { return "abort"; }
        std::string operator()(const output::SendPing& o) {
            return std::string("ping ") + static_cast<char>(o.payload[0]);
        }
        std::string operator()(const output::AskBackgroundTime& o) {
            return o.begin ? "ask_begin" : "ask_remaining";
        }
        std::string operator()(const output::EndBackgroundTime&) { return "end_os_time"; }
        std::string operator()(const output::CatchUp&) { return "catch_up"; }
        std::string operator()(const output::StopCatchUp& o) {
            return o.deliver ? "stop_catch_up" : "stop_catch_up without delivery";
        }
        std::string operator()(const output::AskToken&) { return "ask_token"; }
        std::string operator()(const output::TokenSettled& o) {
            return o.ok ? "token_settled" : "no_token";
        }
        std::string operator()(const output::StatusChanged& o) {
            return std::string("status ") + to_string(o.status) + '(' + to_string(o.cause.reason) +
                   ')';
        }
        std::string operator()(const output::BackgroundTaskBegan&) { return "task_began"; }
        std::string operator()(const output::BackgroundTaskEnded& o) {
            return std::string("task_ended ") + to_string(o.cause);
        }
        std::string operator()(const output::GapJudged& o) {
            return std::string("gap ") + to_string(o.verdict);
        }
        std::string operator()(const output::ReturnJudged& o) {
            return std::string("return ") + (o.advice == ReturnAdvice::skip ? "skip" : "refresh") +
                   '(' + to_string(o.reason) + ')';
        }
        std::string operator()(const output::RefreshNeeded&) { return "refresh_needed"; }
        std::string operator()(const output::PingCompleted& o) {
            return std::string("ping_completed ") + (o.round_trip ? "ok" : to_string(o.reason));
        }
        std::string operator()(const output::Closed&) { return "closed"; }
    };
    return std::visit(Visitor{}, output);
}

const std::vector<Named>& connections() {
    static const std::vector<Named> kinds = {
        {"never started", [](Harness&) {}},
        {"disconnected",
         [](Harness& h) {
             h.connect_up();
             h.disconnect();
         }},
        {"ended by the server",
         [](Harness& h) {
             h.connect_up();
             h.closed_by_server(1002);
         }},
        {"opening", [](Harness& h) { h.connect(); }},
        {"upgrading",
         [](Harness& h) {
             h.connect();
             h.progress(input::TransportProgress::Step::upgrading);
         }},
        {"opening_session",
         [](Harness& h) {
             h.connect();
             h.transport_opened();
         }},
        {"open", [](Harness& h) { h.connect_up(); }},
        {"open, silent",
         [](Harness& h) {
             h.connect_up();
             h.freeze(seconds(10));
         }},
        {"probing",
         [](Harness& h) {
             h.connect_up();
             h.freeze(seconds(10));
             h.clock_jumped();
         }},
        {"open, paused",
         [](Harness& h) {
             h.connect_up();
             h.pause();
         }},
        {"backoff",
         [](Harness& h) {
             h.connect_up();
             h.lost();
         }},
        {"throttled",
         [](Harness& h) {
             h.connect();
             h.refused_with(503, 120);
         }},
        {"network_off",
         [](Harness& h) {
             h.network(Network::off);
             h.connect();
         }},
        {"closing",
         [](Harness& h) {
             h.connect_up();
             h.disconnect();
         }},
        {"awaiting_token",
         [](Harness& h) {
             h.answers_token = false;
             h.connect();
         }},
        {"catching_up",
         [](Harness& h) {
             h.connect_up();
             h.lost();
             h.connect();
             h.can_catch_up = true;
             h.finish_opening();
         }},
        {"client closed",
         [](Harness& h) {
             h.connect_up();
             h.close();
         }},
    };
    return kinds;
}

const std::vector<Named>& paths() {
    static const std::vector<Named> kinds = {
        {"foreground", [](Harness&) {}},
        {"resigned", [](Harness& h) { h.resign(); }},
        {"in background", [](Harness& h) { h.leave(); }},
        {"past the deadline",
         [](Harness& h) {
             h.leave();
             h.freeze(seconds(30));
             h.tick();
         }},
        {"frozen past the deadline",
         [](Harness& h) {
             h.leave();
             h.freeze(seconds(40));
         }},
        {"pushed: connect() in background",
         [](Harness& h) {
             h.leave();
             h.freeze(seconds(40));
             h.connect();
         }},
        {"returned",
         [](Harness& h) {
             h.leave();
             h.active();
         }},
        {"terminated", [](Harness& h) { h.terminate(); }},
    };
    return kinds;
}

std::vector<Situation> situations() {
    std::vector<Situation> all;
    for (const bool is_auto : {true, false}) {
        for (const auto& connection : connections()) {
            for (const auto& path : paths()) {
                auto options = with_os_hooks(is_auto ? Options{} : manual());
                options.seed = 11;
                options.host_provides_token = connection.name == "awaiting_token";
                options.session.has_history = connection.name == "catching_up";
                Harness harness(options);
                harness.answers_pings = false;
                harness.answers_close = connection.name != "closing" && path.name != "terminated" &&
                                        path.name != "past the deadline";
                connection.act(harness);
                path.act(harness);
                harness.forget();
                all.push_back({std::string(is_auto ? "auto" : "manual") + ", " + connection.name +
                                   ", " + path.name,
                               std::move(harness)});
            }
        }
    }
    return all;
}

const std::vector<Named>& inputs() {
    static const std::vector<Named> kinds = {
        {"start", [](Harness& h) { h.start(); }},
        {"connect", [](Harness& h) { h.connect(); }},
        {"disconnect", [](Harness& h) { h.disconnect(); }},
        {"close", [](Harness& h) { h.close(); }},
        {"will_resign_active", [](Harness& h) { h.resign(); }},
        {"did_background", [](Harness& h) { h.background(); }},
        {"will_enter_foreground", [](Harness& h) { h.foreground(); }},
        {"did_become_active", [](Harness& h) { h.active(); }},
        {"will_terminate", [](Harness& h) { h.terminate(); }},
        {"os_expiring", [](Harness& h) { h.handle(input::BackgroundTimeExpiring{true}); }},
        {"os_expiring in a hook",
         [](Harness& h) { h.handle(input::BackgroundTimeExpiring{false}); }},
        {"os answer to no question",
         [](Harness& h) {
             h.answer_os({9'999, true}, h.new_os_id());
         }},
        {"network off", [](Harness& h) { h.network(Network::off); }},
        {"network available", [](Harness& h) { h.network(Network::available); }},
        {"ping", [](Harness& h) { h.ping(); }},
        {"mark_refreshed", [](Harness& h) { h.refresh(); }},
        {"mark_refreshed unknown", [](Harness& h) { h.handle(input::MarkRefreshed{1'000}); }},
        {"progress", [](Harness& h) { h.progress(input::TransportProgress::Step::securing); }},
        {"transport_opened", [](Harness& h) { h.transport_opened(); }},
        {"session fresh", [](Harness& h) { h.session_opened(); }},
        {"session resumed", [](Harness& h) { h.session_opened(input::SessionStart::resumed); }},
        {"session refused", [](Harness& h) { h.session_opened(input::SessionStart::refused); }},
        {"caught up",
         [](Harness& h) { h.caught_up(GapVerdict::recovered, Reason::missed_messages_fetched); }},
        {"not caught up", [](Harness& h) { h.caught_up(GapVerdict::gap, Reason::history_cut); }},
        {"token", [](Harness& h) { h.token(true); }},
        {"no token", [](Harness& h) { h.token(false); }},
        {"token refused elsewhere",
         [](Harness& h) { h.handle(input::TokenRefused{h.engine.token().number()}); }},
        {"lost", [](Harness& h) { h.lost(); }},
        {"refused 401", [](Harness& h) { h.refused_with(401); }},
        {"refused 503", [](Harness& h) { h.refused_with(503, 60); }},
        {"closed 1001", [](Harness& h) { h.closed_by_server(1001); }},
        {"closed 1002", [](Harness& h) { h.closed_by_server(1002); }},
        {"closed 1013", [](Harness& h) { h.closed_by_server(1013); }},
        {"frames", [](Harness& h) { h.frame(); }},
        {"pong of nothing",
         [](Harness& h) {
             h.handle(input::PongRead{h.engine.generation(), {}});
         }},
        {"reading_paused", [](Harness& h) { h.pause(); }},
        {"reading_resumed", [](Harness& h) { h.resume(); }},
        {"clock_jumped", [](Harness& h) { h.clock_jumped(); }},
        {"tick", [](Harness& h) { h.tick(); }},
        {"tick at the next deadline",
         [](Harness& h) {
             if (const auto next = h.engine.next_deadline()) h.now = std::max(h.now, *next);
             h.tick();
         }},
        {"tick an hour later",
         [](Harness& h) {
             h.freeze(std::chrono::hours(1));
             h.tick();
         }},
    };
    return kinds;
}

std::string cell(const Situation& situation, const Named& input) {
    auto after = situation.harness;
    input.act(after);
    const bool moved = where(after.engine) != where(situation.harness.engine);
    if (!moved && after.seen.empty()) return {};
    std::string text = where(after.engine);
    if (!after.seen.empty()) text += " :";
    for (const auto& output : after.seen) text += ' ' + text_of_output(output) + ',';
    if (text.back() == ',') text.pop_back();
    return text;
}

/// Situations that answer every input alike share one block.
std::string write_table() {
    std::vector<std::pair<std::string, std::string>> blocks;  // body, names
    for (const auto& situation : situations()) {
        std::string body = "  = " + where(situation.harness.engine) + '\n';
        std::string unchanged;
        for (const auto& input : inputs()) {
            const auto text = cell(situation, input);
            if (text.empty()) {
                unchanged += (unchanged.empty() ? "" : ", ") + input.name;
            } else {
                body += "  " + input.name + " -> " + text + '\n';
            }
        }
        body += "  nothing: " + unchanged + '\n';
        const auto same = std::find_if(blocks.begin(), blocks.end(),
                                       [&](const auto& block) { return block.first == body; });
        if (same == blocks.end()) {
            blocks.emplace_back(body, situation.name + '\n');
        } else {
            same->second += situation.name + '\n';
        }
    }
    std::string table =
        "Generated by tests/engine/table_test.cpp (GRACELINE_WRITE_TABLE); compared by the test.\n"
        "Situations (mode, connection, path), then each input with the state that follows and the\n"
        "outputs on the way. Pings are not answered here; the hooks grant time without a limit.\n";
    for (const auto& [body, names] : blocks) table += '\n' + names + body;
    return table;
}

std::string first_difference(const std::string& expected, const std::string& found) {
    std::istringstream a(expected);
    std::istringstream b(found);
    std::string left;
    std::string right;
    std::string heading;
    for (int line = 1;; ++line) {
        const bool more_left = static_cast<bool>(std::getline(a, left));
        const bool more_right = static_cast<bool>(std::getline(b, right));
        if (!more_left && !more_right) return "only white space";
        if (left != right || more_left != more_right) {
            return "line " + std::to_string(line) + " below \"" + heading + "\"\n  table: " + left +
                   "\n  now:   " + right;
        }
        if (!left.empty() && left.front() != ' ') heading = left;
    }
}

}  // namespace

TEST_CASE("table: every situation and every input -> as table.txt says", "[engine]") {
    const auto table = write_table();
    if (const char* path = std::getenv("GRACELINE_WRITE_TABLE")) {
        std::ofstream(path) << table;
        WARN("table rewritten; read its diff");
        return;
    }
    std::ifstream file(GRACELINE_ENGINE_TABLE);
    REQUIRE(file);
    std::ostringstream expected;
    expected << file.rdbuf();
    if (expected.str() != table) FAIL(first_difference(expected.str(), table));
}

TEST_CASE("table: the situations -> every connection state in every presence it can have",
          "[engine]") {
    std::set<std::pair<ConnectionState, Presence>> reached;
    for (const auto& situation : situations()) {
        reached.emplace(situation.harness.state(), situation.harness.engine.presence());
    }
    for (int i = 0; i < kConnectionStates; ++i) {
        const auto state = static_cast<ConnectionState>(i);
        for (const auto presence : {Presence::foreground, Presence::resigned, Presence::background,
                                    Presence::terminated}) {
            // The end of the app keeps nothing but a close.
            const bool possible = presence != Presence::terminated ||
                                  state == ConnectionState::idle ||
                                  state == ConnectionState::closing;
            INFO(to_string(state) << " in " << name_of(presence));
            CHECK((reached.count({state, presence}) != 0) == possible);
        }
    }
}

TEST_CASE("table: two inputs in a row, everywhere -> nothing that must hold breaks", "[engine]") {
    // The harness checks; the table of pairs would be too long to read.
    for (const auto& situation : situations()) {
        for (const auto& first : inputs()) {
            auto between = situation.harness;
            first.act(between);
            for (const auto& second : inputs()) {
                auto after = between;
                second.act(after);
            }
        }
    }
    SUCCEED();
}

TEST_CASE("table: after any input, an hour and a close -> everything is given back", "[engine]") {
    for (const auto& situation : situations()) {
        for (const auto& input : inputs()) {
            INFO(situation.name << " + " << input.name);
            auto after = situation.harness;
            input.act(after);
            after.advance(std::chrono::hours(1));
            after.close();
            after.advance(seconds(2));
            REQUIRE(after.state() == ConnectionState::idle);
            REQUIRE(after.os_ids_held() == 0);
            REQUIRE_FALSE(after.engine.next_deadline());
            REQUIRE_FALSE(after.engine.return_pending());
        }
    }
}

TEST_CASE("table: an outcome other than ok -> only where the API says so", "[engine]") {
    for (const auto& situation : situations()) {
        INFO(situation.name);
        const auto& before = situation.harness.engine;
        auto asked = situation.harness;
        const auto outcome = asked.ping();
        INFO(name_of(outcome));
        if (before.closed()) {
            CHECK((outcome == Outcome::closed));
        } else if (asked.engine.presence() == Presence::background &&
                   !asked.engine.task().running()) {
            CHECK((outcome == Outcome::window_over));
        } else if (asked.state() == ConnectionState::open) {
            CHECK((outcome == Outcome::ok));
        } else {
            CHECK((outcome != Outcome::ok));
        }
    }
}
