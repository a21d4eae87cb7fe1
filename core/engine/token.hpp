// The token of a client as numbers: which one is held, whether the host has been asked for another.
// Must not hold the token itself: it is a secret, and the engine needs none.
#pragma once

#include <cstdint>
#include <utility>

#include "core/engine/time.hpp"

namespace graceline::engine {

/// One question at a time, whoever needs the token: the connection, or a page of history.
class Token {
  public:
    explicit Token(bool host_provides) : host_provides_(host_provides) {}

    /// Without a provider the token of the options, if any, is all there is.
    bool ready() const { return !host_provides_ || held_; }
    bool asking() const { return asked_ != 0; }
    std::uint64_t request() const { return asked_; }
    Deadline due() const { return due_; }
    /// Of the token held last: 0 before the first.
    std::uint64_t number() const { return number_; }

    /// Begins a question; its number.
    std::uint64_t ask(Deadline due) {
        due_ = due;
        return asked_ = ++questions_;
    }
    bool answers(std::uint64_t request) const { return asking() && request == asked_; }
    /// Ends the question under way. Was there one?
    bool end_question() {
        due_.reset();
        return std::exchange(asked_, 0) != 0;
    }
    void hold() {
        held_ = true;
        ++number_;
    }

    /// The server refused the connection's token. True: a fresh one may help.
    bool refused() {
        if (!host_provides_) return false;
        held_ = false;
        return !std::exchange(refused_before_, true);
    }
    /// A refusal counts as the second only when nothing else came between.
    void forget_refusals() { refused_before_ = false; }
    /// A token that somebody else found refused; an older one says nothing of the one held now.
    void drop(std::uint64_t number) {
        if (number == number_) held_ = false;
    }
    bool host_provides() const { return host_provides_; }

  private:
    bool host_provides_;
    bool held_ = false;
    bool refused_before_ = false;
    std::uint64_t questions_ = 0;
    std::uint64_t asked_ = 0;
    std::uint64_t number_ = 0;
    Deadline due_;
};

}  // namespace graceline::engine
