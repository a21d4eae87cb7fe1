// The C++ face of Graceline: RAII handles, std types and exceptions over graceline.h.
// Must not hold state or rules of its own: whatever counts is decided behind the C API.
//
// Header-only, C++17, no RTTI. The documentation of each call is the one in graceline.h; what this
// file adds is said here. Nothing is ever thrown through C: an exception that leaves a hook is
// swallowed, and the hook counts as having given its safe answer (begin: refused).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "graceline/graceline.h"

namespace graceline {

using Milliseconds = std::chrono::milliseconds;
using Microseconds = std::chrono::microseconds;

/// A duration option without a limit; also "not armed" in answers.
inline constexpr Milliseconds kUnlimited{GRACELINE_UNLIMITED};

// ------------------------------------------------------------------------------------------ enums

enum class Status : std::int32_t {
    ok = GRACELINE_OK,
    invalid_argument = GRACELINE_E_INVALID_ARGUMENT,
    no_memory = GRACELINE_E_NO_MEMORY,
    closed = GRACELINE_E_CLOSED,
    wrong_state = GRACELINE_E_STATE,
    not_connected = GRACELINE_E_NOT_CONNECTED,
    window_over = GRACELINE_E_WINDOW_OVER,
    full = GRACELINE_E_FULL,
    unsupported = GRACELINE_E_UNSUPPORTED,
    internal = GRACELINE_E_INTERNAL,
    timeout = GRACELINE_E_TIMEOUT,
    cancelled = GRACELINE_E_CANCELLED,
    history = GRACELINE_E_HISTORY
};

enum class ApplicationState : std::int32_t {
    did_become_active = GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE,
    will_resign_active = GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE,
    did_background = GRACELINE_APPLICATION_STATE_DID_BACKGROUND,
    will_enter_foreground = GRACELINE_APPLICATION_STATE_WILL_ENTER_FOREGROUND,
    will_terminate = GRACELINE_APPLICATION_STATE_WILL_TERMINATE
};

enum class ConnectionStatus : std::int32_t {
    disconnected = GRACELINE_CONNECTION_STATUS_DISCONNECTED,
    connecting = GRACELINE_CONNECTION_STATUS_CONNECTING,
    connected = GRACELINE_CONNECTION_STATUS_CONNECTED,
    feature_throttled = GRACELINE_CONNECTION_STATUS_FEATURE_THROTTLED
};

enum class Phase : std::int32_t {
    idle = GRACELINE_PHASE_IDLE,
    backoff = GRACELINE_PHASE_BACKOFF,
    throttled = GRACELINE_PHASE_THROTTLED,
    network_off = GRACELINE_PHASE_NETWORK_OFF,
    resolving = GRACELINE_PHASE_RESOLVING,
    connecting = GRACELINE_PHASE_CONNECTING,
    securing = GRACELINE_PHASE_SECURING,
    upgrading = GRACELINE_PHASE_UPGRADING,
    opening_session = GRACELINE_PHASE_OPENING_SESSION,
    open = GRACELINE_PHASE_OPEN,
    probing = GRACELINE_PHASE_PROBING,
    closing = GRACELINE_PHASE_CLOSING,
    awaiting_token = GRACELINE_PHASE_AWAITING_TOKEN,
    catching_up = GRACELINE_PHASE_CATCHING_UP
};

enum class Reason : std::int32_t {
    none = GRACELINE_REASON_NONE,
    not_started = GRACELINE_REASON_NOT_STARTED,
    disconnect_called = GRACELINE_REASON_DISCONNECT_CALLED,
    client_closed = GRACELINE_REASON_CLIENT_CLOSED,
    terminating = GRACELINE_REASON_TERMINATING,
    background_expired = GRACELINE_REASON_BACKGROUND_EXPIRED,
    os_expired = GRACELINE_REASON_OS_EXPIRED,
    background_refused = GRACELINE_REASON_BACKGROUND_REFUSED,
    background_not_wanted = GRACELINE_REASON_BACKGROUND_NOT_WANTED,
    network_off = GRACELINE_REASON_NETWORK_OFF,
    resolve_failed = GRACELINE_REASON_RESOLVE_FAILED,
    resolve_timeout = GRACELINE_REASON_RESOLVE_TIMEOUT,
    connect_failed = GRACELINE_REASON_CONNECT_FAILED,
    connect_timeout = GRACELINE_REASON_CONNECT_TIMEOUT,
    proxy_failed = GRACELINE_REASON_PROXY_FAILED,
    proxy_auth_refused = GRACELINE_REASON_PROXY_AUTH_REFUSED,
    tls_failed = GRACELINE_REASON_TLS_FAILED,
    certificate_refused = GRACELINE_REASON_CERTIFICATE_REFUSED,
    pin_mismatch = GRACELINE_REASON_PIN_MISMATCH,
    handshake_invalid = GRACELINE_REASON_HANDSHAKE_INVALID,
    http_status = GRACELINE_REASON_HTTP_STATUS,
    auth_refused = GRACELINE_REASON_AUTH_REFUSED,
    session_timeout = GRACELINE_REASON_SESSION_TIMEOUT,
    session_failed = GRACELINE_REASON_SESSION_FAILED,
    closed_by_server = GRACELINE_REASON_CLOSED_BY_SERVER,
    connection_lost = GRACELINE_REASON_CONNECTION_LOST,
    pong_timeout = GRACELINE_REASON_PONG_TIMEOUT,
    probe_failed = GRACELINE_REASON_PROBE_FAILED,
    protocol_error = GRACELINE_REASON_PROTOCOL_ERROR,
    message_too_big = GRACELINE_REASON_MESSAGE_TOO_BIG,
    retry_limit = GRACELINE_REASON_RETRY_LIMIT,
    network_available = GRACELINE_REASON_NETWORK_AVAILABLE,
    first_connection = GRACELINE_REASON_FIRST_CONNECTION,
    session_tells_no_loss = GRACELINE_REASON_SESSION_TELLS_NO_LOSS,
    session_resumed = GRACELINE_REASON_SESSION_RESUMED,
    session_not_resumed = GRACELINE_REASON_SESSION_NOT_RESUMED,
    continuous = GRACELINE_REASON_CONTINUOUS,
    refresh_not_marked = GRACELINE_REASON_REFRESH_NOT_MARKED,
    superseded = GRACELINE_REASON_SUPERSEDED,
    internal_error = GRACELINE_REASON_INTERNAL_ERROR,
    token_timeout = GRACELINE_REASON_TOKEN_TIMEOUT,
    token_failed = GRACELINE_REASON_TOKEN_FAILED,
    message_expired = GRACELINE_REASON_MESSAGE_EXPIRED,
    send_cancelled = GRACELINE_REASON_SEND_CANCELLED,
    missed_messages_fetched = GRACELINE_REASON_MISSED_MESSAGES_FETCHED,
    history_cut = GRACELINE_REASON_HISTORY_CUT,
    history_failed = GRACELINE_REASON_HISTORY_FAILED,
    history_throttled = GRACELINE_REASON_HISTORY_THROTTLED,
    history_timeout = GRACELINE_REASON_HISTORY_TIMEOUT,
    history_unreadable = GRACELINE_REASON_HISTORY_UNREADABLE,
    catch_up_limit = GRACELINE_REASON_CATCH_UP_LIMIT,
    catch_up_interrupted = GRACELINE_REASON_CATCH_UP_INTERRUPTED,
    conversations_not_fetched = GRACELINE_REASON_CONVERSATIONS_NOT_FETCHED,
    request_cancelled = GRACELINE_REASON_REQUEST_CANCELLED
};

enum class Network : std::int32_t {
    unknown = GRACELINE_NETWORK_UNKNOWN,
    off = GRACELINE_NETWORK_OFF,
    available = GRACELINE_NETWORK_AVAILABLE,
    metered = GRACELINE_NETWORK_METERED
};

enum class TaskCause : std::int32_t {
    none = GRACELINE_TASK_CAUSE_NONE,
    returned = GRACELINE_TASK_CAUSE_RETURNED,
    expired = GRACELINE_TASK_CAUSE_EXPIRED,
    os_expired = GRACELINE_TASK_CAUSE_OS_EXPIRED,
    refused = GRACELINE_TASK_CAUSE_REFUSED,
    disconnected = GRACELINE_TASK_CAUSE_DISCONNECTED,
    server = GRACELINE_TASK_CAUSE_SERVER,
    terminated = GRACELINE_TASK_CAUSE_TERMINATED,
    closed = GRACELINE_TASK_CAUSE_CLOSED
};

enum class GapVerdict : std::int32_t {
    none = GRACELINE_GAP_VERDICT_NONE,
    complete = GRACELINE_GAP_VERDICT_COMPLETE,
    recovered = GRACELINE_GAP_VERDICT_RECOVERED,
    gap = GRACELINE_GAP_VERDICT_GAP,
    unknown = GRACELINE_GAP_VERDICT_UNKNOWN
};

enum class ReturnVerdict : std::int32_t {
    none = GRACELINE_RETURN_VERDICT_NONE,
    skip = GRACELINE_RETURN_VERDICT_SKIP,
    refresh = GRACELINE_RETURN_VERDICT_REFRESH
};

enum class Fate : std::int32_t {
    none = GRACELINE_FATE_NONE,
    sent = GRACELINE_FATE_SENT,
    failed = GRACELINE_FATE_FAILED,
    acknowledged = GRACELINE_FATE_ACKNOWLEDGED
};

enum class EventType : std::uint32_t {
    none = GRACELINE_EVENT_NONE,
    message = GRACELINE_EVENT_MESSAGE,
    connection_status = GRACELINE_EVENT_CONNECTION_STATUS,
    background_task_began = GRACELINE_EVENT_BACKGROUND_TASK_BEGAN,
    background_task_ended = GRACELINE_EVENT_BACKGROUND_TASK_ENDED,
    gap_verdict = GRACELINE_EVENT_GAP_VERDICT,
    return_verdict = GRACELINE_EVENT_RETURN_VERDICT,
    refresh_needed = GRACELINE_EVENT_REFRESH_NEEDED,
    send_fate = GRACELINE_EVENT_SEND_FATE,
    ping_completed = GRACELINE_EVENT_PING_COMPLETED,
    closed = GRACELINE_EVENT_CLOSED,
    token_needed = GRACELINE_EVENT_TOKEN_NEEDED,
    fetch_needed = GRACELINE_EVENT_FETCH_NEEDED,
    request_completed = GRACELINE_EVENT_REQUEST_COMPLETED
};

enum class Session : std::int32_t { plain = GRACELINE_SESSION_PLAIN };

enum class Transport : std::int32_t {
    built_in = GRACELINE_TRANSPORT_DEFAULT,
    cpprest = GRACELINE_TRANSPORT_CPPREST
};

enum class TokenPlacement : std::int32_t {
    header = GRACELINE_TOKEN_PLACEMENT_HEADER,
    query = GRACELINE_TOKEN_PLACEMENT_QUERY,
    subprotocol = GRACELINE_TOKEN_PLACEMENT_SUBPROTOCOL,
    first_frame = GRACELINE_TOKEN_PLACEMENT_FIRST_FRAME
};

enum class Disposition : std::int32_t {
    retry = GRACELINE_DISPOSITION_RETRY,
    retry_slowly = GRACELINE_DISPOSITION_RETRY_SLOWLY,
    throttled = GRACELINE_DISPOSITION_THROTTLED,
    auth = GRACELINE_DISPOSITION_AUTH,
    terminal = GRACELINE_DISPOSITION_TERMINAL
};

enum class HistoryScope : std::int32_t {
    all = GRACELINE_HISTORY_SCOPE_ALL,
    per_conversation = GRACELINE_HISTORY_SCOPE_PER_CONVERSATION
};

enum class PageKind : std::int32_t {
    messages = GRACELINE_PAGE_KIND_MESSAGES,
    conversations = GRACELINE_PAGE_KIND_CONVERSATIONS
};

enum class PageDirection : std::int32_t {
    latest = GRACELINE_PAGE_DIRECTION_LATEST,
    previous = GRACELINE_PAGE_DIRECTION_PREVIOUS,
    next = GRACELINE_PAGE_DIRECTION_NEXT
};

enum class PageEnd : std::int32_t {
    no = GRACELINE_PAGE_END_NO,
    proven = GRACELINE_PAGE_END_PROVEN,
    unproven = GRACELINE_PAGE_END_UNPROVEN
};

enum class LogLevel : std::int32_t {
    error = GRACELINE_LOG_LEVEL_ERROR,
    warning = GRACELINE_LOG_LEVEL_WARNING,
    info = GRACELINE_LOG_LEVEL_INFO,
    debug = GRACELINE_LOG_LEVEL_DEBUG
};

// The names as the library spells them; static text, never null.
inline const char* name_of(Status v) noexcept {
    return graceline_status_name(static_cast<graceline_status>(v));
}
inline const char* name_of(ApplicationState v) noexcept {
    return graceline_application_state_name(static_cast<graceline_application_state>(v));
}
inline const char* name_of(ConnectionStatus v) noexcept {
    return graceline_connection_status_name(static_cast<graceline_connection_status>(v));
}
inline const char* name_of(Phase v) noexcept {
    return graceline_phase_name(static_cast<graceline_phase>(v));
}
inline const char* name_of(Reason v) noexcept {
    return graceline_reason_name(static_cast<graceline_reason>(v));
}
inline const char* name_of(TaskCause v) noexcept {
    return graceline_task_cause_name(static_cast<graceline_task_cause>(v));
}
inline const char* name_of(GapVerdict v) noexcept {
    return graceline_gap_verdict_name(static_cast<graceline_gap_verdict>(v));
}
inline const char* name_of(ReturnVerdict v) noexcept {
    return graceline_return_verdict_name(static_cast<graceline_return_verdict>(v));
}
inline const char* name_of(EventType v) noexcept {
    return graceline_event_type_name(static_cast<graceline_event_type>(v));
}
/// One line for people.
inline const char* text_of(Reason v) noexcept {
    return graceline_reason_text(static_cast<graceline_reason>(v));
}

// ----------------------------------------------------------------------------------------- errors

/// A call that failed: its status, and in what() the status' name and the library's detail text.
class Error : public std::exception {
  public:
    Error(Status status, std::string detail)
        : status_(status),
          detail_(std::move(detail)),
          what_(std::string(name_of(status)) + (detail_.empty() ? "" : ": ") + detail_) {}

