// Every bound and default of the history layer, with its unit, in one place.
// Must not hold a bound of another layer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/engine/time.hpp"

namespace graceline::history {

using engine::milliseconds;

inline constexpr std::size_t kMaxTemplateBytes = 2'048;
/// A longer cursor makes its page unreadable: taken as "none" it would look like the end.
inline constexpr std::size_t kMaxCursorBytes = 2'048;

// One page, as a host may ask for it.
inline constexpr std::uint32_t kDefaultPageItems = 30;
inline constexpr std::uint32_t kMaxMessagesPageItems = 100;
inline constexpr std::uint32_t kMaxConversationsPageItems = 50;

// Time of one fetch, and of all that is done for one question of the host, waits included.
inline constexpr milliseconds kDefaultFetchTimeout{15'000};
inline constexpr milliseconds kDefaultRequestTime{30'000};
/// Requests of the host that are under way at once.
inline constexpr std::size_t kMaxRequests = 32;
/// A server that says "429, come back at once" is not asked more often than this.
inline constexpr milliseconds kMinThrottleWait{1'000};

// One catch-up, all its conversations together (SPEC section 5).
inline constexpr std::uint32_t kDefaultCatchUpPages = 100;
inline constexpr std::uint32_t kDefaultCatchUpMessages = 10'000;
inline constexpr milliseconds kDefaultCatchUpTime{60'000};
inline constexpr std::uint32_t kDefaultCatchUpPageItems = 100;
/// Retries of one fetch of a catch-up, in a row; waits the server asked for do not count.
inline constexpr std::uint32_t kCatchUpRetries = 3;
/// After so many pages in a row it is proven anew that none of their joints is broken.
inline constexpr std::uint32_t kPagesPerProof = 10;
/// How much of the newest is looked at to see whether an empty answer was true.
inline constexpr std::uint32_t kLatestCheckItems = 10;

// What is remembered.
inline constexpr std::size_t kMaxSeenIds = 16'384;
inline constexpr std::size_t kMaxSeenBytes = std::size_t{2} * 1024 * 1024;
inline constexpr std::size_t kMaxPositions = 1'000;

}  // namespace graceline::history
