// `graceline send`: sends one message and tells its fate.
// Must not send it twice.
#include "tools/graceline/commands.hpp"
#include "tools/graceline/interrupt.hpp"
#include "tools/graceline/run.hpp"

namespace graceline::cli {

int send(SendCommand command) {
    const bool acks = command.client.options.json_ack_pointer.has_value();
    Run run(std::move(command.client));
    run.start_and_connect();
    const Milliseconds end = now() + command.timeout;
    run.take_events(command.timeout,
                    [&run] { return run.was_connected() || run.final_reason().has_value(); });
    int exit_code = kExitDone;
    std::string text;
    if (!run.was_connected()) {
        exit_code = interrupted() ? kExitInterrupted : kExitNoConnection;
        text = run.final_reason()
                   ? std::string("the connection ended for good: ") + text_of(*run.final_reason())
                   : "the connection did not come up in time";
    } else {
        try {
            run.client().send(command.text, command.options);
            run.take_events(end - now(), [&run] { return run.last_fate().has_value(); });
        } catch (const Error& error) {
            text = error.what();
        }
        const std::optional<SendFateEvent> fate = run.last_fate();
        if (!fate || fate->fate == Fate::failed) {
            exit_code = interrupted() ? kExitInterrupted : kExitNotSent;
            if (text.empty()) {
                text = fate ? std::string("not sent: ") + text_of(fate->reason)
                            : (acks ? "not acknowledged in time" : "not sent in time");
            }
        } else if (command.wait > Milliseconds(0)) {
            run.take_events(command.wait, [] { return false; });
        }
    }
    run.finish();
    run.reporter().show_end(exit_code, text);
    return exit_code;
}

}  // namespace graceline::cli
