// The options about the history that every command shares, and what they make of the client's.
// Must not fetch anything.
#pragma once

#include <optional>
#include <string>

namespace graceline::cli {

struct ClientArguments;

struct HistoryArguments {
    std::optional<std::string> url;  // a URL template
    std::optional<std::string> conversation;
    std::optional<std::string> since;  // the id of the last message that is known already
    std::optional<std::string> items_pointer;
    std::optional<std::string> complete_pointer;
    std::optional<std::string> cursor_pointer;

    bool is_needed = false;  // the command is about the history

    bool is_wanted() const { return is_needed || url || conversation || since; }
};

/// Sets the client's history where one is wanted; throws UsageError.
void apply_history(ClientArguments& arguments);

/// What the dev server of this project has at the WebSocket URL's origin; the conversation is the
/// URL's `room` when none is given. Throws UsageError.
std::string default_history_url(const std::string& websocket_url,
                                const std::optional<std::string>& conversation);

/// The template with {conversation} filled in, so that it is the history of this one only; nothing
/// when it has no such variable.
std::optional<std::string> with_conversation(const std::string& url_template,
                                             const std::string& conversation);

}  // namespace graceline::cli
