// Documents that are broken or made to hurt: never a crash, never a field, an answer that says why.
// Must not rely on sizes that make the suite slow.
#include <random>

#include "tests/session/json_reading.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::session;
using graceline::session::testing::read;

namespace {

JsonResult result_of(std::string_view json) {
    return read({"/id"}, json).result;
}

std::string nested(std::size_t depth, char open, char close) {
    return std::string(depth, open) + std::string(depth, close);
}

}  // namespace

TEST_CASE("json hostile: texts that are not JSON -> malformed, no field", "[session]") {
    const std::string_view rows[] = {"",
                                     " ",
                                     "\n",
                                     "{",
                                     "}",
                                     "[",
                                     "]",
                                     "{]",
                                     "[}",
                                     "\"",
                                     "\"abc",
                                     "hello",
                                     "{\"id\"}",
                                     "{\"id\":}",
                                     "{\"id\":1",
                                     "{\"id\":1,}",
                                     "{,\"id\":1}",
                                     "{\"id\" 1}",
                                     "{\"id\":1 \"x\":2}",
                                     "{\"id\":1]",
                                     "[1,]",
                                     "[,1]",
                                     "[1 2]",
                                     "[1",
                                     "{\"id\":1}}",
                                     "{\"id\":1} x",
                                     "{\"id\":1}{\"id\":2}",
                                     "[1][2]",
                                     "1 2",
                                     "1,",
                                     "\"a\"\"b\"",
                                     "\"a\" 1",
                                     "nul",
                                     "nulll",
                                     "tru",
                                     "True",
                                     "truefalse",
                                     "{\"id\":tru}",
                                     "{\"id\":nul}",
                                     "{id:1}",
                                     "{'id':1}",
                                     "{\"id\":'1'}",
                                     "{\"id\":01}",
                                     "{\"id\":+1}",
                                     "{\"id\":.5}",
                                     "{\"id\":1.}",
                                     "{\"id\":1e}",
                                     "{\"id\":1e+}",
                                     "{\"id\":-}",
                                     "{\"id\":--1}",
                                     "{\"id\":0x10}",
                                     "{\"id\":NaN}",
                                     "{\"id\":Infinity}",
                                     "{\"id\":1_000}",
                                     "{\"id\":12abc}",
                                     "{\"id\":\"\\q\"}",
                                     "{\"id\":\"\\u12\"}",
                                     "{\"id\":\"\\u12G4\"}",
                                     "{\"id\":\"\\\"}",
                                     "{\"x\":\"\\q\",\"id\":1}",
                                     "{\"\\q\":1,\"id\":1}",
                                     "{\"id\":\"a\nb\"}",
                                     "{\"id\":\"a\tb\"}",
                                     "{\"id\":1}//x",
                                     "/*x*/{\"id\":1}",
                                     "{\"id\":1,\"x\":[}",
                                     "{\"id\":1,\"x\":{\"y\":01}}",
                                     "[1,[3,\"a\":[]}],\"s\"]",
                                     "[\"a\":1]",
                                     "[3:4]",
                                     "{\"id\":\"a\":1}",
                                     "{\"id\":[\"a\":[]}]}",
                                     "\xEF\xBB\xBF{\"id\":1}",
                                     "{\"id\":\"1\",\"x\":\"\xFF\"}",
                                     "{\"id\":\"\xC3\"}",
                                     "{\"id\":\"\xED\xA0\x80\"}",
                                     "{\"\xFF\":1}",
                                     "\xFF\xFE"};
    for (const auto json : rows) {
        INFO(json);
        const auto reading = read({"/id"}, json);
        CHECK(reading.result == JsonResult::malformed);
        CHECK(reading.fields.front() == std::nullopt);
    }
}

TEST_CASE("json hostile: zero bytes -> malformed", "[session]") {
    CHECK(result_of(std::string_view("\0", 1)) == JsonResult::malformed);
    CHECK(result_of(std::string_view("{\"id\":1}\0", 9)) == JsonResult::malformed);
    CHECK(result_of(std::string_view("{\"id\":\"a\0b\"}", 12)) == JsonResult::malformed);
}

