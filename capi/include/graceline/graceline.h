/*
 * graceline.h - the C API of Graceline, and its specification.
 * Must not hold anything that another language cannot bind: C99, no function-like macros, no inline
 * functions, bit-fields, varargs, unions, structs by value or `long`.
 *
 * INTRODUCTION
 *   Graceline keeps an app's WebSocket connection alive for a bounded grace window after the app
 *   leaves the foreground, ends it on time, brings it back on return, and tells the truth about one
 *   question: may I trust what is on screen, or must I refresh?
 *
 * USAGE PATTERN
 *   1. graceline_options_init(), set at least `url`; graceline_client_create().
 *   2. graceline_client_start(). In auto mode (the default) it connects.
 *   3. Report each app state with graceline_client_configure_services(), the return included.
 *   4. Take events with graceline_client_poll(), in one loop or when the wake-up says so; give each
 *      batch back with graceline_batch_release().
 *   5. On return ask graceline_client_background_task_enabled(): 1 means "skip the refresh", 0 means
 *      "refresh messages and conversations"; the event GRACELINE_EVENT_RETURN_VERDICT says it too.
 *      After a refresh: graceline_client_refresh_begin() before it, _mark_refreshed() after it.
 *   6. graceline_client_release().
 *
 * HOSTS MUST REPORT THE RETURN
 *   ** A host that reports WILL_RESIGN_ACTIVE and DID_BACKGROUND must also report
 *   WILL_ENTER_FOREGROUND or DID_BECOME_ACTIVE. ** A second WILL_RESIGN_ACTIVE while the library
 *   believes the app to be in background implies an unreported return, and its window starts at that
 *   very call.
 *
 * THREADING
 *   Every function is safe from every thread, and from every hook, unless its `Threads:` line says
 *   otherwise. No call waits for the network, except graceline_client_background_time_expiring(),
 *   the state WILL_TERMINATE and graceline_shutdown(), which are bounded. Functions that take a
 *   const handle never block. The library has at most three threads in a process: I/O, dispatcher
 *   (hooks) and the resolver's; they end with the last client.
 *
 * OWNERSHIP
 *   Handles are opaque and typed. What `_create` gives, `_release` takes. Input text and payloads
 *   are copied during the call. Everything reached through a batch belongs to the batch and is valid
 *   until graceline_batch_release(). Nothing is ever freed by the C runtime of another module.
 *
 * ERRORS
 *   Functions return graceline_status: 0 is success, negative values are errors. After an error
 *   graceline_last_error_text() tells, for the calling thread, the field and the rule.
 *   An error leaves everything as it was before the call.
 *
 * VERSIONS
 *   Package: graceline_version_text() (SemVer). ABI: graceline_abi_version(), equal to the number in
 *   the library's SONAME; compare it with GRACELINE_ABI_VERSION at load. Structs start with
 *   `struct_size` and only ever grow at their end; enums only ever grow.
 *
 * TEXT AND UNITS
 *   Text is UTF-8, ended by NUL unless a size stands beside it. Units are suffixes: `_ms`
 *   milliseconds, `_us` microseconds, `_bytes`, `_count`. Times come from a clock that counts sleep.
 */
#ifndef GRACELINE_GRACELINE_H
#define GRACELINE_GRACELINE_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#if defined(GRACELINE_BUILDING)
#define GRACELINE_API __declspec(dllexport)
#else
#define GRACELINE_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define GRACELINE_API __attribute__((visibility("default")))
#else
#define GRACELINE_API
#endif

#define GRACELINE_ABI_VERSION 0
#define GRACELINE_VERSION_TEXT "0.1.0"

/** A duration option without a limit; also "not armed" in answers. */
#define GRACELINE_UNLIMITED INT64_C(-1)

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ handles */

/** One connection with its window, its queue and its truth. */
typedef struct graceline_client graceline_client;

/** Pages through messages, back and forth. */
typedef struct graceline_messages_request graceline_messages_request;

/** Pages through conversations. */
typedef struct graceline_conversations_request graceline_conversations_request;

/** Events taken by one graceline_client_poll(); read-only, owned by its taker. */
typedef struct graceline_batch graceline_batch;

/* ------------------------------------------------------------------ enums */

/** Result of a call. */
typedef enum graceline_status {
    GRACELINE_OK = 0,                  /**< Done. */
    GRACELINE_E_INVALID_ARGUMENT = -1, /**< An argument or option breaks a rule; the text names it. */
    GRACELINE_E_NO_MEMORY = -2,        /**< Memory could not be had; nothing was changed. */
    GRACELINE_E_CLOSED = -3,           /**< The client was closed, and its last event was taken. */
    GRACELINE_E_STATE = -4,            /**< Not possible now; the text says why. */
    GRACELINE_E_NOT_CONNECTED = -5,    /**< Needs a connection, and there is none. */
    GRACELINE_E_WINDOW_OVER = -6,      /**< The deadline of the background task has passed. */
    GRACELINE_E_FULL = -7,             /**< A bounded queue is full; take events, then again. */
    GRACELINE_E_UNSUPPORTED = -8,      /**< Not in this build, session or transport. */
    GRACELINE_E_INTERNAL = -9,         /**< A bug of the library; please report it. */
    GRACELINE_E_TIMEOUT = -10,         /**< The answer did not come in time. */
    GRACELINE_E_CANCELLED = -11,       /**< By the host, before the answer came. */
    GRACELINE_E_HISTORY = -12          /**< The history could not be fetched; the reason says why. */
} graceline_status;

/** App states that a host reports; the words are UIKit's. */
typedef enum graceline_application_state {
    GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE = 0,     /**< In the foreground and active. */
    GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE = 1,    /**< About to leave active. */
    GRACELINE_APPLICATION_STATE_DID_BACKGROUND = 2,        /**< Fully in background. */
    GRACELINE_APPLICATION_STATE_WILL_ENTER_FOREGROUND = 3, /**< On the way back. */
    GRACELINE_APPLICATION_STATE_WILL_TERMINATE = 4         /**< The process is about to end. */
} graceline_application_state;

/** The published connection status. */
typedef enum graceline_connection_status {
    GRACELINE_CONNECTION_STATUS_DISCONNECTED = 0,     /**< Not wanted, or ended for good. */
    GRACELINE_CONNECTION_STATUS_CONNECTING = 1,       /**< Wanted and not up, waiting included. */
    GRACELINE_CONNECTION_STATUS_CONNECTED = 2,        /**< Up. */
    GRACELINE_CONNECTION_STATUS_FEATURE_THROTTLED = 3 /**< Waiting because the server said so. */
} graceline_connection_status;

