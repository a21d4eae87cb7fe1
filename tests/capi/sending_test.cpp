// The outbox as a host sees it: queued while offline, acks, expiry, cancel, and the table of what
// becomes of a message at each end (capi/README.md).
// Must judge by fates and by what the server stored, never by time alone.
#include <map>

#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"

using namespace graceline::tests;

namespace {

struct Message {
    std::string text;
    const char* deduplication_id = nullptr;
    std::int64_t expires_in_ms = GRACELINE_UNLIMITED;
    graceline_message_kind kind = GRACELINE_MESSAGE_KIND_TEXT;
};

graceline_status send(graceline_client* client, const Message& message,
                      std::uint64_t* out_id = nullptr) {
    graceline_outgoing outgoing;
    graceline_outgoing_init(&outgoing, sizeof outgoing);
    outgoing.kind = message.kind;
    outgoing.data = reinterpret_cast<const std::uint8_t*>(message.text.data());
    outgoing.size = message.text.size();
    outgoing.deduplication_id = message.deduplication_id;
    outgoing.expires_in_ms = message.expires_in_ms;
    return graceline_client_send(client, &outgoing, out_id);
}

graceline_options options_for(const std::string& url) {
    auto options = default_options();
    options.url = url.c_str();
    options.backoff_initial_ms = 20;
    options.backoff_max_ms = 100;
    return options;
}

graceline_options acking(const std::string& url) {
    auto options = options_for(url);
    options.json_id_pointer = "/id";
    options.json_ack_pointer = "/ack";
    options.json_outgoing_id_member = "client_id";
    return options;
}

/// Every id with a fate, and how often it had one.
std::map<std::uint64_t, std::vector<graceline_fate>> fates(const Host& host) {
    std::map<std::uint64_t, std::vector<graceline_fate>> all;
    for (const auto& event : host.seen) {
        if (event.type != GRACELINE_EVENT_SEND_FATE) continue;
        for (auto id = event.details.first_id; id <= event.details.last_id; ++id) {
            all[id].push_back(static_cast<graceline_fate>(event.details.fate));
        }
    }
    return all;
}

bool wait_fates(Host& host, std::size_t count) {
    return host.wait([&](const Seen&) { return fates(host).size() >= count; });
}

bool wait_fate(Host& host, graceline_fate fate, graceline_reason reason) {
    return host.wait([&](const Seen& event) {
        return event.type == GRACELINE_EVENT_SEND_FATE && event.details.fate == fate &&
               event.details.reason == reason;
    });
}

void unreachable_until_reset(const DevServer& server) {
    server.faults(R"({"refuse":true,"cut":true})");
}

}  // namespace

TEST_CASE("outbox: sent while offline -> waits, then goes in order when the connection is up",
          "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    options.json_id_pointer = "/id";
    Host host(options);
    unreachable_until_reset(server);
    host.start();
    for (int i = 0; i < 20; ++i) {
        REQUIRE(send(host, {"queued " + std::to_string(i)}) == GRACELINE_OK);
    }
    CHECK(host.statistics().messages_sent_count == 0);
    server.reset_faults();
    REQUIRE(wait_fates(host, 20));
    for (const auto& [id, each] : fates(host)) {
        CHECK(each == std::vector<graceline_fate>{GRACELINE_FATE_SENT});
    }
    REQUIRE(host.wait_message("queued 19"));
    int next = 0;
    for (const auto& event : host.seen) {
        if (event.type != GRACELINE_EVENT_MESSAGE) continue;
        CHECK(event.data.find("queued " + std::to_string(next++)) != std::string::npos);
    }
    CHECK(next == 20);
}

TEST_CASE("outbox: full of what the kernel has -> fates that make room are there at once",
          "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    options.outbox_messages = 50;
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    std::uint64_t sent = 0;
    while (send(host, {"x"}) == GRACELINE_OK) ++sent;
    REQUIRE(sent >= 50);
    // Without waiting: the sender itself saw to those that it had written.
    host.take(0);
    CHECK(fates(host).count(1) == 1);
    REQUIRE(wait_fates(host, sent));
    CHECK(send(host, {"room again"}) == GRACELINE_OK);
}

TEST_CASE("outbox: acks -> acknowledged, with an id that the library wrote into the message",
          "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    Host host(acking(url));
    host.start();
    REQUIRE(host.wait_connected());
    REQUIRE(send(host, {R"({"body":"hello"})"}) == GRACELINE_OK);
    REQUIRE(send(host, {R"({"body":"given"})", "mine-1"}) == GRACELINE_OK);
    REQUIRE(wait_fates(host, 2));
    for (const auto& [id, each] : fates(host)) {
        CHECK(each == std::vector<graceline_fate>{GRACELINE_FATE_ACKNOWLEDGED});
    }
    host.take_all(200);
    CHECK(std::ranges::count_if(host.seen, [](const Seen& event) {
              return event.data.find(R"("client_id":"mine-1")") != std::string::npos;
          }) == 1);
    for (const auto& event : host.seen) CHECK(event.data.find("\"ack\"") == std::string::npos);
    CHECK(server.stats().messages_published == 2);
}

