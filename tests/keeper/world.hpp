// A keeper with a transport that always works, and everything that it said, as short lines.
// Must not judge: the tests compare what was said.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/keeper/keeper.hpp"
#include "tests/support/catch.hpp"

namespace graceline::keeper::testing {

using std::chrono::seconds;
namespace in = engine::input;
namespace out = engine::output;
namespace past = history::output;

inline history::SourceOptions source(history::Scope scope = history::Scope::all) {
    history::SourceOptions options;
    options.messages_url = scope == history::Scope::all
                               ? "http://localhost/m{?before,after,limit}"
                               : "http://localhost/m{?conversation,before,after,limit}";
    options.conversations_url = "http://localhost/c{?limit}";
    options.scope = scope;
    options.refuses_unknown_ids = true;
    options.messages.items = "/items";
    options.messages.id = "/id";
    options.messages.conversation = "/room";
    options.messages.complete = "/complete";
    options.conversations.items = "/items";
    options.conversations.id = "/id";
    options.conversations.complete = "/complete";
    return options;
}

inline Options options_with(std::optional<history::SourceOptions> history, bool automatic = true) {
    Options options;
    options.engine.auto_establish_socket_connection = automatic;
    options.engine.session.has_history = history.has_value();
    options.has_ids = true;
    options.source = std::move(history);
    return options;
}

inline std::shared_ptr<history::Page> page(const history::SourceOptions& of, const std::string& ids,
                                           bool complete = true,
                                           history::Kind kind = history::Kind::messages,
                                           const std::string& room = "a") {
    std::string items;
    for (const char id : ids) {
        items += (items.empty() ? "" : ",") + std::string(R"({"id":")") + id + R"(","room":")" +
                 room + "\"}";
    }
    history::PageReader reader;
    const auto read = reader.read(
        history::PagePlan(of, kind),
        "{\"items\":[" + items + "],\"complete\":" + (complete ? "true" : "false") + "}");
    return std::get<std::shared_ptr<history::Page>>(read);
}

/// A keeper with a transport that always works, and everything that it said.
class World {
  public:
    explicit World(const Options& options) : keeper(options, Instant{}) {}

    Keeper keeper;
    Instant now{};
    std::vector<std::string> said;
    std::vector<past::StartFetch> fetches;
    std::vector<std::string> replayed;

    Outcome handle(const engine::Input& input) {
        const auto outcome = keeper.handle(input, now);
        drain();
        return outcome;
    }
    void drain() {
        while (const auto output = keeper.poll_output()) std::visit(Say{*this}, *output);
        keeper.check_invariants();
    }
    engine::Generation generation() const { return keeper.engine().generation(); }
    void open() {
        handle(in::TransportOpened{generation()});
        handle(in::SessionOpened{generation(), in::SessionStart::fresh, false});
    }
    void connect_up() {
        handle(in::Start{});
        handle(in::Connect{});
        open();
    }
    void lost() {
        handle(in::TransportEnded{generation(), {engine::Reason::connection_lost, 0, 0, {}}});
    }
    void reconnect() {
        handle(in::Connect{});
        open();
    }
    void live(const char* id, const char* room = "a") {
        if (keeper.seen().add(room, id, generation())) keeper.received(room, id);
    }
    void report(engine::ApplicationState state) { handle(in::ReportState{state}); }
    void advance(engine::Duration time) {
        now += time;
        handle(in::Tick{});
    }
    void answer(history::Answer with) {
        REQUIRE_FALSE(fetches.empty());
        const auto number = fetches.back().fetch;
        keeper.answer(number, std::move(with), now);
        drain();
    }
    Asking ask(std::uint64_t number, history::Direction direction = history::Direction::latest,
               history::Kind kind = history::Kind::messages) {
        history::Fetch fetch;
        fetch.kind = kind;
        fetch.direction = direction;
        const auto asked = keeper.ask(number, fetch, now);
        drain();
        return asked;
    }
    bool has(const std::string& what) const {
        return std::find(said.begin(), said.end(), what) != said.end();
    }
    std::ptrdiff_t place(const std::string& what) const {
        return std::find(said.begin(), said.end(), what) - said.begin();
    }
    bool needs_refresh() const { return keeper.engine().continuity().needs_refresh(); }
    std::string position(const char* room = "") const {
        return std::string(keeper.positions().get(room).value_or("none"));
    }

  private:
    struct Say {
        World& world;
        void operator()(const engine::Output& output) const {
            if (const auto* gap = std::get_if<out::GapJudged>(&output)) {
                world.said.push_back(std::string("gap ") + to_string(gap->verdict) + " " +
                                     to_string(gap->reason));
            } else if (const auto* status = std::get_if<out::StatusChanged>(&output)) {
                world.said.push_back(std::string("status ") + to_string(status->status));
            } else if (std::holds_alternative<out::AskToken>(output)) {
                world.said.push_back("ask_token");
            } else if (std::holds_alternative<out::Closed>(output)) {
                world.said.push_back("closed");
            } else if (std::holds_alternative<out::RefreshNeeded>(output)) {
                world.said.push_back("refresh_needed");
            }
        }
        void operator()(const engine::FateRange& fate) const {
            world.said.push_back(
                "fate " + std::to_string(fate.first) + "-" + std::to_string(fate.last) + " " +
                (fate.fate == engine::Fate::failed ? to_string(fate.reason) : "done"));
        }
        void operator()(const past::StartFetch& start) const { world.fetches.push_back(start); }
        void operator()(const past::StopFetch&) const { world.said.push_back("stop_fetch"); }
        void operator()(const past::PageReady& ready) const {
            world.said.push_back("page " + std::to_string(ready.request));
        }
        void operator()(const past::RequestFailed& failed) const {
            world.said.push_back("failed " + std::to_string(failed.request) + " " +
                                 to_string(failed.failure.reason));
        }
        void operator()(const past::Replay& replay) const {
            world.said.push_back("replay");
            for (const auto& item : replay.page->items()) {
                world.replayed.emplace_back(item.fields.id);
            }
        }
        void operator()(const output::HoldMessages&) const { world.said.push_back("hold"); }
        void operator()(const output::ReleaseMessages& release) const {
            world.said.push_back(release.deliver ? "release" : "drop");
        }
    };
};

inline engine::Outgoing text(const char* payload) {
    return {false, payload, {}, {}};
}
}  // namespace graceline::keeper::testing
