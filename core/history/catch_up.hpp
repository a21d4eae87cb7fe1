// The catch-up: from the position on, page by page, until nothing is missing or that is unprovable.
// Must not know of time, failures of the network or retries: fetching.hpp and desk.hpp do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/continuity.hpp"
#include "core/engine/reason.hpp"
#include "core/history/fetch.hpp"
#include "core/history/page.hpp"
#include "core/history/positions.hpp"
#include "core/history/seen_ids.hpp"

namespace graceline::history {

/// What the client remembers; belongs to the caller. `epoch`: the number of the connection.
struct Known {
    SeenIds& seen;
    Positions& positions;
    std::uint64_t epoch = 0;
};

struct CatchUpLimits {
    std::uint32_t page_items = kDefaultCatchUpPageItems;
    std::uint32_t pages = kDefaultCatchUpPages;
    std::uint32_t messages = kDefaultCatchUpMessages;
};

struct CatchUpResult {
    engine::GapVerdict verdict{};  ///< complete, recovered or gap.
    /// recovered: missed_messages_fetched; complete: none; gap: why.
    engine::Reason reason = engine::Reason::none;
    std::uint32_t pages = 0;     ///< With items, as far as they were needed.
    std::uint32_t messages = 0;  ///< Replayed.
};

/// One catch-up of one connection. Each call that takes an answer says what is to be done next.
class CatchUp {
  public:
    struct Step {
        std::shared_ptr<const Page> replay;  ///< To be delivered first; may be absent.
        std::optional<Fetch> fetch;          ///< To be asked next; or
        std::optional<CatchUpResult> ended;
    };

    /// `source` has can_catch_up() and outlives this; there is a position.
    CatchUp(const SourceOptions& source, const CatchUpLimits& limits, const Known& known);

    Step begin(const Known& known);
    Step page_came(std::shared_ptr<Page> page, const Known& known);
    /// The server does not know the id of the fetch.
    Step anchor_unknown(const Known& known);
    /// Nothing more can be fetched.
    CatchUpResult stop(engine::Reason reason) const;

  private:
    enum class Phase : std::uint8_t {
        forward,       ///< The page after the anchor.
        joint,         ///< The one message before a page: is it the page's anchor?
        latest,        ///< The newest messages: was an empty answer true?
        further_back,  ///< Before those, because all of them are live.
    };
    /// Where two pages meet, or the position and the first: nothing may be between the two.
    struct Joint {
        std::string anchor;
        std::string first;
    };
    /// What of a page is to be delivered, and how far it reaches.
    struct Cut {
        std::size_t to = 0;               ///< Items from here on come live.
        std::optional<std::size_t> last;  ///< Nothing is missing up to this item.
        bool meets_live = false;
    };
    /// Why the walk ends with this page; `none` for a good end. Nothing: it goes on.
    using Ending = std::optional<engine::Reason>;

    Step next_conversation(const Known& known);
    Step conversation_ended(engine::Reason gap, const Known& known);
    Step unreadable() const;
    Step forward_came(std::shared_ptr<Page> page, const Known& known);
    Step nothing_came(const Page& page, const Known& known);
    Step joint_came(const Page& page, const Known& known);
    Step latest_came(std::shared_ptr<Page> page, const Known& known);
    /// All up to `reached_` is proven.
    Step proven(Ending ending, const Known& known);
    Step ask(Phase phase, Direction direction, std::string_view anchor, std::uint32_t limit);
    Step ask_forward();
    Step ask_joint();

    bool loops(const Page& page) const;
    Cut cut(const Page& page, std::size_t from, const Known& known) const;
    /// Takes the new items from `from` on into `replay`, marks them as seen, and moves the walk.
    Ending absorb(std::shared_ptr<Page> page, std::size_t from, const Known& known, Step& step);
    std::string_view conversation_of(const PageItem& item) const;

    const SourceOptions* source_;
    CatchUpLimits limits_;
    std::uint64_t epoch_;
    std::vector<std::string> conversations_;  ///< Those still to come, the next one last.
    std::string conversation_;
    Phase phase_ = Phase::forward;

    // Of the conversation under way.
    std::string anchor_;                ///< Id after which the walk goes on.
    std::string cursor_;                ///< Of the page that ended there.
    std::vector<std::string> visited_;  ///< Where pages ended and their cursors, to see a circle.
    std::optional<Joint> joint_;        ///< The oldest one that is not proven.
    std::uint32_t pages_behind_joint_ = 0;
    std::string reached_;              ///< Nothing is missing up to here, if the joint holds.
    std::shared_ptr<Page> held_page_;  ///< The first, until its joint is proven.
    Ending after_proof_;
    bool asked_twice_ = false;

    std::uint32_t pages_ = 0;
    std::uint32_t messages_ = 0;
    engine::Reason gap_ = engine::Reason::none;  ///< Of the first conversation that kept one.
};

}  // namespace graceline::history