/** What the connection is doing, in detail. */
typedef enum graceline_phase {
    GRACELINE_PHASE_IDLE = 0,            /**< Nothing. */
    GRACELINE_PHASE_BACKOFF = 1,         /**< Waiting for the next attempt. */
    GRACELINE_PHASE_THROTTLED = 2,       /**< Waiting as the server advised. */
    GRACELINE_PHASE_NETWORK_OFF = 3,     /**< Waiting for the host to report a network. */
    GRACELINE_PHASE_RESOLVING = 4,       /**< Looking up the host name. */
    GRACELINE_PHASE_CONNECTING = 5,      /**< TCP, and the proxy's answer. */
    GRACELINE_PHASE_SECURING = 6,        /**< TLS handshake. */
    GRACELINE_PHASE_UPGRADING = 7,       /**< WebSocket upgrade. */
    GRACELINE_PHASE_OPENING_SESSION = 8, /**< The session inside the WebSocket. */
    GRACELINE_PHASE_OPEN = 9,            /**< Up and trusted. */
    GRACELINE_PHASE_PROBING = 10,        /**< Up, and a probe is waiting for its answer. */
    GRACELINE_PHASE_CLOSING = 11,        /**< The close handshake, bounded. */
    GRACELINE_PHASE_AWAITING_TOKEN = 12, /**< The host was asked for a token. */
    GRACELINE_PHASE_CATCHING_UP = 13     /**< Up, and missed messages are being fetched. */
} graceline_phase;

/** Why. Each has a name and a text: graceline_reason_name(), graceline_reason_text(). */
typedef enum graceline_reason {
    GRACELINE_REASON_NONE = 0,
    GRACELINE_REASON_NOT_STARTED = 1,
    GRACELINE_REASON_DISCONNECT_CALLED = 2,
    GRACELINE_REASON_CLIENT_CLOSED = 3,
    GRACELINE_REASON_TERMINATING = 4,
    GRACELINE_REASON_BACKGROUND_EXPIRED = 5,
    GRACELINE_REASON_OS_EXPIRED = 6,
    GRACELINE_REASON_BACKGROUND_REFUSED = 7,
    GRACELINE_REASON_BACKGROUND_NOT_WANTED = 8,
    GRACELINE_REASON_NETWORK_OFF = 9,
    GRACELINE_REASON_RESOLVE_FAILED = 10,
    GRACELINE_REASON_RESOLVE_TIMEOUT = 11,
    GRACELINE_REASON_CONNECT_FAILED = 12,
    GRACELINE_REASON_CONNECT_TIMEOUT = 13,
    GRACELINE_REASON_PROXY_FAILED = 14,
    GRACELINE_REASON_PROXY_AUTH_REFUSED = 15,
    GRACELINE_REASON_TLS_FAILED = 16,
    GRACELINE_REASON_CERTIFICATE_REFUSED = 17,
    GRACELINE_REASON_PIN_MISMATCH = 18,
    GRACELINE_REASON_HANDSHAKE_INVALID = 19,
    GRACELINE_REASON_HTTP_STATUS = 20,
    GRACELINE_REASON_AUTH_REFUSED = 21,
    GRACELINE_REASON_SESSION_TIMEOUT = 22,
    GRACELINE_REASON_SESSION_FAILED = 23,
    GRACELINE_REASON_CLOSED_BY_SERVER = 24,
    GRACELINE_REASON_CONNECTION_LOST = 25,
    GRACELINE_REASON_PONG_TIMEOUT = 26,
    GRACELINE_REASON_PROBE_FAILED = 27,
    GRACELINE_REASON_PROTOCOL_ERROR = 28,
    GRACELINE_REASON_MESSAGE_TOO_BIG = 29,
    GRACELINE_REASON_RETRY_LIMIT = 30,
    GRACELINE_REASON_NETWORK_AVAILABLE = 31,
    GRACELINE_REASON_FIRST_CONNECTION = 32,
    GRACELINE_REASON_SESSION_TELLS_NO_LOSS = 33,
    GRACELINE_REASON_SESSION_RESUMED = 34,
    GRACELINE_REASON_SESSION_NOT_RESUMED = 35,
    GRACELINE_REASON_CONTINUOUS = 36,
    GRACELINE_REASON_REFRESH_NOT_MARKED = 37,
    GRACELINE_REASON_SUPERSEDED = 38,
    GRACELINE_REASON_INTERNAL_ERROR = 39,
    GRACELINE_REASON_TOKEN_TIMEOUT = 40,
    GRACELINE_REASON_TOKEN_FAILED = 41,
    GRACELINE_REASON_MESSAGE_EXPIRED = 42,
    GRACELINE_REASON_SEND_CANCELLED = 43,
    GRACELINE_REASON_MISSED_MESSAGES_FETCHED = 44,
    GRACELINE_REASON_HISTORY_CUT = 45,
    GRACELINE_REASON_HISTORY_FAILED = 46,
    GRACELINE_REASON_HISTORY_THROTTLED = 47,
    GRACELINE_REASON_HISTORY_TIMEOUT = 48,
    GRACELINE_REASON_HISTORY_UNREADABLE = 49,
    GRACELINE_REASON_CATCH_UP_LIMIT = 50,
    GRACELINE_REASON_CATCH_UP_INTERRUPTED = 51,
    GRACELINE_REASON_CONVERSATIONS_NOT_FETCHED = 52,
    GRACELINE_REASON_REQUEST_CANCELLED = 53
} graceline_reason;

/** What the host knows of the network. */
typedef enum graceline_network {
    GRACELINE_NETWORK_UNKNOWN = 0,   /**< Not told (the default): attempts are made. */
    GRACELINE_NETWORK_OFF = 1,       /**< Nothing is tried until it changes. */
    GRACELINE_NETWORK_AVAILABLE = 2, /**< There is a network, or it changed to another one. */
    GRACELINE_NETWORK_METERED = 3    /**< As AVAILABLE; the user pays for it. */
} graceline_network;

/** How a background task ended. */
typedef enum graceline_task_cause {
    GRACELINE_TASK_CAUSE_NONE = 0,         /**< Still running, or no task yet. */
    GRACELINE_TASK_CAUSE_RETURNED = 1,     /**< The app came back before the deadline. */
    GRACELINE_TASK_CAUSE_EXPIRED = 2,      /**< The deadline was reached. */
    GRACELINE_TASK_CAUSE_OS_EXPIRED = 3,   /**< The system took the time back. */
    GRACELINE_TASK_CAUSE_REFUSED = 4,      /**< The system gave no time. */
    GRACELINE_TASK_CAUSE_DISCONNECTED = 5, /**< disconnect() was called. */
    GRACELINE_TASK_CAUSE_SERVER = 6,       /**< A terminal cause, see graceline_reason. */
    GRACELINE_TASK_CAUSE_TERMINATED = 7,   /**< WILL_TERMINATE or graceline_shutdown(). */
    GRACELINE_TASK_CAUSE_CLOSED = 8        /**< The client was closed or released. */
} graceline_task_cause;

/** What is known of the messages of one gap. */
typedef enum graceline_gap_verdict {
    GRACELINE_GAP_VERDICT_NONE = 0,      /**< Not judged yet. */
    GRACELINE_GAP_VERDICT_COMPLETE = 1,  /**< Nothing was missed. */
    GRACELINE_GAP_VERDICT_RECOVERED = 2, /**< Missed messages were delivered, in order, once. */
    GRACELINE_GAP_VERDICT_GAP = 3,       /**< The server could not replay: refresh. */
    GRACELINE_GAP_VERDICT_UNKNOWN = 4    /**< No way to tell: refresh. */
} graceline_gap_verdict;

/** What the app should do after a return. */
typedef enum graceline_return_verdict {
    GRACELINE_RETURN_VERDICT_NONE = 0,
    GRACELINE_RETURN_VERDICT_SKIP = 1,   /**< Updates were continuous: skip the refresh. */
    GRACELINE_RETURN_VERDICT_REFRESH = 2 /**< Refresh messages and conversations. */
} graceline_return_verdict;