    Status status() const noexcept { return status_; }
    const std::string& detail() const noexcept { return detail_; }
    const char* what() const noexcept override { return what_.c_str(); }

  private:
    Status status_;
    std::string detail_;
    std::string what_;
};

namespace detail {

inline void check(graceline_status status) {
    if (status == GRACELINE_OK) return;
    throw Error(static_cast<Status>(status), graceline_last_error_text());
}

// C text ends at the first NUL; anything after it would be lost without a word.
inline const char* c_text(const std::string& text, const char* field) {
    if (text.find('\0') != std::string::npos) {
        throw Error(Status::invalid_argument, std::string(field) + ": holds a NUL byte");
    }
    return text.c_str();
}

inline const char* c_text(const std::optional<std::string>& text, const char* field) {
    return text ? c_text(*text, field) : nullptr;
}

template <class T>
int32_t count_of(const std::vector<T>& list, const char* field) {
    if (list.size() > static_cast<std::size_t>(INT32_MAX)) {
        throw Error(Status::invalid_argument, std::string(field) + ": too many");
    }
    return static_cast<int32_t>(list.size());
}

inline std::vector<const char*> c_texts(const std::vector<std::string>& list, const char* field) {
    std::vector<const char*> result;
    result.reserve(list.size());
    for (const auto& text : list) result.push_back(c_text(text, field));
    return result;
}

}  // namespace detail

// ---------------------------------------------------------------------------------------- options

struct Header {
    std::string name;
    std::string value;
};

struct DispositionRow {
    std::uint16_t close_code = 0;
    std::uint16_t http_status = 0;
    Disposition disposition = Disposition::retry;
};

/// Where an app stands: the last message that it has, of one conversation or of all (nothing).
struct Position {
    std::optional<std::string> conversation;
    std::string last_message_id;
};

/// Where older and missed messages are fetched. What is not set keeps the library's default
/// (graceline_history_options_init).
struct HistoryOptions {
    std::optional<bool> host_fetches;
    std::optional<std::string> messages_url;
    std::optional<std::string> messages_previous_url;
    std::optional<std::string> messages_next_url;
    std::optional<std::string> conversations_url;
    std::vector<Header> headers;
    std::optional<HistoryScope> scope;
    std::optional<bool> newest_first;
    std::optional<bool> refuses_unknown_ids;
    std::optional<bool> sends_token;
    std::vector<Position> positions;

