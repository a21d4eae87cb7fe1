// What the tests of history against other people's servers share: a request, its answer, the ids.
// Must use the public header only, as a host does.
#pragma once

#include <string>
#include <vector>

#include "tests/capi/host.hpp"

namespace graceline::tests {

class MessagesRequest {
  public:
    MessagesRequest(graceline_client* client, std::int32_t limit, const char* start = nullptr) {
        graceline_messages_request_options options;
        graceline_messages_request_options_init(&options, sizeof options);
        options.limit = limit;
        options.start_message_id = start;
        INFO(graceline_last_error_text());
        REQUIRE(graceline_messages_request_create(client, &options, &handle_) == GRACELINE_OK);
    }
    ~MessagesRequest() { graceline_messages_request_release(handle_); }
    MessagesRequest(const MessagesRequest&) = delete;
    MessagesRequest& operator=(const MessagesRequest&) = delete;

    /// Fetches a page and waits for its completion.
    const Seen& previous(Host& host) {
        return completed(host, graceline_messages_request_fetch_previous);
    }
    const Seen& next(Host& host) { return completed(host, graceline_messages_request_fetch_next); }

  private:
    const Seen& completed(Host& host,
                          graceline_status (*fetch)(graceline_messages_request*, std::uint64_t*)) {
        std::uint64_t number = 0;
        INFO(graceline_last_error_text());
        REQUIRE(fetch(handle_, &number) == GRACELINE_OK);
        REQUIRE(host.wait([&](const Seen& event) {
            return event.type == GRACELINE_EVENT_REQUEST_COMPLETED &&
                   event.details.request_id == number;
        }));
        return host.found();
    }

    graceline_messages_request* handle_ = nullptr;
};

inline std::vector<std::string> delivered_ids(const Host& host) {
    std::vector<std::string> ids;
    for (const auto& event : host.seen) {
        if (event.type == GRACELINE_EVENT_MESSAGE) ids.push_back(event.id);
    }
    return ids;
}

/// The verdict on the next gap that is judged.
inline graceline_gap_verdict next_verdict(Host& host) {
    REQUIRE(host.wait_type(GRACELINE_EVENT_GAP_VERDICT));
    return static_cast<graceline_gap_verdict>(host.found().details.gap_verdict);
}

/// Pages back until the proven end; oldest first.
inline std::vector<std::string> all_ids(Host& host, MessagesRequest& request, int pages) {
    std::vector<std::string> ids;
    for (int page = 0; page < pages; ++page) {
        const auto& seen = request.previous(host);
        REQUIRE(seen.details.request_status == GRACELINE_OK);
        ids.insert(ids.begin(), seen.page_ids.begin(), seen.page_ids.end());
        if (seen.page_end == GRACELINE_PAGE_END_PROVEN) return ids;
    }
    FAIL("no end after " << pages << " pages");
    return ids;
}

}  // namespace graceline::tests