/** What became of an accepted outgoing message. */
typedef enum graceline_fate {
    GRACELINE_FATE_NONE = 0,
    GRACELINE_FATE_SENT = 1,        /**< Handed to the operating system; the session has no acks. */
    GRACELINE_FATE_FAILED = 2,      /**< Not sent, or not acknowledged; `reason` says why. */
    GRACELINE_FATE_ACKNOWLEDGED = 3 /**< The server has it. */
} graceline_fate;

/** Kind of an event. */
typedef enum graceline_event_type {
    GRACELINE_EVENT_NONE = 0,
    GRACELINE_EVENT_MESSAGE = 1,               /**< `data`, `size`, `flags`, `fields`. */
    GRACELINE_EVENT_CONNECTION_STATUS = 2,     /**< details: connection_status, phase, reason, attempt, retry_in_ms, close_code, http_status, text. */
    GRACELINE_EVENT_BACKGROUND_TASK_BEGAN = 3, /**< details: task_number. */
    GRACELINE_EVENT_BACKGROUND_TASK_ENDED = 4, /**< details: task_number, task_cause, reason. */
    GRACELINE_EVENT_GAP_VERDICT = 5,           /**< details: gap_number, gap_verdict, gap_ms, reason. */
    GRACELINE_EVENT_RETURN_VERDICT = 6,        /**< details: return_verdict, reason. */
    GRACELINE_EVENT_REFRESH_NEEDED = 7,        /**< details: reason. */
    GRACELINE_EVENT_SEND_FATE = 8,             /**< details: fate, first_id, last_id, reason. */
    GRACELINE_EVENT_PING_COMPLETED = 9,        /**< details: round_trip_us (-1: failed), reason. */
    GRACELINE_EVENT_CLOSED = 10,               /**< The last event of a client. */
    GRACELINE_EVENT_TOKEN_NEEDED = 11,         /**< details: request_id; answer with provide_token(). */
    GRACELINE_EVENT_FETCH_NEEDED = 12,         /**< details: request_id, fetch; answer with provide_page(). */
    GRACELINE_EVENT_REQUEST_COMPLETED = 13     /**< details: request_id, request_status, reason, http_status, retry_in_ms, page. */
} graceline_event_type;

/** Flags of a message event; values may be combined. */
typedef enum graceline_message_flag {
    GRACELINE_MESSAGE_FLAG_TEXT = 1,    /**< A text message (UTF-8, validated). */
    GRACELINE_MESSAGE_FLAG_BINARY = 2,  /**< A binary message. */
    GRACELINE_MESSAGE_FLAG_REPLAYED = 4 /**< Delivered by a catch-up, not live. */
} graceline_message_flag;

/** Kind of an outgoing message. */
typedef enum graceline_message_kind {
    GRACELINE_MESSAGE_KIND_TEXT = 0,  /**< UTF-8; checked at the call. */
    GRACELINE_MESSAGE_KIND_BINARY = 1 /**< Any bytes. */
} graceline_message_kind;

/** The protocol inside the WebSocket. */
typedef enum graceline_session {
    GRACELINE_SESSION_PLAIN = 0 /**< Any WebSocket server; every reconnect is `unknown`. */
} graceline_session;

/** The WebSocket transport. */
typedef enum graceline_transport {
    GRACELINE_TRANSPORT_DEFAULT = 0, /**< Our codec on Asio and OpenSSL. */
    GRACELINE_TRANSPORT_CPPREST = 1  /**< cpprestsdk's client; a build option; see README. */
} graceline_transport;

/** Where the token goes. */
typedef enum graceline_token_placement {
    GRACELINE_TOKEN_PLACEMENT_HEADER = 0,      /**< `Authorization: Bearer TOKEN`. */
    GRACELINE_TOKEN_PLACEMENT_QUERY = 1,       /**< Query parameter `token_name`. */
    GRACELINE_TOKEN_PLACEMENT_SUBPROTOCOL = 2, /**< Offered as one more subprotocol. */
    GRACELINE_TOKEN_PLACEMENT_FIRST_FRAME = 3  /**< First text frame after every connect. */
} graceline_token_placement;

/** What may be done after a close code or HTTP status. */
typedef enum graceline_disposition {
    GRACELINE_DISPOSITION_RETRY = 0,        /**< With backoff. */
    GRACELINE_DISPOSITION_RETRY_SLOWLY = 1, /**< With the longest backoff. */
    GRACELINE_DISPOSITION_THROTTLED = 2,    /**< As the server advised; nothing skips it. */
    GRACELINE_DISPOSITION_AUTH = 3,         /**< A fresh token once, then terminal. */
    GRACELINE_DISPOSITION_TERMINAL = 4      /**< Never by ourselves. */
} graceline_disposition;

/** What a list of messages of the history holds. */
typedef enum graceline_history_scope {
    GRACELINE_HISTORY_SCOPE_ALL = 0,             /**< All that the socket delivers. */
    GRACELINE_HISTORY_SCOPE_PER_CONVERSATION = 1 /**< One conversation. */
} graceline_history_scope;

/** What a page holds. */
typedef enum graceline_page_kind {
    GRACELINE_PAGE_KIND_MESSAGES = 0,     /**< Messages, oldest first. */
    GRACELINE_PAGE_KIND_CONVERSATIONS = 1 /**< Conversations, in the server's order. */
} graceline_page_kind;

/** Which page is fetched. */
typedef enum graceline_page_direction {
    GRACELINE_PAGE_DIRECTION_LATEST = 0,   /**< The newest, beside nothing. */
    GRACELINE_PAGE_DIRECTION_PREVIOUS = 1, /**< Older than the anchor. */
    GRACELINE_PAGE_DIRECTION_NEXT = 2      /**< Newer; of conversations: further along the list. */
} graceline_page_direction;

/** Whether a page was the last in its direction. */
typedef enum graceline_page_end {
    GRACELINE_PAGE_END_NO = 0,      /**< There is, or may be, more. */
    GRACELINE_PAGE_END_PROVEN = 1,  /**< The last: the server said so, or knows the anchor. */
    GRACELINE_PAGE_END_UNPROVEN = 2 /**< Nothing came, but the server may not know the anchor. */
} graceline_page_end;

/** Level of a log line. */
typedef enum graceline_log_level {
    GRACELINE_LOG_LEVEL_ERROR = 0,   /**< A bug. */
    GRACELINE_LOG_LEVEL_WARNING = 1, /**< A lost connection, a slow hook. */
    GRACELINE_LOG_LEVEL_INFO = 2,    /**< Each change of status, task and gap. */
    GRACELINE_LOG_LEVEL_DEBUG = 3    /**< Each step of an attempt. */
} graceline_log_level;

/* ------------------------------------------------------------------ hooks */

/** Asks the operating system for background time. Runs on the thread of the call that begins or
 *  needs the task, under no lock. Returns an id, or 0: refused. `out_remaining_ms` is preset to
 *  GRACELINE_UNLIMITED; set it to what the system grants. */
typedef uint64_t (*graceline_begin_background_time_fn)(void *user_data, int64_t *out_remaining_ms);