    std::optional<std::string> json_items_pointer;
    std::optional<std::string> json_id_pointer;
    std::optional<std::string> json_conversation_pointer;
    std::optional<std::string> json_sender_pointer;
    std::optional<std::string> json_time_pointer;
    std::optional<std::string> json_body_pointer;
    std::optional<std::string> json_next_cursor_pointer;
    std::optional<std::string> json_previous_cursor_pointer;
    std::optional<std::string> json_complete_pointer;
    std::optional<std::string> json_conversations_items_pointer;
    std::optional<std::string> json_conversations_id_pointer;
    std::optional<std::string> json_conversations_time_pointer;
    std::optional<std::string> json_conversations_next_cursor_pointer;
    std::optional<std::string> json_conversations_complete_pointer;

    std::optional<Milliseconds> timeout;
    std::optional<std::int64_t> page_bytes;
};

/// What the system answered: id 0 is "refused"; without `remaining` it grants all.
struct BackgroundTime {
    std::uint64_t id = 0;
    std::optional<Milliseconds> remaining;
};

/// Options of a client. What is not set keeps the library's default (graceline_options_init).
struct Options {
    std::string url;
    std::optional<bool> auto_establish_socket_connection;
    std::optional<bool> allow_insecure_ws_beyond_loopback;
    std::optional<Transport> transport;
    std::optional<Session> session;
    std::optional<ApplicationState> initial_application_state;

    std::optional<Milliseconds> grace;
    std::optional<Milliseconds> trust_time;

    std::optional<std::string> token;
    std::optional<TokenPlacement> token_placement;
    std::optional<std::string> token_name;
    /// TokenNeededEvents ask for it, and provide_token() answers.
    std::optional<bool> host_provides_token;
    std::optional<Milliseconds> token_timeout;

    std::vector<Header> headers;
    std::vector<std::string> subprotocols;
    std::vector<std::string> connect_frames;
    std::optional<bool> permessage_deflate;
    std::optional<bool> deflate_no_context_takeover;

    std::optional<Milliseconds> resolve_timeout;
    std::optional<Milliseconds> connect_timeout;
    std::optional<Milliseconds> session_timeout;
    std::optional<Milliseconds> close_timeout;

    std::optional<Milliseconds> ping_interval;
    std::optional<Milliseconds> pong_timeout;
    std::optional<Milliseconds> probe_timeout;

    std::optional<Milliseconds> backoff_initial;
    std::optional<Milliseconds> backoff_max;
    std::optional<Milliseconds> retry_total;
    std::optional<std::int32_t> retry_attempts;
    std::vector<DispositionRow> dispositions;

    std::optional<std::int64_t> max_message_bytes;
    std::optional<std::int64_t> receive_queue_bytes;
    std::optional<std::int64_t> outbox_bytes;
    std::optional<std::int32_t> outbox_messages;
    std::optional<std::int32_t> max_fragments;

    std::optional<std::string> tls_ca_pem;
    std::optional<std::string> tls_client_certificate_pem;
    std::optional<std::string> tls_client_key_pem;
    std::optional<std::string> tls_server_name;
    std::vector<std::string> tls_pins;
    std::optional<bool> tls_use_system_store;
    std::optional<bool> tls_insecure_skip_verification;
    std::optional<bool> tls_resume_sessions;

    std::optional<std::string> proxy_url;
    std::optional<std::string> proxy_user;
    std::optional<std::string> proxy_password;

    std::optional<std::string> json_id_pointer;
    std::optional<std::string> json_conversation_pointer;
    std::optional<std::string> json_sender_pointer;
    std::optional<std::string> json_time_pointer;
    std::optional<std::string> json_ack_pointer;
    std::optional<std::string> json_outgoing_id_member;

    std::optional<HistoryOptions> history;
    std::optional<bool> refresh_by_fetch;
    std::optional<std::string> last_message_id;
    std::optional<bool> initial_refresh_required;
    std::optional<LogLevel> log_level;

