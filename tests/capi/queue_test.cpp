// The queue as a host sees it: order, batches, wake-ups, back-pressure.
// Must show that nothing is dropped and that memory stays bounded.
#include <poll.h>

#include <atomic>
#include <thread>

#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"

using namespace graceline::tests;

namespace {

/// Echoes keep the dev server's own send queue out of the picture.
graceline_options echo_options(const std::string& url) {
    auto options = default_options();
    options.url = url.c_str();
    return options;
}

}  // namespace

TEST_CASE("queue: sequence numbers -> 1, 2, 3 in one order, over all kinds", "[capi]") {
    DevServer server;
    const auto url = server.url("/echo");
    Host host(echo_options(url));
    host.start();
    REQUIRE(host.wait_connected());
    for (int i = 0; i < 50; ++i) {
        REQUIRE(host.send("m" + std::to_string(i)) == GRACELINE_OK);
        host.report(i % 2 == 0 ? GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE
                               : GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE);
    }
    REQUIRE(host.wait_message("m49"));
    int next = 0;
    for (std::size_t i = 0; i < host.seen.size(); ++i) {
        REQUIRE(host.seen[i].sequence == i + 1);
        if (host.seen[i].type == GRACELINE_EVENT_MESSAGE) {
            CHECK(host.seen[i].data == "m" + std::to_string(next++));
        }
    }
    CHECK(next == 50);
}

TEST_CASE("queue: max_count -> no batch is longer, none is lost", "[capi]") {
    DevServer server;
    const auto url = server.url("/echo");
    Host host(echo_options(url));
    host.start();
    REQUIRE(host.wait_connected());
    for (int i = 0; i < 100; ++i) REQUIRE(host.send("x") == GRACELINE_OK);
    std::size_t messages = 0;
    while (messages < 100) {
        const auto before = host.seen.size();
        REQUIRE(host.take(5'000, 7));
        CHECK(host.seen.size() - before <= 7);
        messages = host.count(GRACELINE_EVENT_MESSAGE);
    }
    CHECK(messages == 100);
}

TEST_CASE("queue: payloads of all sizes, text and binary -> as they were sent", "[capi]") {
    DevServer server({"--deflate"});
    const auto url = server.url("/echo");
    auto options = echo_options(url);
    options.permessage_deflate = GENERATE(0, 1);
    options.outbox_bytes = 8 * 1024 * 1024;
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65'535UL, 65'536UL, 200'000UL}) {
        INFO(size);
        const std::string payload = letters(size);
        REQUIRE(host.send(payload) == GRACELINE_OK);
        REQUIRE(host.wait_type(GRACELINE_EVENT_MESSAGE));
        CHECK(host.found().data == payload);
        CHECK(host.found().flags == GRACELINE_MESSAGE_FLAG_TEXT);
    }
    graceline_outgoing binary;
    graceline_outgoing_init(&binary, sizeof binary);
    const std::uint8_t bytes[] = {0, 255, 1, 254};
    binary.kind = GRACELINE_MESSAGE_KIND_BINARY;
    binary.data = bytes;
    binary.size = sizeof bytes;
    REQUIRE(graceline_client_send(host, &binary, nullptr) == GRACELINE_OK);
    REQUIRE(host.wait_type(GRACELINE_EVENT_MESSAGE));
    CHECK(host.found().data == std::string("\x00\xff\x01\xfe", 4));
    CHECK(host.found().flags == GRACELINE_MESSAGE_FLAG_BINARY);
}

TEST_CASE("queue: a host that does not poll -> reading stops, memory bounded, nothing lost",
          "[capi]") {
    DevServer server;
    const auto url = server.url("/echo");
    auto options = echo_options(url);
    options.receive_queue_bytes = 65'536;
    options.outbox_messages = 100'000;
    options.outbox_bytes = 64 * 1024 * 1024;
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    const std::string payload(1'000, 'p');
    std::size_t sent = 0;
    while (host.statistics().reading_paused_count == 0) {
        const auto status = host.send(std::to_string(sent) + ":" + payload);
        REQUIRE((status == GRACELINE_OK || status == GRACELINE_E_FULL));
        if (status == GRACELINE_OK) ++sent;
    }
    // One read may pass the limit: the 128 KiB buffer, with its events.
    CHECK(host.statistics().queue_peak_bytes < 65'536 + 512 * 1024);
    std::size_t received = 0;
    while (received < sent) {
        REQUIRE(host.wait_type(GRACELINE_EVENT_MESSAGE));
        REQUIRE(host.found().data.starts_with(std::to_string(received) + ":"));
        ++received;
    }
    CHECK(host.info().connection_number == 1);
}

TEST_CASE("queue: wake hook and descriptor -> set when events come, once", "[capi]") {
    DevServer server;
    const auto url = server.url("/echo");
    Host host(echo_options(url));
    std::atomic<int> wakes{0};
    static std::atomic<int> frees{0};
    frees = 0;
    REQUIRE(graceline_client_set_wake_hook(
                host, [](void* data) { ++*static_cast<std::atomic<int>*>(data); }, &wakes,
                [](void*) { ++frees; }) == GRACELINE_OK);
    const int descriptor = graceline_client_wake_descriptor(host);
    REQUIRE(descriptor >= 0);
    pollfd watched{descriptor, POLLIN, 0};
    CHECK(::poll(&watched, 1, 0) == 0);
    host.start();
    REQUIRE(::poll(&watched, 1, 10'000) == 1);
    REQUIRE(host.wait_connected());
    host.take_all(100);
    CHECK(::poll(&watched, 1, 0) == 0);
    const int before = wakes;
    CHECK(before >= 1);
    REQUIRE(host.send("wake") == GRACELINE_OK);
    REQUIRE(::poll(&watched, 1, 10'000) == 1);
    REQUIRE(host.wait_message("wake"));
    // The hook runs on the library's thread, so the message may be seen first.
    while (wakes <= before) std::this_thread::yield();
    REQUIRE(graceline_client_set_wake_hook(host, nullptr, nullptr, nullptr) == GRACELINE_OK);
    // A wake that was on its way may hold it a moment longer.
    while (frees == 0) std::this_thread::yield();
    CHECK(frees == 1);
}

TEST_CASE("queue: batch held while its client goes -> still whole", "[capi]") {
    DevServer server;
    const auto url = server.url("/echo");
    auto options = echo_options(url);
    graceline_client* client = nullptr;
    REQUIRE(graceline_client_create(&options, &client) == GRACELINE_OK);
    graceline_client_start(client);
    graceline_batch* batch = nullptr;
    REQUIRE(graceline_client_poll(client, 10'000, 0, &batch) == GRACELINE_OK);
    REQUIRE(batch != nullptr);
    graceline_client_release(client);
    REQUIRE(graceline_batch_count(batch) >= 1);
    CHECK(graceline_batch_events(batch)->type == GRACELINE_EVENT_CONNECTION_STATUS);
    graceline_batch_release(batch);
}
