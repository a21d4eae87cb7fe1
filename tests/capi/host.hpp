// A host program for tests: one client of the C API with everything it reported, in order.
// Must use the public header only, so that the tests show what a host can see.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "graceline/graceline.h"
#include "tests/support/catch.hpp"

namespace graceline::tests {

inline graceline_options default_options() {
    graceline_options options;
    REQUIRE(graceline_options_init(&options, sizeof options) == GRACELINE_OK);
    return options;
}

/// A copy of an event, so that it outlives its batch.
struct Seen {
    graceline_event_type type = GRACELINE_EVENT_NONE;
    std::uint32_t flags = 0;
    std::uint64_t sequence = 0;
    std::int64_t time_ms = 0;
    std::string data;
    std::string id;
    graceline_event_details details{};
    std::string text;
    std::string since;                  ///< Of refresh_needed.
    std::string url;                    ///< Of fetch_needed.
    std::vector<std::string> page_ids;  ///< Of a completed request.
    std::int32_t page_end = 0;
};

/// Letters that compress about as well as text does, not better.
inline std::string letters(std::size_t size) {
    std::string text(size, 'a');
    std::uint32_t state = 1;
    for (auto& letter : text) {
        state = state * 1664525U + 1013904223U;
        letter = static_cast<char>('a' + (state >> 24U) % 26U);
    }
    return text;
}

class Host {
  public:
    explicit Host(const graceline_options& options) {
        const auto status = graceline_client_create(&options, &client_);
        INFO(graceline_last_error_text());
        REQUIRE(status == GRACELINE_OK);
    }
    ~Host() { release(); }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    graceline_client* get() const { return client_; }
    operator graceline_client*() const { return client_; }

    void start() { REQUIRE(graceline_client_start(client_) == GRACELINE_OK); }
    void report(graceline_application_state state) {
        REQUIRE(graceline_client_configure_services(client_, state) == GRACELINE_OK);
    }
    void resign() { report(GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE); }
    void background() { report(GRACELINE_APPLICATION_STATE_DID_BACKGROUND); }
    void foreground() { report(GRACELINE_APPLICATION_STATE_WILL_ENTER_FOREGROUND); }
    void active() { report(GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE); }
    void leave() {
        resign();
        background();
    }
    void come_back() {
        foreground();
        active();
    }

    graceline_connection_status status() const {
        return graceline_client_connection_status(client_);
    }
    bool enabled() const { return graceline_client_background_task_enabled(client_) == 1; }
    bool needs_refresh() const { return graceline_client_needs_refresh(client_) == 1; }
    std::int64_t remaining_ms() const {
        return graceline_client_background_time_remaining_ms(client_);
    }
    graceline_statistics statistics() const {
        graceline_statistics statistics{};
        statistics.struct_size = sizeof statistics;
        REQUIRE(graceline_client_statistics(client_, &statistics) == GRACELINE_OK);
        return statistics;
    }
    graceline_connection_info info() const {
        graceline_connection_info info{};
        info.struct_size = sizeof info;
        REQUIRE(graceline_client_connection_info(client_, &info) == GRACELINE_OK);
        return info;
    }
    graceline_status send(std::string_view text, std::uint64_t* out_id = nullptr) {
        graceline_outgoing message;
        graceline_outgoing_init(&message, sizeof message);
        message.data = reinterpret_cast<const std::uint8_t*>(text.data());
        message.size = text.size();
        return graceline_client_send(client_, &message, out_id);
    }

