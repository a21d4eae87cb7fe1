// Events as the host reads them: the same layout as the C API's structs (capi checks it).
// Must stay plain data: a batch is an array of these in memory that the host walks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace graceline::client {

enum class EventType : std::uint32_t {
    none,
    message,
    connection_status,
    background_task_began,
    background_task_ended,
    gap_verdict,
    return_verdict,
    refresh_needed,
    send_fate,
    ping_completed,
    closed,
    token_needed,
    fetch_needed,
    request_completed,
};
inline constexpr int kEventTypes = 14;

namespace message_flag {
inline constexpr std::uint32_t kText = 1;
inline constexpr std::uint32_t kBinary = 2;
inline constexpr std::uint32_t kReplayed = 4;
}  // namespace message_flag

struct EventFields {
    std::uint32_t struct_size = sizeof(EventFields);
    std::uint32_t reserved = 0;
    const char* id = nullptr;
    const char* conversation = nullptr;
    const char* sender = nullptr;
    const char* time = nullptr;
};

/// Values of graceline_status that a completed request can have.
enum class RequestStatus : std::int32_t {
    ok = 0,
    closed = -3,
    window_over = -6,
    timeout = -10,
    cancelled = -11,
    history = -12,
};

struct EventPage;
struct EventFetch;

struct EventDetails {
    std::uint32_t struct_size = sizeof(EventDetails);
    std::int32_t connection_status = 0;
    std::int32_t phase = 0;
    std::int32_t reason = 0;
    std::int32_t attempt = 0;
    std::int32_t close_code = 0;
    std::int32_t http_status = 0;
    std::int32_t task_cause = 0;
    std::int32_t gap_verdict = 0;
    std::int32_t return_verdict = 0;
    std::int32_t fate = 0;
    std::uint32_t coalesced_count = 1;
    std::uint64_t task_number = 0;
    std::uint64_t gap_number = 0;
    std::uint64_t first_id = 0;
    std::uint64_t last_id = 0;
    std::int64_t retry_in_ms = -1;
    std::int64_t gap_ms = 0;
    std::int64_t round_trip_us = -1;
    const char* text = "";
    std::uint64_t request_id = 0;
    std::int32_t request_status = 0;
    std::uint32_t reserved = 0;
    const EventPage* page = nullptr;
    const EventFetch* fetch = nullptr;
    const char* since_id = nullptr;
};

struct Event {
    std::uint32_t type = 0;
    std::uint32_t flags = 0;
    std::uint64_t sequence = 0;
    std::int64_t time_ms = 0;
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    const EventFields* fields = nullptr;
    const EventDetails* details = nullptr;
};

}  // namespace graceline::client