    /// Runs on the thread of the call that begins the task. Empty: the host grants all.
    std::function<BackgroundTime()> begin_background_time;
    /// Runs on the library's dispatcher thread. Needed with begin_background_time.
    std::function<void(std::uint64_t id)> end_background_time;
    std::function<Milliseconds()> remaining_background_time;
    /// Runs on the library's dispatcher thread.
    std::function<void(LogLevel, std::string_view)> log;
};

namespace detail {

struct BackgroundTimeHooks {
    std::function<BackgroundTime()> begin;
    std::function<void(std::uint64_t)> end;
    std::function<Milliseconds()> remaining;

    static std::uint64_t call_begin(void* self, std::int64_t* out_remaining_ms) noexcept {
        try {
            const BackgroundTime time = static_cast<BackgroundTimeHooks*>(self)->begin();
            if (time.remaining) *out_remaining_ms = time.remaining->count();
            return time.id;
        } catch (...) {
            return 0;
        }
    }
    static void call_end(void* self, std::uint64_t id) noexcept {
        try {
            static_cast<BackgroundTimeHooks*>(self)->end(id);
        } catch (...) {
        }
    }
    static std::int64_t call_remaining(void* self) noexcept {
        try {
            return static_cast<BackgroundTimeHooks*>(self)->remaining().count();
        } catch (...) {
            // No answer must not keep the app awake longer than the system allows.
            return 0;
        }
    }
    static void call_free(void* self) noexcept { delete static_cast<BackgroundTimeHooks*>(self); }
};

struct LogHook {
    std::function<void(LogLevel, std::string_view)> log;

    static void call(void* self, graceline_log_level level, const char* text) noexcept {
        try {
            static_cast<LogHook*>(self)->log(static_cast<LogLevel>(level), text);
        } catch (...) {
        }
    }
    static void call_free(void* self) noexcept { delete static_cast<LogHook*>(self); }
};

struct WakeHook {
    std::function<void()> wake;

    static void call(void* self) noexcept {
        try {
            static_cast<WakeHook*>(self)->wake();
        } catch (...) {
        }
    }
    static void call_free(void* self) noexcept { delete static_cast<WakeHook*>(self); }
};

// The C options and all that they point to; the pointers stay valid as long as the Options do.
class COptions {
  public:
    COptions(const COptions&) = delete;
    COptions& operator=(const COptions&) = delete;

    explicit COptions(const Options& from) {
        check(graceline_options_init(&c_, sizeof(c_)));
        fill_connection(from);
        fill_limits(from);
        fill_tls_and_proxy(from);
        fill_messages(from);
        if (from.history) fill_history(*from.history);
        fill_hooks(from);
    }

    graceline_client* create() {
        graceline_client* client = nullptr;
        check(graceline_client_create(&c_, &client));
        // From here on the library frees the hooks.
        static_cast<void>(background_time_.release());
        static_cast<void>(log_.release());
        return client;
    }

  private:
    static void set(std::int64_t& to, const std::optional<Milliseconds>& from) {
        if (from) to = from->count();
    }
    template <class Number>
    static void set(Number& to, const std::optional<Number>& from) {
        if (from) to = *from;
    }
    static void set(std::int32_t& to, const std::optional<bool>& from) {
        if (from) to = *from ? 1 : 0;
    }
    template <class Enum>
    static void set_enum(std::int32_t& to, const std::optional<Enum>& from) {
        if (from) to = static_cast<std::int32_t>(*from);
    }
    static void set(const char*& to, const std::optional<std::string>& from, const char* field) {
        if (from) to = c_text(from, field);
    }

    static std::vector<graceline_header> c_headers(const std::vector<Header>& from) {
        std::vector<graceline_header> result;
        for (const auto& header : from) {
            result.push_back(
                {c_text(header.name, "headers.name"), c_text(header.value, "headers.value")});
        }
        return result;
    }

    void fill_connection(const Options& from) {
        c_.url = c_text(from.url, "url");
        set(c_.auto_establish_socket_connection, from.auto_establish_socket_connection);
        set(c_.allow_insecure_ws_beyond_loopback, from.allow_insecure_ws_beyond_loopback);
        set_enum(c_.transport, from.transport);
        set_enum(c_.session, from.session);
        set_enum(c_.initial_application_state, from.initial_application_state);
        set(c_.grace_ms, from.grace);
        set(c_.trust_time_ms, from.trust_time);
        set(c_.token, from.token, "token");
        set_enum(c_.token_placement, from.token_placement);
        set(c_.token_name, from.token_name, "token_name");
        set(c_.host_provides_token, from.host_provides_token);
        set(c_.token_timeout_ms, from.token_timeout);
        headers_ = c_headers(from.headers);
        subprotocols_ = c_texts(from.subprotocols, "subprotocols");
        connect_frames_ = c_texts(from.connect_frames, "connect_frames");
        c_.headers = headers_.data();
        c_.headers_count = count_of(headers_, "headers");
        c_.subprotocols = subprotocols_.data();
        c_.subprotocols_count = count_of(subprotocols_, "subprotocols");
        c_.connect_frames = connect_frames_.data();
        c_.connect_frames_count = count_of(connect_frames_, "connect_frames");
        set(c_.permessage_deflate, from.permessage_deflate);
        set(c_.deflate_no_context_takeover, from.deflate_no_context_takeover);
    }

    void fill_limits(const Options& from) {
        set(c_.resolve_timeout_ms, from.resolve_timeout);
        set(c_.connect_timeout_ms, from.connect_timeout);
        set(c_.session_timeout_ms, from.session_timeout);
        set(c_.close_timeout_ms, from.close_timeout);
        set(c_.ping_interval_ms, from.ping_interval);
        set(c_.pong_timeout_ms, from.pong_timeout);
        set(c_.probe_timeout_ms, from.probe_timeout);
        set(c_.backoff_initial_ms, from.backoff_initial);
        set(c_.backoff_max_ms, from.backoff_max);
        set(c_.retry_total_ms, from.retry_total);
        set(c_.retry_attempts, from.retry_attempts);
        for (const auto& row : from.dispositions) {
            dispositions_.push_back(
                {row.close_code, row.http_status, static_cast<std::int32_t>(row.disposition)});
        }
        c_.dispositions = dispositions_.data();
        c_.dispositions_count = count_of(dispositions_, "dispositions");
        set(c_.max_message_bytes, from.max_message_bytes);
        set(c_.receive_queue_bytes, from.receive_queue_bytes);
        set(c_.outbox_bytes, from.outbox_bytes);
        set(c_.outbox_messages, from.outbox_messages);
        set(c_.max_fragments, from.max_fragments);
    }

