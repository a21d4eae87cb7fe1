// Three whole scenarios, each with the n-th operation failing, for every n until none is hit:
// allocations of the host's calls, connections, HTTP requests, pieces of the server's answers.
// Must demand that each failure is told, and that the scenario ends well all the same.
#include "tests/capi/fail_nth.hpp"
#include "tests/servers/proxy.hpp"

using namespace graceline::tests;

namespace {

/// From the newest page to the proven beginning. A page that fails is asked for again.
void paging(const DevServer&, std::uint16_t port, const std::vector<std::string>& ids,
            bool pages_may_fail) {
    const NthSetup setup({port}, "paging");
    CarefulHost host(setup.options);
    host.make_request(20);
    std::vector<std::string> found;
    for (int failed = 0;;) {
        const auto& page = host.fetch_previous();
        if (page.details.request_status != GRACELINE_OK) {
            demand(pages_may_fail && ++failed == 1, "a page failed for no reason");
            demand(page.details.request_status == GRACELINE_E_HISTORY, "untyped");
            demand(page.details.reason != GRACELINE_REASON_NONE, "without a reason");
            continue;
        }
        found.insert(found.begin(), page.page_ids.begin(), page.page_ids.end());
        if (page.page_end == GRACELINE_PAGE_END_PROVEN) break;
        demand(page.page_end == GRACELINE_PAGE_END_NO, "an end that is not proven");
    }
    demand(found == ids, "the pages hold other messages than the server");
    host.close();
    host.wait_type(GRACELINE_EVENT_CLOSED);
}

std::vector<std::string> fill(const DevServer& server, int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back(server.publish("paging", "m"));
    return ids;
}

/// With the n-th allocation failing.
template <class Scenario>
void fail_allocations(Scenario scenario) {
    const int count = until_none_fails(
        "allocation",
        [&](int n) {
            fail_allocation(static_cast<std::uint64_t>(n));
            scenario(n);
        },
        [] { return allocation_failed(); });
    fail_allocation(0);
    CHECK(count > 10);
}

/// With the n-th of each network operation failing, through a proxy.
template <class Scenario>
void fail_network(const DevServer& server, Scenario scenario) {
    for (const auto fault : {ProxyFault::accept, ProxyFault::request, ProxyFault::answer}) {
        bool struck = false;
        const char* names[] = {"", "connection", "HTTP request", "piece of an answer"};
        const int count = until_none_fails(
            names[static_cast<std::size_t>(fault)],
            [&](int n) {
                FaultyProxy proxy(server.port(), fault, n);
                try {
                    scenario(n, proxy.port());
                } catch (const Wrong&) {
                    struck = proxy.struck();
                    throw;
                }
                struck = proxy.struck();
            },
            [&] { return struck; });
        // Not every scenario fetches; all of them connect and are answered.
        if (fault != ProxyFault::request) CHECK(count > 0);
    }
}

}  // namespace

TEST_CASE("fail the n-th allocation: window and catch-up -> told, asked again, ends well",
          "[capi][allocation]") {
    DevServer server;
    fail_allocations([&](int) { window_and_catch_up(server, {server.port()}); });
}

TEST_CASE("fail the n-th allocation: offline outbox -> told, asked again, ends well",
          "[capi][allocation]") {
    DevServer server;
    fail_allocations([&](int n) { offline_outbox(server, {server.port()}, n); });
}

TEST_CASE("fail the n-th allocation: paging -> told, asked again, ends well",
          "[capi][allocation]") {
    DevServer server;
    const auto ids = fill(server, 70);
    fail_allocations([&](int) { paging(server, server.port(), ids, false); });
}

TEST_CASE("fail the n-th network operation: window and catch-up -> each once, in order", "[capi]") {
    DevServer server;
    fail_network(server, [&](int, std::uint16_t port) { window_and_catch_up(server, {port}); });
}

TEST_CASE("fail the n-th network operation: offline outbox -> each acknowledged, stored once",
          "[capi]") {
    DevServer server;
    int run = 0;
    fail_network(server, [&](int, std::uint16_t port) { offline_outbox(server, {port}, ++run); });
}

TEST_CASE("fail the n-th network operation: paging -> one typed failure, then every id once",
          "[capi]") {
    DevServer server;
    const auto ids = fill(server, 70);
    fail_network(server, [&](int, std::uint16_t port) { paging(server, port, ids, true); });
}