    /// Takes events until one fits; false when none came within the time.
    bool wait(const std::function<bool(const Seen&)>& fits, std::int64_t within_ms = 10'000) {
        for (; looked_at_ < seen.size(); ++looked_at_) {
            if (fits(seen[looked_at_])) {
                ++looked_at_;
                return true;
            }
        }
        const auto end = graceline_now_ms() + within_ms;
        for (;;) {
            const auto left = end - graceline_now_ms();
            if (left <= 0 || !take(left)) return false;
            for (; looked_at_ < seen.size(); ++looked_at_) {
                if (fits(seen[looked_at_])) {
                    ++looked_at_;
                    return true;
                }
            }
        }
    }
    bool wait_status(graceline_connection_status status, std::int64_t within_ms = 10'000) {
        return wait(
            [&](const Seen& event) {
                return event.type == GRACELINE_EVENT_CONNECTION_STATUS &&
                       event.details.connection_status == status;
            },
            within_ms);
    }
    bool wait_connected() { return wait_status(GRACELINE_CONNECTION_STATUS_CONNECTED); }
    bool wait_type(graceline_event_type type, std::int64_t within_ms = 10'000) {
        return wait([&](const Seen& event) { return event.type == type; }, within_ms);
    }
    bool wait_message(std::string_view part, std::int64_t within_ms = 10'000) {
        return wait(
            [&](const Seen& event) {
                return event.type == GRACELINE_EVENT_MESSAGE &&
                       event.data.find(part) != std::string::npos;
            },
            within_ms);
    }
    /// The event that the last wait found.
    const Seen& found() const { return seen[looked_at_ - 1]; }

    std::size_t count(graceline_event_type type) const {
        std::size_t count = 0;
        for (const auto& event : seen) count += event.type == type ? 1 : 0;
        return count;
    }
    /// Everything that is there now or comes within the time.
    void take_all(std::int64_t within_ms = 0) {
        const auto end = graceline_now_ms() + within_ms;
        while (take(std::max<std::int64_t>(end - graceline_now_ms(), 0))) {
        }
    }
    /// One poll; false: nothing came, or the client has ended.
    bool take(std::int64_t timeout_ms, std::uint32_t max_count = 0) {
        graceline_batch* batch = nullptr;
        last_poll = graceline_client_poll(client_, timeout_ms, max_count, &batch);
        if (!batch) return false;
        const auto* at = reinterpret_cast<const char*>(graceline_batch_events(batch));
        for (std::uint32_t i = 0; i < graceline_batch_count(batch); ++i) {
            keep(*reinterpret_cast<const graceline_event*>(at));
            at += graceline_batch_stride_bytes();
        }
        graceline_batch_release(batch);
        return true;
    }

    void release() {
        graceline_client_release(client_);
        client_ = nullptr;
    }

    std::vector<Seen> seen;
    graceline_status last_poll = GRACELINE_OK;

  private:
    void keep(const graceline_event& event) {
        Seen copy;
        copy.type = static_cast<graceline_event_type>(event.type);
        copy.flags = event.flags;
        copy.sequence = event.sequence;
        copy.time_ms = event.time_ms;
        if (event.data) copy.data.assign(reinterpret_cast<const char*>(event.data), event.size);
        if (event.fields && event.fields->id) copy.id = event.fields->id;
        if (event.details) {
            copy.details = *event.details;
            copy.text = event.details->text;
            if (event.details->since_id) copy.since = event.details->since_id;
            if (event.details->fetch && event.details->fetch->url) {
                copy.url = event.details->fetch->url;
            }
            if (const auto* page = event.details->page) {
                copy.page_end = page->end;
                const auto* at = reinterpret_cast<const char*>(page->items);
                for (std::uint32_t i = 0; i < page->count; ++i) {
                    const auto& item = *reinterpret_cast<const graceline_event*>(at);
                    copy.page_ids.emplace_back(item.fields->id ? item.fields->id : "");
                    at += graceline_batch_stride_bytes();
                }
            }
            copy.details.page = nullptr;
            copy.details.fetch = nullptr;
            copy.details.since_id = nullptr;
        }
        seen.push_back(std::move(copy));
    }

    graceline_client* client_ = nullptr;
    std::size_t looked_at_ = 0;
};

}  // namespace graceline::tests