    void fill_tls_and_proxy(const Options& from) {
        set(c_.tls_ca_pem, from.tls_ca_pem, "tls_ca_pem");
        set(c_.tls_client_certificate_pem, from.tls_client_certificate_pem,
            "tls_client_certificate_pem");
        set(c_.tls_client_key_pem, from.tls_client_key_pem, "tls_client_key_pem");
        set(c_.tls_server_name, from.tls_server_name, "tls_server_name");
        pins_ = c_texts(from.tls_pins, "tls_pins");
        c_.tls_pins = pins_.data();
        c_.tls_pins_count = count_of(pins_, "tls_pins");
        set(c_.tls_use_system_store, from.tls_use_system_store);
        set(c_.tls_insecure_skip_verification, from.tls_insecure_skip_verification);
        set(c_.tls_resume_sessions, from.tls_resume_sessions);
        set(c_.proxy_url, from.proxy_url, "proxy_url");
        set(c_.proxy_user, from.proxy_user, "proxy_user");
        set(c_.proxy_password, from.proxy_password, "proxy_password");
    }

    void fill_messages(const Options& from) {
        set(c_.json_id_pointer, from.json_id_pointer, "json_id_pointer");
        set(c_.json_conversation_pointer, from.json_conversation_pointer,
            "json_conversation_pointer");
        set(c_.json_sender_pointer, from.json_sender_pointer, "json_sender_pointer");
        set(c_.json_time_pointer, from.json_time_pointer, "json_time_pointer");
        set(c_.json_ack_pointer, from.json_ack_pointer, "json_ack_pointer");
        set(c_.json_outgoing_id_member, from.json_outgoing_id_member, "json_outgoing_id_member");
        set(c_.refresh_by_fetch, from.refresh_by_fetch);
        set(c_.last_message_id, from.last_message_id, "last_message_id");
        set(c_.initial_refresh_required, from.initial_refresh_required);
        set_enum(c_.log_level, from.log_level);
    }

    void fill_history(const HistoryOptions& from) {
        graceline_history_options& c = history_;
        check(graceline_history_options_init(&c, sizeof(c)));
        set(c.host_fetches, from.host_fetches);
        set(c.messages_url, from.messages_url, "history.messages_url");
        set(c.messages_previous_url, from.messages_previous_url, "history.messages_previous_url");
        set(c.messages_next_url, from.messages_next_url, "history.messages_next_url");
        set(c.conversations_url, from.conversations_url, "history.conversations_url");
        history_headers_ = c_headers(from.headers);
        c.headers = history_headers_.data();
        c.headers_count = count_of(history_headers_, "history.headers");
        set_enum(c.scope, from.scope);
        set(c.newest_first, from.newest_first);
        set(c.refuses_unknown_ids, from.refuses_unknown_ids);
        set(c.sends_token, from.sends_token);
        for (const auto& position : from.positions) {
            positions_.push_back(
                {c_text(position.conversation, "history.positions.conversation"),
                 c_text(position.last_message_id, "history.positions.last_message_id")});
        }
        c.positions = positions_.data();
        c.positions_count = count_of(positions_, "history.positions");
        set(c.timeout_ms, from.timeout);
        set(c.page_bytes, from.page_bytes);
        fill_history_pointers(from);
        c_.history = &history_;
    }

    void fill_history_pointers(const HistoryOptions& from) {
        graceline_history_options& c = history_;
        set(c.json_items_pointer, from.json_items_pointer, "history.json_items_pointer");
        set(c.json_id_pointer, from.json_id_pointer, "history.json_id_pointer");
        set(c.json_conversation_pointer, from.json_conversation_pointer,
            "history.json_conversation_pointer");
        set(c.json_sender_pointer, from.json_sender_pointer, "history.json_sender_pointer");
        set(c.json_time_pointer, from.json_time_pointer, "history.json_time_pointer");
        set(c.json_body_pointer, from.json_body_pointer, "history.json_body_pointer");
        set(c.json_next_cursor_pointer, from.json_next_cursor_pointer,
            "history.json_next_cursor_pointer");
        set(c.json_previous_cursor_pointer, from.json_previous_cursor_pointer,
            "history.json_previous_cursor_pointer");
        set(c.json_complete_pointer, from.json_complete_pointer, "history.json_complete_pointer");
        set(c.json_conversations_items_pointer, from.json_conversations_items_pointer,
            "history.json_conversations_items_pointer");
        set(c.json_conversations_id_pointer, from.json_conversations_id_pointer,
            "history.json_conversations_id_pointer");
        set(c.json_conversations_time_pointer, from.json_conversations_time_pointer,
            "history.json_conversations_time_pointer");
        set(c.json_conversations_next_cursor_pointer, from.json_conversations_next_cursor_pointer,
            "history.json_conversations_next_cursor_pointer");
        set(c.json_conversations_complete_pointer, from.json_conversations_complete_pointer,
            "history.json_conversations_complete_pointer");
    }

    void fill_hooks(const Options& from) {
        if (from.begin_background_time || from.end_background_time ||
            from.remaining_background_time) {
            background_time_ = std::make_unique<BackgroundTimeHooks>(
                BackgroundTimeHooks{from.begin_background_time, from.end_background_time,
                                    from.remaining_background_time});
            if (from.begin_background_time) {
                c_.begin_background_time = &BackgroundTimeHooks::call_begin;
            }
            if (from.end_background_time) c_.end_background_time = &BackgroundTimeHooks::call_end;
            if (from.remaining_background_time) {
                c_.remaining_background_time = &BackgroundTimeHooks::call_remaining;
            }
            c_.background_time_user_data = background_time_.get();
            c_.background_time_free = &BackgroundTimeHooks::call_free;
        }
        if (from.log) {
            log_ = std::make_unique<LogHook>(LogHook{from.log});
            c_.log = &LogHook::call;
            c_.log_user_data = log_.get();
            c_.log_free = &LogHook::call_free;
        }
    }

    graceline_options c_{};
    graceline_history_options history_{};
    std::vector<graceline_header> headers_;
    std::vector<graceline_header> history_headers_;
    std::vector<graceline_position> positions_;
    std::vector<const char*> subprotocols_;
    std::vector<const char*> connect_frames_;
    std::vector<const char*> pins_;
    std::vector<graceline_disposition_row> dispositions_;
    std::unique_ptr<BackgroundTimeHooks> background_time_;
    std::unique_ptr<LogHook> log_;
};

inline std::optional<std::string_view> text_or_nothing(const char* text) noexcept {
    if (text == nullptr) return std::nullopt;
    return std::string_view(text);
}

inline std::optional<Milliseconds> milliseconds_or_nothing(std::int64_t value) noexcept {
    if (value < 0) return std::nullopt;
    return Milliseconds(value);
}

}  // namespace detail

// ----------------------------------------------------------------------------------------- events

// One struct a kind of event, as Event::as<T>() and Event::visit() give them. Text is borrowed from
// the batch.
struct MessageEvent {
    std::string_view payload;
    bool is_text = false;
    bool is_replayed = false;
    std::optional<std::string_view> id;
    std::optional<std::string_view> conversation;
    std::optional<std::string_view> sender;
    std::optional<std::string_view> server_time;
};
namespace detail {

inline MessageEvent message_of(const graceline_event& event) noexcept {
    MessageEvent result;
    result.payload = {reinterpret_cast<const char*>(event.data), event.size};
    result.is_text = (event.flags & GRACELINE_MESSAGE_FLAG_TEXT) != 0;
    result.is_replayed = (event.flags & GRACELINE_MESSAGE_FLAG_REPLAYED) != 0;
    if (const graceline_message_fields* fields = event.fields) {
        result.id = text_or_nothing(fields->id);
        result.conversation = text_or_nothing(fields->conversation);
        result.sender = text_or_nothing(fields->sender);
        result.server_time = text_or_nothing(fields->time);
    }
    return result;
}

inline const graceline_event* step(const graceline_event* from, std::size_t count) noexcept {
    // Nothing may be added to a null pointer.
    if (count == 0) return from;
    return reinterpret_cast<const graceline_event*>(reinterpret_cast<const unsigned char*>(from) +
                                                    count * graceline_batch_stride_bytes());
}

// Walks over an array of events; `View` makes an Item of each.
template <class Item, Item (*View)(const graceline_event&) noexcept>
class EventIterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Item;
    using difference_type = std::ptrdiff_t;
    using pointer = const Item*;
    using reference = Item;

