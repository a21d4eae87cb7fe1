// The verbs of tests/scenarios/README.md, one function each.
// Must let the world come to rest after each call of the library, and compare nothing before.
#include "tests/scenarios/cpp/runner.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "tests/scenarios/cpp/journal.hpp"
#include "tests/scenarios/cpp/names.hpp"
#include "tests/scenarios/cpp/options.hpp"
#include "tests/scripted/graceline_test.h"

namespace graceline::scenarios {

namespace {

using nlohmann::json;

constexpr std::size_t kAnswerBytes = 4096;

/// What was expected is not what came.
struct Mismatch : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void world(const json& command) {
    std::array<char, kAnswerBytes> answer{};
    const auto status = graceline_test_world(command.dump().c_str(), answer.data(), answer.size());
    if (status == GRACELINE_E_STATE) throw Mismatch(answer.data());
    if (status != GRACELINE_OK) throw Unknown(answer.data());
}

/// Every member of `expected`, deep; lists whole. `where` says which.
void compare(const json& expected, const json& got, const std::string& where) {
    if (expected.is_object() && got.is_object()) {
        // Of two kinds of event the kind is what differs, not a member that only one has.
        if (expected.contains("type") && got.contains("type") && expected["type"] != got["type"]) {
            throw Mismatch(where + " expected " + expected.dump() + ", got " + got.dump());
        }
        for (const auto& [name, value] : expected.items()) {
            if (!got.contains(name)) throw Unknown("unknown member: " + where + name);
            compare(value, got[name], where + name + ".");
        }
        return;
    }
    if (expected.is_array() && got.is_array() && expected.size() == got.size()) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
            compare(expected[i], got[i], where + std::to_string(i + 1) + ".");
        }
        return;
    }
    if (expected == got) return;
    throw Mismatch((where.empty() ? "" : where.substr(0, where.size() - 1) + ": ") + "expected " +
                   expected.dump() + ", got " + got.dump());
}

class Story {
  public:
    void take(const json& step);

  private:
    using Verb = std::function<void(const json&)>;

    Verb call_of(const std::string& verb);
    bool look(const std::string& verb, const json& value);
    Client& client();
    json state();
    json last_message_id();
    void create(const json& from);
    void send(const json& from);
    void provide_page(const json& from);
    template <class Request>
    static Request& request_for(std::map<std::string, std::unique_ptr<Request>>& all,
                                const json& from, const std::function<Request*()>& make);
    MessagesRequest& messages_request(const json& from);
    ConversationsRequest& conversations_request(const json& from);
    void settle();
    void take_events();

    const std::shared_ptr<HostTime> time_ = std::make_shared<HostTime>();
    Journal journal_;
    std::uint64_t mark_ = 0;
    std::unique_ptr<Client> client_;
    bool ended_ = false;  ///< The event CLOSED was taken.
    std::map<std::string, std::unique_ptr<MessagesRequest>> messages_requests_;
    std::map<std::string, std::unique_ptr<ConversationsRequest>> conversations_requests_;
};

void only(const json& from, std::initializer_list<const char*> members) {
    for (const auto& [name, value] : from.items()) {
        bool known = false;
        for (const char* member : members) known = known || name == member;
        if (!known) throw Unknown("unknown member: " + name);
    }
}

Client& Story::client() {
    if (!client_) throw Unknown("there is no client yet: \"create\" comes first");
    return *client_;
}

void Story::create(const json& from) {
    if (client_) throw Unknown("a scenario has one client");
    client_ = std::make_unique<Client>(options_from(from, time_));
}

void Story::send(const json& from) {
    only(from, {"text", "deduplication_id", "expires_in_ms"});
    SendOptions options;
    if (from.contains("deduplication_id")) options.deduplication_id = from["deduplication_id"];
    if (from.contains("expires_in_ms")) {
        options.expires_in = Milliseconds(from["expires_in_ms"].get<std::int64_t>());
    }
    client().send(from.at("text").get<std::string>(), options);
}

void Story::provide_page(const json& from) {
    only(from, {"http_status", "retry_after_ms", "body"});
    std::optional<Milliseconds> retry_after;
    if (from.contains("retry_after_ms")) {
        retry_after = Milliseconds(from["retry_after_ms"].get<std::int64_t>());
    }
    const auto body = from.contains("body") ? from["body"].dump() : std::string();
    client().provide_page(journal_.take_page_question(), from.value("http_status", 200), body,
                          retry_after);
}

template <class Request>
Request& Story::request_for(std::map<std::string, std::unique_ptr<Request>>& all, const json& from,
                            const std::function<Request*()>& make) {
    auto& request = all[from.dump()];
    if (!request) request.reset(make());
    return *request;
}

MessagesRequest& Story::messages_request(const json& from) {
    only(from, {"conversation", "limit"});
    return request_for<MessagesRequest>(messages_requests_, from, [&] {
        MessagesRequestOptions options;
        if (from.contains("conversation")) options.conversation = from["conversation"];
        if (from.contains("limit")) options.limit = from["limit"].get<std::int32_t>();
        return new MessagesRequest(client(), options);
    });
}

ConversationsRequest& Story::conversations_request(const json& from) {
    only(from, {"limit"});
    return request_for<ConversationsRequest>(conversations_requests_, from, [&] {
        ConversationsRequestOptions options;
        if (from.contains("limit")) options.limit = from["limit"].get<std::int32_t>();
        return new ConversationsRequest(client(), options);
    });
}

