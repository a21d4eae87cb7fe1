// One HTTP client, its fetches and what became of them: what every HTTP case here needs.
// Must not assert anything: cases do.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/driver/cpprest/http_client.hpp"
#include "tests/driver/cpprest/scripted_server.hpp"

namespace graceline::tests {

/// Starts, cancels and drops on the I/O thread, and waits for results without polling.
class HttpHarness {
  public:
    explicit HttpHarness(driver::HttpSettings settings = {},
                         std::shared_ptr<driver::Loop> loop = driver::Loop::acquire());
    ~HttpHarness();

    driver::HttpFetchId start(driver::HttpRequest request);
    driver::HttpFetchId start(std::string url) {
        return start(driver::HttpRequest{std::move(url), {}, {}, 0});
    }
    void cancel(driver::HttpFetchId id);
    /// The client goes; the milliseconds it took on the I/O thread.
    double destroy();

    /// The result of one fetch; throws std::runtime_error when the patience ends.
    driver::HttpResult wait(driver::HttpFetchId id);
    driver::HttpResult fetch(driver::HttpRequest request) {
        return wait(start(std::move(request)));
    }
    driver::HttpResult fetch(std::string url) { return wait(start(std::move(url))); }

    std::size_t results();  ///< How many callbacks came.
    bool wrong_call();      ///< One came on another thread, or from inside start() or cancel().

    /// Called on the I/O thread inside a callback.
    std::function<void(const driver::HttpResult&)> hook;

    std::shared_ptr<driver::Loop> loop;
    std::unique_ptr<driver::HttpClient> client;

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<driver::HttpFetchId, driver::HttpResult> results_;
    std::size_t calls_ = 0;
    bool inside_call_ = false;
    bool wrong_call_ = false;
};

std::string url_of(std::uint16_t port, std::string_view target = "/", bool tls = false);

/// A whole answer with Content-Length.
std::string answer_of(std::string_view body, std::string_view status = "200 OK",
                      std::string_view extra_headers = {});

/// Answers every request of a connection with the same bytes.
ScriptedServer::Script always(std::string answer);

/// cpprestsdk has let go of all lines that were given up, within the patience.
bool wait_lines_released();

std::size_t thread_count();
/// Exactly so many threads are left, within the patience.
bool wait_thread_count(std::size_t count);
/// Where this process listens on 127.0.0.1, without that port.
std::vector<std::uint16_t> listening_ports(std::uint16_t except);
/// Resident memory of this process at its highest, in bytes.
std::size_t peak_memory_bytes();

}  // namespace graceline::tests