    EventIterator() = default;
    explicit EventIterator(const graceline_event* at) noexcept : at_(at) {}
    Item operator*() const noexcept { return View(*at_); }
    EventIterator& operator++() noexcept {
        at_ = step(at_, 1);
        return *this;
    }
    EventIterator operator++(int) noexcept {
        EventIterator before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(EventIterator a, EventIterator b) noexcept { return a.at_ == b.at_; }
    friend bool operator!=(EventIterator a, EventIterator b) noexcept { return a.at_ != b.at_; }

  private:
    const graceline_event* at_ = nullptr;
};

}  // namespace detail

/// A page of history: a range of MessageEvents, oldest first (conversations: in the server's order,
/// `id` and `conversation` are the conversation's). A view, valid as long as the batch.
class Page {
  public:
    using Iterator = detail::EventIterator<MessageEvent, &detail::message_of>;

    explicit Page(const graceline_page& page) noexcept : page_(&page) {}

    PageKind kind() const noexcept { return static_cast<PageKind>(page_->kind); }
    /// Whether this was the last page in the direction asked for; end() ends the range.
    PageEnd last() const noexcept { return static_cast<PageEnd>(page_->end); }
    std::size_t size() const noexcept { return page_->count; }
    bool empty() const noexcept { return size() == 0; }
    Iterator begin() const noexcept { return Iterator(page_->items); }
    Iterator end() const noexcept { return Iterator(detail::step(page_->items, size())); }

  private:
    const graceline_page* page_;
};

struct ConnectionStatusEvent {
    ConnectionStatus status;
    Phase phase;
    Reason reason;
    std::int32_t attempt;
    std::optional<Milliseconds> retry_in;
    std::int32_t close_code;
    std::int32_t http_status;
    std::string_view text;
};
struct BackgroundTaskBeganEvent {
    std::uint64_t task_number;
};
struct BackgroundTaskEndedEvent {
    std::uint64_t task_number;
    TaskCause cause;
    Reason reason;
};
struct GapVerdictEvent {
    std::uint64_t gap_number;
    GapVerdict verdict;
    Milliseconds length;
    Reason reason;
};
struct ReturnVerdictEvent {
    ReturnVerdict verdict;
    Reason reason;
};
struct RefreshNeededEvent {
    Reason reason;
    std::optional<std::string_view> since_id;  // the position: fetch what is newer
};
struct SendFateEvent {
    Fate fate;
    std::uint64_t first_id;
    std::uint64_t last_id;
    Reason reason;
};
struct PingCompletedEvent {
    std::optional<Microseconds> round_trip;  // nothing: it failed
    Reason reason;
};
/// Answer with Client::provide_token().
struct TokenNeededEvent {
    std::uint64_t request_id;
};
/// A page that the host shall fetch; answer with Client::provide_page().
struct FetchNeededEvent {
    std::uint64_t request_id;
    PageKind kind;
    PageDirection direction;
    std::uint32_t limit;
    std::optional<std::string_view> conversation;
    std::optional<std::string_view> anchor_id;
    std::optional<std::string_view> anchor_time;
    std::optional<std::string_view> cursor;  // wins over the anchors
    std::optional<std::string_view> url;     // where a template was given; without the token
};
struct RequestCompletedEvent {
    std::uint64_t request_id;
    Status status;
    Reason reason;
    std::int32_t http_status;
    std::optional<Milliseconds> retry_in;  // what the server advised
    std::optional<Page> page;              // nothing: it failed
};
struct ClosedEvent {};
/// An event that this header does not know: the library is newer.
struct UnknownEvent {
    std::uint32_t type;
};

/// One event of a batch: a view, valid as long as the batch.
class Event {
  public:
    explicit Event(const graceline_event& event) noexcept : event_(&event) {}

    EventType type() const noexcept { return static_cast<EventType>(event_->type); }
    std::uint64_t sequence() const noexcept { return event_->sequence; }
    /// On the clock of graceline::now().
    Milliseconds time() const noexcept { return Milliseconds(event_->time_ms); }
    std::string_view payload() const noexcept {
        return {reinterpret_cast<const char*>(event_->data), event_->size};
    }
    /// Events of this kind that this one stands for.
    std::uint32_t coalesced_count() const noexcept {
        return event_->details != nullptr ? event_->details->coalesced_count : 1;
    }
    /// For people; empty for messages.
    std::string_view text() const noexcept {
        return event_->details != nullptr ? std::string_view(event_->details->text)
                                          : std::string_view();
    }
    const graceline_event& c_event() const noexcept { return *event_; }

