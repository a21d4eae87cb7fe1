// The time line of `graceline simulate`: text such as "connect; 2s; background" as a list of steps.
// Must not carry a step out: it is pure, and knows no client.
#include "tools/graceline/timeline.hpp"

#include <array>
#include <optional>

#include "tools/graceline/duration.hpp"
#include "tools/graceline/terminal_text.hpp"

namespace graceline::cli {

namespace {

constexpr std::string_view kStepRule =
    "a duration (500ms, 2s, 1m), an app state (resign, background, foreground, active, terminate), "
    "connect, disconnect, ping, network off|on|metered|unknown, refresh, query, expiring, "
    "send TEXT or quit";
constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::size_t kMaxFoundBytes = 40;

struct Word {
    std::string_view name;
    StepAction action;
};

const std::array kWords{
    Word{"resign", StateStep{ApplicationState::will_resign_active}},
    Word{"will_resign_active", StateStep{ApplicationState::will_resign_active}},
    Word{"background", StateStep{ApplicationState::did_background}},
    Word{"did_background", StateStep{ApplicationState::did_background}},
    Word{"foreground", StateStep{ApplicationState::will_enter_foreground}},
    Word{"will_enter_foreground", StateStep{ApplicationState::will_enter_foreground}},
    Word{"active", StateStep{ApplicationState::did_become_active}},
    Word{"did_become_active", StateStep{ApplicationState::did_become_active}},
    Word{"terminate", StateStep{ApplicationState::will_terminate}},
    Word{"will_terminate", StateStep{ApplicationState::will_terminate}},
    Word{"connect", ConnectStep{}},
    Word{"disconnect", DisconnectStep{}},
    Word{"ping", PingStep{}},
    Word{"refresh", RefreshStep{}},
    Word{"query", QueryStep{}},
    Word{"expiring", ExpiringStep{}},
    Word{"quit", QuitStep{}},
};

struct NetworkWord {
    std::string_view name;
    Network network;
};
constexpr std::array kNetworkWords{
    NetworkWord{"off", Network::off},
    NetworkWord{"on", Network::available},
    NetworkWord{"available", Network::available},
    NetworkWord{"metered", Network::metered},
    NetworkWord{"unknown", Network::unknown},
};

// Thrown inside this file only; parse_timeline() turns it into its result.
struct Failure {
    TimelineError error;
};

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    std::vector<Step> run() {
        if (text_.size() > kMaxTimelineBytes) {
            fail(kMaxTimelineBytes, "at most " + std::to_string(kMaxTimelineBytes) + " bytes");
        }
        std::vector<Step> steps;
        bool quit = false;
        while (true) {
            skip_spaces();
            if (at_end()) break;
            if (text_[at_] == ';') fail(at_, std::string(kStepRule));
            if (quit) fail(at_, "nothing after quit");
            if (steps.size() == kMaxTimelineSteps) {
                fail(at_, "at most " + std::to_string(kMaxTimelineSteps) + " steps");
            }
            const std::size_t begin = at_;
            StepAction action = step();
            const std::size_t end = at_;
            quit = std::holds_alternative<QuitStep>(action);
            steps.push_back({std::move(action), std::string(text_.substr(begin, end - begin))});
            skip_spaces();
            if (at_end()) break;
            if (text_[at_] != ';') fail(at_, "; or the end");
            ++at_;
        }
        if (steps.empty()) fail(at_, std::string(kStepRule));
        return steps;
    }

  private:
    bool at_end() const { return at_ == text_.size(); }

    void skip_spaces() {
        while (!at_end() && kSpaces.find(text_[at_]) != std::string_view::npos) ++at_;
    }

    std::string_view word() {
        const std::size_t begin = at_;
        while (!at_end() && text_[at_] != ';' &&
               kSpaces.find(text_[at_]) == std::string_view::npos) {
            ++at_;
        }
        return text_.substr(begin, at_ - begin);
    }

    StepAction step() {
        const std::size_t begin = at_;
        const std::string_view name = word();
        if (name.front() >= '0' && name.front() <= '9') {
            if (const auto duration = parse_duration(name)) return WaitStep{*duration};
            fail(begin, std::string(kDurationRule));
        }
        if (name == "send") return SendStep{send_text()};
        if (name == "network") return network();
        for (const Word& known : kWords) {
            if (name == known.name) return known.action;
        }
        fail(begin, std::string(kStepRule));
    }

    StepAction network() {
        skip_spaces();
        const std::size_t begin = at_;
        const std::string_view name = word();
        for (const NetworkWord& known : kNetworkWords) {
            if (name == known.name) return NetworkStep{known.network};
        }
        fail(begin, "off, on, metered or unknown after network");
    }

    std::string send_text() {
        skip_spaces();
        const std::size_t begin = at_;
        if (!at_end() && text_[at_] == '"') return quoted();
        while (!at_end() && text_[at_] != ';') ++at_;
        std::string_view text = text_.substr(begin, at_ - begin);
        const std::size_t last = text.find_last_not_of(kSpaces);
        if (last == std::string_view::npos) {
            fail(begin, "the text to send; quote it when it holds a semicolon: send \"a; b\"");
        }
        text = text.substr(0, last + 1);
        at_ = begin + text.size();
        return std::string(text);
    }

    std::string quoted() {
        const std::size_t begin = at_++;
        std::string result;
        while (!at_end() && text_[at_] != '"') {
            if (text_[at_] == '\\') {
                ++at_;
                if (at_end() || (text_[at_] != '"' && text_[at_] != '\\')) {
                    fail(at_ - 1, "\\\" or \\\\ inside quotes");
                }
            }
            result += text_[at_++];
        }
        if (at_end()) fail(begin, "a closing quote for this one");
        ++at_;
        return result;
    }

    [[noreturn]] void fail(std::size_t at, std::string expected) const {
        // Columns count characters, not bytes: people count what they see.
        std::size_t column = 1;
        for (std::size_t i = 0; i < at; ++i) {
            if ((static_cast<unsigned char>(text_[i]) & 0xC0U) != 0x80U) ++column;
        }
        std::string_view found = text_.substr(at);
        if (const std::size_t end = found.find(';'); end != std::string_view::npos && end > 0) {
            found = found.substr(0, end);
        }
        if (const std::size_t end = found.find_last_not_of(kSpaces);
            end != std::string_view::npos) {
            found = found.substr(0, end + 1);
        }
        throw Failure{{column, terminal_text(found, kMaxFoundBytes), std::move(expected)}};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::variant<std::vector<Step>, TimelineError> parse_timeline(std::string_view text) {
    try {
        return Parser(text).run();
    } catch (const Failure& failure) {
        return failure.error;
    }
}

std::string describe(const TimelineError& error) {
    return "time line, column " + std::to_string(error.column) + ": " +
           (error.found.empty() ? "the end" : "'" + error.found + "'") + " where " +
           error.expected + " was expected";
}

}  // namespace graceline::cli