TEST_CASE("outbox: a cut before the ack -> sent again under the same id, stored once", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = acking(url);
    options.ping_interval_ms = GRACELINE_UNLIMITED;
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    // The server reads nothing, so no ack can come; then it goes away and comes back.
    server.faults(R"({"black_hole":true})");
    for (int i = 0; i < 10; ++i) {
        REQUIRE(send(host, {R"({"body":"m)" + std::to_string(i) + "\"}"}) == GRACELINE_OK);
    }
    server.faults(R"({"cut":true})");
    server.reset_faults();
    REQUIRE(wait_fates(host, 10));
    for (const auto& [id, each] : fates(host)) {
        CHECK(each == std::vector<graceline_fate>{GRACELINE_FATE_ACKNOWLEDGED});
    }
    CHECK(server.stats().messages_published == 10);
}

TEST_CASE("outbox: cuts while messages go -> every one acknowledged once and stored once",
          "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = acking(url);
    options.backoff_max_ms = 40;
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    constexpr int kMessages = 300;
    for (int i = 0; i < kMessages; ++i) {
        REQUIRE(send(host, {R"({"body":"m)" + std::to_string(i) + "\"}"}) == GRACELINE_OK);
        if (i % 30 == 29) server.faults(R"({"cut":true})");
    }
    REQUIRE(wait_fates(host, kMessages));
    for (const auto& [id, each] : fates(host)) {
        REQUIRE(each == std::vector<graceline_fate>{GRACELINE_FATE_ACKNOWLEDGED});
    }
    CHECK(server.stats().messages_published == kMessages);
}

