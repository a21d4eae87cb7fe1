// Draws the record of a run as one SVG picture.
// Must not read files or clocks: the same record gives the same picture.
#include "tools/demo/svg.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace graceline::demo {

namespace {

constexpr double kWidth = 1'240;
constexpr double kLeft = 204;
constexpr double kRight = 24;
constexpr double kTop = 96;
constexpr double kGap = 14;
// About the width of a bold character of 13 px.
constexpr double kTitleCharacter = 7.7;

// The style follows the reader's light or dark setting; colours are mid-tones that work on both.
constexpr const char* kStyle = R"(<style>
.page{fill:#fbfbfa}.ink{fill:#22272e}.soft{fill:#6b7480}.track{fill:#ececea}.grid{stroke:#d8d8d5}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:13px}
.title{font-size:21px;font-weight:650}.small{font-size:11.5px}.bold{font-weight:600}.on{fill:#fff}
.active{fill:#3c9a63}.between{fill:#d8a028}.away{fill:#5b7fb8}
.up{fill:#3c9a63}.trying{fill:#d8a028}.throttled{fill:#a06bb5}.down{fill:#c4534b}
.window{fill:#5b7fb8;fill-opacity:.35}.windowline{stroke:#5b7fb8;stroke-width:1.6;fill:none}
.yes{fill:#3c9a63}.stale{fill:#c4534b}
.live{fill:#3c9a63}.replayed{fill:#c2459e}.replay{stroke:#c2459e;stroke-width:.9}.reported{fill:none;stroke:#d8862a;stroke-width:1.8}
.lost{fill:#d02f2f}.publish{stroke:#8a929c;stroke-width:1.2}.hair{stroke:#8a929c;stroke-width:1}
.skip{fill:#3c9a63}.refresh{fill:#c4534b}.fault{fill:#c4534b}.own{fill:#8a929c}
@media (prefers-color-scheme:dark){.page{fill:#15191f}.ink{fill:#e6e9ed}.soft{fill:#9aa4b0}
.track{fill:#232932}.grid{stroke:#323a45}}
</style>
)";

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", value);
    return text.data();
}

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '<') {
            result += "&lt;";
        } else if (c == '>') {
            result += "&gt;";
        } else if (c == '&') {
            result += "&amp;";
        } else if (c == '"') {
            result += "&quot;";
        } else {
            result += c;
        }
    }
    return result;
}

const char* class_of(ApplicationState state) {
    switch (state) {
        case ApplicationState::did_become_active:
            return "active";
        case ApplicationState::did_background:
            return "away";
        default:
            return "between";
    }
}

const char* word_of(ApplicationState state) {
    switch (state) {
        case ApplicationState::did_become_active:
            return "active";
        case ApplicationState::did_background:
            return "background";
        default:
            return "";
    }
}

const char* class_of(ConnectionStatus status) {
    switch (status) {
        case ConnectionStatus::connected:
            return "up";
        case ConnectionStatus::connecting:
            return "trying";
        case ConnectionStatus::feature_throttled:
            return "throttled";
        case ConnectionStatus::disconnected:
            break;
    }
    return "down";
}

class Picture {
  public:
    Picture(const Record& record, const Account& account, const std::vector<Ms>& deliveries,
            const PictureTexts& texts)
        : record_(record), account_(account), deliveries_(deliveries), texts_(texts) {}

    std::string draw() {
        scenes();
        state_lane();
        status_lane();
        window_lane();
        answer_lane("background_task_enabled", record_.task_enabled, "yes");
        answer_lane("needs_refresh", record_.needs_refresh, "stale");
        message_lanes();
        verdict_lane();
        axis();
        legend();
        const double height = y_ + 18;
        std::string all = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(kWidth) +
                          "\" height=\"" + number(height) + "\" viewBox=\"0 0 " + number(kWidth) +
                          " " + number(height) + "\" role=\"img\">\n<title>" +
                          escaped(texts_.title) + "</title>\n" + kStyle;
        all += "<rect class=\"page\" width=\"100%\" height=\"100%\" rx=\"10\"/>\n";
        all += text_at(24, 38, "title ink", texts_.title);
        all += text_at(24, 60, "soft", texts_.subtitle);
        return all + scene_lines() + body_ + "</svg>\n";
    }

  private:
    double x(Ms at) const {
        const double share =
            static_cast<double>(at) / static_cast<double>(std::max<Ms>(1, record_.end));
        return kLeft + share * (kWidth - kLeft - kRight);
    }

    static std::string text_at(double x, double y, const std::string& classes,
                               const std::string& text, const char* anchor = "start") {
        if (text.empty()) return "";
        return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" class=\"" + classes +
               "\" text-anchor=\"" + anchor + "\">" + escaped(text) + "</text>\n";
    }

    void rect(Ms begin, Ms end, double y, double height, const char* css,
              const std::string& tooltip) {
        // A state that was there for a moment only must still be seen.
        const double width = std::max(1.5, x(end) - x(begin));
        body_ += "<rect class=\"" + std::string(css) + "\" x=\"" + number(x(begin)) + "\" y=\"" +
                 number(y) + "\" width=\"" + number(width) + "\" height=\"" + number(height) +
                 "\"><title>" + escaped(tooltip) + "</title></rect>\n";
    }

    void track(double height, const std::string& label) {
        body_ += "<rect class=\"track\" x=\"" + number(kLeft) + "\" y=\"" + number(y_) +
                 "\" width=\"" + number(kWidth - kLeft - kRight) + "\" height=\"" + number(height) +
                 "\" rx=\"3\"/>\n";
        body_ += text_at(kLeft - 12, y_ + height / 2 + 4.5, "ink", label, "end");
    }

    static std::string tooltip(const char* what, Ms begin, Ms end) {
        return std::string(what) + ", " + number(static_cast<double>(begin) / 1'000) + " s to " +
               number(static_cast<double>(end) / 1'000) + " s";
    }

    // The end of a lane's last scene is the end of the picture; lines run down to the axis only.
    void scenes() {
        y_ = kTop;
        for (std::size_t i = 0; i < record_.scenes.size(); ++i) {
            const Scene& scene = record_.scenes[i];
            const double width = x(scene.end) - x(scene.begin);
            const std::string number_text = std::to_string(i + 1) + ". ";
            const auto fits = [&](const std::string& title) {
                return static_cast<double>(title.size() + number_text.size()) * kTitleCharacter +
                           6 <
                       width;
            };
            const std::string& title = fits(scene.title) ? scene.title : scene.short_title;
            body_ += text_at(x(scene.begin) + 6, kTop - 4, "soft bold",
                             fits(title) ? number_text + title : std::to_string(i + 1) + ".");
        }
        y_ += 10;
    }

    std::string scene_lines() const {
        std::string lines;
        for (const auto& scene : record_.scenes) {
            const std::string at = number(x(scene.begin));
            lines += "<line class=\"hair\" stroke-dasharray=\"2 4\" x1=\"" + at + "\" x2=\"" + at +
                     "\" y1=\"" + number(kTop - 14) + "\" y2=\"" + number(axis_) + "\"/>\n";
        }
        return lines;
    }

    void state_lane() {
        track(30, "app state");
        for (const auto& span : record_.states) {
            rect(span.begin, span.end, y_, 30, class_of(span.value),
                 tooltip(name_of(span.value), span.begin, span.end));
            if (x(span.end) - x(span.begin) > 80) {
                body_ += text_at((x(span.begin) + x(span.end)) / 2, y_ + 19.5, "on small bold",
                                 word_of(span.value), "middle");
            }
        }
        y_ += 30 + kGap;
    }

    void status_lane() {
        track(30, "connection");
        for (const auto& span : record_.statuses) {
            rect(span.begin, span.end, y_, 30, class_of(span.value),
                 tooltip(name_of(span.value), span.begin, span.end));
            if (x(span.end) - x(span.begin) > 80) {
                body_ += text_at((x(span.begin) + x(span.end)) / 2, y_ + 19.5, "on small bold",
                                 name_of(span.value), "middle");
            }
        }
        for (const auto& mark : record_.marks) {
            if (mark.kind != MarkKind::fault) continue;
            triangle(x(mark.at), y_ - 2, mark.text);
        }
        y_ += 30 + kGap;
    }

    void window_lane() {
        const double height = 56;
        track(height, "window left");
        const double bottom = y_ + height;
        std::string points;
        double last = 0;
        const auto close_area = [&] {
            if (!points.empty()) {
                body_ += "<path class=\"window\" d=\"" + points + "L" + number(last) + " " +
                         number(bottom) + "z\"/>\n";
            }
            points.clear();
        };
        for (const auto& point : record_.window) {
            const double share =
                std::min(1.0, static_cast<double>(point.left) /
                                  static_cast<double>(std::max<Ms>(1, record_.grace)));
            last = x(point.at);
            if (points.empty()) points = "M" + number(last) + " " + number(bottom);
            points += "L" + number(last) + " " + number(bottom - share * height);
            if (point.left == 0) close_area();
        }
        close_area();
        y_ += height + kGap;
    }

    void answer_lane(const char* label, const std::vector<Span<bool>>& spans, const char* css) {
        track(14, label);
        for (const auto& span : spans) {
            if (!span.value) continue;
            rect(span.begin, span.end, y_, 14, css,
                 tooltip((std::string(label) + " is 1").c_str(), span.begin, span.end));
        }
        y_ += 14 + kGap;
    }

    void dot(double at, double y, const char* css, const std::string& tooltip_text) {
        body_ += "<circle class=\"" + std::string(css) + "\" cx=\"" + number(at) + "\" cy=\"" +
                 number(y) + "\" r=\"4\"><title>" + escaped(tooltip_text) + "</title></circle>\n";
    }

    void message_lanes() {
        if (account_.entries.empty()) {
            track(26, "messages");
            for (const Ms at : deliveries_) dot(x(at), y_ + 13, "live", "received");
            y_ += 26 + kGap;
            return;
        }
        track(16, "published");
        for (const auto& entry : account_.entries) {
            const std::string at = number(x(entry.published_end));
            body_ += "<line class=\"publish\" x1=\"" + at + "\" x2=\"" + at + "\" y1=\"" +
                     number(y_ + 3) + "\" y2=\"" + number(y_ + 13) + "\"/>\n";
        }
        y_ += 16 + 4;
        track(30, "each message");
        for (const auto& entry : account_.entries) fate_of(entry);
        y_ += 30 + kGap;
    }

    void fate_of(const Entry& entry) {
        const double middle = y_ + 15;
        const double at = x(entry.delivered_at.value_or(entry.published_end));
        switch (entry.outcome) {
            case Outcome::live:
                return dot(at, middle, "live", entry.id + ": received live");
            case Outcome::replayed:
                return replay(entry, middle);
            case Outcome::reported:
                return dot(at, middle, "reported",
                           entry.id + ": missed, and reported as to be refreshed");
            case Outcome::lost:
                break;
        }
        square(at, middle, entry.id + ": lost");
    }

    // Where it was missed, and a line to where it came after all.
    void replay(const Entry& entry, double middle) {
        const double missed = x(entry.published_end);
        const double came = x(entry.delivered_at.value_or(entry.published_end));
        body_ += "<line class=\"replay\" x1=\"" + number(missed) + "\" y1=\"" + number(middle) +
                 "\" x2=\"" + number(came) + "\" y2=\"" + number(middle + 12) + "\"/>\n";
        dot(missed, middle, "replayed", entry.id + ": missed, and replayed");
    }

    void verdict_lane() {
        track(40, "verdict of the return");
        for (const auto& mark : record_.marks) {
            if (mark.kind == MarkKind::fault) continue;
            const double at = x(mark.at);
            if (mark.kind == MarkKind::catch_up || mark.kind == MarkKind::app_refresh) {
                const char* css = mark.kind == MarkKind::catch_up ? "replayed" : "own";
                body_ += "<circle class=\"" + std::string(css) + "\" cx=\"" + number(at) +
                         "\" cy=\"" + number(y_ + 32) + "\" r=\"3.5\"><title>" +
                         escaped(mark.text) + "</title></circle>\n";
                continue;
            }
            const bool skip = mark.kind == MarkKind::verdict_skip;
            const double width = skip ? 46 : 62;
            // A flag near the right edge hangs to the left of its pole.
            const double left = at + width > kWidth - kRight ? at - width : at;
            body_ += "<rect class=\"" + std::string(skip ? "skip" : "refresh") + "\" x=\"" +
                     number(left) + "\" y=\"" + number(y_ + 4) + "\" width=\"" + number(width) +
                     "\" height=\"20\" rx=\"3\"/>\n";
            body_ += "<line class=\"hair\" x1=\"" + number(at) + "\" x2=\"" + number(at) +
                     "\" y1=\"" + number(y_ + 4) + "\" y2=\"" + number(y_ + 40) + "\"/>\n";
            body_ += text_at(left + width / 2, y_ + 18, "on small bold", skip ? "skip" : "refresh",
                             "middle");
        }
        y_ += 40 + 4;
    }

    void axis() {
        axis_ = y_;
        // About twelve ticks, on a round number of seconds.
        Ms step = 1'000;
        while (record_.end / step > 20) step = step % 3 == 0 ? step * 2 : step * 5;
        for (Ms at = 0; at <= record_.end; at += step) {
            body_ += "<line class=\"grid\" x1=\"" + number(x(at)) + "\" x2=\"" + number(x(at)) +
                     "\" y1=\"" + number(y_) + "\" y2=\"" + number(y_ + 5) + "\"/>\n";
            body_ +=
                text_at(x(at), y_ + 18, "soft small", std::to_string(at / 1'000) + " s", "middle");
        }
        y_ += 34;
    }

    void legend() {
        double at = kLeft + 6;
        y_ += 8;
        const auto entry = [&](const char* text, double width, const auto& draw_sign) {
            draw_sign(at, y_ - 4);
            body_ += text_at(at + 10, y_, "soft small", text);
            at += width;
        };
        const auto circle = [this](const char* css) {
            return [this, css](double x_at, double y_at) { dot(x_at, y_at, css, css); };
        };
        if (!account_.entries.empty()) {
            entry("received live", 108, circle("live"));
            entry("missed, then fetched over HTTP: replayed", 262, circle("replayed"));
            entry("only reported as to be refreshed", 206, circle("reported"));
            entry("lost", 56, [this](double x_at, double y_at) { square(x_at, y_at, "lost"); });
            entry("the app's own refresh", 148, circle("own"));
            entry("the cable is pulled, and back", 0,
                  [this](double x_at, double y_at) { triangle(x_at, y_at + 5, "the cable"); });
            y_ += 26;
        }
        body_ += text_at(24, y_, "ink", texts_.footer);
    }

    void square(double x_at, double y_at, const std::string& tooltip_text) {
        body_ += "<rect class=\"lost\" x=\"" + number(x_at - 5) + "\" y=\"" + number(y_at - 5) +
                 "\" width=\"10\" height=\"10\"><title>" + escaped(tooltip_text) +
                 "</title></rect>\n";
    }

    // Its tip is at the point.
    void triangle(double x_at, double y_at, const std::string& tooltip_text) {
        body_ += "<path class=\"fault\" d=\"M" + number(x_at) + " " + number(y_at) +
                 "l-6 -9h12z\"><title>" + escaped(tooltip_text) + "</title></path>\n";
    }

    const Record& record_;
    const Account& account_;
    const std::vector<Ms>& deliveries_;
    const PictureTexts& texts_;
    std::string body_;
    double y_ = kTop;
    double axis_ = kTop;
};

}  // namespace

std::string draw_svg(const Record& record, const Account& account,
                     const std::vector<Ms>& deliveries, const PictureTexts& texts) {
    return Picture(record, account, deliveries, texts).draw();
}

}  // namespace graceline::demo
