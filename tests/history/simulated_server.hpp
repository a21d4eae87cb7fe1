// A history server in memory with the habits of real ones: slow, forgetful, lying, throttling.
// Must not know the client: it answers fetches, and knows the truth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/engine/backoff.hpp"
#include "core/engine/reason.hpp"
#include "core/engine/time.hpp"
#include "core/history/fetch.hpp"

namespace graceline::history::testing {

using engine::milliseconds;
using std::chrono::seconds;

/// What a server does with an anchor that it does not have (any more).
enum class UnknownAnchor : std::uint8_t {
    refuse,              ///< 404
    empty_and_complete,  ///< SERVERS.md T5
    from_oldest,         ///< As if nothing had been said.
    latest,
};

struct Habits {
    UnknownAnchor unknown = UnknownAnchor::refuse;
    std::size_t keeps = std::numeric_limits<std::size_t>::max();  ///< Newest messages of a list.
    std::size_t most_items = 100;                                 ///< Of a page, whatever is asked.
    bool inclusive = false;       ///< A page begins with its anchor.
    bool newest_first = false;    ///< In a page.
    bool tells_complete = false;  ///< Truthfully.
    bool never_complete = false;  ///< Says false whatever is true.
    bool always_complete = false;
    bool cursors = false;  ///< Gives them, and goes on from them.
    bool loops = false;    ///< Its cursors lead back to the start.
    bool ignores_anchors = false;
    engine::Duration fastest{};
    engine::Duration slowest{};

    // Chances in a thousand, for each answer.
    unsigned shuffles = 0;  ///< The items of a page.
    unsigned repeats = 0;   ///< A few items from before the anchor, and some twice.
    unsigned garbage = 0;
    unsigned cut_short = 0;  ///< The body ends in the middle.
    unsigned lost = 0;       ///< The connection is lost while it is read.
    unsigned errors = 0;     ///< 500
    unsigned throttles = 0;  ///< 429, with or without a figure
    unsigned hangs = 0;      ///< Longer than any time-out.
};

/// The simulated server's pages: {"items":[{"id","room","at","text"}],"next","complete"}.
SourceOptions source_of(const Habits& habits);

class SimulatedServer {
  public:
    struct Message {
        std::string id;
        std::string conversation;
    };
    struct Reply {
        engine::Duration delay{};
        std::variant<std::string, engine::Failure> result;
    };

    SimulatedServer(const Habits& habits, std::uint64_t seed);

    /// Its place among all messages.
    std::size_t publish(const std::string& conversation);
    Reply answer(const Fetch& fetch);

    // The truth.
    const std::vector<Message>& messages() const { return messages_; }
    std::size_t index_of(std::string_view id) const { return index_.at(std::string(id)); }
    std::size_t answers() const { return answers_; }

    /// While false, 401 is the answer.
    bool takes_token = true;
    Habits habits;

  private:
    using List = std::vector<std::size_t>;  ///< Places, oldest first.

    bool happens(unsigned chance) { return generator_.next() % 1000 < chance; }
    std::size_t below(std::size_t bound) { return generator_.next() % bound; }
    List kept(const std::string& conversation) const;
    std::string conversations_page(const Fetch& fetch) const;
    std::variant<std::string, engine::Failure> messages_page(const Fetch& fetch);
    List page_of(const List& list, const Fetch& fetch, std::size_t begin, std::size_t end);
    std::string body_of(const List& page, const List& list, const Fetch& fetch, bool at_end);
    void muddle(List& page, const List& list);

    engine::Generator generator_;
    std::vector<Message> messages_;
    std::unordered_map<std::string, std::size_t> index_;
    std::size_t answers_ = 0;
};

}  // namespace graceline::history::testing
