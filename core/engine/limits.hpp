// Every bound and default of the engine, with its unit, in one place.
// Must not hold a bound of another layer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/engine/time.hpp"

namespace graceline::engine {

inline constexpr milliseconds kDefaultGrace{30'000};
inline constexpr milliseconds kMaxGrace{86'400'000};
/// The operating system's answer is taken as "no limit" from here on (UIKit says DBL_MAX).
inline constexpr milliseconds kMaxOsRemaining{86'400'000};
/// What is kept free of the OS time besides the close time-out (SPEC R2).
inline constexpr milliseconds kOsMargin{500};
inline constexpr milliseconds kDefaultTrustTime{5'000};

inline constexpr milliseconds kDefaultResolveTimeout{5'000};
inline constexpr milliseconds kDefaultConnectTimeout{15'000};
inline constexpr milliseconds kDefaultSessionTimeout{10'000};
inline constexpr milliseconds kDefaultCloseTimeout{1'000};
inline constexpr milliseconds kDefaultTokenTimeout{15'000};
/// R20 promises 250 ms in all; the rest is for the abort and the end hook.
inline constexpr milliseconds kTerminateCloseTimeout{200};

inline constexpr milliseconds kDefaultPingInterval{25'000};
inline constexpr milliseconds kDefaultPongTimeout{10'000};
inline constexpr milliseconds kDefaultProbeTimeout{2'000};
/// Other bytes restart a probe's time-out, but never beyond this many time-outs in all.
inline constexpr int kProbeTimeoutsInAll = 5;

inline constexpr milliseconds kDefaultBackoffInitial{500};
inline constexpr milliseconds kDefaultBackoffMax{30'000};
/// A connection that stayed up this long makes the next failure count as the first.
inline constexpr milliseconds kStableAfter{10'000};
/// No server can hold us longer than this.
inline constexpr milliseconds kMaxHold{300'000};
/// Server advice without a figure (1012, 1013, 429, 503): RFC 6455's 5 to 30 s.
inline constexpr milliseconds kDefaultHoldMin{5'000};
inline constexpr milliseconds kDefaultHoldMax{30'000};

/// Room that is always there for what one step says, so that no step can fail half-way for want of
/// memory. The longest step of the simulator's says ten things.
inline constexpr std::size_t kOutputsOfAStep = 12;

/// A timer that fires this late says that the process or the machine stood still.
inline constexpr milliseconds kLateTimer{1'000};

}  // namespace graceline::engine
