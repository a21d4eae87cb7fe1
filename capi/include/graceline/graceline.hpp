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
    internal = GRACELINE_E_INTERNAL
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
    closing = GRACELINE_PHASE_CLOSING
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
    internal_error = GRACELINE_REASON_INTERNAL_ERROR
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
    failed = GRACELINE_FATE_FAILED
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
    closed = GRACELINE_EVENT_CLOSED
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
    explicit COptions(const Options& from) {
        check(graceline_options_init(&c_, sizeof(c_)));
        fill_connection(from);
        fill_limits(from);
        fill_tls_and_proxy(from);
        fill_messages(from);
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
        for (const auto& header : from.headers) {
            headers_.push_back(
                {c_text(header.name, "headers.name"), c_text(header.value, "headers.value")});
        }
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
        set(c_.last_message_id, from.last_message_id, "last_message_id");
        set(c_.initial_refresh_required, from.initial_refresh_required);
        set_enum(c_.log_level, from.log_level);
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
    std::vector<graceline_header> headers_;
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
        if (type() == EventType::message) return visitor(message());
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
                return visitor(RefreshNeededEvent{reason});
            case EventType::send_fate:
                return visitor(
                    SendFateEvent{static_cast<Fate>(d.fate), d.first_id, d.last_id, reason});
            case EventType::ping_completed:
                return visitor(PingCompletedEvent{
                    d.round_trip_us < 0 ? std::nullopt
                                        : std::optional<Microseconds>(d.round_trip_us),
                    reason});
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
    MessageEvent message() const noexcept {
        MessageEvent result;
        result.payload = payload();
        result.is_text = (event_->flags & GRACELINE_MESSAGE_FLAG_TEXT) != 0;
        result.is_replayed = (event_->flags & GRACELINE_MESSAGE_FLAG_REPLAYED) != 0;
        if (const graceline_message_fields* fields = event_->fields) {
            result.id = detail::text_or_nothing(fields->id);
            result.conversation = detail::text_or_nothing(fields->conversation);
            result.sender = detail::text_or_nothing(fields->sender);
            result.server_time = detail::text_or_nothing(fields->time);
        }
        return result;
    }

    const graceline_event* event_;
};

/// Events taken by one poll(), in order. Move-only; all views into it end with it.
class Batch {
  public:
    class Iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Event;
        using difference_type = std::ptrdiff_t;
        using pointer = const Event*;
        using reference = Event;

        Iterator() = default;
        explicit Iterator(const graceline_event* at) noexcept : at_(at) {}
        Event operator*() const noexcept { return Event(*at_); }
        Iterator& operator++() noexcept {
            at_ = reinterpret_cast<const graceline_event*>(
                reinterpret_cast<const unsigned char*>(at_) + graceline_batch_stride_bytes());
            return *this;
        }
        Iterator operator++(int) noexcept {
            Iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(Iterator a, Iterator b) noexcept { return a.at_ == b.at_; }
        friend bool operator!=(Iterator a, Iterator b) noexcept { return a.at_ != b.at_; }

      private:
        const graceline_event* at_ = nullptr;
    };

    Batch() = default;
    /// Takes the batch over.
    explicit Batch(graceline_batch* batch) noexcept : batch_(batch) {}

    std::size_t size() const noexcept { return graceline_batch_count(batch_.get()); }
    bool empty() const noexcept { return size() == 0; }
    Iterator begin() const noexcept { return Iterator(graceline_batch_events(batch_.get())); }
    Iterator end() const noexcept {
        const graceline_event* first = graceline_batch_events(batch_.get());
        if (first == nullptr) return Iterator();
        return Iterator(
            reinterpret_cast<const graceline_event*>(reinterpret_cast<const unsigned char*>(first) +
                                                     size() * graceline_batch_stride_bytes()));
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
    std::uint64_t send(std::string_view text) {
        std::uint64_t id = 0;
        detail::check(try_send(text, GRACELINE_MESSAGE_KIND_TEXT, id));
        return id;
    }
    std::uint64_t send_binary(std::string_view bytes) {
        std::uint64_t id = 0;
        detail::check(try_send(bytes, GRACELINE_MESSAGE_KIND_BINARY, id));
        return id;
    }
    /// As send(), for loops in which `full` is no error: gives the status, throws nothing.
    Status try_send(std::string_view text, std::uint64_t& out_id) noexcept {
        return static_cast<Status>(try_send(text, GRACELINE_MESSAGE_KIND_TEXT, out_id));
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
    graceline_status try_send(std::string_view bytes, graceline_message_kind kind,
                              std::uint64_t& out_id) noexcept {
        graceline_outgoing message;
        const graceline_status status = graceline_outgoing_init(&message, sizeof(message));
        if (status != GRACELINE_OK) return status;
        message.kind = kind;
        message.data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        message.size = bytes.size();
        return graceline_client_send(get(), &message, &out_id);
    }

    struct Release {
        void operator()(graceline_client* client) const noexcept {
            graceline_client_release(client);
        }
    };
    std::unique_ptr<graceline_client, Release> client_;
};

}  // namespace graceline
