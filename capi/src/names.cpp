// Versions and the names of all enums: one table each, the engine's where it has one.
// Must answer every number, also those of a newer header.
#include <string>

#include "core/engine/continuity.hpp"
#include "core/engine/phase.hpp"
#include "core/engine/reason.hpp"
#include "core/engine/task.hpp"
#include "graceline/graceline.h"

namespace {

/// X(value, name): the statuses with their names.
#define GRACELINE_STATUSES(X)       \
    X(GRACELINE_OK)                 \
    X(GRACELINE_E_INVALID_ARGUMENT) \
    X(GRACELINE_E_NO_MEMORY)        \
    X(GRACELINE_E_CLOSED)           \
    X(GRACELINE_E_STATE)            \
    X(GRACELINE_E_NOT_CONNECTED)    \
    X(GRACELINE_E_WINDOW_OVER)      \
    X(GRACELINE_E_FULL)             \
    X(GRACELINE_E_UNSUPPORTED)      \
    X(GRACELINE_E_INTERNAL)         \
    X(GRACELINE_E_TIMEOUT)          \
    X(GRACELINE_E_CANCELLED)        \
    X(GRACELINE_E_HISTORY)

/// The name of `value` as the enum's to_string() knows it, "unknown" beyond its last value.
template <class Enum>
const char* name_of(int value, Enum last) {
    if (value < 0 || value > static_cast<int>(last)) return "unknown";
    return to_string(static_cast<Enum>(value));
}

}  // namespace

namespace engine = graceline::engine;

extern "C" {

uint32_t graceline_abi_version(void) {
    return GRACELINE_ABI_VERSION;
}

const char* graceline_version_text(void) {
    return GRACELINE_VERSION_TEXT;
}

const char* graceline_build_features(void) {
    return "session=plain\ntransport=default\n"
#ifdef GRACELINE_CPPREST_WEBSOCKET
           "transport=cpprest\n"
#endif
#ifdef GRACELINE_WITH_CPPREST
           "http=cpprest\n"
#endif
        ;
}

const char* graceline_status_name(graceline_status status) {
    switch (status) {
#define X(value) \
    case value:  \
        return #value;
        GRACELINE_STATUSES(X)
#undef X
    }
    return "unknown";
}

const char* graceline_reason_name(graceline_reason reason) {
    return name_of(static_cast<int>(reason), engine::Reason::request_cancelled);
}

const char* graceline_reason_text(graceline_reason reason) {
    const int value = static_cast<int>(reason);
    if (value < 0 || value > static_cast<int>(engine::Reason::request_cancelled)) return "unknown";
    return text_of(static_cast<engine::Reason>(value));
}

const char* graceline_connection_status_name(graceline_connection_status status) {
    return name_of(static_cast<int>(status), engine::ConnectionStatus::feature_throttled);
}

const char* graceline_phase_name(graceline_phase phase) {
    return name_of(static_cast<int>(phase), engine::Phase::catching_up);
}

const char* graceline_application_state_name(graceline_application_state state) {
    switch (state) {
        case GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE:
            return "did_become_active";
        case GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE:
            return "will_resign_active";
        case GRACELINE_APPLICATION_STATE_DID_BACKGROUND:
            return "did_background";
        case GRACELINE_APPLICATION_STATE_WILL_ENTER_FOREGROUND:
            return "will_enter_foreground";
        case GRACELINE_APPLICATION_STATE_WILL_TERMINATE:
            return "will_terminate";
    }
    return "unknown";
}

const char* graceline_task_cause_name(graceline_task_cause cause) {
    return name_of(static_cast<int>(cause), engine::TaskCause::closed);
}

const char* graceline_gap_verdict_name(graceline_gap_verdict verdict) {
    return name_of(static_cast<int>(verdict), engine::GapVerdict::unknown);
}

const char* graceline_return_verdict_name(graceline_return_verdict verdict) {
    switch (verdict) {
        case GRACELINE_RETURN_VERDICT_NONE:
            return "none";
        case GRACELINE_RETURN_VERDICT_SKIP:
            return "skip";
        case GRACELINE_RETURN_VERDICT_REFRESH:
            return "refresh";
    }
    return "unknown";
}

const char* graceline_event_type_name(graceline_event_type type) {
    switch (type) {
        case GRACELINE_EVENT_NONE:
            return "none";
        case GRACELINE_EVENT_MESSAGE:
            return "message";
        case GRACELINE_EVENT_CONNECTION_STATUS:
            return "connection_status";
        case GRACELINE_EVENT_BACKGROUND_TASK_BEGAN:
            return "background_task_began";
        case GRACELINE_EVENT_BACKGROUND_TASK_ENDED:
            return "background_task_ended";
        case GRACELINE_EVENT_GAP_VERDICT:
            return "gap_verdict";
        case GRACELINE_EVENT_RETURN_VERDICT:
            return "return_verdict";
        case GRACELINE_EVENT_REFRESH_NEEDED:
            return "refresh_needed";
        case GRACELINE_EVENT_SEND_FATE:
            return "send_fate";
        case GRACELINE_EVENT_PING_COMPLETED:
            return "ping_completed";
        case GRACELINE_EVENT_CLOSED:
            return "closed";
        case GRACELINE_EVENT_TOKEN_NEEDED:
            return "token_needed";
        case GRACELINE_EVENT_FETCH_NEEDED:
            return "fetch_needed";
        case GRACELINE_EVENT_REQUEST_COMPLETED:
            return "request_completed";
    }
    return "unknown";
}

}  // extern "C"