TEST_CASE("outbox: an expiry while offline -> failed as message_expired, the others go", "[capi]") {
    DevServer server;
    const auto url = server.url("/echo");
    Host host(options_for(url));
    unreachable_until_reset(server);
    host.start();
    REQUIRE(send(host, {"short", nullptr, 100}) == GRACELINE_OK);
    REQUIRE(send(host, {"long", nullptr, 600'000}) == GRACELINE_OK);
    REQUIRE(wait_fate(host, GRACELINE_FATE_FAILED, GRACELINE_REASON_MESSAGE_EXPIRED));
    CHECK(host.found().details.first_id == 1);
    CHECK(host.found().details.last_id == 1);
    server.reset_faults();
    REQUIRE(host.wait_message("long"));
    for (const auto& event : host.seen) CHECK(event.data != "short");
}

TEST_CASE("outbox: cancel -> what waits is taken back, what is done is not", "[capi]") {
    DevServer server;
    const auto url = server.url("/echo");
    Host host(options_for(url));
    unreachable_until_reset(server);
    host.start();
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    REQUIRE(send(host, {"no"}, &first) == GRACELINE_OK);
    REQUIRE(send(host, {"yes"}, &second) == GRACELINE_OK);
    CHECK(graceline_client_cancel_send(host, first) == GRACELINE_OK);
    CHECK(graceline_client_cancel_send(host, first) == GRACELINE_E_STATE);
    CHECK(graceline_client_cancel_send(host, 77) == GRACELINE_E_STATE);
    REQUIRE(wait_fate(host, GRACELINE_FATE_FAILED, GRACELINE_REASON_SEND_CANCELLED));
    server.reset_faults();
    REQUIRE(host.wait_message("yes"));
    CHECK(graceline_client_cancel_send(host, second) == GRACELINE_E_STATE);
}

TEST_CASE("outbox: full -> E_FULL at the call, nothing half done", "[capi]") {
    DevServer server;
    const auto url = server.url("/echo");
    auto options = options_for(url);
    options.outbox_messages = 3;
    options.outbox_bytes = 1'024;
    unreachable_until_reset(server);
    {
        Host host(options);
        host.start();
        for (int i = 0; i < 3; ++i) REQUIRE(send(host, {"m"}) == GRACELINE_OK);
        CHECK(send(host, {"m"}) == GRACELINE_E_FULL);
        CHECK(graceline_client_cancel_send(host, 2) == GRACELINE_OK);
        CHECK(send(host, {"m"}) == GRACELINE_E_FULL);  // its fate has not been read
        REQUIRE(host.wait_type(GRACELINE_EVENT_SEND_FATE));
        CHECK(send(host, {"m"}) == GRACELINE_OK);
    }
    Host host(options);
    host.start();
    REQUIRE(send(host, {std::string(1'000, 'x')}) == GRACELINE_OK);
    CHECK(send(host, {std::string(100, 'x')}) == GRACELINE_E_FULL);
    CHECK(send(host, {std::string(10, 'x')}) == GRACELINE_OK);
}

TEST_CASE("outbox: disconnect(), close(), a terminal cause -> what waits fails with the reason",
          "[capi]") {
    DevServer server;
    const auto url = server.url("/echo");
    const auto options = options_for(url);
    SECTION("disconnect") {
        unreachable_until_reset(server);
        Host host(options);
        host.start();
        REQUIRE(send(host, {"m"}) == GRACELINE_OK);
        REQUIRE(graceline_client_disconnect(host) == GRACELINE_OK);
        CHECK(wait_fate(host, GRACELINE_FATE_FAILED, GRACELINE_REASON_DISCONNECT_CALLED));
        CHECK(send(host, {"m"}) == GRACELINE_E_NOT_CONNECTED);
    }
    SECTION("close") {
        unreachable_until_reset(server);
        Host host(options);
        host.start();
        REQUIRE(send(host, {"m"}) == GRACELINE_OK);
        graceline_client_close(host);
        CHECK(wait_fate(host, GRACELINE_FATE_FAILED, GRACELINE_REASON_CLIENT_CLOSED));
        CHECK(host.wait_type(GRACELINE_EVENT_CLOSED));
        CHECK(send(host, {"m"}) == GRACELINE_E_CLOSED);
    }
    SECTION("terminal") {
        server.faults(R"({"status":{"code":404,"count":1}})");
        Host host(options);
        host.start();
        REQUIRE(send(host, {"m"}) == GRACELINE_OK);
        CHECK(wait_fate(host, GRACELINE_FATE_FAILED, GRACELINE_REASON_HTTP_STATUS));
    }
    SECTION("will_terminate") {
        unreachable_until_reset(server);
        Host host(options);
        host.start();
        REQUIRE(send(host, {"m"}) == GRACELINE_OK);
        host.report(GRACELINE_APPLICATION_STATE_WILL_TERMINATE);
        CHECK(wait_fate(host, GRACELINE_FATE_FAILED, GRACELINE_REASON_TERMINATING));
    }
}

TEST_CASE("outbox: the window closes -> auto mode keeps what waits, manual mode fails it",
          "[capi]") {
    DevServer server;
    const auto url = server.url("/echo");
    for (const bool automatic : {true, false}) {
        INFO("auto " << automatic);
        auto options = options_for(url);
        options.auto_establish_socket_connection = automatic ? 1 : 0;
        options.grace_ms = 100;
        unreachable_until_reset(server);
        Host host(options);
        REQUIRE(graceline_client_connect(host) == GRACELINE_OK);
        REQUIRE(send(host, {"typed before leaving"}) == GRACELINE_OK);
        host.leave();
        REQUIRE(host.wait_type(GRACELINE_EVENT_BACKGROUND_TASK_ENDED));
        CHECK(send(host, {"m"}) == GRACELINE_E_WINDOW_OVER);
        server.reset_faults();
        host.come_back();
        if (automatic) {
            CHECK(host.wait_message("typed before leaving"));
        } else {
            CHECK(wait_fate(host, GRACELINE_FATE_FAILED, GRACELINE_REASON_BACKGROUND_EXPIRED));
        }
    }
}

TEST_CASE("outbox: release with waiting messages -> no leak, nothing sent later", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    {
        Host host(options_for(url));
        unreachable_until_reset(server);
        host.start();
        for (int i = 0; i < 100; ++i) REQUIRE(send(host, {"never"}) == GRACELINE_OK);
    }
    server.reset_faults();
    Host other(options_for(url));
    other.start();
    REQUIRE(other.wait_connected());
    REQUIRE(send(other, {"marker"}) == GRACELINE_OK);
    REQUIRE(other.wait_message("marker"));
    CHECK(server.stats().messages_published == 1);
}

TEST_CASE("outbox: bad arguments -> the field and the rule", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    Host host(acking(url));
    host.start();
    REQUIRE(host.wait_connected());
    const auto refused = [&](const Message& message, const char* part) {
        INFO(part);
        CHECK(send(host, message) == GRACELINE_E_INVALID_ARGUMENT);
        INFO(graceline_last_error_text());
        CHECK(std::string(graceline_last_error_text()).find(part) != std::string::npos);
    };
    refused({"not json"}, "message.data: must be a JSON object");
    refused({"{\"a\":}"}, "message.data: must be well-formed JSON");
    refused({R"({"client_id":"x","body":"b"})"}, "must not hold the member");
    refused({"{}", "bad id"}, "message.deduplication_id");
    refused({"{}", nullptr, 0}, "message.expires_in_ms");
    refused({"bytes", nullptr, GRACELINE_UNLIMITED, GRACELINE_MESSAGE_KIND_BINARY},
            "message.deduplication_id: must be given");
    server.faults(R"({"black_hole":true})");
    REQUIRE(send(host, {"{}", "twice"}) == GRACELINE_OK);
    refused({"{}", "twice"}, "still on its way");
}
