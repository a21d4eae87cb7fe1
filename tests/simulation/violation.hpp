// What a simulated life ends with when a promise was broken: the invariant's number and name.
// Must not be thrown for anything but a broken promise.
#pragma once

#include <stdexcept>
#include <string>

namespace graceline::simulation {

/// The numbers of QUALITY's invariants; those from 100 on are SPEC section 4's connection rules.
enum class Invariant : int {
    nothing_after_the_deadline = 1,
    deadline_moves_by_rule = 2,
    query_is_true = 3,
    resign_starts_no_window = 4,
    disconnect_keeps_nothing = 5,
    live_socket_is_kept = 7,
    status_path = 8,
    exactly_one = 9,
    one_connection = 10,
    no_message_twice = 11,
    no_message_lost = 12,
    order_is_kept = 13,
    not_fresh_before_proof = 14,
    one_fate = 15,
    refresh_ends = 17,
    memory_is_bounded = 22,
    advice_is_followed = 100,
    causes_are_told_apart = 101,
    backoff_is_bounded = 102,
    liveness = 103,
    token_is_asked_by_rule = 104,
    close_says_why = 105,
    comes_back = 106,
    no_idle_wake_up = 107,
};

const char* name_of(Invariant invariant);

class Violation : public std::runtime_error {
  public:
    Violation(Invariant invariant, const std::string& detail);
    Invariant invariant() const { return invariant_; }

  private:
    Invariant invariant_;
};

[[noreturn]] void violated(Invariant invariant, const std::string& detail);

/// The detail is a literal: nothing is built where all is well.
inline void require(bool holds, Invariant invariant, const char* detail) {
    if (!holds) [[unlikely]] {
        violated(invariant, detail);
    }
}

}  // namespace graceline::simulation
