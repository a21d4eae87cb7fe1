// The options about the history that every command shares, and what they make of the client's.
// Must not fetch anything.
#include "tools/graceline/history_arguments.hpp"

#include <vector>

#include "tools/graceline/client_arguments.hpp"

namespace graceline::cli {

namespace {

// The dev server's room when a URL names none.
constexpr const char* kDefaultRoom = "lobby";

std::string percent_encoded(const std::string& text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    constexpr std::string_view kUnreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string result;
    for (const char c : text) {
        if (kUnreserved.find(c) != std::string_view::npos) {
            result += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        result += '%';
        result += kDigits[byte >> 4U];
        result += kDigits[byte & 15U];
    }
    return result;
}

std::vector<std::string> split(const std::string& text, char divider) {
    std::vector<std::string> parts{""};
    for (const char c : text) {
        if (c == divider) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

// The value of `room=` as it stands in the URL, encoded already.
std::string room_of(const std::string& url) {
    const std::string bare = url.substr(0, url.find('#'));
    const std::size_t query = bare.find('?');
    if (query == std::string::npos) return kDefaultRoom;
    std::string room;
    for (const auto& pair : split(bare.substr(query + 1), '&')) {
        if (pair.rfind("room=", 0) != 0) continue;
        if (!room.empty()) {
            throw UsageError{"the URL names more than one room; choose one with --conversation"};
        }
        room = pair.substr(5);
    }
    if (room.find_first_of("{}") != std::string::npos) {
        throw UsageError{"the room of the URL holds a brace; write it as %7B or %7D"};
    }
    return room.empty() ? kDefaultRoom : room;
}

// An expression of a URL template with the variable {conversation} replaced by its value; nothing
// when it has no such variable.
std::optional<std::string> filled_expression(const std::string& expression,
                                             const std::string& value) {
    const char kind = expression.empty() ? ' ' : expression[0];
    const bool is_query = kind == '?' || kind == '&';
    const bool is_other = kind == '+';
    std::string others;
    bool found = false;
    for (const auto& name : split(expression.substr(is_query || is_other ? 1 : 0), ',')) {
        if (name == "conversation") {
            found = true;
        } else {
            others += (others.empty() ? "" : ",") + name;
        }
    }
    if (!found) return std::nullopt;
    if (!is_query) return value;
    const std::string rest = others.empty() ? "" : "{&" + others + "}";
    return kind + ("conversation=" + value) + rest;
}

void fill_pointers(const ClientArguments& arguments, Options& options, HistoryOptions& history) {
    const HistoryArguments& from = arguments.history;
    history.json_items_pointer = from.items_pointer.value_or("/items");
    history.json_complete_pointer = from.complete_pointer.value_or("/complete");
    history.json_next_cursor_pointer = from.cursor_pointer;
    // Both ways of coming must be known again by one id.
    if (!options.json_id_pointer) options.json_id_pointer = "/id";
    if (!options.json_conversation_pointer) options.json_conversation_pointer = "/conversation";
    if (!options.json_sender_pointer) options.json_sender_pointer = "/sender";
    if (!options.json_time_pointer) options.json_time_pointer = "/time";
}

}  // namespace

std::optional<std::string> with_conversation(const std::string& url_template,
                                             const std::string& conversation) {
    const std::string value = percent_encoded(conversation);
    std::string result;
    bool found = false;
    std::size_t at = 0;
    while (at < url_template.size()) {
        const std::size_t begin = url_template.find('{', at);
        const std::size_t end = url_template.find('}', begin);
        // What is not balanced is the library's to complain about.
        if (begin == std::string::npos || end == std::string::npos) break;
        result += url_template.substr(at, begin - at);
        const auto filled =
            filled_expression(url_template.substr(begin + 1, end - begin - 1), value);
        found = found || filled;
        result += filled.value_or(url_template.substr(begin, end + 1 - begin));
        at = end + 1;
    }
    if (!found) return std::nullopt;
    return result + url_template.substr(at);
}

std::string default_history_url(const std::string& websocket_url,
                                const std::optional<std::string>& conversation) {
    std::size_t authority = 0;
    std::string scheme;
    if (websocket_url.rfind("ws://", 0) == 0) {
        scheme = "http://";
        authority = 5;
    } else if (websocket_url.rfind("wss://", 0) == 0) {
        scheme = "https://";
        authority = 6;
    } else {
        throw UsageError{"URL must begin with ws:// or wss://"};
    }
    const std::size_t end = websocket_url.find_first_of("/?#", authority);
    const std::string room = conversation ? percent_encoded(*conversation) : room_of(websocket_url);
    return scheme + websocket_url.substr(authority, end - authority) +
           "/messages?conversation=" + room + "{&before,after,limit}";
}

void apply_history(ClientArguments& arguments) {
    const HistoryArguments& from = arguments.history;
    if (!from.is_wanted()) {
        if (from.items_pointer || from.complete_pointer || from.cursor_pointer) {
            throw UsageError{"--json-items, --json-complete and --json-cursor need --history-url"};
        }
        return;
    }
    Options& options = arguments.options;
    HistoryOptions history;
    if (!from.url) {
        history.messages_url = default_history_url(options.url, from.conversation);
    } else if (!from.conversation) {
        history.messages_url = from.url;
    } else {
        history.messages_url = with_conversation(*from.url, *from.conversation);
        if (!history.messages_url) {
            throw UsageError{"--conversation needs {conversation} in --history-url"};
        }
    }
    // Of the dev server it is known that it refuses an id that it does not know.
    if (!from.url) history.refuses_unknown_ids = true;
    history.headers = options.headers;
    fill_pointers(arguments, options, history);
    if (from.since) options.last_message_id = from.since;
    options.history = std::move(history);
}

}  // namespace graceline::cli
