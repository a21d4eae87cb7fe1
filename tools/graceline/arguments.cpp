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
        } else if (at.option() == "--since") {
            command.client.history.since = at.value();
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
        } else if (at.option() == "--ack-pointer") {
            command.client.options.json_ack_pointer = at.value();
        } else if (at.option() == "--id-member") {
            command.client.options.json_outgoing_id_member = at.value();
        } else if (at.option() == "--id") {
            command.options.deduplication_id = at.value();
        } else if (at.option() == "--expires") {
            command.options.expires_in = at.duration();
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

HistoryCommand history_command(ArgumentCursor& cursor) {
    HistoryCommand command;
    bool has_limit = false;
    bool has_pages = false;
    bool all = false;
    const auto take_own = [&](ArgumentCursor& at) {
        if (at.option() == "--limit") {
            command.limit = static_cast<std::int32_t>(at.number(1, kMaxHistoryLimit));
            has_limit = true;
        } else if (at.option() == "--pages") {
            command.pages = static_cast<int>(at.number(1, kMaxHistoryPages));
            has_pages = true;
        } else if (at.option() == "--all") {
            all = true;
        } else if (at.option() == "--from") {
            command.from = at.value();
        } else {
            return false;
        }
        return true;
    };
    auto words = read_command(cursor, command.client, {"URL"}, take_own);
    command.client.options.url = std::move(words[0]);
    if (all && has_pages) throw UsageError{"--all and --pages exclude each other"};
    if (all) command.pages = kMaxHistoryPages;
    if (all && !has_limit) command.limit = kMaxHistoryLimit;
    command.client.history.is_needed = true;
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
    if (words.empty()) throw UsageError{"a command is missing: listen, send, history or simulate"};
    if (words[0] == "help") return HelpCommand{};
    if (words[0] == "--version" || words[0] == "version") return VersionCommand{};
    ArgumentCursor cursor({words.begin() + 1, words.end()});
    if (words[0] == "listen") return listen_command(cursor);
    if (words[0] == "send") return send_command(cursor);
    if (words[0] == "history") return history_command(cursor);
    if (words[0] == "simulate") return simulate_command(cursor);
    throw UsageError{"there is no command " + terminal_text(words[0], kMaxShownBytes) +
                     "; use listen, send, history or simulate"};
}

std::string help_text() {
    return R"(graceline: a WebSocket connection with a grace window, from the command line.

  graceline listen URL [--for D] [--count N] [--since ID]
                                  show messages and changes until Ctrl-C; with a history (below)
                                  what was missed is fetched and shown as replayed, with --since
                                  from that message on
  graceline send URL TEXT [--timeout D] [--wait D] [--expires D] [--id ID]
                 [--ack-pointer POINTER] [--id-member NAME]
                                  send one message; then wait for answers. ID is what the server
                                  knows it again by; with a pointer to the server's acks the
                                  message counts as sent when it was acknowledged
  graceline history URL [--limit N] [--pages N | --all] [--from ID]
                                  print the newest messages, or those newer than ID; oldest first
  graceline simulate URL TIMELINE   play app states on a time line
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
  5    history: a page could not be fetched
  130  interrupted before it was done
)";
}

}  // namespace graceline::cli
