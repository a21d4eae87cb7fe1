// Keeps the two edges of what a host has paged through.
// Must not fetch: it says what to fetch.
#include "core/history/walk.hpp"

#include <algorithm>
#include <utility>

#include "core/session/json_fields.hpp"
#include "core/websocket/utf8.hpp"

namespace graceline::history {

namespace {

std::optional<OptionError> text_error(const char* field, const std::string& text) {
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    if (text.size() <= session::kMaxFieldBytes && websocket::is_utf8(bytes)) return std::nullopt;
    return OptionError{field,
                       "at most " + std::to_string(session::kMaxFieldBytes) + " bytes of UTF-8"};
}

bool has_ids(const SourceOptions& source, Kind kind) {
    return kind == Kind::messages ? source.messages.id.has_value()
                                  : source.conversations.id.has_value();
}

bool has_times(const SourceOptions& source, Kind kind) {
    return kind == Kind::messages ? source.messages.time.has_value()
                                  : source.conversations.time.has_value();
}

/// Is a page behind an item asked for by its id (else by its time)?
bool takes_ids(const SourceOptions& source, Kind kind, Direction direction) {
    return takes(source, kind, direction, direction == Direction::next ? "after" : "before") ||
           (kind == Kind::conversations && takes(source, kind, direction, "before"));
}

bool takes_times(const SourceOptions& source, Kind kind, Direction direction) {
    return takes(source, kind, direction,
                 direction == Direction::next ? "after_time" : "before_time") ||
           (kind == Kind::conversations && takes(source, kind, direction, "before_time"));
}

}  // namespace

const char* to_string(End end) {
    switch (end) {
        case End::no:
            return "no";
        case End::proven:
            return "proven";
        case End::unproven:
            return "unproven";
    }
    return "unknown";
}

std::optional<OptionError> error_in(const WalkOptions& options, const SourceOptions& source) {
    const bool messages = options.kind == Kind::messages;
    const auto most = messages ? kMaxMessagesPageItems : kMaxConversationsPageItems;
    if (options.limit < 1 || options.limit > most) {
        return OptionError{"limit", "from 1 to " + std::to_string(most)};
    }
    for (const auto& [field, text] :
         {std::pair{"conversation", &options.conversation},
          std::pair{"start_id", &options.start_id}, std::pair{"start_time", &options.start_time}}) {
        if (auto error = text_error(field, *text)) return error;
    }
    const bool has_start = !options.start_id.empty() || !options.start_time.empty();
    if (!messages) {
        if (has_start) return OptionError{"start_id", "conversations begin at their first page"};
        if (!options.conversation.empty()) {
            return OptionError{"conversation", "is for messages only"};
        }
        return std::nullopt;
    }
    if (options.conversation.empty() && source.scope == Scope::per_conversation) {
        return OptionError{"conversation", "is needed: this history is per conversation"};
    }
    if (!options.conversation.empty() &&
        !takes(source, Kind::messages, Direction::latest, "conversation")) {
        return OptionError{"conversation", "the URL of this history has no {conversation}"};
    }
    if (!options.start_id.empty() && !options.start_time.empty()) {
        return OptionError{"start_time", "either an id or a time"};
    }
    const auto takes_either = [&](const char* one, const char* other) {
        return takes(source, Kind::messages, Direction::previous, one) ||
               takes(source, Kind::messages, Direction::next, other);
    };
    if (!options.start_id.empty() && !takes_either("before", "after")) {
        return OptionError{"start_id", "the URLs of this history have no {before} or {after}"};
    }
    if (!options.start_time.empty() && !takes_either("before_time", "after_time")) {
        return OptionError{"start_time",
                           "the URLs of this history have no {before_time} or {after_time}"};
    }
    return std::nullopt;
}

End end_after(const SourceOptions& source, const Fetch& fetch, const Page& page) {
    const bool by_cursor =
        !fetch.cursor.empty() && takes(source, fetch.kind, fetch.direction, "cursor");
    const bool anchored = by_cursor || !fetch.anchor_id.empty() || !fetch.anchor_time.empty();
    // A server that does not know an id may well say "empty and complete"; it knows every time,
    // and whatever it gave us itself.
    const bool anchor_known = !anchored || by_cursor || fetch.anchor_from_source ||
                              fetch.anchor_id.empty() || source.refuses_unknown_ids;
    if (page.empty()) {
        // A server that leaves much out may give an empty page and a way onwards.
        if (!cursor_onwards(source, fetch, page).empty() && page.complete() != true) return End::no;
        return anchor_known && page.complete() != false ? End::proven : End::unproven;
    }
    if (page.complete() == true) return End::proven;
    if (fetch.kind != Kind::conversations || !page.next_cursor().empty()) return End::no;
    // A list that is walked by cursors alone ends where there is none.
    const bool by_items =
        (has_ids(source, fetch.kind) && takes_ids(source, fetch.kind, Direction::next)) ||
        (has_times(source, fetch.kind) && takes_times(source, fetch.kind, Direction::next));
    return by_items || page.complete() == false ? End::no : End::proven;
}

std::string_view cursor_onwards(const SourceOptions& source, const Fetch& fetch, const Page& page) {
    const bool older = fetch.kind == Kind::messages && fetch.direction != Direction::next;
    const auto direction = older ? Direction::previous : Direction::next;
    if (!takes(source, fetch.kind, direction, "cursor")) return {};
    return older && source.messages.previous_cursor ? page.previous_cursor() : page.next_cursor();
}

Walk::Walk(WalkOptions options, const SourceOptions& source)
    : options_(std::move(options)), source_(&source) {
    if (options_.start_id.empty() && options_.start_time.empty()) return;
    for (auto* edge : {&older_, &newer_}) {
        edge->set = true;
        edge->id = options_.start_id;
        edge->time = options_.start_time;
    }
}

bool Walk::can_go_on(const Edge& edge, Direction direction) const {
    const auto kind = options_.kind;
    if (!edge.cursor.empty() && takes(*source_, kind, direction, "cursor")) return true;
    if (!edge.id.empty() && takes_ids(*source_, kind, direction)) return true;
    return !edge.time.empty() && takes_times(*source_, kind, direction);
}

std::optional<Fetch> Walk::page_towards(Direction direction) const {
    const bool messages = options_.kind == Kind::messages;
    if (!messages && direction != Direction::next) return std::nullopt;
    const auto& from = edge(direction);
    // Nothing older appears behind the oldest, nor in a list that has ended.
    if (from.end == End::proven && from.set && (!messages || direction == Direction::previous)) {
        return std::nullopt;
    }
    Fetch fetch;
    fetch.kind = options_.kind;
    fetch.conversation = options_.conversation;
    fetch.limit = options_.limit;
    if (!from.set) {
        fetch.direction = messages ? Direction::latest : Direction::next;
        if (!offers(*source_, fetch.kind, fetch.direction)) return std::nullopt;
        return fetch;
    }
    if (!can_go_on(from, direction)) return std::nullopt;
    fetch.direction = direction;
    fetch.anchor_id = from.id;
    fetch.anchor_time = from.time;
    fetch.cursor = from.cursor;
    fetch.anchor_from_source = from.from_source;
    return fetch;
}

void Walk::move(Edge& edge, const PageItem& item, std::string_view cursor) {
    edge.set = true;
    edge.from_source = true;
    edge.id.assign(item.fields.id);
    edge.time.assign(item.fields.time);
    edge.cursor.assign(cursor);
}

void Walk::page_came(const Fetch& fetch, const Page& page) {
    auto& asked = edge(fetch.direction);
    asked.end = end_after(*source_, fetch, page);
    const auto onwards = cursor_onwards(*source_, fetch, page);
    if (page.empty()) {
        if (asked.end == End::no) asked.cursor.assign(onwards);
        return;
    }
    const auto& first = page.items().front();
    const auto& last = page.items().back();
    move(asked, fetch.direction == Direction::next ? last : first, onwards);
    if (fetch.direction != Direction::latest) return;
    const bool two_cursors = source_->messages.previous_cursor.has_value();
    move(newer_, last, two_cursors ? page.next_cursor() : std::string_view{});
}

End Walk::at_end(Direction direction) const {
    return edge(direction).end;
}

}  // namespace graceline::history
