// The picture of one life: a lane each for app, client, connection, server and verdicts.
// Must be readable in a browser alone: no script, no font, no file besides it.
#include <array>
#include <map>

#include "tests/simulation/trace.hpp"

namespace graceline::simulation {

namespace {

constexpr int kLaneWidth = 250;
constexpr int kLeft = 90;
constexpr int kTop = 60;
constexpr int kRow = 16;
constexpr std::array<const char*, 5> kTitles = {"app and host", "client", "connection", "server",
                                                "what the host is told"};
constexpr std::array<const char*, 5> kColours = {"#1f5fa8", "#3b7d3b", "#555555", "#8a4b08",
                                                 "#a01f3c"};

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '<') {
            out += "&lt;";
        } else if (c == '&') {
            out += "&amp;";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

std::string Trace::svg(std::uint64_t seed) const {
    const auto height = kTop + kRow * static_cast<int>(entries_.size() + 2);
    const auto width = kLeft + kLaneWidth * static_cast<int>(kTitles.size());
    std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(width) +
                      "\" height=\"" + std::to_string(height) +
                      "\" font-family=\"monospace\" font-size=\"11\">\n"
                      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
                      "<text x=\"10\" y=\"20\" font-size=\"14\">simulated life, seed " +
                      std::to_string(seed) + "</text>\n";
    for (std::size_t i = 0; i < kTitles.size(); ++i) {
        const auto x = std::to_string(kLeft + kLaneWidth * static_cast<int>(i));
        svg += "<text x=\"" + x + "\" y=\"44\" fill=\"" + kColours[i] + "\" font-weight=\"bold\">" +
               kTitles[i] + "</text>\n<line x1=\"" + x + "\" y1=\"50\" x2=\"" + x + "\" y2=\"" +
               std::to_string(height) + "\" stroke=\"#dddddd\"/>\n";
    }
    int y = kTop;
    for (const auto& entry : entries_) {
        const auto lane = static_cast<std::size_t>(entry.lane);
        const auto ms = std::chrono::duration_cast<milliseconds>(entry.at.time_since_epoch());
        y += kRow;
        const auto line = std::to_string(y);
        svg += "<text x=\"8\" y=\"" + line + "\" fill=\"#888888\">" +
               std::to_string(ms.count() / 1'000) + "." +
               std::to_string(1'000 + ms.count() % 1'000).substr(1) + "</text><text x=\"" +
               std::to_string(kLeft + 4 + kLaneWidth * static_cast<int>(lane)) + "\" y=\"" + line +
               "\" fill=\"" + kColours[lane] + "\">" + escaped(entry.text).substr(0, 60) +
               "</text>\n";
    }
    return svg + "</svg>\n";
}

}  // namespace graceline::simulation
