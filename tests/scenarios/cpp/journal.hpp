// What a client reported, as the JSON that scenario files compare it with.
// Must join events as the library's queue does, so that it does not matter how fast they are taken.
#pragma once

#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>

#include "graceline/graceline.hpp"

namespace graceline::scenarios {

class Journal {
  public:
    void add(const Event& event);

    /// All since the last call, in order.
    nlohmann::json take_messages() { return std::exchange(messages_, nlohmann::json::array()); }
    nlohmann::json take_events() { return std::exchange(events_, nlohmann::json::array()); }

    /// The open questions; `take` answers the oldest page, the newest token. 0: none is open.
    std::uint64_t take_page_question();
    std::uint64_t take_token_question() { return std::exchange(token_question_, 0); }

  private:
    void add_event(nlohmann::json event);

    nlohmann::json messages_ = nlohmann::json::array();
    nlohmann::json events_ = nlohmann::json::array();
    std::deque<std::uint64_t> page_questions_;
    std::uint64_t token_question_ = 0;
};

}  // namespace graceline::scenarios