/** Gives background time back: exactly once for each id that begin returned. Dispatcher thread. */
typedef void (*graceline_end_background_time_fn)(void *user_data, uint64_t id);

/** What remains of the background time now; asked at DID_BACKGROUND, connect() and ping() in
 *  background, on the thread of that call. GRACELINE_UNLIMITED or absurd values mean no limit. */
typedef int64_t (*graceline_remaining_background_time_fn)(void *user_data);

/** Events are ready. Any thread of the library; may only signal, must not call the library. */
typedef void (*graceline_wake_fn)(void *user_data);

/** One log line without secrets. Dispatcher thread. */
typedef void (*graceline_log_fn)(void *user_data, graceline_log_level level, const char *text);

/** Frees a hook's user_data: once, after the last call of the hook. Any thread. */
typedef void (*graceline_free_fn)(void *user_data);

/* ------------------------------------------------------------------ structs */

/** One HTTP header of the upgrade request. */
typedef struct graceline_header {
    const char *name;  /**< A token; Host, Upgrade, Connection and Sec-WebSocket-* are refused. */
    const char *value; /**< No CR, LF, NUL. */
} graceline_header;

/** One row added to the published table of causes; exactly one of the two codes is not 0. */
typedef struct graceline_disposition_row {
    uint16_t close_code;  /**< 1000 to 4999. */
    uint16_t http_status; /**< 300 to 599. */
    int32_t disposition;  /**< graceline_disposition. */
} graceline_disposition_row;

/** Where an app stands: the last message that it has, of one conversation or of all. */
typedef struct graceline_position {
    const char *conversation;    /**< NULL: all (GRACELINE_HISTORY_SCOPE_ALL). */
    const char *last_message_id; /**< Opaque; never ordered. */
} graceline_position;

/** Where older and missed messages are fetched. Fill with graceline_history_options_init(). URL
 *  templates are RFC 6570: `{var}`, `{?a,b}`, `{&a,b}` with the variables conversation, limit,
 *  before, after (ids), before_time, after_time, cursor; what is not set vanishes. Pointers are
 *  RFC 6901, NULL: the page has no such value. */
typedef struct graceline_history_options {
    uint32_t struct_size;            /**< Set by init. */
    int32_t host_fetches;            /**< 1: FETCH_NEEDED events ask the host; templates are optional. */
    const char *messages_url;        /**< "https://host/messages{?conversation,before,after,limit}". */
    const char *messages_previous_url; /**< Instead, for older messages. */
    const char *messages_next_url;     /**< Instead, for newer messages. */
    const char *conversations_url;     /**< NULL: conversations_request is unsupported. */
    const graceline_header *headers;   /**< Sent with each fetch. */
    int32_t headers_count;             /**< 0 to 64. */
    int32_t scope;                     /**< graceline_history_scope. */
    int32_t newest_first;              /**< 1: a page of messages comes newest first. */
    int32_t refuses_unknown_ids;       /**< 1: 404, 410 or 400 for an id it does not know; without
                                          that promise each catch-up proves it with one more page. */
    int32_t sends_token;               /**< 1 (default): the client's token goes with each fetch. */
    int32_t positions_count;           /**< 0 to 1,000. */
    const graceline_position *positions; /**< Where the app stands, per conversation. */
    const char *json_items_pointer;      /**< The array; default "" (the document itself). */
    const char *json_id_pointer;         /**< In each item; NULL: as graceline_options says. */
    const char *json_conversation_pointer; /**< The same. */
    const char *json_sender_pointer;       /**< The same. */
    const char *json_time_pointer;         /**< The same. */
    const char *json_body_pointer;         /**< NULL: the item's own JSON is the payload. */
    const char *json_next_cursor_pointer;  /**< In the page: to go on in the direction asked for. */
    const char *json_previous_cursor_pointer; /**< Where a page holds two: this one leads to older. */
    const char *json_complete_pointer;        /**< In the page: true, nothing more in that direction. */
    const char *json_conversations_items_pointer; /**< Default: json_items_pointer. */
    const char *json_conversations_id_pointer;    /**< In each conversation; default "/id". */
    const char *json_conversations_time_pointer;  /**< In each conversation. */
    const char *json_conversations_next_cursor_pointer; /**< Default: json_next_cursor_pointer. */
    const char *json_conversations_complete_pointer;    /**< Default: json_complete_pointer. */
    int64_t timeout_ms; /**< Of one page; 100 to 120,000; default 15,000. */
    int64_t page_bytes; /**< Of one answer; 1,024 to 16,777,216; default 1,048,576. */
} graceline_history_options;

/** Options of a client. Fill with graceline_options_init(), then set what differs. All pointers may
 *  be NULL where a default is given; all is copied by graceline_client_create(). */
