// The keeper: what each part of a client is told of the others, and in which order the host hears.
// Must not test the parts themselves (tests/engine, tests/history).
#include "core/keeper/keeper.hpp"

#include <functional>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace graceline;
using namespace graceline::keeper;
using std::chrono::seconds;
namespace in = engine::input;
namespace out = engine::output;
namespace past = history::output;

namespace {

history::SourceOptions source(history::Scope scope = history::Scope::all) {
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

Options options_with(std::optional<history::SourceOptions> history, bool automatic = true) {
    Options options;
    options.engine.auto_establish_socket_connection = automatic;
    options.engine.session.has_history = history.has_value();
    options.has_ids = true;
    options.source = std::move(history);
    return options;
}

std::shared_ptr<history::Page> page(const history::SourceOptions& of, const std::string& ids,
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

engine::Outgoing text(const char* payload) {
    return {false, payload, {}, {}};
}

}  // namespace

TEST_CASE(
    "keeper: a gap with a position -> held, fetched, replayed, judged, released, in this order",
    "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.live("1");
    CHECK(w.position() == "1");
    w.lost();
    w.said.clear();
    w.reconnect();
    REQUIRE(w.fetches.size() == 1);
    CHECK(w.fetches[0].page.anchor_id == "1");
    CHECK(w.has("hold"));
    w.live("4");
    CHECK(w.position() == "1");
    w.answer(page(source(), "234"));
    CHECK(w.replayed == std::vector<std::string>{"2", "3"});  // 4 comes live
    CHECK(w.place("hold") < w.place("replay"));
    CHECK(w.place("replay") < w.place("gap recovered missed_messages_fetched"));
    CHECK(w.place("gap recovered missed_messages_fetched") < w.place("release"));
    CHECK_FALSE(w.needs_refresh());
    CHECK(w.position() == "4");
}

TEST_CASE("keeper: no position yet -> unknown at once, nothing is held", "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.lost();
    w.reconnect();
    CHECK(w.has("gap unknown session_tells_no_loss"));
    CHECK_FALSE(w.has("hold"));
    CHECK(w.fetches.empty());
}

TEST_CASE(
    "keeper: cut during the catch-up -> stopped, released, the position stays, then both gaps "
    "close",
    "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.live("1");
    w.lost();
    w.reconnect();
    w.live("5");
    w.said.clear();
    w.lost();
    CHECK(w.has("stop_fetch"));
    CHECK(w.has("release"));
    CHECK(w.has("gap gap catch_up_interrupted"));
    CHECK(w.position() == "1");
    w.reconnect();
    CHECK(w.fetches.back().page.anchor_id == "1");
    w.answer(page(source(), "23456"));
    CHECK(w.replayed == std::vector<std::string>{"2", "3", "4", "6"});  // 5 was delivered live
    CHECK_FALSE(w.needs_refresh());
    CHECK(w.position() == "6");
}

TEST_CASE(
    "keeper: the window closes during the catch-up -> what was held is dropped, and new again",
    "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.live("1");
    w.lost();
    w.reconnect();
    w.live("3");
    const auto epoch = w.generation();
    w.report(engine::ApplicationState::did_background);
    w.said.clear();
    w.advance(seconds(30));
    CHECK(w.has("drop"));
    w.keeper.seen().forget_live(epoch);  // as the client does
    w.report(engine::ApplicationState::did_become_active);
    w.open();
    w.answer(page(source(), "23"));
    CHECK(w.replayed == std::vector<std::string>{"2", "3"});
}

TEST_CASE("keeper: a request while connected -> live messages wait behind its page", "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    CHECK((w.ask(7) == Asking::ok));
    CHECK(w.has("hold"));
    w.answer(page(source(), "123"));
    CHECK(w.place("page 7") < w.place("release"));
    w.said.clear();
    CHECK((w.ask(8, history::Direction::previous) == Asking::unsupported ||
           !w.has("hold")));  // older pages hold nobody up
}

TEST_CASE("keeper: a first page while connected -> marks what had ended as refreshed", "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.lost();
    w.reconnect();
    REQUIRE(w.needs_refresh());
    w.ask(1);
    w.answer(page(source(), "123"));
    CHECK_FALSE(w.needs_refresh());
    CHECK(w.position() == "3");
    auto off = options_with(source());
    off.refresh_by_fetch = false;
    World o(off);
    o.connect_up();
    o.lost();
    o.reconnect();
    o.ask(1);
    o.answer(page(source(), "123"));
    CHECK(o.needs_refresh());
}

TEST_CASE("keeper: a page asked for while the connection was down -> marks nothing", "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.lost();
    CHECK((w.ask(1) == Asking::ok));
    w.reconnect();
    w.answer(page(source(), "123"));
    CHECK(w.has("page 1"));
    CHECK(w.needs_refresh());
}

TEST_CASE("keeper: cut while the page of a refresh is fetched -> the new hole is not marked away",
          "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.lost();
    w.reconnect();
    w.ask(1);
    w.lost();
    w.answer(page(source(), "123"));
    CHECK(w.needs_refresh());
}

TEST_CASE("keeper: history per conversation -> gap until the conversations were fetched too",
          "[keeper]") {
    const auto each = source(history::Scope::per_conversation);
    World w(options_with(each));
    w.connect_up();
    w.live("1", "a");
    w.lost();
    w.reconnect();
    w.answer(page(each, "2"));
    CHECK(w.has("gap gap conversations_not_fetched"));
    CHECK(w.needs_refresh());
    CHECK((w.ask(1, history::Direction::latest, history::Kind::conversations) == Asking::ok));
    w.answer(page(each, "ab", true, history::Kind::conversations));
    CHECK_FALSE(w.needs_refresh());
}

TEST_CASE("keeper: 401 of a page -> the provider's token, asked once for all, then again",
          "[keeper]") {
    auto options = options_with(source());
    options.engine.host_provides_token = true;
    World w(options);
    w.handle(in::Start{});
    w.handle(in::TokenProvided{w.keeper.engine().token().request(), true});
    w.open();
    w.said.clear();
    w.ask(1);
    w.answer(engine::Failure{engine::Reason::http_status, 0, 401, {}});
    CHECK(w.has("ask_token"));
    CHECK(w.fetches.size() == 1);
    w.handle(in::TokenProvided{w.keeper.engine().token().request(), true});
    REQUIRE(w.fetches.size() == 2);
    w.answer(engine::Failure{engine::Reason::http_status, 0, 401, {}});
    CHECK(w.has("failed 1 auth_refused"));
    CHECK((w.keeper.engine().state() == engine::ConnectionState::open));
}

TEST_CASE("keeper: questions in background -> only while a task runs; the deadline ends them",
          "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    w.report(engine::ApplicationState::did_background);
    CHECK((w.ask(1) == Asking::ok));
    w.advance(seconds(30));
    CHECK(w.has("failed 1 background_expired"));
    CHECK((w.ask(2) == Asking::window_over));
    w.report(engine::ApplicationState::did_become_active);
    CHECK((w.ask(3) == Asking::ok));
}

TEST_CASE("keeper: close -> questions and messages are answered before the last word", "[keeper]") {
    World w(options_with(source()));
    w.handle(in::Start{});
    w.keeper.keep(text("waits"));
    w.ask(1);
    w.handle(in::Close{});
    CHECK(w.has("failed 1 client_closed"));
    CHECK(w.has("fate 1-1 client_closed"));
    CHECK(w.place("failed 1 client_closed") < w.place("closed"));
    CHECK(w.place("fate 1-1 client_closed") < w.place("closed"));
    CHECK((w.ask(2) == Asking::closed));
    CHECK((w.keeper.may_send(1, 0) == Sending::closed));
}

TEST_CASE("keeper: what may be done with a message -> by the state of the connection", "[keeper]") {
    World w(options_with(std::nullopt, false));
    CHECK((w.keeper.may_send(1, 0) == Sending::not_connected));
    w.handle(in::Connect{});
    CHECK((w.keeper.may_send(1, 0) == Sending::wait));
    w.keeper.keep(text("first"));
    w.open();
    CHECK((w.keeper.may_send(1, 0) == Sending::wait));  // it must not overtake
    REQUIRE(w.keeper.to_send() != nullptr);
    w.keeper.given(5);
    CHECK((w.keeper.may_send(1, 0) == Sending::now));
    CHECK((w.keeper.may_send(1, 1'000) == Sending::full));
    w.keeper.flushed(5);
    w.drain();
    CHECK(w.has("fate 1-1 done"));
    w.handle(in::Disconnect{});
    CHECK((w.keeper.may_send(1, 0) == Sending::not_connected));
}

TEST_CASE("keeper: lost with a message on its way -> its fate comes before the status",
          "[keeper]") {
    World w(options_with(std::nullopt));
    w.connect_up();
    w.keeper.passed(10);
    w.said.clear();
    w.lost();
    CHECK(w.place("fate 1-1 connection_lost") < w.place("status connecting"));
}

TEST_CASE("keeper: one deadline in all -> the earliest of window, outbox and history", "[keeper]") {
    World w(options_with(source()));
    w.handle(in::Start{});
    auto message = text("m");
    message.expires_at = w.now + engine::milliseconds(1'500);
    w.keeper.keep(std::move(message));
    CHECK(w.keeper.next_deadline() == w.now + engine::milliseconds(1'500));
    w.advance(engine::milliseconds(1'500));
    CHECK(w.has("fate 1-1 message_expired"));
    w.connect_up();
    w.ask(1);
    REQUIRE(w.keeper.next_deadline());
    CHECK(*w.keeper.next_deadline() <= w.now + seconds(15));
}

TEST_CASE("keeper: closed while a page waits for a fresh token -> the request completes once",
          "[keeper]") {
    auto options = options_with(source());
    options.engine.host_provides_token = true;
    World w(options);
    w.handle(in::Start{});
    w.handle(in::TokenProvided{1, true});
    w.open();
    const bool up = GENERATE(true, false);
    if (!up) {
        w.handle(in::Disconnect{});
        w.advance(seconds(2));
    }
    REQUIRE(w.ask(7) == Asking::ok);
    w.answer(engine::Failure{engine::Reason::http_status, 0, 401, {}});
    CHECK(w.place("ask_token") < static_cast<std::ptrdiff_t>(w.said.size()));
    w.handle(in::Close{});
    w.advance(seconds(2));
    CHECK(w.has("closed"));
    CHECK(std::count(w.said.begin(), w.said.end(), "failed 7 auth_refused") +
              std::count(w.said.begin(), w.said.end(), "failed 7 client_closed") ==
          1);
}

TEST_CASE("keeper: closed while a page is fetched -> it fails at once, what was held is given",
          "[keeper]") {
    World w(options_with(source()));
    w.connect_up();
    REQUIRE(w.ask(7) == Asking::ok);
    REQUIRE(w.has("hold"));
    w.handle(in::Close{});
    CHECK(w.has("failed 7 client_closed"));
    CHECK(w.place("failed 7 client_closed") < w.place("release"));
    CHECK_FALSE(w.keeper.holding());
    CHECK_FALSE(w.has("closed"));  // the close handshake is still to come
    w.advance(seconds(2));
    CHECK(w.has("closed"));
}
