// The states of the one connection, which may follow which, and what the host sees of them.
// Must not hold data: the engine does.
#pragma once

#include <cstdint>

namespace graceline::engine {

enum class ConnectionState : std::uint8_t {
    idle,             ///< Nothing; not wanted, or ended for good.
    backoff,          ///< Waiting for the next attempt.
    throttled,        ///< Waiting as the server advised.
    network_off,      ///< Waiting for the host to report a network.
    opening,          ///< Resolve, connect, TLS, upgrade.
    opening_session,  ///< The session inside the WebSocket.
    open,             ///< Up.
    closing,          ///< Close handshake, bounded.
    awaiting_token,   ///< The host was asked for a token; then opening.
};
inline constexpr int kConnectionStates = 9;

/// What the host sees in detail (graceline_phase, same values).
enum class Phase : std::uint8_t {
    idle,
    backoff,
    throttled,
    network_off,
    resolving,
    connecting,
    securing,
    upgrading,
    opening_session,
    open,
    probing,
    closing,
    awaiting_token,
    catching_up,
};

/// The published status (graceline_connection_status, same values).
enum class ConnectionStatus : std::uint8_t {
    disconnected,
    connecting,
    connected,
    feature_throttled,
};

const char* to_string(ConnectionState state);
const char* to_string(Phase phase);
const char* to_string(ConnectionStatus status);

/// The graph of core/README.md, edge by edge; the engine asserts each of its moves against it.
bool may_follow(ConnectionState from, ConnectionState to);

/// Total; the graph of published statuses is the image of the graph above under this function.
ConnectionStatus public_status(ConnectionState state);
/// What the state alone says of the phase: the first one of an attempt, and up is open.
Phase phase_of(ConnectionState state);
bool may_follow(ConnectionStatus from, ConnectionStatus to);

/// There is a socket, or one is on its way.
constexpr bool has_socket(ConnectionState state) {
    return state == ConnectionState::opening || state == ConnectionState::opening_session ||
           state == ConnectionState::open || state == ConnectionState::closing;
}

constexpr bool is_waiting(ConnectionState state) {
    return state == ConnectionState::backoff || state == ConnectionState::throttled ||
           state == ConnectionState::network_off;
}

}  // namespace graceline::engine
