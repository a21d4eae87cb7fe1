// Entry of the demo: servers and screen in, summary, picture and exit code out.
// Must not hold what a scene does.
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>

#include "tools/demo/child_server.hpp"
#include "tools/demo/demo_arguments.hpp"
#include "tools/demo/publisher.hpp"
#include "tools/demo/scenes.hpp"
#include "tools/demo/stage.hpp"
#include "tools/demo/summary.hpp"
#include "tools/demo/svg.hpp"
#include "tools/graceline/interrupt.hpp"

namespace {

using namespace graceline;
using namespace graceline::demo;

constexpr int kExitDone = 0;
constexpr int kExitCannotRun = 1;
constexpr int kExitUsage = 2;
constexpr int kExitLost = 3;
constexpr int kExitInterrupted = 130;
constexpr Ms kConnectWithin = 15'000;
// How long the last message may be on its way, and a second copy of it after that.
constexpr Ms kLastMessageWithin = 3'000;
constexpr Ms kSecondCopyWithin = 300;

// False in a build without an HTTP client: then the demo refreshes as an app of its own would.
bool library_fetches(const Options& options) {
    try {
        const Client trial(options);
        return true;
    } catch (const Error& error) {
        if (error.status() != Status::unsupported) throw;
        return false;
    }
}

Options options_for(DemoArguments& arguments, const std::optional<ChildServer>& server) {
    cli::load_files(arguments.client);
    if (server) {
        arguments.client.options.url =
            "ws://127.0.0.1:" + std::to_string(server->port()) + "/ws?room=demo";
        // What was missed is fetched over HTTP, from where the command line would look for it.
        arguments.client.history.is_needed = true;
    }
    cli::apply_history(arguments.client);
    Options options = std::move(arguments.client.options);
    if (server) {
        set_pace(options, arguments.grace);
        if (!library_fetches(options)) options.history.reset();
    } else {
        // Somebody's own server keeps the library's times: its network is not ten times faster.
        options.grace = arguments.grace;
    }
    return options;
}

int show_end(Screen& screen, Stage& stage, const DemoArguments& arguments, const Account& account,
             const Publisher* publisher) {
    screen.text();
    screen.text("Summary", Tone::strong);
    show_returns(screen, stage.record());
    screen.text();
    if (publisher != nullptr) {
        show_account(screen, account, publisher->failed_count());
        screen.text();
        show_proof(screen, account);
    } else {
        screen.text("  " + std::to_string(stage.message_count()) +
                    " messages were received. What else your server sent meanwhile the demo "
                    "cannot know.");
    }
    PictureTexts texts;
    texts.title = "Graceline: one app, one connection";
    texts.subtitle = window_text(stage.record().grace) + "; every mark is something that happened";
    texts.footer =
        publisher == nullptr
            ? std::to_string(stage.message_count()) + " messages received"
            : std::to_string(account.entries.size()) +
                  " published: " + std::to_string(account.live_count) + " received live, " +
                  std::to_string(account.replayed_count) + " replayed, " +
                  std::to_string(account.reported_count) +
                  " only reported as to be refreshed; lost: " + std::to_string(account.lost_count) +
                  ", doubled: " + std::to_string(account.delivered_again_count);
    write_text(arguments.svg_file, draw_svg(stage.record(), account, stage.deliveries(), texts));
    if (!arguments.ledger_file.empty()) write_ledger(arguments.ledger_file, account);
    screen.text();
    screen.text("  The same as a picture: " + arguments.svg_file);
    if (cli::interrupted()) return kExitInterrupted;
    return account.is_clean() ? kExitDone : kExitLost;
}

void introduce(Screen& screen, const DemoArguments& arguments, const Options& options) {
    screen.text("Graceline " + std::string(graceline_version_text()) + ", demo", Tone::strong);
    screen.text("  " + window_text(arguments.grace.count()) + ", against " +
                (arguments.own_server ? cli::url_for_people(options.url)
                                      : std::string("a dev server of its own")));
}

int run(DemoArguments arguments) {
    std::optional<ChildServer> server;
    if (!arguments.own_server) server.emplace(arguments.server_program);
    const Options options = options_for(arguments, server);
    Screen screen(stdout);
    introduce(screen, arguments, options);
    Stage stage(options, screen);
    stage.start();
    const bool up = stage.play_until(
        kConnectWithin, [&stage] { return stage.is_connected() || stage.final_reason(); });
    if (!up || !stage.is_connected()) {
        if (cli::interrupted()) return kExitInterrupted;
        screen.text("The connection did not come up. Is the URL right, and the server there?",
                    Tone::bad);
        return kExitCannotRun;
    }
    std::optional<Backstage> backstage;
    std::unique_ptr<Publisher> publisher;
    if (server) {
        backstage = Backstage{server->control_port()};
        publisher =
            std::make_unique<Publisher>(server->control_port(), publish_interval(arguments.grace),
                                        [&stage] { return stage.clock(); });
    }
    play_scenes(stage, arguments.grace, backstage);
    std::string last_id;
    if (publisher) {
        publisher->stop();
        for (auto& done : publisher->take()) {
            last_id = done.id;
            stage.ledger().published(std::move(done.id), done.begin, done.end);
        }
    }
    if (!last_id.empty()) {
        stage.play_until(kLastMessageWithin, [&] { return stage.ledger().was_delivered(last_id); });
    }
    stage.play_until(kSecondCopyWithin, [] { return false; });
    const Ms end = stage.clock();
    stage.finish();
    return show_end(screen, stage, arguments, stage.ledger().close(end), publisher.get());
}

int complain(const char* text, int exit_code) {
    std::fprintf(stderr, "graceline_demo: %s\n", text);
    if (exit_code == kExitUsage) std::fputs("Try --help.\n", stderr);
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        auto parsed = parse_demo_arguments(argv[0], {argv + 1, argv + argc});
        if (std::holds_alternative<DemoHelp>(parsed)) {
            std::fputs(demo_help().c_str(), stdout);
            return kExitDone;
        }
        cli::catch_interrupts();
        return run(std::move(std::get<DemoArguments>(parsed)));
    } catch (const cli::UsageError& error) {
        return complain(error.text.c_str(), kExitUsage);
    } catch (const Error& error) {
        const bool usage =
            error.status() == Status::invalid_argument || error.status() == Status::unsupported;
        return complain(error.what(), usage ? kExitUsage : kExitCannotRun);
    } catch (const std::exception& error) {
        return complain(error.what(), kExitCannotRun);
    }
}
