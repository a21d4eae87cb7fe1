// HTTP-dates in their three forms, and what only looks like one.
// Must not depend on the zone or locale of the machine.
#include "core/websocket/http_date.hpp"
#include "core/websocket/http_text.hpp"
#include "tests/support/catch.hpp"

namespace graceline::websocket::test {
namespace {

TEST_CASE("http date: the forms of RFC 7231 7.1.1.1 -> the same second", "[websocket]") {
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784'111'777);
    CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == 784'111'777);
    CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == 784'111'777);
}

TEST_CASE("http date: borders -> exact", "[websocket]") {
    CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
    CHECK(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT") == 1'709'251'200);
    CHECK(parse_http_date("Tue, 19 Jan 2038 03:14:08 GMT") == 2'147'483'648);
    CHECK(parse_http_date("Friday, 31-Dec-69 23:59:59 GMT") == 3'155'759'999);
    CHECK(parse_http_date("Thursday, 01-Jan-70 00:00:01 GMT") == 1);
}

TEST_CASE("http date: anything else -> nothing", "[websocket][hostile]") {
    for (const char* text : {"",
                             "0",
                             "Sun",
                             "Sun, ",
                             "Sun, 06 Nov 1994 08:49:37",
                             "Sun, 06 Nov 1994 08:49:37 UTC",
                             "Sun, 06 Nov 1994 08:49:37 GMT ",
                             "Sun, 06 Nov 1994 08:49:37 +0000",
                             "Sun, 6 Nov 1994 08:49:37 GMT",
                             "Sun, 06 nov 1994 08:49:37 GMT",
                             "sun, 06 Nov 1994 08:49:37 GMT",
                             "Foo, 06 Nov 1994 08:49:37 GMT",
                             "Sun, 31 Feb 2024 00:00:00 GMT",
                             "Sun, 00 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 24:00:00 GMT",
                             "Sun, 06 Nov 1994 08:60:37 GMT",
                             "Sun, 06 Nov 1994 08:49:61 GMT",
                             "Sun, 06 Nov 94 08:49:37 GMT",
                             "Sun, 06 Nov 1994 8:49:37 GMT",
                             "Sun Nov 6 08:49:37 1994",
                             "Sun Nov  6 08:49:37 19944",
                             "Sun, 06 Nov -994 08:49:37 GMT",
                             "1994-11-06T08:49:37Z",
                             ",",
                             "Sunday",
                             "Sun,06 Nov"}) {
        INFO(text);
        CHECK_FALSE(parse_http_date(text).has_value());
    }
}

TEST_CASE("http text: decimals -> digits only, saturating", "[websocket]") {
    CHECK(parse_decimal("0") == 0U);
    CHECK(parse_decimal("0042") == 42U);
    CHECK(parse_decimal("4294967295") == 4'294'967'295U);
    CHECK(parse_decimal("4294967296") == 4'294'967'295U);
    for (const char* bad : {"", "-1", "+1", " 1", "1 ", "0x1", "1e3"}) {
        CHECK_FALSE(parse_decimal(bad).has_value());
    }
}

}  // namespace
}  // namespace graceline::websocket::test
