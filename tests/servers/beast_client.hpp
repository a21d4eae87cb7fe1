// A blocking WebSocket client on Boost.Beast for the tests of the dev server.
// Must not be used to test Graceline itself: it is the independent other side.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct ssl_session_st;

namespace graceline::tests {

inline constexpr std::chrono::milliseconds kClientWait{5'000};

struct BeastClientOptions {
    std::uint16_t port = 0;
    std::string target = "/ws";
    std::vector<std::pair<std::string, std::string>> headers = {};
    bool deflate = false;
    std::string ca_file = {};                      // not empty: TLS, host "localhost" verified
    std::shared_ptr<ssl_session_st> session = {};  // to resume
    std::chrono::milliseconds connect_within = kClientWait;
};

class BeastClient {
  public:
    // Connects; is_open() and status() tell what came of it.
    explicit BeastClient(BeastClientOptions options);
    ~BeastClient();

    bool is_open() const;
    // The HTTP status of the upgrade's answer: 101, or why not; 0: no answer.
    int status() const;
    std::string response_header(std::string_view name) const;

    // Nothing is read from the socket outside of these calls.
    std::optional<std::string> receive(std::chrono::milliseconds within = kClientWait);
    bool last_was_binary() const;
    bool ping_answered(std::chrono::milliseconds within);
    // Reads (and drops messages) to the end; false when it does not come.
    bool wait_end(std::chrono::milliseconds within = kClientWait);
    // After the end: the close code received, or 1006.
    int end_code() const;
    std::string end_reason() const;

    void send(std::string_view text, bool binary = false);
    void close(int code, std::string_view reason = {});
    std::shared_ptr<ssl_session_st> session() const;

    class Impl;

  private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace graceline::tests
