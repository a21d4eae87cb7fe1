// What HTTP costs in threads, and that nothing begins before the first fetch.
// Must not share its program with other cases: a pool is started once a process.
#include <algorithm>
#include <iostream>

#include "tests/driver/cpprest/http_harness.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {

TEST_CASE("http: a client is made, then used -> no thread before the first fetch, three after it",
          "[http]") {
    // Kept, so that its thread is in both counts.
    const auto loop = driver::Loop::acquire();
    ScriptedServer server(always(answer_of("page")));
    HttpHarness idle;
    idle.cancel(1);
    const auto before = thread_count();
    {
        HttpHarness never_used;
        CHECK(never_used.fetch("no url").failure == driver::HttpFailure::invalid_request);
    }
    CHECK(thread_count() == before);
    HttpHarness http;
    std::vector<driver::HttpFetchId> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(http.start(url_of(server.port())));
    for (const auto id : ids) CHECK(http.wait(id).body == "page");
    http.destroy();
    REQUIRE(server.wait_idle());
    // The scripted server's own threads may need a moment to be gone.
    // Two of the pool, and the one that Asio keeps for lookups, started with the first of them.
    REQUIRE(wait_thread_count(before + 3));
    std::cout << "threads before the first fetch: " << before
              << ", after twenty: " << thread_count() << "\n";
}

}  // namespace graceline::tests