/// The verbs that call the library; empty for any other.
Story::Verb Story::call_of(const std::string& verb) {
    const auto plain = [this](void (Client::*call)()) {
        return [this, call](const json& from) {
            only(from, {});
            (client().*call)();
        };
    };
    static const auto text = [](const json& value) { return value.get<std::string>(); };
    const std::map<std::string, Verb> verbs{
        {"create", [this](const json& v) { create(v); }},
        {"start", plain(&Client::start)},
        {"connect", plain(&Client::connect)},
        {"disconnect", plain(&Client::disconnect)},
        {"ping", plain(&Client::ping)},
        {"close",
         [this](const json& v) {
             only(v, {});
             client().close();
         }},
        {"state",
         [this](const json& v) {
             client().configure_services(named(text(v), ApplicationState::will_terminate));
         }},
        {"network", [this](const json& v) { client().network_changed(network_named(text(v))); }},
        {"background_time_expiring", plain(&Client::background_time_expiring)},
        {"send", [this](const json& v) { send(v); }},
        {"refresh_begin",
         [this](const json& v) {
             only(v, {});
             mark_ = client().refresh_begin();
         }},
        {"mark_refreshed",
         [this](const json& v) {
             only(v, {});
             client().mark_refreshed(mark_);
         }},
        {"provide_token",
         [this](const json& v) {
             only(v, {"token"});
             std::optional<std::string> token;
             if (v.contains("token")) token = text(v["token"]);
             client().provide_token(journal_.take_token_question(), token);
         }},
        {"provide_page", [this](const json& v) { provide_page(v); }},
        {"fetch_previous", [this](const json& v) { messages_request(v).fetch_previous(); }},
        {"fetch_next", [this](const json& v) { messages_request(v).fetch_next(); }},
        {"fetch_conversations", [this](const json& v) { conversations_request(v).fetch_next(); }},
    };
    const auto found = verbs.find(verb);
    return found == verbs.end() ? Verb() : found->second;
}

json Story::last_message_id() {
    const auto id = client().last_message_id();
    return id ? json(*id) : json();
}

json Story::state() {
    const auto& c = client();
    const auto info = c.connection_info();
    const std::lock_guard lock(time_->mutex);
    return {
        {"connection_status", name_of(c.connection_status())},
        {"background_task_enabled", c.background_task_enabled()},
        {"needs_refresh", c.needs_refresh()},
        {"background_time_remaining_ms", c.background_time_remaining().count()},
        {"phase", name_of(static_cast<Phase>(info.phase))},
        {"reason", name_of(static_cast<Reason>(info.reason))},
        {"application_state", name_of(static_cast<ApplicationState>(info.application_state))},
        {"task_cause", name_of(static_cast<TaskCause>(info.task_cause))},
        {"trusted", info.trusted != 0},
        {"gap_open", info.gap_open != 0},
        {"task_running", info.task_running != 0},
        {"attempt", info.attempt},
        {"http_status", info.http_status},
        {"close_code", info.close_code},
        {"last_message_id", last_message_id()},
        {"background_time_begun", time_->begun},
        {"background_time_ended", time_->ended},
    };
}

/// The verbs that call nothing of the library that acts. False: not one of them.
bool Story::look(const std::string& verb, const json& value) {
    if (verb == "world") {
        world(value);
        take_events();
    } else if (verb == "background_time") {
        set_host_time(*time_, value);
    } else if (verb == "expect") {
        compare(value, state(), "");
    } else if (verb == "expect_messages") {
        compare(value, journal_.take_messages(), "");
    } else if (verb == "expect_events") {
        compare(value, journal_.take_events(), "");
    } else if (verb == "forget_events") {
        journal_.take_events();
    } else {
        return false;
    }
    return true;
}

/// Lets the world come to rest and takes what was reported.
void Story::settle() {
    world({{"advance_ms", 0}});
    take_events();
}

void Story::take_events() {
    if (!client_ || ended_) return;
    for (;;) {
        try {
            const auto batch = client_->poll();
            if (batch.empty()) return;
            for (const auto event : batch) journal_.add(event);
        } catch (const Error& error) {
            if (error.status() != Status::closed) throw;
            ended_ = true;
            return;
        }
    }
}

void Story::take(const json& step) {
    if (!step.is_object()) throw Unknown("a step is an object");
    json rest = step;
    const auto expected = rest.value("error", std::string("ok"));
    rest.erase("error");
    if (rest.size() != 1) throw Unknown("a step has one verb");
    const std::string verb = rest.begin().key();
    const json& value = rest.begin().value();
    if (const auto call = call_of(verb)) {
        Status status = Status::ok;
        std::string detail;
        try {
            call(value);
        } catch (const Error& error) {
            status = error.status();
            detail = error.detail();
        }
        settle();
        if (expected != name_of_status(status)) {
            throw Mismatch("expected " + expected + ", got " + name_of_status(status) + " " +
                           detail);
        }
        return;
    }
    if (step.contains("error")) throw Unknown("\"error\" goes with a call of the library");
    if (!look(verb, value)) throw Unknown("unknown verb: " + verb);
}

}  // namespace

std::optional<std::string> run(const json& scenario) {
    std::size_t number = 0;
    std::string text;
    try {
        only(scenario, {"name", "steps"});
        world({{"reset", true}});
        Story story;
        for (const auto& step : scenario.at("steps")) {
            ++number;
            text = step.dump();
            story.take(step);
        }
        return {};
    } catch (const std::exception& error) {
        return "step " + std::to_string(number) + " " + text + ": " + error.what();
    }
}

}  // namespace graceline::scenarios
