// Descriptions of sources: what is refused, what they can be asked, which URL a fetch gets.
// Must not test the template grammar (uri_template_test.cpp).
#include "core/history/fetch.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::history;

namespace {

SourceOptions source(
    const std::string& url = "https://h.example/m{?conversation,limit,before,after}") {
    SourceOptions options;
    options.messages_url = url;
    options.messages.id = "/id";
    return options;
}

std::string error(const SourceOptions& options) {
    const auto found = error_in(options);
    return found ? found->field + ": " + found->rule : "none";
}

Fetch fetch(Direction direction, const std::string& id = {}) {
    Fetch made;
    made.direction = direction;
    made.anchor_id = id;
    return made;
}

}  // namespace

TEST_CASE("source: valid ones -> no error", "[history]") {
    CHECK(error(source()) == "none");
    SourceOptions host;
    host.host_fetches = true;
    CHECK(error(host) == "none");
    SourceOptions list;
    list.conversations_url = "https://h.example/c{?cursor}";
    CHECK(error(list) == "none");
}

TEST_CASE("source: broken ones -> the field and the rule", "[history]") {
    CHECK(error({}) == "messages_url: is needed, unless the host fetches itself");
    auto options = source();
    options.messages_next_url = "h.example";
    CHECK(error(options) == "messages_next_url: must begin with https:// or http://");
    options = source();
    options.conversations_url = "https://h.example/{conversation}";
    CHECK(error(options).starts_with("conversations_url: unknown variable {conversation}"));
    options = source();
    options.messages.body = "text";
    CHECK(error(options).starts_with("messages.body: "));
    options.messages.body.reset();
    options.conversations.items = "x";
    CHECK(error(options).starts_with("conversations.items: "));
    options = source("https://h.example/m{?before}");
    options.scope = Scope::per_conversation;
    CHECK(error(options) == "scope: per conversation needs {conversation} in each URL");
    options = {};
    options.messages_next_url = "https://h.example/m{?after}";
    options.conversations_url = "https://h.example/c";
    CHECK(error(options) ==
          "messages_url: is needed beside messages_previous_url and messages_next_url");
}

TEST_CASE("source: what a template names -> what can be asked", "[history]") {
    CHECK(offers(source(), Kind::messages, Direction::next));
    CHECK_FALSE(offers(source(), Kind::conversations, Direction::next));
    const auto latest_only = source("https://h.example/m");
    CHECK(offers(latest_only, Kind::messages, Direction::latest));
    CHECK_FALSE(offers(latest_only, Kind::messages, Direction::previous));
    SourceOptions host;
    host.host_fetches = true;
    CHECK(offers(host, Kind::messages, Direction::previous));
    CHECK(offers(host, Kind::conversations, Direction::next));
    CHECK_FALSE(offers(host, Kind::conversations, Direction::previous));
}

TEST_CASE("source: can it catch up -> ids, a way on, and a way to prove", "[history]") {
    CHECK(can_catch_up(source()));
    auto options = source("https://h.example/m{?after}");
    CHECK_FALSE(can_catch_up(options));
    options.refuses_unknown_ids = true;
    CHECK(can_catch_up(options));
    options.messages.id.reset();
    CHECK_FALSE(can_catch_up(options));
    CHECK_FALSE(can_catch_up(source("https://h.example/m{?before,after_time}")));
    SourceOptions host;
    host.host_fetches = true;
    host.messages.id = "/id";
    CHECK(can_catch_up(host));
}

TEST_CASE("source: urls -> the direction's own template, and one anchor", "[history]") {
    auto options = source();
    CHECK(url_of(options, fetch(Direction::latest)) == "https://h.example/m?limit=30");
    CHECK(url_of(options, fetch(Direction::previous, "a b")) ==
          "https://h.example/m?limit=30&before=a%20b");
    CHECK(url_of(options, fetch(Direction::next, "x")) == "https://h.example/m?limit=30&after=x");
    options.messages_previous_url = "https://h.example/old?max_id={before}&n={limit}";
    CHECK(url_of(options, fetch(Direction::previous, "x")) ==
          "https://h.example/old?max_id=x&n=30");
    CHECK(url_of(options, fetch(Direction::latest)) == "https://h.example/m?limit=30");
    SourceOptions host;
    host.host_fetches = true;
    CHECK(url_of(host, fetch(Direction::latest)).empty());
}

TEST_CASE("source: a fetch with cursor, id and time -> the first that the template takes",
          "[history]") {
    auto all = fetch(Direction::next, "id");
    all.cursor = "cur";
    all.anchor_time = "5";
    CHECK(url_of(source("https://h/m{?after,after_time,cursor}"), all) == "https://h/m?cursor=cur");
    CHECK(url_of(source("https://h/m{?after,after_time}"), all) == "https://h/m?after=id");
    CHECK(url_of(source("https://h/m{?after_time}"), all) == "https://h/m?after_time=5");
    all.cursor.clear();
    CHECK(url_of(source("https://h/m{?after,after_time,cursor}"), all) == "https://h/m?after=id");
    all.anchor_id.clear();
    CHECK(url_of(source("https://h/m{?after,after_time}"), all) == "https://h/m?after_time=5");
    all.direction = Direction::previous;
    CHECK(url_of(source("https://h/m{?after_time,before_time}"), all) ==
          "https://h/m?before_time=5");
}

TEST_CASE("source: conversations -> every name of an anchor is the last item", "[history]") {
    SourceOptions options;
    options.conversations_url = "https://h/c{?limit,before}";
    auto asked = fetch(Direction::next, "room-9");
    asked.kind = Kind::conversations;
    CHECK(url_of(options, asked) == "https://h/c?limit=30&before=room-9");
    options.conversations_url = "https://h/c{?limit,after}";
    CHECK(url_of(options, asked) == "https://h/c?limit=30&after=room-9");
}
