// What the one JSON mapper reads from well-formed documents.
// Must not test hostile input (json_hostile_test.cpp).
#include "core/session/json_fields.hpp"

#include "tests/session/json_reading.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::session;
using graceline::session::testing::read;
using graceline::session::testing::value_at;

namespace {
using Texts = std::vector<std::optional<std::string>>;
}

TEST_CASE("json fields: several pointers with shared parts -> all found in one pass", "[session]") {
    const auto reading = read({"/m/id", "/m/from/name", "/room", "/m/at", "/m/from/tags/1"},
                              R"({"room":"r1","m":{"at":17,"from":{"tags":["x","y"],)"
                              R"("name":"Ann"},"id":"a-1"}})");
    CHECK(reading.result == JsonResult::ok);
    CHECK(reading.fields == Texts{"a-1", "Ann", "r1", "17", "y"});
}

TEST_CASE("json fields: two pointers at one value -> both get it", "[session]") {
    CHECK(read({"/id", "/id"}, R"({"id":7})").fields == Texts{"7", "7"});
}

TEST_CASE("json fields: numbers -> their own text, no digit lost", "[session]") {
    for (const char* number :
         {"0", "-0", "1", "9007199254740993", "18446744073709551615", "-9223372036854775808",
          "123456789012345678901234567890", "1.0", "1e3", "-1.50E-07", "1e999"}) {
        INFO(number);
        CHECK(value_at("/id", "{\"id\":" + std::string(number) + "}") == number);
        CHECK(value_at("/id", "{\"id\": " + std::string(number) + " ,\"x\":1}") == number);
        CHECK(value_at("/0", "[\n" + std::string(number) + "\n]") == number);
        CHECK(value_at("", " " + std::string(number) + "\n") == number);
    }
}

TEST_CASE("json fields: strings and their escapes -> unescaped text", "[session]") {
    CHECK(value_at("/s", R"({"s":""})").empty());
    CHECK(value_at("/s", R"({"s":"plain"})") == "plain");
    CHECK(value_at("/s", R"({"s":"a\"b\\c\/d"})") == "a\"b\\c/d");
    CHECK(value_at("/s", R"({"s":"\b\f\n\r\t"})") == "\b\f\n\r\t");
    CHECK(value_at("/s", R"({"s":"\u0041\u00e4\u20AC"})") == "A\xC3\xA4\xE2\x82\xAC");
    CHECK(value_at("/s", R"({"s":"\ud83d\ude00"})") == "\xF0\x9F\x98\x80");
    CHECK(value_at("/s", "{\"s\":\"\xF0\x9F\x98\x80\"}") == "\xF0\x9F\x98\x80");
    CHECK(value_at("/s", R"({"s":"a\u0000b"})") == std::string("a\0b", 3));
    CHECK(value_at("/s", R"({"s":"  kept  "})") == "  kept  ");
    CHECK(value_at("", R"("root")") == "root");
}

TEST_CASE("json fields: booleans -> text; null, objects and arrays -> no field", "[session]") {
    CHECK(value_at("/v", R"({"v":true})") == "true");
    CHECK(value_at("/v", R"({"v":false})") == "false");
    CHECK(value_at("/v", R"({"v":null})") == "(none)");
    CHECK(value_at("/v", R"({"v":{}})") == "(none)");
    CHECK(value_at("/v", R"({"v":[]})") == "(none)");
    CHECK(value_at("", "true") == "true");
    CHECK(value_at("", "null") == "(none)");
}

TEST_CASE("json fields: nothing at the pointer -> no field, the others stay", "[session]") {
    CHECK(value_at("/a", "{}") == "(none)");
    CHECK(value_at("/a/b", R"({"a":1})") == "(none)");
    CHECK(value_at("/a/b", R"({"a":[1]})") == "(none)");
    CHECK(value_at("/a/0", R"({"a":{}})") == "(none)");
    CHECK(value_at("/2", "[0,1]") == "(none)");
    CHECK(value_at("/-", "[0,1]") == "(none)");
    CHECK(value_at("/00", "[0,1]") == "(none)");
    CHECK(value_at("/a", "[]") == "(none)");
    CHECK(read({"/x", "/id"}, R"({"id":"1"})").fields == Texts{std::nullopt, "1"});
}

TEST_CASE("json fields: a member whose name looks like an index -> found in an object",
          "[session]") {
    CHECK(value_at("/0", R"({"0":"zero"})") == "zero");
    CHECK(value_at("/-", R"({"-":"dash"})") == "dash");
    CHECK(value_at("/00", R"({"00":"two"})") == "two");
}

