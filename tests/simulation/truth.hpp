// What the server published and what reached the app: the truth that the client cannot see.
// Must be written from SPEC section 5 and QUALITY, not from the code that it judges.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/history/desk.hpp"
#include "tests/history/simulated_server.hpp"
#include "tests/simulation/violation.hpp"

namespace graceline::simulation {

class Truth {
  public:
    Truth(const history::testing::SimulatedServer& server, bool has_ids, bool one_list);

    void published() { state_.push_back(State::unknown); }
    std::uint32_t count() const { return static_cast<std::uint32_t>(state_.size()); }
    /// It stood in a page; live it may come all the same.
    void app_saw(std::uint32_t place) {
        if (state_[place] == State::unknown) state_[place] = State::seen_by_app;
    }
    /// The app has seen the server's own screen: it knows all before this place.
    void app_saw_all_before(std::uint32_t place);
    /// The same of one conversation.
    void app_saw_of(std::string_view conversation, std::uint32_t place);
    /// A message of this connection reached the queue of events.
    void delivered(std::uint32_t place, bool replayed, std::uint64_t connection);
    /// A page that the host asked for holds it, and it will not come live again.
    void in_a_page(std::uint32_t place);
    /// Nothing is missing before this place.
    bool complete_before(std::uint32_t place);
    /// Place of the oldest message that the app misses.
    std::uint32_t first_missing();
    void check_position(std::string_view conversation, std::uint32_t place);
    /// A catch-up ended without proof: what came later may be older.
    void order_is_void() { next_.fill(0); }
    std::uint64_t delivered_count() const { return delivered_; }

  private:
    enum class State : std::uint8_t { unknown, delivered, in_page, seen_by_app };

    const history::testing::SimulatedServer& server_;
    bool has_ids_;
    bool one_list_;
    std::vector<State> state_;
    std::uint32_t first_missing_ = 0;
    std::uint64_t connection_ = 0;
    /// Behind the newest place delivered on this connection: of all, or of each conversation.
    std::array<std::uint32_t, 27> next_{};
    std::uint64_t delivered_ = 0;
};

}  // namespace graceline::simulation
