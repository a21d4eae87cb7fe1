// Once, in order, and nothing missing where the client said so.
// Must not forgive a message for being old: the app's own refresh alone does.
#include "tests/simulation/truth.hpp"

namespace graceline::simulation {

Truth::Truth(const history::testing::SimulatedServer& server, bool has_ids, bool one_list)
    : server_(server), has_ids_(has_ids), one_list_(one_list) {}

void Truth::app_saw_all_before(std::uint32_t place) {
    for (auto i = first_missing_; i < place && i < state_.size(); ++i) {
        if (state_[i] == State::unknown) state_[i] = State::seen_by_app;
    }
}

void Truth::app_saw_of(std::string_view conversation, std::uint32_t place) {
    for (auto i = first_missing_; i < place && i < state_.size(); ++i) {
        const bool of_it = server_.messages()[i].conversation == conversation;
        if (of_it && state_[i] == State::unknown) state_[i] = State::seen_by_app;
    }
}

void Truth::delivered(std::uint32_t place, bool replayed, std::uint64_t connection) {
    require(place < state_.size(), Invariant::no_message_twice, "a message that nobody published");
    auto& state = state_[place];
    if (has_ids_) {
        if (state == State::in_page && !replayed)
            violated(Invariant::no_message_twice,
                     "message " + std::to_string(place) + " came in a page, and then live");
        require(state != State::delivered, Invariant::no_message_twice,
                "delivered for the second time");
        require(state != State::in_page || replayed, Invariant::no_message_twice,
                "it came in a page, and then live");
    }
    const bool known = state == State::seen_by_app;
    state = State::delivered;
    ++delivered_;
    if (known) return;  // sent again by a server that does not know what the app has
    if (connection != connection_) {
        connection_ = connection;
        next_.fill(0);
    }
    const auto& conversation = server_.messages()[place].conversation;
    auto& next = next_[one_list_ ? 0 : 1 + static_cast<std::size_t>(conversation.front() - 'a')];
    if (next > place) {
        violated(Invariant::order_is_kept, "message " + std::to_string(place) + " after " +
                                               std::to_string(next - 1) + ", on one connection");
    }
    next = place + 1;
}

void Truth::in_a_page(std::uint32_t place) {
    if (state_[place] == State::unknown) state_[place] = State::in_page;
}

std::uint32_t Truth::first_missing() {
    while (first_missing_ < state_.size() && state_[first_missing_] != State::unknown) {
        ++first_missing_;
    }
    return first_missing_;
}

bool Truth::complete_before(std::uint32_t place) {
    return first_missing() >= place;
}

void Truth::check_position(std::string_view conversation, std::uint32_t place) {
    const auto missing = first_missing();
    if (place < missing) return;
    if (one_list_) violated(Invariant::refresh_ends, "the position stands beyond a hole");
    for (auto i = missing; i <= place; ++i) {
        const bool hole =
            state_[i] == State::unknown && server_.messages()[i].conversation == conversation;
        if (hole) {
            violated(Invariant::refresh_ends, "the position of " + std::string(conversation) +
                                                  " is " + std::to_string(place) + ", and " +
                                                  std::to_string(i) + " is missing");
        }
    }
}

}  // namespace graceline::simulation
