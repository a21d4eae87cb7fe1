// The queries: from the snapshot, by the clock at the call, without a lock.
// Must give the safe side for NULL.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>

#include "capi/src/guard.hpp"
#include "capi/src/handle.hpp"
#include "core/driver/loop.hpp"

namespace graceline::capi {

namespace {

/// The clock is read only where the answer depends on it.
engine::Instant now_for(const engine::Facts& facts) {
    return facts.has_deadline ? driver::now() : engine::Instant{};
}

template <std::size_t Size>
void copy_text(char (&target)[Size], std::string_view text) {
    const auto size = std::min(text.size(), Size - 1);
    std::memcpy(target, text.data(), size);
    target[size] = 0;
}

/// Copies the part of a filled struct that the caller's header knows.
template <class Struct>
graceline_status hand_out(const Struct& filled, Struct* target, const char* name) {
    if (!target) invalid(name, "must not be NULL");
    const uint32_t size = target->struct_size;
    if (size < sizeof(uint32_t) || size > sizeof(Struct)) {
        invalid(std::string(name) + ".struct_size", "must be set to sizeof the struct");
    }
    std::memcpy(static_cast<void*>(target), &filled, size);
    target->struct_size = size;
    return GRACELINE_OK;
}

graceline_connection_info info_of(const client::ConnectionInfo& from) {
    graceline_connection_info info{};
    info.connection_status = static_cast<int32_t>(from.status);
    info.phase = static_cast<int32_t>(from.phase);
    info.reason = static_cast<int32_t>(from.cause.reason);
    info.attempt = static_cast<int32_t>(from.attempt);
    info.close_code = from.cause.close_code;
    info.http_status = from.cause.http_status;
    info.application_state = static_cast<int32_t>(from.application_state);
    info.network = static_cast<int32_t>(from.network);
    info.tls_resumed = from.opened.tls_resumed;
    info.trusted = from.trusted;
    info.gap_open = from.gap_open;
    info.task_running = from.task_running;
    info.task_cause = static_cast<int32_t>(from.task_cause);
    info.task_number = from.task_number;
    info.gap_number = from.gap_number;
    info.connection_number = from.connection_number;
    info.retry_in_ms = from.retry_in_ms;
    info.round_trip_us = from.round_trip_us;
    info.last_frame_age_ms = from.last_frame_age_ms;
    copy_text(info.transport, from.transport);
    copy_text(info.subprotocol, from.opened.subprotocol);
    copy_text(info.tls_version, from.opened.tls_version);
    copy_text(info.peer, from.opened.peer);
    copy_text(info.text, from.text);
    return info;
}

graceline_statistics statistics_of(const client::Statistics& from) {
    graceline_statistics s{};
    s.messages_received_count = from.messages_received;
    s.bytes_received = from.bytes_received;
    s.frames_received_count = from.frames_received;
    s.messages_sent_count = from.messages_sent;
    s.pings_sent_count = from.pings_sent;
    s.connections_count = from.connections;
    s.attempts_count = from.attempts;
    s.gaps_count = from.gaps;
    s.tasks_count = from.tasks;
    s.discarded_reads_count = from.discarded_reads;
    s.reading_paused_count = from.reading_paused;
    s.queue_bytes = from.queue_bytes;
    s.queue_peak_bytes = from.queue_peak_bytes;
    s.events_coalesced_count = from.events_coalesced;
    s.slow_hooks_count = from.slow_hooks;
    s.duplicates_dropped_count = from.duplicates_dropped;
    s.messages_replayed_count = from.messages_replayed;
    s.pages_fetched_count = from.pages_fetched;
    s.held_bytes = from.held_bytes;
    s.held_peak_bytes = from.held_peak_bytes;
    s.outbox_count = from.outbox_messages;
    s.outbox_bytes = from.outbox_bytes;
    return s;
}

}  // namespace

}  // namespace graceline::capi

namespace capi = graceline::capi;
namespace engine = graceline::engine;
using capi::guard;
using capi::invalid;

extern "C" {

int64_t graceline_now_ms(void) {
    const auto now = graceline::driver::now().time_since_epoch();
    return std::chrono::floor<engine::milliseconds>(now).count();
}

graceline_connection_status graceline_client_connection_status(const graceline_client* handle) {
    if (!handle) return GRACELINE_CONNECTION_STATUS_DISCONNECTED;
    const auto facts = handle->client->facts();
    return static_cast<graceline_connection_status>(
        engine::connection_status(facts, capi::now_for(facts)));
}

int32_t graceline_client_background_task_enabled(const graceline_client* handle) {
    if (!handle) return 0;
    const auto facts = handle->client->facts();
    return engine::background_task_enabled(facts, capi::now_for(facts)) ? 1 : 0;
}

int64_t graceline_client_background_time_remaining_ms(const graceline_client* handle) {
    if (!handle) return 0;
    const auto facts = handle->client->facts();
    return engine::background_time_remaining_ms(facts, capi::now_for(facts));
}

int32_t graceline_client_needs_refresh(const graceline_client* handle) {
    if (!handle) return 1;
    const auto facts = handle->client->facts();
    return engine::needs_refresh(facts, capi::now_for(facts)) ? 1 : 0;
}

graceline_status graceline_client_connection_info(const graceline_client* handle,
                                                  graceline_connection_info* out_info) {
    return guard([&] {
        if (!handle) invalid("client", "must not be NULL");
        return capi::hand_out(capi::info_of(handle->client->info()), out_info, "out_info");
    });
}

graceline_status graceline_client_statistics(const graceline_client* handle,
                                             graceline_statistics* out_statistics) {
    return guard([&] {
        if (!handle) invalid("client", "must not be NULL");
        return capi::hand_out(capi::statistics_of(handle->client->statistics()), out_statistics,
                              "out_statistics");
    });
}

}  // extern "C"