    /// Calls `visitor` with the struct of this kind of event.
    template <class Visitor>
    decltype(auto) visit(Visitor&& visitor) const {
        if (type() == EventType::message) return visitor(detail::message_of(*event_));
        if (type() == EventType::closed) return visitor(ClosedEvent{});
        if (event_->details == nullptr) return visitor(UnknownEvent{event_->type});
        const graceline_event_details& d = *event_->details;
        const Reason reason = static_cast<Reason>(d.reason);
        switch (type()) {
            case EventType::connection_status:
                return visitor(ConnectionStatusEvent{
                    static_cast<ConnectionStatus>(d.connection_status), static_cast<Phase>(d.phase),
                    reason, d.attempt, detail::milliseconds_or_nothing(d.retry_in_ms), d.close_code,
                    d.http_status, d.text});
            case EventType::background_task_began:
                return visitor(BackgroundTaskBeganEvent{d.task_number});
            case EventType::background_task_ended:
                return visitor(BackgroundTaskEndedEvent{
                    d.task_number, static_cast<TaskCause>(d.task_cause), reason});
            case EventType::gap_verdict:
                return visitor(GapVerdictEvent{d.gap_number, static_cast<GapVerdict>(d.gap_verdict),
                                               Milliseconds(d.gap_ms), reason});
            case EventType::return_verdict:
                return visitor(
                    ReturnVerdictEvent{static_cast<ReturnVerdict>(d.return_verdict), reason});
            case EventType::refresh_needed:
                return visitor(RefreshNeededEvent{reason, detail::text_or_nothing(d.since_id)});
            case EventType::send_fate:
                return visitor(
                    SendFateEvent{static_cast<Fate>(d.fate), d.first_id, d.last_id, reason});
            case EventType::ping_completed:
                return visitor(PingCompletedEvent{
                    d.round_trip_us < 0 ? std::nullopt
                                        : std::optional<Microseconds>(d.round_trip_us),
                    reason});
            case EventType::token_needed:
                return visitor(TokenNeededEvent{d.request_id});
            case EventType::fetch_needed:
                return visitor(fetch_needed(d));
            case EventType::request_completed:
                return visitor(RequestCompletedEvent{
                    d.request_id, static_cast<Status>(d.request_status), reason, d.http_status,
                    detail::milliseconds_or_nothing(d.retry_in_ms),
                    d.page == nullptr ? std::nullopt : std::optional<Page>(*d.page)});
            default:
                return visitor(UnknownEvent{event_->type});
        }
    }

    /// The struct T when the event is of that kind, else nothing:
    /// `if (const auto message = event.as<graceline::MessageEvent>())`.
    template <class T>
    std::optional<T> as() const {
        return visit([](const auto& event) -> std::optional<T> {
            if constexpr (std::is_same_v<std::decay_t<decltype(event)>, T>) {
                return event;
            } else {
                return std::nullopt;
            }
        });
    }

  private:
    static FetchNeededEvent fetch_needed(const graceline_event_details& details) noexcept {
        const graceline_fetch& fetch = *details.fetch;
        return {details.request_id,
                static_cast<PageKind>(fetch.kind),
                static_cast<PageDirection>(fetch.direction),
                fetch.limit,
                detail::text_or_nothing(fetch.conversation),
                detail::text_or_nothing(fetch.anchor_id),
                detail::text_or_nothing(fetch.anchor_time),
                detail::text_or_nothing(fetch.cursor),
                detail::text_or_nothing(fetch.url)};
    }

    const graceline_event* event_;
};

namespace detail {

inline Event event_of(const graceline_event& event) noexcept {
    return Event(event);
}

}  // namespace detail

/// Events taken by one poll(), in order. Move-only; all views into it end with it.
class Batch {
  public:
    using Iterator = detail::EventIterator<Event, &detail::event_of>;

    Batch() = default;
    /// Takes the batch over.
    explicit Batch(graceline_batch* batch) noexcept : batch_(batch) {}

    std::size_t size() const noexcept { return graceline_batch_count(batch_.get()); }
    bool empty() const noexcept { return size() == 0; }
    Iterator begin() const noexcept { return Iterator(graceline_batch_events(batch_.get())); }
    Iterator end() const noexcept {
        return Iterator(detail::step(graceline_batch_events(batch_.get()), size()));
    }

  private:
    struct Release {
        void operator()(graceline_batch* batch) const noexcept { graceline_batch_release(batch); }
    };
    std::unique_ptr<graceline_batch, Release> batch_;
};

// ----------------------------------------------------------------------------------------- client

/// Milliseconds on the library's clock, which counts sleep.
inline Milliseconds now() noexcept {
    return Milliseconds(graceline_now_ms());
}

/// Closes every client of the process within 250 ms.
inline void shutdown() noexcept {
    graceline_shutdown();
}

/// How one message is sent.
struct SendOptions {
    std::optional<std::string> deduplication_id;
    std::optional<Milliseconds> expires_in;
};

/// One connection with its window, its queue and its truth. Move-only; its end releases the handle
/// at once and never waits. Functions throw Error unless they are noexcept.
class Client {
  public:
    explicit Client(const Options& options) {
        if (graceline_abi_version() != GRACELINE_ABI_VERSION) {
            throw Error(Status::unsupported, "the loaded library has ABI version " +
                                                 std::to_string(graceline_abi_version()) +
                                                 ", this program was built for " +
                                                 std::to_string(GRACELINE_ABI_VERSION));
        }
        client_.reset(detail::COptions(options).create());
    }

    void start() { detail::check(graceline_client_start(get())); }
    void connect() { detail::check(graceline_client_connect(get())); }
    void disconnect() { detail::check(graceline_client_disconnect(get())); }
    void close() noexcept { graceline_client_close(get()); }

    void configure_services(ApplicationState state) {
        detail::check(graceline_client_configure_services(
            get(), static_cast<graceline_application_state>(state)));
    }
    void background_time_expiring() {
        detail::check(graceline_client_background_time_expiring(get()));
    }
    void network_changed(Network network) {
        detail::check(
            graceline_client_network_changed(get(), static_cast<graceline_network>(network)));
    }
    void ping() { detail::check(graceline_client_ping(get())); }

    ConnectionStatus connection_status() const noexcept {
        return static_cast<ConnectionStatus>(graceline_client_connection_status(get()));
    }
    bool background_task_enabled() const noexcept {
        return graceline_client_background_task_enabled(get()) != 0;
    }
    /// 0: none; kUnlimited: unlimited, or not yet started.
    Milliseconds background_time_remaining() const noexcept {
        return Milliseconds(graceline_client_background_time_remaining_ms(get()));
    }
    bool needs_refresh() const noexcept { return graceline_client_needs_refresh(get()) != 0; }

    std::uint64_t refresh_begin() {
        std::uint64_t mark = 0;
        detail::check(graceline_client_refresh_begin(get(), &mark));
        return mark;
    }
    void mark_refreshed(std::uint64_t mark) {
        detail::check(graceline_client_mark_refreshed(get(), mark));
    }

    graceline_connection_info connection_info() const {
        graceline_connection_info info{};
        info.struct_size = sizeof(info);
        detail::check(graceline_client_connection_info(get(), &info));
        return info;
    }
    graceline_statistics statistics() const {
        graceline_statistics statistics{};
        statistics.struct_size = sizeof(statistics);
        detail::check(graceline_client_statistics(get(), &statistics));
        return statistics;
    }

    /// The id of the message; its fate comes as an event.
    std::uint64_t send(std::string_view text, const SendOptions& options = {}) {
        return send(text, GRACELINE_MESSAGE_KIND_TEXT, options);
    }
    std::uint64_t send_binary(std::string_view bytes, const SendOptions& options = {}) {
        return send(bytes, GRACELINE_MESSAGE_KIND_BINARY, options);
    }
    /// As send(), for loops in which `full` is no error: gives the status, throws nothing.
    Status try_send(std::string_view text, std::uint64_t& out_id) noexcept {
        return static_cast<Status>(
            try_send(text, GRACELINE_MESSAGE_KIND_TEXT, nullptr, kUnlimited, out_id));
    }
    void cancel_send(std::uint64_t id) { detail::check(graceline_client_cancel_send(get(), id)); }

