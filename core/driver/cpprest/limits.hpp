// Every limit of what stands on cpprestsdk, in one place.
// Must not hold what the user may set: that is TransportSettings and HttpSettings.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace graceline::driver::cpprest {

/// Its default of 40 threads is for servers; one thread would deadlock in its own destructor.
inline constexpr std::size_t kPoolThreads = 2;

/// How long the exit of the process waits for threads that are giving work to the pool.
inline constexpr std::chrono::milliseconds kLeavePoolLimit{500};

/// Objects given up but not destroyed yet: each holds a thread and a loopback socket.
inline constexpr std::size_t kMaxUnreapedObjects = 64;
/// How long the exit of the process may be held up by objects that are not destroyed yet.
inline constexpr std::chrono::milliseconds kDrainAtExitLimit{3'000};

inline constexpr std::size_t kRelayBufferBytes = 32 * 1024;
/// Kernel buffer towards cpprest: what can still arrive after reading was stopped.
inline constexpr int kRelaySendBufferBytes = 128 * 1024;
inline constexpr std::size_t kMaxConnectRequestBytes = 16 * 1024;
/// Local programs may find the relay's port: so many may knock before the attempt is given up.
inline constexpr std::size_t kMaxKnocks = 8;
inline constexpr std::size_t kRelaySecretBytes = 16;

/// Received and not given to the listener yet: above it the server is not read.
inline constexpr std::size_t kMaxInboxBytes = 2 * 1024 * 1024;
/// After the server's end: so long nothing more must come out of the object before its connection
/// is broken. With TLS it would wait 5 s for a close_notify that cannot come.
inline constexpr std::chrono::milliseconds kQuietAfterServerEnd{100};
/// One on_read_begin/on_read_end pair.
inline constexpr std::size_t kMaxReadBytes = 128 * 1024;
inline constexpr std::uint32_t kMaxReadMessages = 1024;

/// websocketpp's compiled-in cap on one incoming message; cpprestsdk cannot change it.
inline constexpr std::uint64_t kSdkMaxMessageBytes = 32'000'000;
/// Pings on top of write_buffer_bytes that may wait for a peer that reads nothing.
inline constexpr std::size_t kMaxWaitingControlBytes = 64 * 1024;
/// Between the end of the object's connection and its reset (see Relay::dismiss_client).
inline constexpr std::chrono::milliseconds kSecondEventDelay{20};
/// After the end: so long the object's last bytes may take to reach the server.
inline constexpr std::chrono::milliseconds kLastBytesLimit{250};
/// A close frame that tells the server of its mistake may take so long to leave.
inline constexpr std::chrono::milliseconds kLastFrameLimit{100};
/// What a queued message costs in cpprestsdk's tasks, beside its bytes.
inline constexpr std::size_t kSendOverheadBytes = 256;

// The HTTP client.

/// Connections of one client, idle ones included; each carries one exchange at a time.
inline constexpr std::size_t kMaxHttpLines = 4;
/// Fetches of one client that wait for a connection; more are refused (overloaded).
inline constexpr std::size_t kMaxWaitingFetches = 64;
/// Lines of the process that were given up while cpprestsdk still holds them.
inline constexpr std::size_t kMaxUnreleasedLines = 64;
inline constexpr std::size_t kMaxHttpUrlBytes = 8 * 1024;
inline constexpr std::chrono::minutes kMaxHttpTimeout{10};
/// cpprestsdk's own time-out of one operation; ours comes first, always.
inline constexpr std::chrono::minutes kSdkOperationTimeout{15};
/// What one exchange may receive from the server: this many times the body's limit, and this much
/// more for the head, the certificates and the framing. cpprestsdk has no limit of its own: it
/// would hold an endless head, or a chunk of 2 GiB, in memory.
inline constexpr std::uint64_t kHttpWireFactor = 2;
inline constexpr std::uint64_t kHttpWireAllowanceBytes = 256 * 1024;
/// Knocks that wait at a line's door.
inline constexpr int kHttpDoorBacklog = 4;

}  // namespace graceline::driver::cpprest
