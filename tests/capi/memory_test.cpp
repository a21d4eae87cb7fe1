// What an idle client holds, so that a careless member or reserve() shows here, not in a bench.
// Must count what is a client's own: neither what the process pays once, nor what a test keeps.
#include <malloc.h>

#include <iostream>
#include <vector>

#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"

using namespace graceline::tests;

namespace {

constexpr std::size_t kClients = 200;
constexpr std::int64_t kPatienceMs = 20'000;
/// Of the heap; the system's side of a socket is not ours.
constexpr std::size_t kMostBytesOfAClient = 10 * 1024;

std::size_t heap_bytes() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

graceline_client* connected_client(const graceline_options& options) {
    graceline_client* client = nullptr;
    REQUIRE(graceline_client_create(&options, &client) == GRACELINE_OK);
    REQUIRE(graceline_client_start(client) == GRACELINE_OK);
    while (graceline_client_connection_status(client) != GRACELINE_CONNECTION_STATUS_CONNECTED) {
        graceline_batch* batch = nullptr;
        REQUIRE(graceline_client_poll(client, kPatienceMs, 0, &batch) == GRACELINE_OK);
        REQUIRE(batch != nullptr);
        graceline_batch_release(batch);
    }
    return client;
}

}  // namespace

TEST_CASE("memory: idle plain clients -> at most 10 KiB of heap each", "[capi]") {
    DevServer server;
    auto options = default_options();
    const auto url = server.url();
    options.url = url.c_str();
    std::vector<graceline_client*> clients;
    clients.reserve(kClients + 1);
    clients.push_back(connected_client(options));  // pays for threads, buffers and locales

    const std::size_t before = heap_bytes();
    while (clients.size() <= kClients) clients.push_back(connected_client(options));
    const std::size_t each = (heap_bytes() - before) / kClients;
    for (auto* client : clients) graceline_client_release(client);

    std::cout << "memory: " << each << " bytes of heap an idle plain client\n";
    CHECK(each > 1024);  // else nothing was counted
    CHECK(each <= kMostBytesOfAClient);
}
