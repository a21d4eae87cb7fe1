// What can be asked of a history source, and how a source is described: templates and pointers.
// Must not fetch anything, and must not read answers (page.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/history/limits.hpp"
#include "core/session/plain.hpp"

namespace graceline::history {

using session::OptionError;

enum class Kind : std::uint8_t { messages, conversations };

/// latest: the newest page, no anchor. previous: older than the anchor. next: newer than it; for
/// conversations: further along the server's list.
enum class Direction : std::uint8_t { latest, previous, next };

const char* to_string(Kind kind);
const char* to_string(Direction direction);

/// all: one list of messages for everything that the socket delivers. per_conversation: one list
/// each; messages of a new conversation cannot be seen by asking for those that are known.
enum class Scope : std::uint8_t { all, per_conversation };

/// One page to be fetched. Empty texts are "none"; of cursor, id and time the first that the source
/// can be asked with is sent.
struct Fetch {
    Kind kind = Kind::messages;
    Direction direction = Direction::latest;
    std::string conversation;
    std::string anchor_id;
    std::string anchor_time;
    std::string cursor;  ///< As the source gave it, to go on in this direction.
    std::uint32_t limit = kDefaultPageItems;
    /// The anchor came in an earlier page of this source, so it knows it. A start that the host
    /// gave may be unknown there, and an empty answer then proves nothing (SERVERS.md T5).
    bool anchor_from_source = false;

    friend bool operator==(const Fetch&, const Fetch&) = default;
};

/// JSON pointers into a page of messages; `id` to `body` from each item.
struct MessagePointers {
    std::string items;  ///< "": the document itself is the array.
    std::optional<std::string> id, conversation, sender, time;
    std::optional<std::string> body;         ///< The payload; without it, the item's own JSON text.
    std::optional<std::string> next_cursor;  ///< To go on in the direction that was asked for.
    /// Where a page holds two cursors: this one leads to older messages, `next_cursor` to newer.
    std::optional<std::string> previous_cursor;
    std::optional<std::string> complete;  ///< true: nothing more in the direction asked for.
};

/// JSON pointers into a page of conversations; `id` and `time` from each item.
struct ConversationPointers {
    std::string items;
    std::optional<std::string> id, time;
    std::optional<std::string> next_cursor;
    std::optional<std::string> complete;
};

/// Variables of the templates: conversation, limit, before, after (ids), before_time, after_time,
/// cursor; conversations_url: limit, cursor, and the four others for the last item of the page
/// before.
struct SourceOptions {
    std::string messages_url;           ///< "https://host/messages{?conversation,before,after}"
    std::string messages_previous_url;  ///< Instead of messages_url, for older messages.
    std::string messages_next_url;      ///< Instead of messages_url, for newer messages.
    std::string conversations_url;
    bool host_fetches = false;  ///< The host's own HTTP; templates may then be absent.
    Scope scope = Scope::all;
    /// The server answers 404, 410 or 400 for an id that it does not know (any more). Without this
    /// promise nothing that it leaves out is believed before it is proven.
    bool refuses_unknown_ids = false;
    bool newest_first = false;  ///< Of messages in a page.
    MessagePointers messages;
    ConversationPointers conversations;
};

/// What is wrong: the field and the rule, without the value. Nothing: valid.
std::optional<OptionError> error_in(const SourceOptions& options);

// Of options without error_in().

/// Can such a page be asked for? Walking on from a page needs no more than this.
bool offers(const SourceOptions& options, Kind kind, Direction direction);
/// Can a page be anchored at this variable ("after", "before_time", "cursor", "conversation")?
bool takes(const SourceOptions& options, Kind kind, Direction direction, std::string_view variable);
/// Can missed messages be fetched, and the answer be proven?
bool can_catch_up(const SourceOptions& options);
/// "" where the host fetches without a template.
std::string url_of(const SourceOptions& options, const Fetch& fetch);

}  // namespace graceline::history
