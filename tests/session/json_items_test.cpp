// Arrays of items (history pages) through the same mapper.
// Must not test the messages of a history: only what the mapper hands out.
#include "tests/session/json_reading.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::session;
using graceline::session::testing::owned;

namespace {

struct Item {
    std::string json;
    std::vector<std::optional<std::string>> fields;
    friend bool operator==(const Item&, const Item&) = default;
};

struct Items final : JsonItemSink {
    void on_item(std::string_view json, std::span<const JsonText> fields) override {
        seen.push_back({std::string(json), owned(fields)});
    }
    std::vector<Item> seen;
};

struct Page {
    JsonResult result;
    std::vector<std::optional<std::string>> fields;
    std::vector<Item> items;
};

Page read_page(const JsonPlanOptions& options, std::string_view json) {
    const JsonPlan plan(options);
    JsonReader reader;
    std::vector<JsonText> texts(plan.fields());
    Items items;
    const auto result = reader.read(plan, json, texts, &items);
    return {result, owned(texts), items.seen};
}

const JsonPlanOptions kPlan{{"/next", "/more"}, "/data/messages", {"/id", "/from/name"}};

}  // namespace

TEST_CASE("json items: a page -> its items in order, with their own text and the page's fields",
          "[session]") {
    const auto page = read_page(kPlan, R"({"next":"c2","data":{"messages":[
        {"id":"1","from":{"name":"Ann"},"body":"a, ]"} ,
        {"body":{"deep":[1,2]},"id":2}, {}
    ]},"more":true})");
    CHECK(page.result == JsonResult::ok);
    CHECK(page.fields == std::vector<std::optional<std::string>>{"c2", "true"});
    CHECK(page.items ==
          std::vector<Item>{{R"({"id":"1","from":{"name":"Ann"},"body":"a, ]"})", {"1", "Ann"}},
                            {R"({"body":{"deep":[1,2]},"id":2})", {"2", std::nullopt}},
                            {"{}", {std::nullopt, std::nullopt}}});
}

TEST_CASE("json items: items that are scalars or arrays -> their text", "[session]") {
    const auto page = read_page({{}, "", {""}}, R"([ 1 , "two" ,[3, "x"], null ])");
    CHECK(page.result == JsonResult::ok);
    CHECK(page.items == std::vector<Item>{{"1", {"1"}},
                                          {"\"two\"", {"two"}},
                                          {R"([3, "x"])", {std::nullopt}},
                                          {"null", {std::nullopt}}});
}

TEST_CASE("json items: an empty, missing or wrong array -> no items", "[session]") {
    for (const char* json : {R"({"data":{"messages":[]}})", R"({"data":{}})",
                             R"({"data":{"messages":{}}})", R"({"data":{"messages":1}})", "{}"}) {
        INFO(json);
        const auto page = read_page(kPlan, json);
        CHECK(page.result == JsonResult::ok);
        CHECK(page.items.empty());
    }
}

TEST_CASE("json items: an array inside an item at the same pointer -> not mistaken", "[session]") {
    const auto page = read_page({{}, "/m", {"/m"}}, R"({"m":[{"m":[7]},{"m":8}]})");
    CHECK(page.items == std::vector<Item>{{R"({"m":[7]})", {std::nullopt}}, {R"({"m":8})", {"8"}}});
}

TEST_CASE("json items: a page that breaks off -> malformed, so the items do not count",
          "[session]") {
    const auto page = read_page(kPlan, R"({"next":"x","data":{"messages":[{"id":"1"},{"id":]}})");
    CHECK(page.result == JsonResult::malformed);
    CHECK(page.fields == std::vector<std::optional<std::string>>{std::nullopt, std::nullopt});
}

TEST_CASE("json items: more than the limit -> too many", "[session]") {
    std::string json = "[0";
    for (std::size_t i = 1; i < kMaxJsonItems; ++i) json += ",0";
    CHECK(read_page({{}, "", {}}, json + "]").result == JsonResult::ok);
    CHECK(read_page({{}, "", {}}, json + "]").items.size() == kMaxJsonItems);
    CHECK(read_page({{}, "", {}}, json + ",0]").result == JsonResult::too_many_items);
}

TEST_CASE("json items: without a sink -> the fields are read all the same", "[session]") {
    const JsonPlan plan(kPlan);
    JsonReader reader;
    std::vector<JsonText> texts(plan.fields());
    CHECK(reader.read(plan, R"({"next":"n","data":{"messages":[{"id":1}]}})", texts) ==
          JsonResult::ok);
    CHECK(texts.front() == "n");
}

TEST_CASE("json items: a long value -> given only where the plan says that it may be long",
          "[session]") {
    const std::string text(kMaxFieldBytes + 1, 'x');
    const auto json = R"({"next":")" + text + R"(","more":")" + text + R"(","data":[{"id":")" +
                      text + R"(","body":"\n)" + text + R"("}]})";
    JsonPlanOptions plan{{"/next", "/more"}, "/data", {"/id", "/body"}};
    plan.long_fields = {1};
    plan.long_item_fields = {1};
    CHECK_FALSE(JsonPlan::error_in(plan).has_value());
    const auto page = read_page(plan, json);
    CHECK(page.result == JsonResult::ok);
    CHECK(page.fields == std::vector<std::optional<std::string>>{std::nullopt, text});
    REQUIRE(page.items.size() == 1);
    CHECK(page.items[0].fields ==
          std::vector<std::optional<std::string>>{std::nullopt, "\n" + text});

    plan.long_item_fields = {2};
    CHECK(JsonPlan::error_in(plan) == "a long field is one of the fields");
}

TEST_CASE("json items: the array itself -> told once where it is, never where it is not",
          "[session]") {
    struct Arrays final : JsonItemSink {
        void on_array() override { ++arrays; }
        void on_item(std::string_view, std::span<const JsonText>) override {}
        int arrays = 0;
    };
    const JsonPlan plan(JsonPlanOptions{{}, "/items", {}});
    for (const auto& [json, arrays] :
         {std::pair{R"({"items":[]})", 1}, std::pair{R"({"items":[[],{"items":[]}]})", 1},
          std::pair{R"({"items":{}})", 0}, std::pair{R"({"items":null,"x":[]})", 0}}) {
        Arrays sink;
        JsonReader reader;
        CHECK(reader.read(plan, json, {}, &sink) == JsonResult::ok);
        CHECK(sink.arrays == arrays);
    }
}