    /// Answers a TokenNeededEvent; nothing: there is no token now.
    void provide_token(std::uint64_t request_id, const std::optional<std::string>& token) {
        detail::check(graceline_client_provide_token(get(), request_id,
                                                     detail::c_text(token, "token"),
                                                     token ? GRACELINE_OK : GRACELINE_E_STATE));
    }
    /// Answers a FetchNeededEvent; http_status 0: there was no answer.
    void provide_page(std::uint64_t request_id, std::int32_t http_status, std::string_view body,
                      std::optional<Milliseconds> retry_after = std::nullopt) {
        detail::check(graceline_client_provide_page(get(), request_id, http_status,
                                                    retry_after.value_or(kUnlimited).count(),
                                                    body.data(), body.size()));
    }
    /// The position, of one conversation or of all: give it to the app's next start.
    std::optional<std::string> last_message_id(
        const std::optional<std::string>& conversation = std::nullopt) const {
        const char* of = detail::c_text(conversation, "conversation");
        std::string id;
        for (;;) {
            std::size_t size = 0;
            const graceline_status status = graceline_client_last_message_id(
                get(), of, id.empty() ? nullptr : id.data(), id.size(), &size);
            // It may have moved to a longer id since its size was asked for.
            const bool too_small = id.size() < size;
            if (!too_small) detail::check(status);
            if (size == 0) return std::nullopt;
            id.resize(too_small ? size : size - 1);
            if (!too_small) return id;
        }
    }

    /// Up to max_count events (0: no bound); an empty batch when none came in time. Throws Error
    /// with Status::closed once the ClosedEvent was taken.
    Batch poll(Milliseconds timeout = Milliseconds(0), std::uint32_t max_count = 0) {
        graceline_batch* batch = nullptr;
        detail::check(graceline_client_poll(get(), timeout.count(), max_count, &batch));
        return Batch(batch);
    }

    /// The hook may only signal; an empty function removes it.
    void set_wake_hook(std::function<void()> wake) {
        if (!wake) {
            detail::check(graceline_client_set_wake_hook(get(), nullptr, nullptr, nullptr));
            return;
        }
        auto hook = std::make_unique<detail::WakeHook>(detail::WakeHook{std::move(wake)});
        detail::check(graceline_client_set_wake_hook(get(), &detail::WakeHook::call, hook.get(),
                                                     &detail::WakeHook::call_free));
        static_cast<void>(hook.release());
    }
    int wake_descriptor() noexcept { return graceline_client_wake_descriptor(get()); }

    /// The C handle, still owned by this object; NULL after a move.
    graceline_client* get() const noexcept { return client_.get(); }

  private:
    std::uint64_t send(std::string_view bytes, graceline_message_kind kind,
                       const SendOptions& options) {
        std::uint64_t id = 0;
        detail::check(try_send(bytes, kind,
                               detail::c_text(options.deduplication_id, "deduplication_id"),
                               options.expires_in.value_or(kUnlimited), id));
        return id;
    }
    graceline_status try_send(std::string_view bytes, graceline_message_kind kind,
                              const char* deduplication_id, Milliseconds expires_in,
                              std::uint64_t& out_id) noexcept {
        graceline_outgoing message;
        const graceline_status status = graceline_outgoing_init(&message, sizeof(message));
        if (status != GRACELINE_OK) return status;
        message.kind = kind;
        message.data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        message.size = bytes.size();
        message.deduplication_id = deduplication_id;
        message.expires_in_ms = expires_in.count();
        return graceline_client_send(get(), &message, &out_id);
    }

    struct Release {
        void operator()(graceline_client* client) const noexcept {
            graceline_client_release(client);
        }
    };
    std::unique_ptr<graceline_client, Release> client_;
};

// --------------------------------------------------------------------------------------- requests

/// Which messages a request pages through; what is not set keeps the library's default.
struct MessagesRequestOptions {
    std::optional<std::int32_t> limit;
    std::optional<std::string> conversation;
    std::optional<std::string> start_message_id;
    std::optional<std::string> start_time;
};

/// Pages through messages, back and forth. Each fetch gives the request id that its
/// RequestCompletedEvent will have. Move-only; its end cancels what is under way. It may outlive
/// the client.
class MessagesRequest {
  public:
    explicit MessagesRequest(Client& client, const MessagesRequestOptions& options = {}) {
        graceline_messages_request_options c;
        detail::check(graceline_messages_request_options_init(&c, sizeof(c)));
        if (options.limit) c.limit = *options.limit;
        c.conversation = detail::c_text(options.conversation, "conversation");
        c.start_message_id = detail::c_text(options.start_message_id, "start_message_id");
        c.start_time = detail::c_text(options.start_time, "start_time");
        graceline_messages_request* request = nullptr;
        detail::check(graceline_messages_request_create(client.get(), &c, &request));
        request_.reset(request);
    }

    /// The next older page.
    std::uint64_t fetch_previous() {
        std::uint64_t id = 0;
        detail::check(graceline_messages_request_fetch_previous(get(), &id));
        return id;
    }
    /// The next newer page.
    std::uint64_t fetch_next() {
        std::uint64_t id = 0;
        detail::check(graceline_messages_request_fetch_next(get(), &id));
        return id;
    }
    void cancel() { detail::check(graceline_messages_request_cancel(get())); }

    /// The C handle, still owned by this object; NULL after a move.
    graceline_messages_request* get() const noexcept { return request_.get(); }

  private:
    struct Release {
        void operator()(graceline_messages_request* request) const noexcept {
            graceline_messages_request_release(request);
        }
    };
    std::unique_ptr<graceline_messages_request, Release> request_;
};

/// Which conversations a request pages through.
struct ConversationsRequestOptions {
    std::optional<std::int32_t> limit;
};

/// Pages through conversations, as MessagesRequest does through messages.
class ConversationsRequest {
  public:
    explicit ConversationsRequest(Client& client, const ConversationsRequestOptions& options = {}) {
        graceline_conversations_request_options c;
        detail::check(graceline_conversations_request_options_init(&c, sizeof(c)));
        if (options.limit) c.limit = *options.limit;
        graceline_conversations_request* request = nullptr;
        detail::check(graceline_conversations_request_create(client.get(), &c, &request));
        request_.reset(request);
    }

    std::uint64_t fetch_next() {
        std::uint64_t id = 0;
        detail::check(graceline_conversations_request_fetch_next(get(), &id));
        return id;
    }
    void cancel() { detail::check(graceline_conversations_request_cancel(get())); }

    /// The C handle, still owned by this object; NULL after a move.
    graceline_conversations_request* get() const noexcept { return request_.get(); }

  private:
    struct Release {
        void operator()(graceline_conversations_request* request) const noexcept {
            graceline_conversations_request_release(request);
        }
    };
    std::unique_ptr<graceline_conversations_request, Release> request_;
};

}  // namespace graceline
