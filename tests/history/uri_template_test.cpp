// The URL templates: RFC 6570's own examples of the forms used here, and what is refused.
// Must not test which variables a fetch fills (source_test.cpp).
#include "core/history/uri_template.hpp"

#include <array>

#include "tests/support/catch.hpp"

using namespace graceline::history;

namespace {

constexpr std::array<std::string_view, 6> kNames = {"var", "hello", "path", "x", "y", "empty"};

std::string expand(std::string_view text) {
    // RFC 6570 section 1.2, and one that is not defined.
    const std::array<Variable, 6> variables = {{{"var", "value"},
                                                {"hello", "Hello World!"},
                                                {"path", "/foo/bar"},
                                                {"x", "1024"},
                                                {"y", "768"},
                                                {"empty", ""}}};
    REQUIRE(template_error(text, kNames).value_or("") == "");
    return expand_template(text, variables);
}

std::string error(std::string_view text) {
    return template_error(text, kNames).value_or("none");
}

}  // namespace

TEST_CASE("uri template: the forms of RFC 6570 -> its results", "[history]") {
    CHECK(expand("https://a/{var}") == "https://a/value");
    CHECK(expand("https://a/{hello}") == "https://a/Hello%20World%21");
    CHECK(expand("https://a/{+hello}") == "https://a/Hello%20World!");
    CHECK(expand("https://a/{+path}/here") == "https://a//foo/bar/here");
}

TEST_CASE("uri template: queries -> defined variables only", "[history]") {
    CHECK(expand("https://a/m{?x,y}") == "https://a/m?x=1024&y=768");
    CHECK(expand("https://a/m{?x,empty,y}") == "https://a/m?x=1024&y=768");
    CHECK(expand("https://a/m{?empty}") == "https://a/m");
    CHECK(expand("https://a/m?fixed=yes{&x}") == "https://a/m?fixed=yes&x=1024");
    CHECK(expand("https://a/m{?empty}{&x}") == "https://a/m?x=1024");
    CHECK(expand("https://a{?x}") == "https://a?x=1024");
    CHECK(expand("http://a:80/m?max_id={var}&e={empty}") == "http://a:80/m?max_id=value&e=");
}

TEST_CASE("uri template: values with any byte -> nothing can leave its place", "[history]") {
    const std::array<Variable, 1> variables = {{{"var", "a/?#&=%41\r\n\xC3\xA4"}}};
    CHECK(expand_template("https://a/{var}", variables) ==
          "https://a/a%2F%3F%23%26%3D%2541%0D%0A%C3%A4");
    CHECK(expand_template("https://a/{+var}", variables) == "https://a/a/?%23&=%41%0D%0A%C3%A4");
    CHECK(expand_template("https://a/{?var}", variables) ==
          "https://a/?var=a%2F%3F%23%26%3D%2541%0D%0A%C3%A4");
}

TEST_CASE("uri template: broken ones -> the rule they break", "[history]") {
    CHECK(error("ws://a/") == "must begin with https:// or http://");
    CHECK(error("/m") == "must begin with https:// or http://");
    CHECK(error("https:///m") == "the host must not be empty");
    CHECK(error("https://:80/m") == "the host must not be empty");
    CHECK(error("https://u:p@a/m") ==
          "credentials in the URL are not allowed; use the token or a header");
    CHECK(error("https://{var}.a/m") == "the host must not hold a variable");
    CHECK(error("https://a{+path}/m") == "the host must not hold a variable");
    CHECK(error("https://a/m#x") == "a fragment (#) is not allowed");
    CHECK(error("https://a/{var") == "an opening brace without its closing one");
    CHECK(error("https://a/var}") == "a closing brace without its opening one");
    CHECK(error("https://a/{{var}}") == "a brace inside of braces");
    CHECK(error("https://a/{}") == "a name is missing in braces");
    CHECK(error("https://a/{?}") == "a name is missing in braces");
    CHECK(error("https://a/{?x,}") == "a name is missing in braces");
    CHECK(error("https://a/{x,y}") == "several names in braces need the form {?a,b} or {&a,b}");
    CHECK(error("https://a/{#x}") ==
          "only {name}, {+name}, {?a,b} and {&a,b} can be used in braces");
    CHECK(error("https://a/{?max_id:x}") ==
          "unknown variable {}; there are var hello path x y empty");
    CHECK(error("https://a/{?x,other}") ==
          "unknown variable {other}; there are var hello path x y empty");
    CHECK(error("https://a/m?a=b{?x}") == "behind a '?' the form is {&a,b}");
    CHECK(error("https://a/m{?x}{?y}") == "behind a '?' the form is {&a,b}");
    CHECK(error("https://a/m{&x}") == "{&a,b} needs a '?' before it");
    CHECK(error("https://a/a b").starts_with("spaces"));
    CHECK(error("https://a/\r\nX: y").starts_with("spaces"));
    CHECK(error("https://a/\xC3\xA4").starts_with("spaces"));
    CHECK(error("https://a/%4").starts_with("a percent sign"));
    CHECK(error("https://a/" + std::string(2048, 'x')) == "must not be longer than 2048 bytes");
}

TEST_CASE("uri template: a variable is asked for -> found in every form", "[history]") {
    CHECK(template_uses("https://a/{+var}", "var"));
    CHECK(template_uses("https://a/{?x,var}", "var"));
    CHECK(template_uses("https://a/?q={var}", "var"));
    CHECK_FALSE(template_uses("https://a/var{?x}", "var"));
}
