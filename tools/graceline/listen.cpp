// `graceline listen`: shows messages and changes until it is told to stop.
// Must not report app states.
#include "tools/graceline/commands.hpp"
#include "tools/graceline/interrupt.hpp"
#include "tools/graceline/run.hpp"
#include "tools/graceline/terminal_text.hpp"

namespace graceline::cli {

namespace {

constexpr std::size_t kMaxShownIdBytes = 200;

}  // namespace

int listen(ListenCommand command) {
    const bool has_history = command.client.options.history.has_value();
    Run run(std::move(command.client));
    run.start_and_connect();
    run.take_events(command.duration, [&run, &command] {
        if (run.final_reason()) return true;
        return command.message_count &&
               run.message_count() >= static_cast<std::uint64_t>(*command.message_count);
    });
    const std::optional<Reason> final_reason = run.final_reason();
    const bool was_connected = run.was_connected();
    const auto last_id = has_history ? run.client().last_message_id() : std::nullopt;
    run.finish();
    int exit_code = kExitDone;
    std::string text = std::to_string(run.message_count()) + " messages received";
    if (has_history) text += ", " + std::to_string(run.replayed_count()) + " of them replayed";
    if (last_id) text += "; go on with --since " + terminal_text(*last_id, kMaxShownIdBytes);
    if (final_reason) {
        exit_code = kExitNoConnection;
        text = std::string("the connection ended for good: ") + text_of(*final_reason);
    } else if (!was_connected) {
        exit_code = interrupted() ? kExitInterrupted : kExitNoConnection;
        text = "the connection never came up";
    }
    run.reporter().show_end(exit_code, text);
    return exit_code;
}

}  // namespace graceline::cli
