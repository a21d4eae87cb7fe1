// The state graph as a table.
// Must stay the only place that knows the edges: core/README.md is checked against it.
#include "core/engine/phase.hpp"

#include <array>

namespace graceline::engine {

namespace {

constexpr unsigned bit(ConnectionState state) {
    return 1U << static_cast<unsigned>(state);
}

using S = ConnectionState;

constexpr std::array<unsigned, kConnectionStates> kEdges = {
    // idle
    bit(S::opening) | bit(S::throttled) | bit(S::network_off) | bit(S::awaiting_token),
    // backoff
    bit(S::idle) | bit(S::opening) | bit(S::network_off) | bit(S::awaiting_token),
    // throttled
    bit(S::idle) | bit(S::opening) | bit(S::network_off) | bit(S::awaiting_token),
    // network_off
    bit(S::idle) | bit(S::opening) | bit(S::throttled) | bit(S::awaiting_token),
    // opening
    bit(S::idle) | bit(S::backoff) | bit(S::throttled) | bit(S::network_off) |
        bit(S::opening_session) | bit(S::awaiting_token),
    // opening_session
    bit(S::idle) | bit(S::backoff) | bit(S::throttled) | bit(S::network_off) | bit(S::open) |
        bit(S::awaiting_token),
    // open
    bit(S::idle) | bit(S::backoff) | bit(S::throttled) | bit(S::network_off) | bit(S::opening) |
        bit(S::closing) | bit(S::awaiting_token),
    // closing
    bit(S::idle) | bit(S::opening) | bit(S::throttled) | bit(S::network_off) |
        bit(S::awaiting_token),
    // awaiting_token
    bit(S::idle) | bit(S::opening) | bit(S::backoff) | bit(S::network_off),
};

}  // namespace

const char* to_string(ConnectionState state) {
    constexpr std::array<const char*, kConnectionStates> kNames = {
        "idle", "backoff", "throttled",     "network_off", "opening", "opening_session",
        "open", "closing", "awaiting_token"};
    return kNames.at(static_cast<std::size_t>(state));
}

const char* to_string(Phase phase) {
    switch (phase) {
        case Phase::idle:
            return "idle";
        case Phase::backoff:
            return "backoff";
        case Phase::throttled:
            return "throttled";
        case Phase::network_off:
            return "network_off";
        case Phase::resolving:
            return "resolving";
        case Phase::connecting:
            return "connecting";
        case Phase::securing:
            return "securing";
        case Phase::upgrading:
            return "upgrading";
        case Phase::opening_session:
            return "opening_session";
        case Phase::open:
            return "open";
        case Phase::probing:
            return "probing";
        case Phase::closing:
            return "closing";
        case Phase::awaiting_token:
            return "awaiting_token";
        case Phase::catching_up:
            return "catching_up";
    }
    return "unknown";
}

const char* to_string(ConnectionStatus status) {
    switch (status) {
        case ConnectionStatus::disconnected:
            return "disconnected";
        case ConnectionStatus::connecting:
            return "connecting";
        case ConnectionStatus::connected:
            return "connected";
        case ConnectionStatus::feature_throttled:
            return "feature_throttled";
    }
    return "unknown";
}

bool may_follow(ConnectionState from, ConnectionState to) {
    return (kEdges.at(static_cast<std::size_t>(from)) & bit(to)) != 0;
}

ConnectionStatus public_status(ConnectionState state) {
    switch (state) {
        case S::idle:
        case S::closing:
            return ConnectionStatus::disconnected;
        case S::backoff:
        case S::network_off:
        case S::opening:
        case S::opening_session:
        case S::awaiting_token:
            return ConnectionStatus::connecting;
        case S::throttled:
            return ConnectionStatus::feature_throttled;
        case S::open:
            return ConnectionStatus::connected;
    }
    return ConnectionStatus::disconnected;
}

Phase phase_of(ConnectionState state) {
    switch (state) {
        case S::idle:
            return Phase::idle;
        case S::backoff:
            return Phase::backoff;
        case S::throttled:
            return Phase::throttled;
        case S::network_off:
            return Phase::network_off;
        case S::opening:
            return Phase::resolving;
        case S::opening_session:
            return Phase::opening_session;
        case S::open:
            return Phase::open;
        case S::closing:
            return Phase::closing;
        case S::awaiting_token:
            return Phase::awaiting_token;
    }
    return Phase::idle;
}

bool may_follow(ConnectionStatus from, ConnectionStatus to) {
    for (int a = 0; a < kConnectionStates; ++a) {
        for (int b = 0; b < kConnectionStates; ++b) {
            const auto s = static_cast<S>(a);
            const auto t = static_cast<S>(b);
            if (public_status(s) == from && public_status(t) == to && may_follow(s, t)) return true;
        }
    }
    return false;
}

}  // namespace graceline::engine
