// Which template and which variables a fetch needs, and what a source cannot be asked.
// Must not know what pages hold.
#include "core/history/fetch.hpp"

#include <array>
#include <charconv>

#include "core/history/uri_template.hpp"
#include "core/session/json_pointer.hpp"

namespace graceline::history {

namespace {

constexpr std::array<std::string_view, 7> kMessageVariables = {
    "conversation", "limit", "before", "after", "before_time", "after_time", "cursor"};
constexpr std::array<std::string_view, 6> kConversationVariables = {
    "limit", "before", "after", "before_time", "after_time", "cursor"};

const std::string& template_of(const SourceOptions& options, Kind kind, Direction direction) {
    if (kind == Kind::conversations) return options.conversations_url;
    if (direction == Direction::previous && !options.messages_previous_url.empty()) {
        return options.messages_previous_url;
    }
    if (direction == Direction::next && !options.messages_next_url.empty()) {
        return options.messages_next_url;
    }
    return options.messages_url;
}

std::optional<OptionError> template_errors(const SourceOptions& options) {
    struct Named {
        const char* field;
        const std::string& text;
        std::span<const std::string_view> allowed;
    };
    const std::array<Named, 4> all = {
        {{"messages_url", options.messages_url, kMessageVariables},
         {"messages_previous_url", options.messages_previous_url, kMessageVariables},
         {"messages_next_url", options.messages_next_url, kMessageVariables},
         {"conversations_url", options.conversations_url, kConversationVariables}}};
    for (const auto& each : all) {
        if (each.text.empty()) continue;
        if (auto error = template_error(each.text, each.allowed)) {
            return OptionError{each.field, std::move(*error)};
        }
    }
    return std::nullopt;
}

std::optional<OptionError> pointer_errors(const SourceOptions& options) {
    struct Named {
        const char* field;
        const std::optional<std::string>& pointer;
    };
    const std::optional<std::string> items = options.messages.items;
    const std::optional<std::string> conversation_items = options.conversations.items;
    const std::array<Named, 14> all = {
        {{"messages.items", items},
         {"messages.id", options.messages.id},
         {"messages.conversation", options.messages.conversation},
         {"messages.sender", options.messages.sender},
         {"messages.time", options.messages.time},
         {"messages.body", options.messages.body},
         {"messages.next_cursor", options.messages.next_cursor},
         {"messages.previous_cursor", options.messages.previous_cursor},
         {"messages.complete", options.messages.complete},
         {"conversations.items", conversation_items},
         {"conversations.id", options.conversations.id},
         {"conversations.time", options.conversations.time},
         {"conversations.next_cursor", options.conversations.next_cursor},
         {"conversations.complete", options.conversations.complete}}};
    for (const auto& each : all) {
        if (!each.pointer) continue;
        if (auto error = session::pointer_error(*each.pointer)) {
            return OptionError{each.field, std::move(*error)};
        }
    }
    return std::nullopt;
}

bool gives_cursors(const SourceOptions& options, Kind kind, Direction direction) {
    if (kind == Kind::conversations) return options.conversations.next_cursor.has_value();
    if (direction == Direction::next) return options.messages.next_cursor.has_value();
    return options.messages.next_cursor || options.messages.previous_cursor;
}

/// The variables of the one anchor that is sent; empty names where there is none.
struct Anchor {
    std::string_view value;
    std::array<std::string_view, 2> names;
};

Anchor anchor_of(const SourceOptions& options, const Fetch& fetch) {
    const auto taken = [&](std::string_view name) {
        return takes(options, fetch.kind, fetch.direction, name);
    };
    const bool list = fetch.kind == Kind::conversations;
    const bool next = fetch.direction == Direction::next;
    const auto before = list || !next ? std::string_view("before") : "";
    const auto after = list || next ? std::string_view("after") : "";
    const auto before_time = list || !next ? std::string_view("before_time") : "";
    const auto after_time = list || next ? std::string_view("after_time") : "";
    if (!fetch.cursor.empty() && taken("cursor")) return {fetch.cursor, {"cursor", ""}};
    if (!fetch.anchor_id.empty() && (taken(before) || taken(after))) {
        return {fetch.anchor_id, {before, after}};
    }
    return {fetch.anchor_time, {before_time, after_time}};
}

}  // namespace

const char* to_string(Kind kind) {
    return kind == Kind::messages ? "messages" : "conversations";
}

const char* to_string(Direction direction) {
    switch (direction) {
        case Direction::latest:
            return "latest";
        case Direction::previous:
            return "previous";
        case Direction::next:
            return "next";
    }
    return "unknown";
}

std::optional<OptionError> error_in(const SourceOptions& options) {
    if (!options.host_fetches && options.messages_url.empty() &&
        options.conversations_url.empty()) {
        return OptionError{"messages_url", "is needed, unless the host fetches itself"};
    }
    if (options.messages_url.empty() &&
        (!options.messages_previous_url.empty() || !options.messages_next_url.empty())) {
        return OptionError{"messages_url",
                           "is needed beside messages_previous_url and messages_next_url"};
    }
    if (auto error = template_errors(options)) return error;
    if (auto error = pointer_errors(options)) return error;
    if (options.scope == Scope::per_conversation && !options.messages_url.empty()) {
        for (const auto direction : {Direction::latest, Direction::previous, Direction::next}) {
            if (!takes(options, Kind::messages, direction, "conversation")) {
                return OptionError{"scope", "per conversation needs {conversation} in each URL"};
            }
        }
    }
    return std::nullopt;
}

bool takes(const SourceOptions& options, Kind kind, Direction direction,
           std::string_view variable) {
    if (variable.empty()) return false;
    const auto& text = template_of(options, kind, direction);
    if (!text.empty()) return template_uses(text, variable);
    if (!options.host_fetches) return false;
    // The host is given all there is and knows what to do with it.
    return variable != "cursor" || gives_cursors(options, kind, direction);
}

bool offers(const SourceOptions& options, Kind kind, Direction direction) {
    const bool reachable = options.host_fetches || !template_of(options, kind, direction).empty();
    if (!reachable) return false;
    const auto takes_one_of = [&](std::initializer_list<std::string_view> names) {
        for (const auto name : names) {
            if (takes(options, kind, direction, name)) return true;
        }
        return false;
    };
    if (kind == Kind::conversations) return direction != Direction::previous;
    switch (direction) {
        case Direction::latest:
            return true;
        case Direction::previous:
            return takes_one_of({"cursor", "before", "before_time"});
        case Direction::next:
            return takes_one_of({"cursor", "after", "after_time"});
    }
    return false;
}

bool can_catch_up(const SourceOptions& options) {
    if (!options.messages.id) return false;
    if (!takes(options, Kind::messages, Direction::next, "after")) return false;
    return options.refuses_unknown_ids ||
           takes(options, Kind::messages, Direction::previous, "before");
}

std::string url_of(const SourceOptions& options, const Fetch& fetch) {
    const auto& text = template_of(options, fetch.kind, fetch.direction);
    if (text.empty()) return {};
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), fetch.limit).ptr;
    const std::string_view limit(digits.data(), static_cast<std::size_t>(end - digits.data()));
    const auto anchor = anchor_of(options, fetch);
    const std::array<Variable, 4> variables = {{{"conversation", fetch.conversation},
                                                {"limit", limit},
                                                {anchor.names[0], anchor.value},
                                                {anchor.names[1], anchor.value}}};
    return expand_template(text, variables);
}

}  // namespace graceline::history
