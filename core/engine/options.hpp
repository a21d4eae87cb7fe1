// What a host may choose about the engine's behaviour, with the defaults of SPEC.
// Must hold validated values only: capi checks ranges at the call that brought them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/engine/application_state.hpp"
#include "core/engine/backoff.hpp"
#include "core/engine/limits.hpp"
#include "core/engine/reason.hpp"
#include "core/engine/time.hpp"

namespace graceline::engine {

/// What the session of this client can prove (see SERVERS: capabilities).
struct SessionTraits {
    bool keeps_session = false;
    bool tells_loss = false;
    bool has_history = false;
};

struct Options {
    bool auto_establish_socket_connection = true;
    ApplicationState initial_application_state = ApplicationState::did_become_active;
    std::optional<Duration> grace = kDefaultGrace;  ///< nullopt: unlimited.
    Duration trust_time = kDefaultTrustTime;

    Duration resolve_timeout = kDefaultResolveTimeout;
    Duration connect_timeout = kDefaultConnectTimeout;
    Duration session_timeout = kDefaultSessionTimeout;
    Duration close_timeout = kDefaultCloseTimeout;
    Duration token_timeout = kDefaultTokenTimeout;

    std::optional<Duration> ping_interval = kDefaultPingInterval;  ///< nullopt: no pings.
    Duration pong_timeout = kDefaultPongTimeout;
    Duration probe_timeout = kDefaultProbeTimeout;

    BackoffPolicy backoff;
    std::vector<DispositionOverride> dispositions;

    bool host_grants_time = false;  ///< The host gave begin and end hooks.
    bool host_tells_remaining = false;
    bool host_provides_token = false;
    bool has_cursor = false;  ///< The host told its position at start.
    bool initial_refresh_required = false;
    SessionTraits session;
    std::uint64_t seed = 0;  ///< From the operating system's generator.

    Duration margin() const { return close_timeout + kOsMargin; }
    Duration probe_in_all() const { return probe_timeout * kProbeTimeoutsInAll; }
};

}  // namespace graceline::engine
