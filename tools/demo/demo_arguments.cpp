// The command line of the demo.
// Must not start anything.
#include "tools/demo/demo_arguments.hpp"

#include "tools/graceline/terminal_text.hpp"

namespace graceline::demo {

namespace {

constexpr std::chrono::milliseconds kMinGrace{2'000};
constexpr std::chrono::milliseconds kMaxGrace{600'000};
constexpr std::size_t kMaxShownBytes = 60;

std::string beside(const std::string& program, const std::string& name) {
    const std::size_t slash = program.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : program.substr(0, slash);
    return folder + "/" + name;
}

}  // namespace

std::variant<DemoHelp, DemoArguments> parse_demo_arguments(const std::string& program,
                                                           const std::vector<std::string>& words) {
    DemoArguments arguments;
    arguments.server_program = beside(program, "../devserver/graceline-devserver");
    cli::ArgumentCursor cursor(words);
    while (cursor.next()) {
        const std::string& option = cursor.option();
        if (option.empty()) {
            if (arguments.own_server) throw cli::UsageError{"one word too many after the URL"};
            arguments.own_server = true;
            arguments.client.options.url = cursor.word();
        } else if (option == "--help" || option == "-h") {
            return DemoHelp{};
        } else if (option == "--real") {
            arguments.grace = kRealGrace;
        } else if (option == "--grace") {
            arguments.grace = cursor.duration();
        } else if (option == "--svg") {
            arguments.svg_file = cursor.value();
        } else if (option == "--ledger") {
            arguments.ledger_file = cursor.value();
        } else if (option == "--devserver") {
            arguments.server_program = cursor.value();
        } else if (option == "--json" || option == "--manual" || option == "--state" ||
                   !cli::take_client_argument(cursor, arguments.client)) {
            throw cli::UsageError{"there is no option " +
                                  cli::terminal_text(option, kMaxShownBytes) + " here"};
        }
    }
    if (arguments.grace < kMinGrace || arguments.grace > kMaxGrace) {
        throw cli::UsageError{"--grace needs 2s to 10m here"};
    }
    return arguments;
}

std::string demo_help() {
    return R"(graceline_demo: watch a connection live through app switches, and account for every message.

  scripts/demo [--real]          against its own dev server, in under 40 seconds
  scripts/demo URL [options]     against your server: shows what it receives, publishes nothing;
                                 with --history-url it fetches what was missed

  --real          the real window of 30 s instead of 3 s
  --grace D       another window, 2s to 10m; trust, pong, probe and close times in proportion
  --svg FILE      where the picture goes (default build/demo.svg)
  --ledger FILE   one JSON line a published message: its id and what became of it
  --devserver F   the dev server's program

)" + cli::client_arguments_help() +
           R"((--manual, --state and --json are not for the demo.)

Exit codes:
  0    done, and no message was lost
  1    the demo could not run: no dev server, no connection, the picture could not be written
  2    the command line or an option breaks a rule
  3    a message was lost, delivered twice or out of order
  130  interrupted
)";
}

}  // namespace graceline::demo
