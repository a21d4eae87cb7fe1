// The dev server as a test sees it: started on a free port, driven through its control port.
// Must not be used for anything but tests: its HTTP client blocks and speaks plain HTTP/1.1 only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/servers/process.hpp"

namespace graceline::tests {

inline constexpr std::chrono::milliseconds kDefaultStatsWait{5'000};

struct HttpReply {
    int status = 0;
    // Names in lower case.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    // The first value of a header (name in lower case), or "".
    std::string header(std::string_view name) const;
};

// One blocking request to 127.0.0.1. `extra_headers` are whole lines without the line end.
// Throws std::runtime_error if there is no complete answer (refused, cut, nothing for 70 s).
HttpReply http_request(std::uint16_t port, std::string_view method, std::string_view target,
                       std::string_view body = {},
                       const std::vector<std::string>& extra_headers = {});

struct CloseRecord {
    std::string time;        // RFC 3339 with milliseconds, UTC
    int code = 0;            // as received: 1000, 1001, ...; 1005 no code; 1006 no close frame
    std::string reason;      // as received
    bool by_server = false;  // true: the answer to a close frame that the server sent first
};

struct DevServerStats {
    std::int64_t connections_now = 0;
    std::int64_t connections_total = 0;
    std::int64_t connections_refused = 0;
    std::int64_t websockets_now = 0;
    std::int64_t websockets_total = 0;
    std::int64_t upgrades_refused = 0;
    std::int64_t messages_published = 0;
    std::int64_t messages_pushed = 0;
    std::int64_t frames_received = 0;
    std::int64_t duplicates = 0;
    std::int64_t pings_received = 0;
    std::int64_t pongs_received = 0;
    std::int64_t pongs_withheld = 0;
    std::int64_t slow_clients_closed = 0;
    std::int64_t tls_handshakes = 0;
    std::int64_t tls_resumed = 0;
    std::int64_t closes_total = 0;
    std::vector<CloseRecord> closes;  // oldest first, bounded by the server
};

class DevServer : public ServerProcess {
  public:
    // Arguments are added to `--port 0 --control-port 0 --exit-with-stdin`. Pass
    // "--tls-self-signed" for wss; certificate_file() is then the PEM to trust.
    explicit DevServer(std::vector<std::string> arguments = {});
    ~DevServer() override;

    // The program that is started, for tests of its command line.
    static std::string program();

    std::uint16_t port() const { return port_; }
    // Plain HTTP, never subject to faults, tokens or TLS. All helpers below use it.
    std::uint16_t control_port() const { return control_port_; }
    bool tls() const { return tls_; }
    const std::string& certificate_file() const { return certificate_file_; }
    // "ws://127.0.0.1:PORT/ws?room=a" (wss with TLS).
    std::string url(std::string_view path_and_query = "/ws") const;

    // The body of a 2xx answer; throws std::runtime_error with the status otherwise.
    std::string http(std::string_view method, std::string_view target,
                     std::string_view body = {}) const;
    // The whole answer, whatever the status.
    HttpReply request(std::string_view method, std::string_view target,
                      std::string_view body = {}) const;

    // Publishes to a room and returns the id of the message.
    std::string publish(std::string_view room, std::string_view body,
                        std::string_view sender = "tester", std::string_view client_id = {}) const;
    // `json` as in tools/devserver/README.md, for example R"({"cut":true})". Applied on return.
    void faults(std::string_view json) const;
    void reset_faults() const;

    DevServerStats stats() const;
    // Waits inside the server (no polling here) until a number of /stats, by its JSON name,
    // is at least / exactly `value`; false when `within` passes first.
    bool wait_at_least(std::string_view field, std::int64_t value,
                       std::chrono::milliseconds within = kDefaultStatsWait) const;
    bool wait_equal(std::string_view field, std::int64_t value,
                    std::chrono::milliseconds within = kDefaultStatsWait) const;

  private:
    DevServer(std::vector<std::string> arguments, std::string certificate_file);
    bool wait_for(std::string_view field, std::string_view relation, std::int64_t value,
                  std::chrono::milliseconds within) const;

    std::uint16_t port_ = 0;
    std::uint16_t control_port_ = 0;
    bool tls_ = false;
    std::string certificate_file_;
};

}  // namespace graceline::tests