TEST_CASE("json hostile: a message cut at every byte -> malformed, no field", "[session]") {
    const std::string json =
        R"({"id":"\u00e4-1","n":[1,-2.5e3,true,false,null,{"x":"y \"z\""}],"at":17})";
    REQUIRE(result_of(json) == JsonResult::ok);
    for (std::size_t size = 0; size < json.size(); ++size) {
        INFO(size);
        const auto reading = read({"/id", "/at"}, std::string_view(json).substr(0, size));
        CHECK(reading.result == JsonResult::malformed);
        CHECK(reading.fields.front() == std::nullopt);
    }
}

TEST_CASE("json hostile: depth -> 64 is read, 65 is too deep, a million does no harm",
          "[session]") {
    CHECK(result_of(nested(kMaxJsonDepth, '[', ']')) == JsonResult::ok);
    CHECK(result_of(nested(kMaxJsonDepth + 1, '[', ']')) == JsonResult::too_deep);
    const auto in_member = [](std::size_t depth) {
        return R"({"id":"1","x":)" + nested(depth, '[', ']') + "}";
    };
    CHECK(result_of(in_member(kMaxJsonDepth - 1)) == JsonResult::ok);
    const auto deep = read({"/id"}, in_member(kMaxJsonDepth));
    CHECK(deep.result == JsonResult::too_deep);
    CHECK(deep.fields.front() == std::nullopt);
    CHECK(result_of(nested(1'000'000, '[', ']')) == JsonResult::too_deep);
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    CHECK(result_of(objects) == JsonResult::malformed);
    CHECK(result_of(objects + "1" + std::string(100'000, '}')) == JsonResult::too_deep);
}

TEST_CASE("json hostile: huge numbers anywhere -> still read", "[session]") {
    const auto reading =
        read({"/id"}, "{\"x\":" + std::string(5000, '9') + ",\"y\":1e99999,\"id\":\"1\"}");
    CHECK(reading.result == JsonResult::ok);
    CHECK(reading.fields.front() == "1");
}

TEST_CASE("json hostile: above the size limit -> too large, not looked at", "[session]") {
    const std::string json = "{\"id\":1,\"x\":\"" + std::string(kMaxJsonBytes, 'x') + "\"}";
    const auto reading = read({"/id"}, json);
    CHECK(reading.result == JsonResult::too_large);
    CHECK(reading.fields.front() == std::nullopt);
}

TEST_CASE("json hostile: many members of one name -> the first counts", "[session]") {
    std::string json = "{\"id\":\"first\"";
    for (int i = 0; i < 50'000; ++i) json += ",\"id\":1";
    const auto reading = read({"/id"}, json + "}");
    CHECK(reading.result == JsonResult::ok);
    CHECK(reading.fields.front() == "first");
}

TEST_CASE("json hostile: a reader after any broken document -> reads the next one", "[session]") {
    const JsonPlan plan({{"/id"}, std::nullopt, {}});
    JsonReader reader;
    std::vector<JsonText> texts(1);
    for (const std::string& broken : {std::string("{"), std::string("{\"id\":\"9\",\"x\":01}"),
                                      nested(100, '[', ']'), std::string(70'000, '[')}) {
        CHECK(reader.read(plan, broken, texts) != JsonResult::ok);
        CHECK(texts.front() == std::nullopt);
        CHECK(reader.read(plan, R"({"id":"1"})", texts) == JsonResult::ok);
        CHECK(texts.front() == "1");
    }
}

TEST_CASE("json hostile: random changes of a message -> an answer each time", "[session]") {
    const std::string original =
        R"({"id":"\u00e4-1","n":[1,-2.5e3,true,false,null,{"x":"y \"z\""}],"at":17})";
    constexpr std::string_view kAlphabet = "{}[]\",:\\u0aAeE+-. \n\x80\xC3\xFFtfn";
    constexpr std::uint32_t kSeed = 20261123;
    std::mt19937 random(kSeed);
    const JsonPlan plan({{"/id", "/n/5/x", "/at"}, std::nullopt, {}});
    JsonReader reader;
    std::vector<JsonText> texts(3);
    for (int round = 0; round < 20'000; ++round) {
        auto json = original;
        for (auto changes = 1 + random() % 4; changes > 0; --changes) {
            json[random() % json.size()] = kAlphabet[random() % kAlphabet.size()];
        }
        json.resize(json.size() - random() % 3);
        const auto result = reader.read(plan, json, texts);
        if (result == JsonResult::ok) continue;
        // Not well-formed: nothing of it may be believed.
        REQUIRE((!texts[0] && !texts[1] && !texts[2]));
    }
}
