// `graceline simulate`: plays the steps of a time line and shows what comes of them.
// Must not wait longer than the steps say, but for the end.
#include "tools/graceline/commands.hpp"
#include "tools/graceline/interrupt.hpp"
#include "tools/graceline/run.hpp"

namespace graceline::cli {

namespace {

// What a step causes at once is shown before the next step.
constexpr Milliseconds kSettle{3};

// Carries out one step; throws Error when the library refuses it.
struct Player {
    Run& run;

    void operator()(const WaitStep& step) const {
        run.take_events(step.duration, [] { return false; });
    }
    void operator()(const StateStep& step) const { run.client().configure_services(step.state); }
    void operator()(const NetworkStep& step) const { run.client().network_changed(step.network); }
    void operator()(const SendStep& step) const { run.client().send(step.text); }
    void operator()(const ConnectStep&) const { run.client().connect(); }
    void operator()(const DisconnectStep&) const { run.client().disconnect(); }
    void operator()(const PingStep&) const { run.client().ping(); }
    void operator()(const RefreshStep&) const {
        run.client().mark_refreshed(run.client().refresh_begin());
    }
    void operator()(const QueryStep&) const {}
    void operator()(const ExpiringStep&) const { run.client().background_time_expiring(); }
    void operator()(const QuitStep&) const {}
};

}  // namespace

int simulate(SimulateCommand command) {
    Run run(std::move(command.client));
    run.client().start();
    for (const Step& step : command.steps) {
        if (interrupted()) break;
        run.reporter().show(step);
        try {
            std::visit(Player{run}, step.action);
        } catch (const Error& error) {
            // A ping without a connection is an answer, not the end of the time line.
            run.reporter().show_refused(step, error);
        }
        const bool waited = std::holds_alternative<WaitStep>(step.action);
        const bool quits = std::holds_alternative<QuitStep>(step.action);
        if (waited || quits) continue;
        run.reporter().show_queries(run.client());
        run.take_events(kSettle, [] { return false; });
    }
    const bool cut_short = interrupted();
    const std::optional<Reason> final_reason = run.final_reason();
    run.reporter().show_queries(run.client());
    run.finish();
    int exit_code = cut_short ? kExitInterrupted : kExitDone;
    std::string text = std::to_string(run.message_count()) + " messages received";
    if (final_reason) {
        exit_code = kExitNoConnection;
        text = std::string("the connection ended for good: ") + text_of(*final_reason);
    } else if (!cut_short && run.was_wanted() && !run.was_connected()) {
        exit_code = kExitNoConnection;
        text = "the connection never came up";
    }
    run.reporter().show_end(exit_code, text);
    return exit_code;
}

}  // namespace graceline::cli
