// Why a connection is in the state it is in, and what the engine may do about it: one table.
// Must not decide anything by itself: policy is a pure function of the reason and its codes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace graceline::engine {

/// X(name, text for people). The order is the ABI's: append only.
#define GRACELINE_REASONS(X)                                                              \
    X(none, "no reason")                                                                  \
    X(not_started, "not started, or connect() was not called")                            \
    X(disconnect_called, "disconnect() was called")                                       \
    X(client_closed, "the client was closed")                                             \
    X(terminating, "the app is terminating")                                              \
    X(background_expired, "the grace window in background is over")                       \
    X(os_expired, "the system took the background time back")                             \
    X(background_refused, "the system refused background time")                           \
    X(background_not_wanted, "in background without a wanted connection")                 \
    X(network_off, "the host says that the network is off")                               \
    X(resolve_failed, "the host name could not be resolved")                              \
    X(resolve_timeout, "resolving the host name took too long")                           \
    X(connect_failed, "no address of the host accepted a connection")                     \
    X(connect_timeout, "connecting, TLS and upgrade together took too long")              \
    X(proxy_failed, "the HTTP proxy refused or failed")                                   \
    X(proxy_auth_refused, "the HTTP proxy refused the credentials")                       \
    X(tls_failed, "the TLS handshake failed")                                             \
    X(certificate_refused, "the server's certificate is not trusted")                     \
    X(pin_mismatch, "the server's public key matches no pin")                             \
    X(handshake_invalid, "the answer to the WebSocket upgrade breaks RFC 6455")           \
    X(http_status, "the server answered with an HTTP error")                              \
    X(auth_refused, "the server refused the token")                                       \
    X(session_timeout, "the session was not opened in time")                              \
    X(session_failed, "the session was refused")                                          \
    X(closed_by_server, "the server closed the connection")                               \
    X(connection_lost, "the connection was lost")                                         \
    X(pong_timeout, "the server did not answer a ping")                                   \
    X(probe_failed, "the server did not answer the probe after a suspect event")          \
    X(protocol_error, "the server sent bytes that break RFC 6455")                        \
    X(message_too_big, "the server sent a message above the limit")                       \
    X(retry_limit, "the limit on attempts or on their total time was reached")            \
    X(network_available, "the network is available again")                                \
    X(first_connection, "the first connection of this client")                            \
    X(session_tells_no_loss, "this session has no way to tell what was missed")           \
    X(session_resumed, "the session was resumed and nothing was missed")                  \
    X(session_not_resumed, "the server could not resume the session")                     \
    X(continuous, "the connection stayed up and answered")                                \
    X(refresh_not_marked, "an earlier gap has not been refreshed yet")                    \
    X(superseded, "a newer return came before this one was judged")                       \
    X(internal_error, "an error inside the library")                                      \
    X(token_timeout, "the token provider did not answer in time")                         \
    X(token_failed, "the token provider gave no token")                                   \
    X(message_expired, "the outgoing message was not sent in its time")                   \
    X(send_cancelled, "sending was cancelled by the host")                                \
    X(missed_messages_fetched, "the missed messages were fetched and delivered")          \
    X(history_cut, "the history does not reach back to the last known message")           \
    X(history_failed, "the history could not be fetched")                                 \
    X(history_throttled, "the history's server said to wait")                             \
    X(history_timeout, "the history did not answer in time")                              \
    X(history_unreadable, "the answer of the history is no page")                         \
    X(catch_up_limit, "the catch-up reached its bound of pages, messages or time")        \
    X(catch_up_interrupted, "the connection was lost while missed messages were fetched") \
    X(conversations_not_fetched, "new conversations are known once they were fetched")    \
    X(request_cancelled, "the request was cancelled")

enum class Reason : std::uint8_t {
#define X(name, text) name,
    GRACELINE_REASONS(X)
#undef X
};

const char* to_string(Reason reason);  ///< The name, e.g. "pong_timeout".
const char* text_of(Reason reason);    ///< One line for people.

/// What may be done after a failure.
enum class Disposition : std::uint8_t {
    retry,         ///< With backoff.
    retry_slowly,  ///< With the longest backoff (a captive portal will go away).
    throttled,     ///< The server said to wait: nothing skips it.
    auth,          ///< One fresh token, then terminal.
    terminal,      ///< Not again by ourselves.
};

/// A failure as the layers below report it.
struct Failure {
    Reason reason = Reason::none;
    std::uint16_t close_code = 0;                      ///< RFC 6455 close code; 0 = none.
    std::uint16_t http_status = 0;                     ///< Status of a refused upgrade; 0 = none.
    std::optional<std::uint32_t> retry_after_seconds;  ///< The server's advice.

    friend bool operator==(const Failure&, const Failure&) = default;
};

/// A row that the host adds to the table: exactly one of the two codes is not 0.
struct DispositionOverride {
    std::uint16_t close_code = 0;
    std::uint16_t http_status = 0;
    Disposition disposition = Disposition::retry;

    friend bool operator==(const DispositionOverride&, const DispositionOverride&) = default;
};

Disposition disposition_of_close_code(std::uint16_t code);
Disposition disposition_of_http_status(std::uint16_t status);

/// Total over every failure; `overrides` win over the published table.
Disposition disposition_of(const Failure& failure,
                           const std::vector<DispositionOverride>& overrides);

}  // namespace graceline::engine
