// The names of the invariants, as reports and the table of mutants show them.
// Must name each one.
#include "tests/simulation/violation.hpp"

namespace graceline::simulation {

const char* name_of(Invariant invariant) {
    switch (invariant) {
        case Invariant::nothing_after_the_deadline:
            return "nothing is opened or delivered after the deadline";
        case Invariant::deadline_moves_by_rule:
            return "the deadline moves by rule only";
        case Invariant::query_is_true:
            return "the queries say what is so";
        case Invariant::resign_starts_no_window:
            return "resign alone starts no window";
        case Invariant::disconnect_keeps_nothing:
            return "what is not wanted is not kept";
        case Invariant::live_socket_is_kept:
            return "a live socket is kept";
        case Invariant::status_path:
            return "statuses follow the published graph";
        case Invariant::exactly_one:
            return "exactly one end, close, verdict each";
        case Invariant::one_connection:
            return "one connection at a time";
        case Invariant::no_message_twice:
            return "no message with an id twice";
        case Invariant::no_message_lost:
            return "complete and recovered mean nothing is missing";
        case Invariant::order_is_kept:
            return "order is kept";
        case Invariant::not_fresh_before_proof:
            return "not fresh before it is proven";
        case Invariant::one_fate:
            return "one fate for each accepted message";
        case Invariant::refresh_ends:
            return "each refresh ends in time, the position passes no hole";
        case Invariant::memory_is_bounded:
            return "memory is bounded";
        case Invariant::advice_is_followed:
            return "nothing skips the server's advice or an absent network";
        case Invariant::causes_are_told_apart:
            return "terminal and retryable causes are told apart";
        case Invariant::backoff_is_bounded:
            return "backoff doubles from its start to its bound";
        case Invariant::liveness:
            return "a dead peer is found, a live one not blamed";
        case Invariant::token_is_asked_by_rule:
            return "a token is asked for once at a time, and once after a refusal";
        case Invariant::close_says_why:
            return "the close code says why";
        case Invariant::comes_back:
            return "connected and judged within 60 s after the faults";
        case Invariant::no_idle_wake_up:
            return "no timer spins";
    }
    return "unknown";
}

Violation::Violation(Invariant invariant, const std::string& detail)
    : std::runtime_error(std::to_string(static_cast<int>(invariant)) + " (" + name_of(invariant) +
                         "): " + detail),
      invariant_(invariant) {}

void violated(Invariant invariant, const std::string& detail) {
    throw Violation(invariant, detail);
}

}  // namespace graceline::simulation
