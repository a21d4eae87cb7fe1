// JSON pointers against RFC 6901.
// Must not test the reading of documents beyond the RFC's own table.
#include "core/session/json_pointer.hpp"

#include "tests/session/json_reading.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::session;
using graceline::session::testing::value_at;

namespace {

// RFC 6901 section 5, its document and its table.
constexpr std::string_view kDocument = R"({
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    "k\"l": 6,
    " ": 7,
    "m~n": 8
})";

}  // namespace

TEST_CASE("json pointer: the RFC's own table -> the RFC's values", "[session]") {
    CHECK(value_at("/foo/0", kDocument) == "bar");
    CHECK(value_at("/foo/1", kDocument) == "baz");
    CHECK(value_at("/", kDocument) == "0");
    CHECK(value_at("/a~1b", kDocument) == "1");
    CHECK(value_at("/c%d", kDocument) == "2");
    CHECK(value_at("/e^f", kDocument) == "3");
    CHECK(value_at("/g|h", kDocument) == "4");
    CHECK(value_at("/i\\j", kDocument) == "5");
    CHECK(value_at("/k\"l", kDocument) == "6");
    CHECK(value_at("/ ", kDocument) == "7");
    CHECK(value_at("/m~0n", kDocument) == "8");
    // The whole document and the whole array are no text.
    CHECK(value_at("", kDocument) == "(none)");
    CHECK(value_at("/foo", kDocument) == "(none)");
}

TEST_CASE("json pointer: valid texts -> no error", "[session]") {
    for (const char* pointer : {"", "/", "//", "/a", "/a/0/b", "/~0", "/~1", "/~01", "/-", "/01",
                                "/\xC3\xA4", "/ ", "/a b", "/\""}) {
        INFO(pointer);
        CHECK(pointer_error(pointer) == std::nullopt);
    }
}

TEST_CASE("json pointer: broken texts -> the rule is named", "[session]") {
    struct Row {
        std::string pointer;
        std::string rule;
    };
    const Row rows[] = {
        {"a", "begins with '/'"},
        {"a/b", "begins with '/'"},
        {" /a", "begins with '/'"},
        {"#/a", "begins with '/'"},
        {"$.a", "begins with '/'"},
        {"/~", "'~' is followed by"},
        {"/a~", "'~' is followed by"},
        {"/~2", "'~' is followed by"},
        {"/~/a", "'~' is followed by"},
        {"/~~0", "'~' is followed by"},
        {"/\xFF", "UTF-8"},
        {"/\xC3", "UTF-8"},
        {"/" + std::string(kMaxPointerBytes, 'a'), "at most 512 bytes"},
        {std::string(kMaxPointerTokens + 1, '/'), "at most 16 parts"},
    };
    for (const auto& row : rows) {
        INFO(row.pointer);
        const auto error = pointer_error(row.pointer);
        REQUIRE(error);
        CHECK(error->find(row.rule) != std::string::npos);
    }
}

TEST_CASE("json pointer: limits reached but not passed -> valid", "[session]") {
    CHECK(pointer_error("/" + std::string(kMaxPointerBytes - 1, 'a')) == std::nullopt);
    CHECK(pointer_error(std::string(kMaxPointerTokens, '/')) == std::nullopt);
}

TEST_CASE("json pointer: tokens -> unescaped once, indexes only in their RFC form", "[session]") {
    using Tokens = std::vector<PointerToken>;
    CHECK(pointer_tokens("") == Tokens{});
    CHECK(pointer_tokens("/") == Tokens{{"", std::nullopt}});
    CHECK(pointer_tokens("/~01") == Tokens{{"~1", std::nullopt}});
    CHECK(pointer_tokens("/~1~0") == Tokens{{"/~", std::nullopt}});
    CHECK(pointer_tokens("/0/10") == Tokens{{"0", 0U}, {"10", 10U}});
    CHECK(pointer_tokens("/00") == Tokens{{"00", std::nullopt}});
    CHECK(pointer_tokens("/-") == Tokens{{"-", std::nullopt}});
    CHECK(pointer_tokens("/-1") == Tokens{{"-1", std::nullopt}});
    CHECK(pointer_tokens("/1e0") == Tokens{{"1e0", std::nullopt}});
    CHECK(pointer_tokens("/99999999999999999999") ==
          Tokens{{"99999999999999999999", std::nullopt}});
}
