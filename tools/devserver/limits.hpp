// Every limit of the dev server, in one place, with its unit in its name.
// Must not hold anything that changes at run time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace graceline::devserver {

// Connections. One above the limit is closed as soon as it is accepted.
inline constexpr std::size_t kMaxConnectionCount = 4'096;
inline constexpr std::size_t kMaxHeaderBytes = 16 * 1024;
inline constexpr std::size_t kMaxHttpBodyBytes = 64 * 1024;
inline constexpr std::chrono::milliseconds kRequestWithin{30'000};
inline constexpr std::chrono::milliseconds kCloseWithin{5'000};
inline constexpr std::chrono::milliseconds kStopWithin{500};

// Messages and rooms. A full room forgets its oldest message.
inline constexpr std::size_t kMaxRoomCount = 256;
inline constexpr std::size_t kMaxRoomsPerSocketCount = 32;
inline constexpr std::size_t kMaxMessagesPerRoomCount = 20'000;
inline constexpr std::size_t kMaxStoredBytes = 256U * 1024 * 1024;
inline constexpr std::size_t kMaxMessageBytes = 32 * 1024;
inline constexpr std::size_t kMaxRoomNameBytes = 128;
inline constexpr std::size_t kMaxSenderBytes = 128;
inline constexpr std::size_t kMaxClientIdBytes = 128;
// Each remembered client id keeps its message, so they bound memory together with the store.
inline constexpr std::size_t kMaxClientIdCount = 4'096;

// WebSocket frames from a client: a publish (JSON escapes make it larger than its body), an echo.
inline constexpr std::size_t kMaxPublishFrameBytes = 256 * 1024;
inline constexpr std::size_t kMaxEchoFrameBytes = 16U * 1024 * 1024;

// The send queue of one client. Above it the client is closed with 1013.
inline constexpr std::size_t kMaxQueuedMessageCount = 1'024;
inline constexpr std::size_t kMaxQueuedBytes = 32U * 1024 * 1024;

// Pages of history.
inline constexpr std::int64_t kMaxMessagesPageCount = 100;
inline constexpr std::int64_t kDefaultMessagesPageCount = 30;
inline constexpr std::int64_t kMaxConversationsPageCount = 50;
inline constexpr std::int64_t kDefaultConversationsPageCount = 20;

// Configuration and fault switches.
inline constexpr std::size_t kMaxTokenCount = 64;
inline constexpr std::size_t kMaxTokenBytes = 4'096;
inline constexpr std::size_t kMaxSubprotocolCount = 16;
inline constexpr std::size_t kMaxSubprotocolBytes = 128;
inline constexpr std::int64_t kMaxSlowMs = 60'000;
inline constexpr std::int64_t kMaxFaultCount = 1'000'000;
inline constexpr std::int64_t kMaxRetryAfterSeconds = 86'400;
inline constexpr std::size_t kMaxCloseReasonBytes = 123;

// Statistics.
inline constexpr std::size_t kMaxKeptCloseCount = 256;
inline constexpr std::int64_t kMaxStatsWaitMs = 60'000;
inline constexpr std::chrono::milliseconds kStatsCheckEvery{2};

}  // namespace graceline::devserver
