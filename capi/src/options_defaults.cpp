// The defaults of graceline_options and graceline_outgoing.
// Must write no more bytes than the caller's struct has.
#include <algorithm>
#include <cstring>

#include "capi/src/guard.hpp"
#include "core/client/fetcher.hpp"
#include "core/client/limits.hpp"
#include "core/engine/limits.hpp"
#include "core/history/limits.hpp"
#include "core/websocket/reader.hpp"
#include "graceline/graceline.h"

namespace graceline::capi {

namespace {

graceline_options default_options() {
    const websocket::Limits limits;
    graceline_options o{};
    o.auto_establish_socket_connection = 1;
    o.initial_application_state = GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE;
    o.grace_ms = engine::kDefaultGrace.count();
    o.trust_time_ms = engine::kDefaultTrustTime.count();
    o.resolve_timeout_ms = engine::kDefaultResolveTimeout.count();
    o.connect_timeout_ms = engine::kDefaultConnectTimeout.count();
    o.session_timeout_ms = engine::kDefaultSessionTimeout.count();
    o.close_timeout_ms = engine::kDefaultCloseTimeout.count();
    o.token_timeout_ms = engine::kDefaultTokenTimeout.count();
    o.ping_interval_ms = engine::kDefaultPingInterval.count();
    o.pong_timeout_ms = engine::kDefaultPongTimeout.count();
    o.probe_timeout_ms = engine::kDefaultProbeTimeout.count();
    o.backoff_initial_ms = engine::kDefaultBackoffInitial.count();
    o.backoff_max_ms = engine::kDefaultBackoffMax.count();
    o.retry_total_ms = GRACELINE_UNLIMITED;
    o.max_message_bytes = static_cast<int64_t>(limits.max_message_bytes);
    o.max_fragments = static_cast<int32_t>(limits.max_fragments);
    o.receive_queue_bytes = static_cast<int64_t>(client::kDefaultReceiveQueueBytes);
    o.outbox_bytes = static_cast<int64_t>(client::kDefaultOutboxBytes);
    o.outbox_messages = static_cast<int32_t>(client::kDefaultOutboxMessages);
    o.tls_use_system_store = 1;
    o.tls_resume_sessions = 1;
    o.log_level = GRACELINE_LOG_LEVEL_WARNING;
    o.refresh_by_fetch = 1;
    return o;
}

/// Fills the part that the caller's header knows and notes its size.
template <class Struct>
graceline_status init(Struct* target, uint32_t struct_size, const Struct& defaults,
                      const char* name) {
    if (!target) invalid(name, "must not be NULL");
    if (struct_size < sizeof(uint32_t) || struct_size > sizeof(Struct)) {
        invalid("struct_size", "must be sizeof the struct of a header of this ABI version");
    }
    std::memcpy(static_cast<void*>(target), &defaults, struct_size);
    target->struct_size = struct_size;
    return GRACELINE_OK;
}

}  // namespace

}  // namespace graceline::capi

using graceline::capi::guard;

extern "C" {

graceline_status graceline_options_init(graceline_options* options, uint32_t struct_size) {
    return guard([&] {
        return graceline::capi::init(options, struct_size, graceline::capi::default_options(),
                                     "options");
    });
}

graceline_status graceline_history_options_init(graceline_history_options* options,
                                                uint32_t struct_size) {
    return guard([&] {
        graceline_history_options defaults{};
        defaults.sends_token = 1;
        defaults.timeout_ms = graceline::history::kDefaultFetchTimeout.count();
        defaults.page_bytes = graceline::client::kDefaultHistoryPageBytes;
        return graceline::capi::init(options, struct_size, defaults, "options");
    });
}

graceline_status graceline_messages_request_options_init(
    graceline_messages_request_options* options, uint32_t struct_size) {
    return guard([&] {
        graceline_messages_request_options defaults{};
        defaults.limit = graceline::history::kDefaultPageItems;
        return graceline::capi::init(options, struct_size, defaults, "options");
    });
}

graceline_status graceline_conversations_request_options_init(
    graceline_conversations_request_options* options, uint32_t struct_size) {
    return guard([&] {
        graceline_conversations_request_options defaults{};
        defaults.limit = graceline::history::kDefaultPageItems;
        return graceline::capi::init(options, struct_size, defaults, "options");
    });
}

graceline_status graceline_outgoing_init(graceline_outgoing* message, uint32_t struct_size) {
    return guard([&] {
        graceline_outgoing defaults{};
        defaults.expires_in_ms = GRACELINE_UNLIMITED;
        return graceline::capi::init(message, struct_size, defaults, "message");
    });
}

}  // extern "C"