typedef struct graceline_options {
    uint32_t struct_size; /**< Set by init. */

    /* connection */
    int32_t auto_establish_socket_connection; /**< 1 (default): connect by itself from start. */
    const char *url;                          /**< ws:// or wss://; required. No credentials, no fragment. */
    int32_t allow_insecure_ws_beyond_loopback; /**< 0 (default): ws:// only to loopback. */
    int32_t transport;                         /**< graceline_transport. */
    int32_t session;                           /**< graceline_session. */
    int32_t initial_application_state; /**< graceline_application_state; default DID_BECOME_ACTIVE. */

    /* window */
    int64_t grace_ms;      /**< 0 to 86,400,000 or GRACELINE_UNLIMITED; default 30,000. */
    int64_t trust_time_ms; /**< 100 to 600,000; default 5,000. */

    /* token */
    const char *token;         /**< NULL: none. Never logged. */
    int32_t token_placement;   /**< graceline_token_placement. */
    int32_t headers_count;     /**< 0 to 64. */
    const char *token_name;    /**< Query parameter's name; default "token". */

    /* upgrade */
    const graceline_header *headers;
    const char *const *subprotocols; /**< Offered in this order. */
    const char *const *connect_frames; /**< Text frames sent after every connect (subscribe). */
    int32_t subprotocols_count;        /**< 0 to 16. */
    int32_t connect_frames_count;      /**< 0 to 64, 64 KiB in all. */
    int32_t permessage_deflate;        /**< 0 (default): not offered. */
    int32_t deflate_no_context_takeover; /**< 1: both sides start afresh each message. */

    /* time-outs, ms */
    int64_t resolve_timeout_ms; /**< 100 to 60,000; default 5,000. */
    int64_t connect_timeout_ms; /**< TCP, TLS and upgrade; 100 to 120,000; default 15,000. */
    int64_t session_timeout_ms; /**< 100 to 120,000; default 10,000. */
    int64_t close_timeout_ms;   /**< 0 to 10,000; default 1,000. */

    /* heartbeat, ms */
    int64_t ping_interval_ms; /**< Foreground; 1,000 to 3,600,000 or GRACELINE_UNLIMITED; 25,000. */
    int64_t pong_timeout_ms;  /**< 100 to 120,000; default 10,000. */
    int64_t probe_timeout_ms; /**< 100 to 10,000; default 2,000; 5 times that in all. */

    /* backoff */
    int64_t backoff_initial_ms;      /**< 10 to 3,600,000; default 500. */
    int64_t backoff_max_ms;          /**< backoff_initial_ms to 3,600,000; default 30,000. */
    int64_t retry_total_ms;          /**< 1 to 7 days, or GRACELINE_UNLIMITED (default). */
    int32_t retry_attempts;          /**< 1 to 1,000,000, or 0: no limit (default). */
    int32_t dispositions_count;      /**< 0 to 64. */
    const graceline_disposition_row *dispositions;

    /* limits */
    int64_t max_message_bytes;    /**< 125 to 268,435,456; default 1,048,576; both directions. */
    int64_t receive_queue_bytes;  /**< 65,536 to 1,073,741,824; default 4,194,304. */
    int64_t outbox_bytes;         /**< 1,024 to 268,435,456; default 1,048,576. */
    int32_t outbox_messages;      /**< 1 to 1,000,000; default 1,000. */
    int32_t max_fragments;        /**< 1 to 1,000,000; default 4,096. */

    /* TLS */
    const char *tls_ca_pem;             /**< Further trusted certificates, PEM text. */
    const char *tls_client_certificate_pem;
    const char *tls_client_key_pem;
    const char *tls_server_name;        /**< Name to verify and to send (SNI); default: the URL's. */
    const char *const *tls_pins;        /**< "sha256/BASE64" of SubjectPublicKeyInfo. */
    int32_t tls_pins_count;             /**< 0 to 16; give a backup pin too. */
    int32_t tls_use_system_store;       /**< 1 (default). */
    int32_t tls_insecure_skip_verification; /**< 0 (default). Tests only. */
    int32_t tls_resume_sessions;        /**< 1 (default). */

    /* proxy */
    const char *proxy_url;      /**< "http://host:port"; NULL: direct. */
    const char *proxy_user;
    const char *proxy_password; /**< Never logged. */

    /* messages with fields: RFC 6901 JSON pointers into each text message; NULL: raw messages */
    const char *json_id_pointer;
    const char *json_conversation_pointer;
    const char *json_sender_pointer;
    const char *json_time_pointer;

    /* truth */
    const char *last_message_id;      /**< Where the app stands; NULL: nothing to continue. */
    int32_t initial_refresh_required; /**< 1: also the first connection asks for a refresh. */
    int32_t log_level;                /**< graceline_log_level; default WARNING. */

    /* hooks */
    graceline_begin_background_time_fn begin_background_time; /**< NULL: the host grants all. */
    graceline_end_background_time_fn end_background_time;     /**< Required with begin. */
    graceline_remaining_background_time_fn remaining_background_time; /**< Optional with begin. */
    void *background_time_user_data;
    graceline_free_fn background_time_free;
    graceline_log_fn log;
    void *log_user_data;
    graceline_free_fn log_free;

    /* token, continued */
    int64_t token_timeout_ms;       /**< 100 to 600,000; default 15,000. */
    int32_t host_provides_token;    /**< 1: TOKEN_NEEDED events ask the host; `token` must be NULL. */
    int32_t reserved;               /**< 0. */

    /* sending: acks of a JSON backend; NULL: none */
    const char *json_ack_pointer; /**< Into each text message: a value here acknowledges the message
                                     with that de-duplication id, and is no message itself. */
    const char *json_outgoing_id_member; /**< The library writes the de-duplication id into each
                                            outgoing JSON object, under this name. */

    /* history */
    const graceline_history_options *history; /**< NULL: none. */
    int32_t refresh_by_fetch; /**< 1 (default): a first page fetched while connected marks a refresh. */
    int32_t reserved_2;       /**< 0. */
} graceline_options;

/** Fields of a message of a JSON backend; a field that is absent has a NULL pointer. */
typedef struct graceline_message_fields {
    uint32_t struct_size;
    uint32_t reserved;
    const char *id; /**< NUL-ended copies in the batch. */
    const char *conversation;
    const char *sender;
    const char *time; /**< As the server wrote it. */
} graceline_message_fields;

/** A page of history; items are message events (flag REPLAYED, sequence 0). */
typedef struct graceline_page graceline_page;

/** A page that the host shall fetch; NULL texts are not set. */
typedef struct graceline_fetch {
    uint32_t struct_size;
    int32_t kind;             /**< graceline_page_kind. */
    int32_t direction;        /**< graceline_page_direction. */
    uint32_t limit;           /**< Items wanted at most. */
    const char *conversation; /**< NULL: all. */
    const char *anchor_id;    /**< Older or newer than this message. */
    const char *anchor_time;  /**< Or than this time. */
    const char *cursor;       /**< The source's own, to go on; wins over the anchors. */
    const char *url;          /**< Where a template was given: expanded, without the token. */
} graceline_fetch;

/** Details of every event that is not a message; which fields count stands at the event type. */
typedef struct graceline_event_details {
    uint32_t struct_size;
    int32_t connection_status; /**< graceline_connection_status. */
    int32_t phase;             /**< graceline_phase. */
    int32_t reason;            /**< graceline_reason. */
    int32_t attempt;           /**< Number of the attempt since the last stable connection. */
    int32_t close_code;        /**< 0: none. */
    int32_t http_status;       /**< 0: none. */
    int32_t task_cause;        /**< graceline_task_cause. */
    int32_t gap_verdict;       /**< graceline_gap_verdict. */
    int32_t return_verdict;    /**< graceline_return_verdict. */
    int32_t fate;              /**< graceline_fate. */
    uint32_t coalesced_count;  /**< Events of this kind that this one stands for; at least 1. */
    uint64_t task_number;
    uint64_t gap_number;
    uint64_t first_id; /**< Fate: ids first_id to last_id, both included. */
    uint64_t last_id;
    int64_t retry_in_ms;   /**< -1: no retry is planned. */
    int64_t gap_ms;        /**< Length of the gap. */
    int64_t round_trip_us; /**< -1: none. */
    const char *text;      /**< For people; never NULL, never a secret. */
    uint64_t request_id;   /**< Of a token, a fetch or a request. */
    int32_t request_status; /**< graceline_status of a completed request. */
    uint32_t reserved;
    const graceline_page *page;   /**< Of a request that succeeded, else NULL. */
    const graceline_fetch *fetch; /**< Of FETCH_NEEDED, else NULL. */
    const char *since_id; /**< Of REFRESH_NEEDED: the position, else NULL. */
} graceline_event_details;

/** One event. A batch holds an array of them; step by graceline_batch_stride_bytes(). */
typedef struct graceline_event {
    uint32_t type;     /**< graceline_event_type. */
    uint32_t flags;    /**< graceline_message_flag, of a message. */
    uint64_t sequence; /**< 1, 2, 3 … in the order of this client. */
    int64_t time_ms;   /**< When it happened, on the clock of graceline_now_ms(). */
    const uint8_t *data; /**< Payload of a message, else NULL. */
    size_t size;         /**< Bytes of data. */
    const graceline_message_fields *fields;  /**< Of a message with fields, else NULL. */
    const graceline_event_details *details; /**< Of every other event, else NULL. */
} graceline_event;

/** A page of history. */
struct graceline_page {
    uint32_t struct_size;
    int32_t kind; /**< graceline_page_kind. */
    int32_t end;  /**< graceline_page_end. */
    uint32_t count;
    const graceline_event *items; /**< Step by graceline_batch_stride_bytes(). Of a conversation,
                                     fields->id and fields->conversation are its id. */
};

