// The command line of `graceline`: which command, with which options.
// Must not carry anything out.
#include "tools/graceline/arguments.hpp"

#include <functional>

#include "tools/graceline/terminal_text.hpp"

namespace graceline::cli {

namespace {

constexpr std::int64_t kMaxMessageCount = 1'000'000'000;
constexpr std::size_t kMaxShownBytes = 60;

// Takes an option of one command only; false: it is none.
using OptionTaker = std::function<bool(ArgumentCursor&)>;

// All words of a command but its options, `names` telling how many there are.
std::vector<std::string> read_command(ArgumentCursor& cursor, ClientArguments& client,
                                      const std::vector<std::string>& names,
                                      const OptionTaker& take_own) {
    std::vector<std::string> words;
    while (cursor.next()) {
        if (cursor.option().empty()) {
            if (words.size() == names.size()) {
                throw UsageError{"one word too many after " + names.back() +
                                 "; quote text that holds spaces"};
            }
            words.push_back(cursor.word());
            continue;
        }
        if (take_own(cursor) || take_client_argument(cursor, client)) continue;
        throw UsageError{"there is no option " + terminal_text(cursor.option(), kMaxShownBytes)};
    }
    if (words.size() < names.size()) throw UsageError{names[words.size()] + " is missing"};
    return words;
}

ListenCommand listen_command(ArgumentCursor& cursor) {
    ListenCommand command;
    const auto take_own = [&command](ArgumentCursor& at) {
        if (at.option() == "--for") {
            command.duration = at.duration();
        } else if (at.option() == "--count") {
            command.message_count = at.number(1, kMaxMessageCount);
        } else {
            return false;
        }
        return true;
    };
    auto words = read_command(cursor, command.client, {"URL"}, take_own);
    command.client.options.url = std::move(words[0]);
    return command;
}

SendCommand send_command(ArgumentCursor& cursor) {
    SendCommand command;
    const auto take_own = [&command](ArgumentCursor& at) {
        if (at.option() == "--timeout") {
            command.timeout = at.duration();
        } else if (at.option() == "--wait") {
            command.wait = at.duration();
        } else {
            return false;
        }
        return true;
    };
    auto words = read_command(cursor, command.client, {"URL", "TEXT"}, take_own);
    command.client.options.url = std::move(words[0]);
    command.text = std::move(words[1]);
    return command;
}

SimulateCommand simulate_command(ArgumentCursor& cursor) {
    SimulateCommand command;
    auto words = read_command(cursor, command.client, {"URL", "TIMELINE"},
                              [](ArgumentCursor&) { return false; });
    command.client.options.url = std::move(words[0]);
    auto parsed = parse_timeline(words[1]);
    if (const auto* error = std::get_if<TimelineError>(&parsed)) {
        throw UsageError{describe(*error)};
    }
    command.steps = std::move(std::get<std::vector<Step>>(parsed));
    return command;
}

}  // namespace

Command parse_arguments(const std::vector<std::string>& words) {
    for (const auto& word : words) {
        if (word == "--") break;
        if (word == "--help" || word == "-h") return HelpCommand{};
    }
    if (words.empty()) throw UsageError{"a command is missing: listen, send or simulate"};
    if (words[0] == "help") return HelpCommand{};
    if (words[0] == "--version" || words[0] == "version") return VersionCommand{};
    ArgumentCursor cursor({words.begin() + 1, words.end()});
    if (words[0] == "listen") return listen_command(cursor);
    if (words[0] == "send") return send_command(cursor);
    if (words[0] == "simulate") return simulate_command(cursor);
    throw UsageError{"there is no command " + terminal_text(words[0], kMaxShownBytes) +
                     "; use listen, send or simulate"};
}

std::string help_text() {
    return R"(graceline: a WebSocket connection with a grace window, from the command line.

  graceline listen URL [--for D] [--count N]      show messages and changes until Ctrl-C
  graceline send URL TEXT [--timeout D] [--wait D]  send one message; then wait for answers
  graceline simulate URL TIMELINE                 play app states on a time line
  graceline --version

A time line is a list of steps, divided by semicolons:
  500ms 2s 1m                     wait
  resign background foreground active terminate     report an app state
                                  (or will_resign_active, did_background, ...)
  connect disconnect ping         the call of that name
  network off|on|metered|unknown  report the network
  refresh                         begin a refresh and mark it done at once
  expiring                        the system takes the background time back
  query                           show what the queries say now
  send TEXT                       send; quote text that holds a semicolon: send "a; b"
  quit                            end here
For example:
  graceline simulate wss://example.com/ws 'connect; 2s; resign; background; 45s; foreground; 1s'

)" + client_arguments_help() +
           R"(
Exit codes:
  0    done (listen: also after Ctrl-C, when the connection had been up)
  1    the connection never came up, or the server ended it for good
  2    the command line, the time line or an option breaks a rule
  3    send: the message was not sent
  4    a call failed in the library
  130  interrupted before it was done
)";
}

}  // namespace graceline::cli
