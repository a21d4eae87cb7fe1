// Tests of the demo's pictures: the rows of the terminal and the SVG.
// Must not need a client, a server or a terminal.
#include "tests/support/catch.hpp"
#include "tools/demo/lanes.hpp"
#include "tools/demo/svg.hpp"

using namespace graceline;
using namespace graceline::demo;

namespace {

// One second: active and connected, then in background and disconnected from the middle on.
Record one_second() {
    Record record;
    record.grace = 500;
    record.scenes.push_back({"A <scene> & more", "Scene", 0, 0});
    for (Ms at = 0; at <= 1'000; at += 10) {
        const bool away = at >= 500;
        record.add({at,
                    away ? ApplicationState::did_background : ApplicationState::did_become_active,
                    away ? ConnectionStatus::disconnected : ConnectionStatus::connected,
                    away ? 1'000 - at : 0, !away, away});
    }
    return record;
}

std::string text_of_row(const LaneRow& row) {
    std::string text;
    for (const auto& cell : row.cells) text += cell.text;
    return text;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("record: samples -> spans without holes", "[demo]") {
    const Record record = one_second();
    REQUIRE(record.states.size() == 2);
    CHECK(record.states[0].end == record.states[1].begin);
    CHECK(record.end == 1'000);
    CHECK(record.window.back().left == 0);
}

TEST_CASE("lanes: ten columns of a second -> each shows its slice", "[demo]") {
    const auto rows = lanes_of(one_second(), {10, 20, 450}, 0, 1'000, 10, kAsciiGlyphs);
    REQUIRE(rows.size() == 6);
    CHECK(text_of_row(rows[0]) == "#####bbbbb");
    CHECK(text_of_row(rows[1]) == "=====xxxxx");
    CHECK(text_of_row(rows[3]) == "2   *     ");
    CHECK(text_of_row(rows[4]) == "1111100000");
    CHECK(text_of_row(rows[5]) == "0000011111");
}

TEST_CASE("lanes: a message came by a catch-up -> an R in its own colour", "[demo]") {
    Record record = one_second();
    record.replays = {450};
    const auto rows = lanes_of(record, {10, 450, 451}, 0, 1'000, 10, kAsciiGlyphs);
    CHECK(text_of_row(rows[3]) == "*   R     ");
    CHECK(rows[3].cells[4].tone == Tone::replayed);
    CHECK(rows[3].cells[0].tone != Tone::replayed);
}

TEST_CASE("lanes: drawn while they grow -> the future is blank", "[demo]") {
    const auto rows = lanes_of(one_second(), {}, 0, 2'000, 10, kAsciiGlyphs);
    CHECK(text_of_row(rows[0]).substr(6) == "    ");
}

TEST_CASE("SVG: a replayed message -> where it was missed, in a colour of its own", "[demo]") {
    Account account;
    account.entries.resize(2);
    account.entries[0].id = "a";
    account.entries[0].outcome = Outcome::live;
    account.entries[0].published_end = 100;
    account.entries[0].delivered_at = 100;
    account.entries[1].id = "b";
    account.entries[1].outcome = Outcome::replayed;
    account.entries[1].published_end = 500;
    account.entries[1].delivered_at = 900;
    Record record = one_second();
    record.marks.push_back({MarkKind::catch_up, 900, "1 missed message"});
    const std::string svg = draw_svg(record, account, {}, {"T", "s", "f"});
    CHECK(svg.find("b: missed, and replayed") != std::string::npos);
    CHECK(count(svg, "class=\"replay\"") == 1);
    CHECK(svg.find("1 missed message") != std::string::npos);
    const auto colour_of = [&svg](const std::string& css) {
        const auto at = svg.find("." + css + "{fill:") + css.size() + 7;
        return svg.substr(at, svg.find('}', at) - at);
    };
    for (const char* other : {"live", "lost", "away", "window", "own"}) {
        CHECK(colour_of("replayed") != colour_of(other).substr(0, 7));
    }
}

TEST_CASE("SVG: a lost and a reported message -> both to be seen, text escaped", "[demo]") {
    Account account;
    account.entries.resize(2);
    account.entries[0].id = "a\"<b";
    account.entries[0].outcome = Outcome::lost;
    account.entries[1].id = "c";
    account.entries[1].outcome = Outcome::reported;
    const std::string svg = draw_svg(one_second(), account, {}, {"T & U", "s", "f"});
    CHECK(svg.find("a&quot;&lt;b: lost") != std::string::npos);
    CHECK(svg.find("c: missed, and reported") != std::string::npos);
    CHECK(svg.find("T &amp; U") != std::string::npos);
    CHECK(count(svg, "class=\"replay\"") == 0);
    CHECK(count(svg, "<svg") == 1);
    CHECK(count(svg, "</svg>") == 1);
    CHECK(count(svg, "<text") == count(svg, "</text>"));
    CHECK(count(svg, "<circle") == count(svg, "</circle>"));
}