/** Which messages a request pages through. Fill with graceline_messages_request_options_init(). */
typedef struct graceline_messages_request_options {
    uint32_t struct_size;         /**< Set by init. */
    int32_t limit;                /**< Messages a page; 1 to 100; default 30. */
    const char *conversation;     /**< NULL: all. */
    const char *start_message_id; /**< The first pages begin beside this message; NULL: the newest. */
    const char *start_time;       /**< Or at this time, in the server's own notation. */
} graceline_messages_request_options;

/** Which conversations a request pages through. Fill with
 *  graceline_conversations_request_options_init(). */
typedef struct graceline_conversations_request_options {
    uint32_t struct_size; /**< Set by init. */
    int32_t limit;        /**< Conversations a page; 1 to 50; default 30. */
} graceline_conversations_request_options;

/** A message to send. */
typedef struct graceline_outgoing {
    uint32_t struct_size; /**< Set by graceline_outgoing_init(). */
    int32_t kind;         /**< graceline_message_kind. */
    const uint8_t *data;  /**< May be NULL when size is 0. */
    size_t size;          /**< Up to max_message_bytes. */
    const char *deduplication_id; /**< By it the server knows a message again; NULL: none, or chosen by
                                     the library where json_outgoing_id_member is set. */
    int64_t expires_in_ms; /**< While it waits: failed after this; 1 to 7 days, or
                              GRACELINE_UNLIMITED (default). */
} graceline_outgoing;

/** Everything about the connection now. */
typedef struct graceline_connection_info {
    uint32_t struct_size; /**< Set it to sizeof before the call. */
    int32_t connection_status;
    int32_t phase;
    int32_t reason;
    int32_t attempt;
    int32_t close_code;
    int32_t http_status;
    int32_t application_state; /**< The last one reported. */
    int32_t network;
    int32_t tls_resumed;
    int32_t trusted;    /**< 1: the socket is trusted. */
    int32_t gap_open;   /**< 1: not up now. */
    int32_t task_running;
    int32_t task_cause; /**< Of the last ended task. */
    uint64_t task_number;
    uint64_t gap_number;
    uint64_t connection_number; /**< Attempts since create. */
    int64_t retry_in_ms;        /**< -1: none planned. */
    int64_t round_trip_us;      /**< Last measured; -1: none. */
    int64_t last_frame_age_ms;  /**< -1: none on this connection. */
    char transport[16];
    char subprotocol[64];
    char tls_version[16];
    char peer[64];
    char text[256]; /**< For people. */
} graceline_connection_info;

/** Counters since create. */
typedef struct graceline_statistics {
    uint32_t struct_size; /**< Set it to sizeof before the call. */
    uint32_t reserved;
    uint64_t messages_received_count;
    uint64_t bytes_received;   /**< Raw bytes of the WebSocket. */
    uint64_t frames_received_count;
    uint64_t messages_sent_count;
    uint64_t pings_sent_count;
    uint64_t connections_count; /**< Times the connection came up. */
    uint64_t attempts_count;
    uint64_t gaps_count;
    uint64_t tasks_count;
    uint64_t discarded_reads_count; /**< Reads after a deadline, thrown away. */
    uint64_t reading_paused_count; /**< Times back-pressure stopped reading. */
    uint64_t queue_bytes;          /**< Memory of the queue and of batches held by the host. */
    uint64_t queue_peak_bytes;
    uint64_t events_coalesced_count;
    uint64_t slow_hooks_count; /**< Hooks that took over 50 ms. */
    uint64_t duplicates_dropped_count; /**< Messages whose id had been delivered already. */
    uint64_t messages_replayed_count;  /**< Delivered by catch-ups. */
    uint64_t pages_fetched_count;
    uint64_t held_bytes;      /**< Live messages that wait behind a page now. */
    uint64_t held_peak_bytes; /**< The most that ever waited so. */
    uint64_t outbox_count;    /**< Messages without a fate. */
    uint64_t outbox_bytes;    /**< Of those that are kept. */
} graceline_statistics;

/* ------------------------------------------------------------------ library */

/** The ABI version of the loaded library; compare with GRACELINE_ABI_VERSION.
 *  Threads: any. Memory: none. Errors: none. Since: 0.1 */
GRACELINE_API uint32_t graceline_abi_version(void);

/** The package version, "MAJOR.MINOR.PATCH".
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_version_text(void);

/** Names, one a line, of what this build holds: "transport=default", "http=cpprest" …
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_build_features(void);

/** The detail text of the last error on this thread, "" when there was none.
 *  Threads: any. Memory: borrowed until the thread's next call of the library. Errors: none.
 *  Since: 0.1 */
GRACELINE_API const char *graceline_last_error_text(void);

/** The name of a status, e.g. "GRACELINE_E_FULL"; "unknown" for other numbers.
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_status_name(graceline_status status);

/** The name of a reason, e.g. "pong_timeout"; "unknown" for other numbers.
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_reason_name(graceline_reason reason);

/** One line for people about a reason.
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_reason_text(graceline_reason reason);

/** The name of a connection status, e.g. "feature_throttled".
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_connection_status_name(graceline_connection_status status);

/** The name of a phase, e.g. "opening_session".
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_phase_name(graceline_phase phase);

/** The name of an app state, e.g. "did_background".
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_application_state_name(graceline_application_state state);

/** The name of a task's cause, e.g. "returned".
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_task_cause_name(graceline_task_cause cause);

/** The name of a gap's verdict, e.g. "recovered".
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_gap_verdict_name(graceline_gap_verdict verdict);

/** The name of a return's verdict: "skip" or "refresh".
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_return_verdict_name(graceline_return_verdict verdict);

/** The name of an event type, e.g. "background_task_ended".
 *  Threads: any. Memory: static. Errors: none. Since: 0.1 */
GRACELINE_API const char *graceline_event_type_name(graceline_event_type type);

/** Milliseconds on the library's clock, which counts sleep; only differences have a meaning.
 *  Threads: any. Memory: none. Errors: none. Since: 0.1 */
GRACELINE_API int64_t graceline_now_ms(void);

/** Closes every client of the process as WILL_TERMINATE does, all at once, within 250 ms.
 *  Threads: any; from a hook it does not wait. Memory: none. Errors: none. Since: 0.1 */
GRACELINE_API void graceline_shutdown(void);

/* ------------------------------------------------------------------ client: life */

/** Fills options with the defaults; `struct_size` is sizeof(graceline_options) of the caller.
 *  Threads: any. Memory: writes struct_size bytes. Errors: INVALID_ARGUMENT. Since: 0.1 */
GRACELINE_API graceline_status graceline_options_init(graceline_options *options,
                                                      uint32_t struct_size);

/** Makes a client; nothing is connected before start.
 *  Threads: any. Memory: copies all options; release with graceline_client_release().
 *  Errors: INVALID_ARGUMENT naming field and rule, UNSUPPORTED, NO_MEMORY; hooks' free functions
 *  are not called when it fails. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_create(const graceline_options *options,
                                                       graceline_client **out_client);

/** Starts the client; in auto mode it connects. A second start changes nothing.
 *  Threads: any; in background the begin hook runs in the call. Memory: none.
 *  Errors: INVALID_ARGUMENT, CLOSED. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_start(graceline_client *client);

/** Wants a connection from now on; skips a backoff; in background gives a fresh full window.
 *  Threads: any; in background the begin hook may run in the call. Memory: none.
 *  Errors: INVALID_ARGUMENT, CLOSED. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_connect(graceline_client *client);

/** Ends the session and the connection (close 1000); none is wanted until connect().
 *  Threads: any. Memory: none. Errors: INVALID_ARGUMENT, CLOSED. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_disconnect(graceline_client *client);

/** Ends the client in order: close 1000, every pending work answered, last event CLOSED.
 *  Idempotent; NULL is allowed. Returns at once.
 *  Threads: any, hooks too. Memory: none. Errors: none. Since: 0.1 */
