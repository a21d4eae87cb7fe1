// A host's request that pages back and forth: which page comes next, and whether it was the last.
// Must not take an empty page for the end unless the source proves it (SERVERS.md T5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/history/fetch.hpp"
#include "core/history/page.hpp"

namespace graceline::history {

struct WalkOptions {
    Kind kind = Kind::messages;
    std::string conversation;  ///< Empty: all.
    std::uint32_t limit = kDefaultPageItems;
    std::string start_id;    ///< The first pages begin beside this message.
    std::string start_time;  ///< Or at this time, in the server's own notation.
};

/// The field and the rule that options break for this source; nothing when they are valid.
std::optional<OptionError> error_in(const WalkOptions& options, const SourceOptions& source);

/// Whether a page was the last of its direction.
enum class End : std::uint8_t {
    no,
    proven,    ///< By the source: `complete`, or nothing beyond an anchor that it knows.
    unproven,  ///< Nothing came, but the source may not know the message that was asked about.
};

const char* to_string(End end);

End end_after(const SourceOptions& source, const Fetch& fetch, const Page& page);

/// What the page holds to go on with in the direction that was asked; empty where it holds nothing
/// that the source can be asked with.
std::string_view cursor_onwards(const SourceOptions& source, const Fetch& fetch, const Page& page);

/// One request object. The same object pages on in both directions.
class Walk {
  public:
    /// Both have no error_in(); `source` outlives the walk.
    Walk(WalkOptions options, const SourceOptions& source);

    /// The page to fetch now. Without a start and before any page, the latest one. Nothing: the
    /// source has no such direction, or its end is reached for good (at_end() says which).
    std::optional<Fetch> previous() const { return page_towards(Direction::previous); }
    std::optional<Fetch> next() const { return page_towards(Direction::next); }

    /// The page that answered `fetch`.
    void page_came(const Fetch& fetch, const Page& page);

    /// Newer messages can always come, so next() goes on working at the end.
    End at_end(Direction direction) const;

    const WalkOptions& options() const { return options_; }

  private:
    /// Where to go on. An unknown edge is unset.
    struct Edge {
        bool set = false;
        bool from_source = false;
        std::string id, time, cursor;
        End end = End::no;
    };

    std::optional<Fetch> page_towards(Direction direction) const;
    Edge& edge(Direction direction) { return direction == Direction::next ? newer_ : older_; }
    const Edge& edge(Direction direction) const {
        return direction == Direction::next ? newer_ : older_;
    }
    void move(Edge& edge, const PageItem& item, std::string_view cursor);
    bool can_go_on(const Edge& edge, Direction direction) const;

    WalkOptions options_;
    const SourceOptions* source_;
    Edge older_;
    Edge newer_;
};

}  // namespace graceline::history