TEST_CASE("json fields: a name written with escapes -> the same member", "[session]") {
    CHECK(value_at("/id", R"({"\u0069d":"1"})") == "1");
    CHECK(value_at("/\xC3\xA4", R"({"\u00e4":"1"})") == "1");
    CHECK(value_at("/a\"b", R"({"a\"b":"1"})") == "1");
    // The quote inside a name ends nothing.
    CHECK(value_at("/a\":\"b", R"({"a":"b"})") == "(none)");
    CHECK(value_at("/id", R"({"\\id":"1"})") == "(none)");
}

TEST_CASE("json fields: names that are prefixes of each other -> not confused", "[session]") {
    CHECK(read({"/id", "/i", "/idx"}, R"({"idx":3,"i":1,"id":2})").fields == Texts{"2", "1", "3"});
}

TEST_CASE("json fields: a name twice -> the first counts, at every level", "[session]") {
    CHECK(value_at("/id", R"({"id":"1","id":"2"})") == "1");
    CHECK(value_at("/id", R"({"id":null,"id":"2"})") == "(none)");
    CHECK(value_at("/m/id", R"({"m":{},"m":{"id":"2"}})") == "(none)");
    CHECK(value_at("/m/id", R"({"m":{"id":"1"},"m":{"id":"2"}})") == "1");
    CHECK(value_at("/id", R"({"\u0069d":"1","id":"2"})") == "1");
}

TEST_CASE("json fields: a field above its limit -> no field, the message stays readable",
          "[session]") {
    const std::string at_limit(kMaxFieldBytes, 'x');
    CHECK(value_at("/id", "{\"id\":\"" + at_limit + "\"}") == at_limit);
    CHECK(value_at("/id", "{\"id\":\"" + at_limit + "y\"}") == "(none)");
    CHECK(read({"/id", "/n"}, "{\"id\":\"" + at_limit + "y\",\"n\":1}").fields ==
          Texts{std::nullopt, "1"});
    CHECK(value_at("/id", "{\"id\":1" + std::string(kMaxFieldBytes, '0') + "}") == "(none)");
}

TEST_CASE("json fields: half of a surrogate pair -> that field only is missing", "[session]") {
    for (const char* half : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\u0041")"}) {
        INFO(half);
        const auto reading = read({"/s", "/id"}, "{\"s\":" + std::string(half) + ",\"id\":\"1\"}");
        CHECK(reading.result == JsonResult::ok);
        // Where the reader gives a text, it is at least valid UTF-8.
        CHECK(reading.fields.at(1) == "1");
        CHECK((!reading.fields.at(0) || reading.fields.at(0)->find('\xED') == std::string::npos));
    }
    CHECK(value_at("/id", R"({"\ud800":1,"id":"1"})") == "1");
}

TEST_CASE("json plan: a broken pointer or too many -> an error that names the rule", "[session]") {
    CHECK(JsonPlan::error_in({{"/a"}, std::nullopt, {}}) == std::nullopt);
    CHECK(JsonPlan::error_in({{"/a", "b"}, std::nullopt, {}})->find('/') != std::string::npos);
    CHECK(JsonPlan::error_in({{}, "b", {}}));
    CHECK(JsonPlan::error_in({{}, "/b", {"c"}}));
    CHECK(JsonPlan::error_in({{}, std::nullopt, {"/c"}})->find("items") != std::string::npos);
    const std::vector<std::string> most(kMaxPlanFields, "/a");
    CHECK(JsonPlan::error_in({most, "/b", most}) == std::nullopt);
    auto more = most;
    more.push_back("/a");
    CHECK(JsonPlan::error_in({more, std::nullopt, {}}));
    CHECK(JsonPlan::error_in({{}, "/b", more}));
}

TEST_CASE("json plan: the largest plan -> every field found", "[session]") {
    std::vector<std::string> pointers;
    std::string json = "{";
    for (std::size_t i = 0; i < kMaxPlanFields; ++i) {
        const auto name = "k" + std::to_string(i);
        std::string pointer;
        std::string open;
        std::string close;
        for (std::size_t depth = 0; depth + 1 < kMaxPointerTokens; ++depth) {
            pointer += "/" + name;
            open += "\"" + name + "\":{";
            close += "}";
        }
        pointers.push_back(pointer + "/v");
        json += (i == 0 ? "" : ",") + open + "\"v\":" + std::to_string(i) + close;
    }
    const auto reading = read(pointers, json + "}");
    REQUIRE(reading.result == JsonResult::ok);
    for (std::size_t i = 0; i < kMaxPlanFields; ++i) {
        CHECK(reading.fields[i] == std::to_string(i));
    }
}