GRACELINE_API void graceline_client_close(graceline_client *client);

/** Closes and drops the host's reference; the handle is invalid afterwards. Returns at once; after
 *  it returned no hook starts but end and free. NULL is allowed. Batches stay valid.
 *  Threads: any, finalisers and hooks too; not at the same time as another call on the handle.
 *  Memory: frees the client when its last work is done. Errors: none. Since: 0.1 */
GRACELINE_API void graceline_client_release(graceline_client *client);

/* ------------------------------------------------------------------ client: reports of the host */

/** Reports an app state. Idempotent, any order; its place and time are those of the call's entry.
 *  Threads: any; the begin and remaining hooks may run in the call. Returns at once, WILL_TERMINATE
 *  within 250 ms. Memory: none. Errors: INVALID_ARGUMENT, CLOSED. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_configure_services(
    graceline_client *client, graceline_application_state state);

/** The system is about to take the background time back: ends the task and returns when the
 *  connection is closed or aborted and the end hook was called.
 *  Threads: any; waits up to close_timeout_ms; from a hook it aborts without waiting. Memory: none.
 *  Errors: INVALID_ARGUMENT, CLOSED. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_background_time_expiring(graceline_client *client);

/** Reports the network. OFF: nothing is tried. Any other value: a change, which skips a backoff.
 *  Threads: any. Memory: none. Errors: INVALID_ARGUMENT, CLOSED. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_network_changed(graceline_client *client,
                                                                graceline_network network);

/** Measures the round trip; in background restarts the window within what the system grants.
 *  One PING_COMPLETED event answers every ping asked for while it was under way.
 *  Threads: any; the remaining hook may run in the call. Memory: none.
 *  Errors: INVALID_ARGUMENT, CLOSED, NOT_CONNECTED, WINDOW_OVER. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_ping(graceline_client *client);

/* ------------------------------------------------------------------ client: queries */

/** The published status.
 *  Threads: any, never blocks. Memory: none. Errors: NULL or closed: DISCONNECTED. Since: 0.1 */
GRACELINE_API graceline_connection_status graceline_client_connection_status(
    const graceline_client *client);

/** 1: updates are continuous, skip the refresh. 0: refresh (also before the first task).
 *  Threads: any, never blocks. Memory: none. Errors: NULL or closed: 0. Since: 0.1 */
GRACELINE_API int32_t graceline_client_background_task_enabled(const graceline_client *client);

/** What is left of the window: ms, 0 none, GRACELINE_UNLIMITED unlimited or not yet started.
 *  Threads: any, never blocks. Memory: none. Errors: NULL or closed: 0. Since: 0.1 */
GRACELINE_API int64_t graceline_client_background_time_remaining_ms(const graceline_client *client);

/** 1: a gap is not closed, what is on screen may be stale.
 *  Threads: any, never blocks. Memory: none. Errors: NULL or closed: 1. Since: 0.1 */
GRACELINE_API int32_t graceline_client_needs_refresh(const graceline_client *client);

/** Takes a mark before a refresh is fetched.
 *  Threads: any. Memory: none. Errors: INVALID_ARGUMENT, CLOSED. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_refresh_begin(graceline_client *client,
                                                              uint64_t *out_mark);

/** Closes the gaps that had ended when the mark was taken; a gap still open cannot be marked away.
 *  Threads: any. Memory: none. Errors: INVALID_ARGUMENT (a mark never given), CLOSED. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_mark_refreshed(graceline_client *client,
                                                               uint64_t mark);

/** Everything about the connection now; set out_info->struct_size first.
 *  Threads: any. Memory: fills at most struct_size bytes. Errors: INVALID_ARGUMENT. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_connection_info(
    const graceline_client *client, graceline_connection_info *out_info);

/** Counters since create; set out_statistics->struct_size first.
 *  Threads: any. Memory: fills at most struct_size bytes. Errors: INVALID_ARGUMENT. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_statistics(const graceline_client *client,
                                                           graceline_statistics *out_statistics);

/* ------------------------------------------------------------------ client: messages and events */

/** Fills an outgoing message with the defaults (empty text).
 *  Threads: any. Memory: writes struct_size bytes. Errors: INVALID_ARGUMENT. Since: 0.1 */
GRACELINE_API graceline_status graceline_outgoing_init(graceline_outgoing *message,
                                                       uint32_t struct_size);

/** Sends a message; each accepted one gets exactly one fate. Ids are 1, 2, 3 … a client. While no
 *  connection is up but one is wanted, it waits in the outbox. With json_ack_pointer it is kept
 *  until acknowledged, and sent again under the same de-duplication id after a reconnect.
 *  Threads: any; may write to the socket, never waits. Memory: copies the payload.
 *  Errors: INVALID_ARGUMENT, CLOSED, NOT_CONNECTED (none is wanted), WINDOW_OVER, FULL (fates that
 *  the host has not taken count too). Since: 0.1 */
GRACELINE_API graceline_status graceline_client_send(graceline_client *client,
                                                     const graceline_outgoing *message,
                                                     uint64_t *out_id);

/** Takes back a message that still waits in the outbox; its fate is FAILED, send_cancelled.
 *  Threads: any. Memory: none. Errors: INVALID_ARGUMENT, CLOSED, STATE (on its way, or it has its
 *  fate). Since: 0.1 */
GRACELINE_API graceline_status graceline_client_cancel_send(graceline_client *client, uint64_t id);

/** Answers a TOKEN_NEEDED event. `status`: GRACELINE_OK with the token, anything else: there is none
 *  now (tried again with backoff); `token` may then be NULL.
 *  Threads: any. Memory: copies the token, which is never logged. Errors: INVALID_ARGUMENT (the
 *  question stays open), CLOSED, STATE (answered already, timed out, or no longer wanted). Since: 0.1 */
GRACELINE_API graceline_status graceline_client_provide_token(graceline_client *client,
                                                              uint64_t request_id,
                                                              const char *token,
                                                              graceline_status status);

/** Takes events: up to max_count (0: no bound) in *out_batch, or NULL when none came in time.
 *  timeout_ms: 0 does not wait, GRACELINE_UNLIMITED waits until an event or the end.
 *  Threads: any, several at once; waits without a lock; from a hook it does not wait.
 *  Memory: release the batch with graceline_batch_release(); held batches count as queue.
 *  Errors: INVALID_ARGUMENT, CLOSED (the event CLOSED was taken), NO_MEMORY. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_poll(graceline_client *client, int64_t timeout_ms,
                                                     uint32_t max_count,
                                                     graceline_batch **out_batch);

/** Sets the hook that says "events are ready"; called once each time the queue becomes non-empty
 *  after a poll found it empty. NULL removes it. The hook may only signal.
 *  Threads: any. Memory: free_user_data runs once, after the last call. Errors: INVALID_ARGUMENT,
 *  CLOSED. Since: 0.1 */
