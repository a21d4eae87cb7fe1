// Counters that tests and curious people read through GET /stats.
// Must not hold tokens, headers or message bodies.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace graceline::devserver {

struct CloseRecord {
    std::string time;
    int code = 0;
    std::string reason;
    bool by_server = false;
};

struct Stats {
    std::int64_t connections_now = 0;
    std::int64_t connections_total = 0;
    std::int64_t connections_refused = 0;
    std::int64_t websockets_now = 0;
    std::int64_t websockets_total = 0;
    std::int64_t upgrades_refused = 0;
    std::int64_t messages_published = 0;
    std::int64_t messages_pushed = 0;
    std::int64_t messages_dropped = 0;
    std::int64_t frames_received = 0;
    std::int64_t duplicates = 0;
    std::int64_t pings_received = 0;
    std::int64_t pongs_received = 0;
    std::int64_t pongs_withheld = 0;
    std::int64_t slow_clients_closed = 0;
    std::int64_t tls_handshakes = 0;
    std::int64_t tls_resumed = 0;
    std::int64_t closes_total = 0;
    std::deque<CloseRecord> closes;

    void add_close(CloseRecord record);
    // A counter by its JSON name.
    std::optional<std::int64_t> find(std::string_view name) const;
    std::string to_json() const;
};

}  // namespace graceline::devserver
