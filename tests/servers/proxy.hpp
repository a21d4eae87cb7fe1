// A TCP proxy between a client and a server that spoils one thing: the n-th of its kind.
// Must not understand more of HTTP than where a request begins.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace graceline::tests {

enum class ProxyFault {
    none,
    accept,   ///< The n-th connection is reset at once.
    request,  ///< The n-th plain HTTP request is answered 500 by the proxy.
    answer,   ///< Of the n-th piece from the server half is passed on, then both are reset.
};

class FaultyProxy {
  public:
    /// `number` counts from 1. Throws std::runtime_error when it cannot listen.
    FaultyProxy(std::uint16_t server_port, ProxyFault fault, int number);
    ~FaultyProxy();
    FaultyProxy(const FaultyProxy&) = delete;
    FaultyProxy& operator=(const FaultyProxy&) = delete;

    std::uint16_t port() const { return port_; }
    /// The n-th has come.
    bool struck() const { return struck_; }

  private:
    struct Pair {
        int client = -1;
        int server = -1;
    };

    void run();
    void accept_one();
    bool from_client(Pair& pair);
    bool from_server(Pair& pair);
    bool strikes(ProxyFault fault);
    static void end(Pair& pair, bool reset);

    std::uint16_t server_port_;
    ProxyFault fault_;
    int left_;
    std::atomic<bool> struck_{false};
    int listener_ = -1;
    int stop_[2] = {-1, -1};
    std::uint16_t port_ = 0;
    std::vector<Pair> pairs_;
    std::thread thread_;
};

}  // namespace graceline::tests