GRACELINE_API graceline_status graceline_client_set_wake_hook(graceline_client *client,
                                                              graceline_wake_fn wake,
                                                              void *user_data,
                                                              graceline_free_fn free_user_data);

/** A descriptor that is readable while events are ready; do not read or close it. -1 where the
 *  system has none.
 *  Threads: any. Memory: owned by the client, closed with it. Errors: -1. Since: 0.1 */
GRACELINE_API int32_t graceline_client_wake_descriptor(graceline_client *client);

/* ------------------------------------------------------------------ client: history */

/** Fills history options with the defaults.
 *  Threads: any. Memory: writes struct_size bytes. Errors: INVALID_ARGUMENT. Since: 0.1 */
GRACELINE_API graceline_status graceline_history_options_init(graceline_history_options *options,
                                                              uint32_t struct_size);

/** Answers a FETCH_NEEDED event: the host's own HTTP. `http_status`: of the answer, 0: there was
 *  none. `retry_after_ms`: what the server advised, or GRACELINE_UNLIMITED: nothing.
 *  Threads: any. Memory: copies the body. Errors: INVALID_ARGUMENT (the question stays open), CLOSED,
 *  STATE (nobody waits for this page any more). Since: 0.1 */
GRACELINE_API graceline_status graceline_client_provide_page(graceline_client *client,
                                                             uint64_t request_id,
                                                             int32_t http_status,
                                                             int64_t retry_after_ms,
                                                             const char *body, size_t size);

/** The position: the id of the last message before which nothing is missing, so that the app can
 *  give it at its next start. `conversation`: NULL where the history is one list.
 *  Threads: any. Memory: writes at most `size` bytes with the NUL; buffer NULL asks for the size.
 *  *out_size: bytes with the NUL, 0: no position yet. Errors: INVALID_ARGUMENT (also a buffer that
 *  is too small; *out_size says what it takes). Since: 0.1 */
GRACELINE_API graceline_status graceline_client_last_message_id(const graceline_client *client,
                                                                const char *conversation,
                                                                char *buffer, size_t size,
                                                                size_t *out_size);

/** Fills the options of a messages request with the defaults.
 *  Threads: any. Memory: writes struct_size bytes. Errors: INVALID_ARGUMENT. Since: 0.1 */
GRACELINE_API graceline_status graceline_messages_request_options_init(
    graceline_messages_request_options *options, uint32_t struct_size);

/** Makes a request object; nothing is fetched yet. options NULL: the newest messages of all.
 *  Threads: any. Memory: release with graceline_messages_request_release(); it may outlive the
 *  client. Errors: INVALID_ARGUMENT naming field and rule, UNSUPPORTED (no history), NO_MEMORY.
 *  Since: 0.1 */
GRACELINE_API graceline_status graceline_messages_request_create(
    graceline_client *client, const graceline_messages_request_options *options,
    graceline_messages_request **out_request);

/** Fetches the next older page; the first one is the newest page, or the one before the start.
 *  Ends with exactly one REQUEST_COMPLETED event with this id, also on close, cancel and error. At
 *  the proven end it completes at once with an empty page.
 *  Threads: any. Memory: none. Errors: INVALID_ARGUMENT, STATE (a fetch of this object is under way),
 *  UNSUPPORTED, CLOSED, WINDOW_OVER (in background without a task), FULL (32 requests are under way
 *  or not read). Since: 0.1 */
GRACELINE_API graceline_status graceline_messages_request_fetch_previous(
    graceline_messages_request *request, uint64_t *out_request_id);

/** Fetches the next newer page; without a start the first one is the newest page.
 *  Threads: any. Memory: none. Errors: as fetch_previous. Since: 0.1 */
GRACELINE_API graceline_status graceline_messages_request_fetch_next(
    graceline_messages_request *request, uint64_t *out_request_id);

/** Cancels the fetch under way: it completes with CANCELLED. The object can be used again.
 *  Threads: any. Memory: none. Errors: INVALID_ARGUMENT, STATE (none is under way). Since: 0.1 */
GRACELINE_API graceline_status graceline_messages_request_cancel(
    graceline_messages_request *request);

/** Cancels what is under way and drops the object. NULL is allowed.
 *  Threads: any; not at the same time as another call on the object. Memory: frees. Errors: none.
 *  Since: 0.1 */
GRACELINE_API void graceline_messages_request_release(graceline_messages_request *request);

/** Fills the options of a conversations request with the defaults.
 *  Threads: any. Memory: writes struct_size bytes. Errors: INVALID_ARGUMENT. Since: 0.1 */
GRACELINE_API graceline_status graceline_conversations_request_options_init(
    graceline_conversations_request_options *options, uint32_t struct_size);

/** Makes a request object; nothing is fetched yet. options NULL: the defaults.
 *  Threads: any. Memory: release with graceline_conversations_request_release(); it may outlive the
 *  client. Errors: INVALID_ARGUMENT, UNSUPPORTED (no history of conversations), NO_MEMORY. Since: 0.1 */
GRACELINE_API graceline_status graceline_conversations_request_create(
    graceline_client *client, const graceline_conversations_request_options *options,
    graceline_conversations_request **out_request);

/** Fetches the next page of conversations. Ends with exactly one REQUEST_COMPLETED event.
 *  Threads: any. Memory: none. Errors: as graceline_messages_request_fetch_previous(). Since: 0.1 */
GRACELINE_API graceline_status graceline_conversations_request_fetch_next(
    graceline_conversations_request *request, uint64_t *out_request_id);

/** Cancels the fetch under way: it completes with CANCELLED.
 *  Threads: any. Memory: none. Errors: INVALID_ARGUMENT, STATE (none is under way). Since: 0.1 */
GRACELINE_API graceline_status graceline_conversations_request_cancel(
    graceline_conversations_request *request);

/** Cancels what is under way and drops the object. NULL is allowed.
 *  Threads: any; not at the same time as another call on the object. Memory: frees. Errors: none.
 *  Since: 0.1 */
GRACELINE_API void graceline_conversations_request_release(
    graceline_conversations_request *request);

/* ------------------------------------------------------------------ batches */

/** Number of events in a batch.
 *  Threads: any. Memory: none. Errors: NULL: 0. Since: 0.1 */
GRACELINE_API uint32_t graceline_batch_count(const graceline_batch *batch);

/** The first event; the next ones follow at graceline_batch_stride_bytes().
 *  Threads: any. Memory: borrowed until the batch is released. Errors: NULL: NULL. Since: 0.1 */
GRACELINE_API const graceline_event *graceline_batch_events(const graceline_batch *batch);

/** Distance of two events in bytes; at least sizeof(graceline_event) of this header.
 *  Threads: any. Memory: none. Errors: none. Since: 0.1 */
GRACELINE_API uint32_t graceline_batch_stride_bytes(void);

/** Gives a batch back; its memory is used again. NULL is allowed.
 *  Threads: any, also after the client was released. Memory: frees. Errors: none. Since: 0.1 */
GRACELINE_API void graceline_batch_release(graceline_batch *batch);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* GRACELINE_GRACELINE_H */
