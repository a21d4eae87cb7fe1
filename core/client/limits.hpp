// Bounds of the client layer, with their units.
// Must not repeat a bound of the engine or the codec.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace graceline::client {

/// Segments of the receive queue: the smallest serves a quiet client, a flood doubles it.
inline constexpr std::size_t kSmallestSegmentBytes = 8 * 1024;
inline constexpr std::uint32_t kSmallestSegmentEvents = 64;
inline constexpr unsigned kLargestSegmentClass = 4;  ///< 128 KiB and 1,024 events.
inline constexpr std::size_t kFreeSegmentsKept = 2;
/// Memory for a message is set aside when it is announced, up to this size. A larger one has to
/// show a part of itself first, so that a few bytes of a header cannot take what max_message_bytes
/// allows.
inline constexpr std::size_t kBelievedMessageBytes = std::size_t{1024} * 1024;
inline constexpr std::size_t kBelievedParts = 4;
/// Events that are not messages never wait for room, so they coalesce beyond this count.
inline constexpr std::size_t kControlEventsKept = 1024;
inline constexpr std::size_t kFreeBatchesKept = 4;

inline constexpr std::size_t kDefaultReceiveQueueBytes = 4 * 1024 * 1024;
inline constexpr std::uint32_t kDefaultOutboxMessages = 1000;
inline constexpr std::size_t kDefaultOutboxBytes = 1024 * 1024;

/// A hook that runs longer is counted and logged.
inline constexpr std::chrono::milliseconds kSlowHook{50};
/// R20: all that WILL_TERMINATE may take.
inline constexpr std::chrono::milliseconds kTerminateWait{250};
/// R13: what the abort and the end hook may take after the close time-out.
inline constexpr std::chrono::milliseconds kExpiringSlack{250};

}  // namespace graceline::client
