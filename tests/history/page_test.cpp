// Bodies of pages: what is read, in which order, and what is no page.
// Must not test the JSON mapper itself.
#include "core/history/page.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::history;

namespace {

SourceOptions source() {
    SourceOptions options;
    options.messages_url = "https://h.example/m{?before,after}";
    options.messages.items = "/items";
    options.messages.id = "/id";
    options.messages.conversation = "/room";
    options.messages.sender = "/from/name";
    options.messages.time = "/at";
    options.messages.next_cursor = "/next";
    options.messages.complete = "/complete";
    options.conversations.items = "/items";
    options.conversations.id = "/id";
    options.conversations.time = "/at";
    return options;
}

PageReading read(const SourceOptions& options, std::string_view body, Kind kind = Kind::messages,
                 std::string_view conversation = {}) {
    PageReader reader;
    return reader.read(PagePlan(options, kind), body, conversation);
}

std::shared_ptr<Page> page(const SourceOptions& options, std::string_view body,
                           std::string_view conversation = {}) {
    auto reading = read(options, body, Kind::messages, conversation);
    REQUIRE(std::holds_alternative<std::shared_ptr<Page>>(reading));
    return std::get<std::shared_ptr<Page>>(reading);
}

std::string ids_of(const Page& page) {
    std::string ids;
    for (const auto& item : page.items()) ids.append(item.fields.id).append(" ");
    return ids;
}

std::string error(const SourceOptions& options, std::string_view body) {
    const auto reading = read(options, body);
    const auto* found = std::get_if<PageError>(&reading);
    return found == nullptr ? "none" : to_string(*found);
}

}  // namespace

TEST_CASE("page: items with all fields -> their texts, the payload is the item's own JSON",
          "[history]") {
    const auto read = page(source(), R"({"items":[{"id":7,"room":"r","from":{"name":"A\u00e4"},)"
                                     R"("at":12.50},{"id":"8"}],"next":"c1","complete":false})");
    REQUIRE(read->size() == 2);
    const auto& first = read->items()[0];
    CHECK(first.payload == R"({"id":7,"room":"r","from":{"name":"A\u00e4"},"at":12.50})");
    CHECK(first.fields.id == "7");
    CHECK(first.fields.conversation == "r");
    CHECK(first.fields.sender == "A\xC3\xA4");
    CHECK(first.fields.time == "12.50");
    CHECK_FALSE(read->items()[1].fields.has_conversation);
    CHECK(read->next_cursor() == "c1");
    CHECK(read->complete() == false);
    CHECK(read->all_have_ids());
}

TEST_CASE("page: moved -> its views stay", "[history]") {
    const auto read = page(source(), R"({"items":[{"id":"a"}]})");
    const auto id = read->items()[0].fields.id;
    const Page moved = std::move(*read);
    CHECK(moved.items()[0].fields.id.data() == id.data());
    CHECK(id == "a");
}

TEST_CASE("page: a body pointer -> the payload is that text, however long; none: empty",
          "[history]") {
    auto options = source();
    options.messages.body = "/text";
    const std::string text(100'000, 'x');
    const auto read = page(options, R"({"items":[{"id":"1","text":")" + text +
                                        R"("},{"id":"2"},{"id":"3","text":"a\nb"}]})");
    CHECK(read->items()[0].payload == text);
    CHECK(read->items()[1].payload.empty());
    CHECK(read->items()[2].payload == "a\nb");
}

TEST_CASE("page: newest first, an id twice -> turned, the one at the older end stays",
          "[history]") {
    const std::string_view body =
        R"({"items":[{"id":"3","at":1},{"id":"2"},{"id":"3","at":2},{"id":"1"}]})";
    CHECK(ids_of(*page(source(), body)) == "3 2 1 ");
    CHECK(page(source(), body)->items()[0].fields.time == "1");
    auto options = source();
    options.newest_first = true;
    CHECK(ids_of(*page(options, body)) == "1 3 2 ");
}

TEST_CASE("page: items without a conversation -> the one that was asked for", "[history]") {
    const auto read = page(source(), R"({"items":[{"id":"1"},{"id":"2","room":"b"}]})", "a");
    CHECK(read->items()[0].fields.conversation == "a");
    CHECK(read->items()[0].fields.has_conversation);
    CHECK(read->items()[1].fields.conversation == "b");
}

TEST_CASE("page: an item without an id -> refused only where the source is walked by ids",
          "[history]") {
    const std::string_view body = R"({"items":[{"id":"1"},{"room":"r"},{"id":""}]})";
    CHECK(error(source(), body) == "item_without_id");
    auto options = source();
    options.messages_url = "https://h.example/m{?cursor}";
    const auto by_cursor = page(options, body);
    CHECK(by_cursor->size() == 3);
    CHECK_FALSE(by_cursor->all_have_ids());
    options = source();
    options.messages.id.reset();
    CHECK(page(options, body)->size() == 3);
}

TEST_CASE("page: no array where the items should be -> no page, unlike an empty array",
          "[history]") {
    CHECK(page(source(), R"({"items":[]})")->empty());
    CHECK(error(source(), "{}") == "no_items");
    CHECK(error(source(), R"({"items":{}})") == "no_items");
    CHECK(error(source(), R"({"items":null})") == "no_items");
    CHECK(error(source(), R"({"error":"no such room"})") == "no_items");
}

TEST_CASE("page: bodies that are none -> the rule they break", "[history]") {
    CHECK(error(source(), "") == "malformed");
    CHECK(error(source(), "<html>") == "malformed");
    CHECK(error(source(), R"({"items":[{"id":"1"},)") == "malformed");
    std::string many = R"({"items":[0)";
    for (std::size_t i = 0; i < graceline::session::kMaxJsonItems; ++i) many += ",0";
    CHECK(error(source(), many + "]}") == "too_many_items");
    CHECK(error(source(), R"({"items":[],"next":")" + std::string(kMaxCursorBytes + 1, 'c') +
                              "\"}") == "cursor_too_long");
    CHECK(page(source(), R"({"items":[],"next":")" + std::string(kMaxCursorBytes, 'c') + "\"}")
              ->next_cursor()
              .size() == kMaxCursorBytes);
    std::string deep(graceline::session::kMaxJsonDepth + 1, '[');
    CHECK(error(source(), deep + std::string(deep.size(), ']')) == "too_deep");
    CHECK(std::string(text_of(PageError::no_items)) == "there is no array of items at the pointer");
}

TEST_CASE("page: of conversations -> id and conversation are the same, the order stays",
          "[history]") {
    auto options = source();
    options.newest_first = true;
    const auto reading =
        read(options, R"({"items":[{"id":"b","at":2},{"id":"a"}]})", Kind::conversations);
    const auto& list = *std::get<std::shared_ptr<Page>>(reading);
    CHECK(ids_of(list) == "b a ");
    CHECK(list.items()[0].fields.conversation == "b");
    CHECK(list.items()[0].fields.time == "2");
}

TEST_CASE("page: only some items kept -> in order, with their texts", "[history]") {
    const auto read = page(source(), R"({"items":[{"id":"1"},{"id":"2"},{"id":"3"}]})");
    read->keep_only([](std::size_t index) { return index != 1; });
    CHECK(ids_of(*read) == "1 3 ");
}
