// Tells the ends that this side asked for from those that came from outside.
// Must not know the commands.
#include "tools/graceline/final_reason.hpp"

namespace graceline::cli {

bool is_final(Reason reason) {
    switch (reason) {
        case Reason::none:
        case Reason::not_started:
        case Reason::disconnect_called:
        case Reason::client_closed:
        case Reason::terminating:
        case Reason::background_expired:
        case Reason::os_expired:
        case Reason::background_refused:
        case Reason::background_not_wanted:
            return false;
        default:
            return true;
    }
}

}  // namespace graceline::cli
