// Options of a client with the dev server's history, and what tests ask of it.
// Must use the public header only.
#pragma once

#include <string>
#include <vector>

#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"

namespace graceline::tests {

/// Options of a client of the dev server; the texts live as long as this.
struct Setup {
    explicit Setup(const DevServer& server, const std::string& room = "a")
        : url(server.url("/ws?room=" + room)),
          base("http://127.0.0.1:" + std::to_string(server.port())),
          messages(base + "/messages?conversation=" + room + "{&before,after,limit}"),
          conversations(base + "/conversations{?limit,cursor}") {
        graceline_history_options_init(&history, sizeof history);
        history.messages_url = messages.c_str();
        history.conversations_url = conversations.c_str();
        history.json_items_pointer = "/items";
        history.json_complete_pointer = "/complete";
        history.json_conversations_next_cursor_pointer = "/next";
        options = default_options();
        options.url = url.c_str();
        options.json_id_pointer = "/id";
        options.json_conversation_pointer = "/conversation";
        options.json_sender_pointer = "/sender";
        options.json_time_pointer = "/time";
        options.history = &history;
        options.backoff_initial_ms = 20;
        options.backoff_max_ms = 100;
    }
    std::string url, base, messages, conversations;
    graceline_history_options history{};
    graceline_options options{};
};

struct Request {
    Request(graceline_client* client, const char* conversation, std::int32_t limit,
            const char* start = nullptr) {
        graceline_messages_request_options options;
        graceline_messages_request_options_init(&options, sizeof options);
        options.conversation = conversation;
        options.limit = limit;
        options.start_message_id = start;
        INFO(graceline_last_error_text());
        REQUIRE(graceline_messages_request_create(client, &options, &handle) == GRACELINE_OK);
    }
    ~Request() { graceline_messages_request_release(handle); }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    graceline_messages_request* handle = nullptr;
};

inline bool wait_request(Host& host, std::uint64_t number) {
    return host.wait([&](const Seen& event) {
        return event.type == GRACELINE_EVENT_REQUEST_COMPLETED &&
               event.details.request_id == number;
    });
}

inline bool wait_verdict(Host& host, graceline_gap_verdict verdict) {
    return host.wait([&](const Seen& event) {
        return event.type == GRACELINE_EVENT_GAP_VERDICT && event.details.gap_verdict == verdict;
    });
}

inline std::vector<std::string> delivered_ids(const Host& host) {
    std::vector<std::string> ids;
    for (const auto& event : host.seen) {
        if (event.type == GRACELINE_EVENT_MESSAGE) ids.push_back(event.id);
    }
    return ids;
}

inline std::string position(const Host& host) {
    std::size_t size = 0;
    REQUIRE(graceline_client_last_message_id(host.get(), nullptr, nullptr, 0, &size) ==
            GRACELINE_OK);
    if (size == 0) return {};
    std::string text(size, '\0');
    REQUIRE(graceline_client_last_message_id(host.get(), nullptr, text.data(), size, &size) ==
            GRACELINE_OK);
    text.pop_back();
    return text;
}

}  // namespace graceline::tests
