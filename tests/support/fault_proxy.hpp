// A TCP proxy between a client and a server that hurts all its connections at once, by a seed or on
// demand. Must not look into the bytes, and must not lose one of a connection that goes on.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace graceline::tests {

enum class Harm : std::uint8_t {
    cut,        ///< Reset, at once.
    fin,        ///< Both ends are closed as if the peer had.
    hole,       ///< Nothing passes, in either direction; kept, and passed on when it is over.
    hold_up,    ///< Nothing passes to the server.
    hold_down,  ///< Nothing passes to the client.
    half_open,  ///< The server's end is closed; the client is not told, and hears nothing any more.
    delay,      ///< Each piece takes 50 to 300 ms longer.
    slow,       ///< A few kilobytes a second.
    refuse,     ///< Cut, and new connections are reset.
};
inline constexpr std::size_t kHarms = 9;
const char* to_string(Harm harm);

/// Where the proxy listens: loopback, or an address inside a network namespace.
struct ProxyPlace {
    std::string address = "127.0.0.1";
    std::string network_namespace;  ///< Name as `ip netns` knows it; empty: this one.
};

class FaultProxy {
  public:
    /// Throws std::runtime_error when it cannot listen.
    FaultProxy(std::uint16_t server_port, std::uint64_t seed, const ProxyPlace& place = {});
    ~FaultProxy();
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    std::uint16_t port() const { return port_; }

    // Any thread; both are in force when they return.
    /// Ends what is going on and begins this; a cut and a fin are over at once.
    void begin(Harm harm, std::chrono::milliseconds lasts = std::chrono::hours(1));
    /// Ends what is going on and begins nothing any more.
    void calm();
    /// From now on by itself, by the seed: one harm after the other, with pauses between these two.
    void run_by_itself(std::chrono::milliseconds shortest, std::chrono::milliseconds longest);

    std::uint64_t harms() const;
    std::uint64_t harms(Harm harm) const;
    /// Connections that are open now.
    std::size_t connections() const;

  private:
    class Worker;

    std::unique_ptr<Worker> worker_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace graceline::tests
