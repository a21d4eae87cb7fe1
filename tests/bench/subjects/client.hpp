// What the bench asks of a client library: one connection, seen from the host's thread.
// Must not measure anything, and must not favour a library: each does this in its own best way.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace graceline::bench {

struct Options {
    std::string ca_file;  // The only certificate to trust; empty when there is no TLS.
    bool tls = false;
};

struct Unsupported : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// How a message is about to be followed; a library that cannot use it ignores it.
enum class More { no, yes };

class Client {
  public:
    Client() = default;
    virtual ~Client() = default;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Returns when the connection is up; throws when it does not come up.
    virtual void open(const std::string& url) = 0;

    // Takes one text message from the calling thread. Waits for room when a bound is reached.
    virtual void send(std::string_view text, More more) = 0;

    // The host's thread waits until `count` messages in all have been received, and has then the
    // text of the last one.
    virtual std::string wait_for(std::uint64_t count) = 0;

    // Receives on the calling thread (or waits while the library's own thread does) until `stop`.
    virtual void receive_until(const std::atomic<bool>& stop) = 0;

    // Orderly: returns when the server has answered the close.
    virtual void close() = 0;

    // Drops the connection and all that belongs to it, whatever the server does.
    virtual void release() = 0;

    // A library whose one object goes down (here) and up again (open) says so; of the others a new
    // object is made for a reconnect.
    virtual bool reopens() const { return false; }
    virtual void drop_for_reconnect() {}

    std::uint64_t received() const { return received_.load(std::memory_order_relaxed); }
    std::uint64_t received_bytes() const { return bytes_.load(std::memory_order_relaxed); }

  protected:
    // Called by the one thread that receives.
    void count(std::uint64_t messages, std::uint64_t bytes) {
        received_.store(received_.load(std::memory_order_relaxed) + messages,
                        std::memory_order_release);
        bytes_.store(bytes_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    }

  private:
    std::atomic<std::uint64_t> received_{0};
    std::atomic<std::uint64_t> bytes_{0};
};

// Implemented once in each subject's program.
const char* subject_name();
std::unique_ptr<Client> make_client(const Options& options);

// Metrics that only some subjects have: returns false when `metric` is not one of them. A result
// is printed by the subject itself with print_result().
bool run_special(const std::string& metric, const std::string& url, const Options& options,
                 double seconds);

}  // namespace graceline::bench
