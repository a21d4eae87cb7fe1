// What differs between systems, as plain functions: clocks, sockets' edges, trust, entropy,
// threads. Must not show a system's types, and must not know connections or clients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "core/engine/time.hpp"

struct ssl_ctx_st;

namespace boost::asio {
class io_context;
}

namespace graceline::driver::platform {

/// The clock that counts sleep, and how long the machine has slept since it was started.
engine::Instant boot_time();
engine::Duration time_asleep();

/// From the operating system's generator. Ends the process when there is none: a guessable mask,
/// nonce or key must never be made.
void fill_random(std::span<std::uint8_t> out);

/// Names the calling thread and keeps the host's signal handlers off it.
void prepare_own_thread(const char* name);

/// Adds the system's trusted roots. False when there is no store that this process can read.
bool load_system_trust(ssl_ctx_st* context);

/// Wide enough for a descriptor and for a SOCKET.
using NativeSocket = std::intptr_t;
inline constexpr NativeSocket kNoSocket = -1;

/// A non-blocking TCP socket that child processes do not inherit and that raises no SIGPIPE.
/// kNoSocket, with the system's error, when there is none to be had.
NativeSocket open_stream_socket(bool ipv6, int& out_error);

enum class TransferStatus : std::uint8_t { moved, would_block, end_of_stream, failed };

struct Transfer {
    TransferStatus status = TransferStatus::failed;
    std::size_t bytes = 0;
    int error = 0;  ///< The system's, when failed.
};

/// Never block, never raise a signal.
Transfer send_some(NativeSocket socket, const std::uint8_t* bytes, std::size_t size) noexcept;
Transfer receive_some(NativeSocket socket, std::uint8_t* bytes, std::size_t size) noexcept;

/// True for the errors that say that an open connection has gone (reset, reclaimed by the system).
bool is_connection_gone(int error) noexcept;

/// Does a TCP socket of this process stand at that port of 127.0.0.1? Costs a system call for each
/// open descriptor.
bool owns_loopback_port(std::uint16_t port);

/// The one timer that wakes the I/O thread, on boot_time(). It also wakes it soon after the machine
/// slept, where the system can tell. Lives on the I/O thread.
class WakeTimer {
  public:
    virtual ~WakeTimer() = default;
    virtual void set(engine::Instant when) = 0;
    virtual void clear() = 0;
};

/// `woken` may be called too early or once too often, never too late.
std::unique_ptr<WakeTimer> make_wake_timer(boost::asio::io_context& context,
                                           std::function<void()> woken);

}  // namespace graceline::driver::platform
