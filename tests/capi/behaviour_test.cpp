// The base behaviour and its neighbours against the dev server, through the C API alone.
// Must wait for events, never for time alone, except where a window itself is the subject.
#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"

using namespace graceline::tests;

namespace {

graceline_options options_for(const std::string& url) {
    auto options = default_options();
    options.url = url.c_str();
    options.json_id_pointer = "/id";
    options.backoff_initial_ms = 20;
    return options;
}

}  // namespace

TEST_CASE("client: quick app switch inside the window -> same socket, skip", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    CHECK_FALSE(host.enabled());
    CHECK_FALSE(host.needs_refresh());
    host.resign();
    CHECK(host.remaining_ms() == GRACELINE_UNLIMITED);
    host.background();
    CHECK(host.enabled());
    CHECK(host.remaining_ms() > 29'000);
    const auto id = server.publish("a", "in the window");
    REQUIRE(host.wait_message("in the window"));
    CHECK(host.found().id == id);
    host.come_back();
    CHECK(host.enabled());
    REQUIRE(host.wait_type(GRACELINE_EVENT_RETURN_VERDICT));
    CHECK(host.found().details.return_verdict == GRACELINE_RETURN_VERDICT_SKIP);
    CHECK(host.info().connection_number == 1);
    CHECK(server.stats().websockets_total == 1);
}

TEST_CASE("client: window runs out -> 1001, disconnected, refresh on return", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    options.grace_ms = 150;
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    host.leave();
    REQUIRE(host.wait_type(GRACELINE_EVENT_BACKGROUND_TASK_ENDED));
    CHECK(host.found().details.task_cause == GRACELINE_TASK_CAUSE_EXPIRED);
    REQUIRE(host.wait_status(GRACELINE_CONNECTION_STATUS_DISCONNECTED));
    CHECK(host.found().details.reason == GRACELINE_REASON_BACKGROUND_EXPIRED);
    REQUIRE(server.wait_equal("websockets_now", 0));
    REQUIRE(server.stats().closes.size() == 1);
    CHECK(server.stats().closes[0].code == 1001);
    server.publish("a", "missed");
    CHECK_FALSE(host.enabled());
    CHECK(graceline_client_ping(host) == GRACELINE_E_WINDOW_OVER);
    host.come_back();
    REQUIRE(host.wait_type(GRACELINE_EVENT_RETURN_VERDICT));
    CHECK(host.found().details.return_verdict == GRACELINE_RETURN_VERDICT_REFRESH);
    REQUIRE(host.wait_type(GRACELINE_EVENT_GAP_VERDICT));
    CHECK(host.found().details.gap_verdict == GRACELINE_GAP_VERDICT_UNKNOWN);
    CHECK(host.status() == GRACELINE_CONNECTION_STATUS_CONNECTED);
    CHECK(host.needs_refresh());
    std::uint64_t mark = 0;
    REQUIRE(graceline_client_refresh_begin(host, &mark) == GRACELINE_OK);
    REQUIRE(graceline_client_mark_refreshed(host, mark) == GRACELINE_OK);
    CHECK_FALSE(host.needs_refresh());
    for (const auto& event : host.seen) CHECK(event.data.find("missed") == std::string::npos);
}

TEST_CASE("client: manual mode -> connects on connect(), not kept after disconnect()", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    options.auto_establish_socket_connection = 0;
    options.grace_ms = 100;
    Host host(options);
    host.start();
    CHECK(host.status() == GRACELINE_CONNECTION_STATUS_DISCONNECTED);
    host.leave();
    CHECK(host.remaining_ms() == 0);
    host.come_back();
    REQUIRE(graceline_client_connect(host) == GRACELINE_OK);
    REQUIRE(host.wait_connected());

    SECTION("disconnect in the window -> 1000 and the task ends disconnected") {
        host.leave();
        REQUIRE(graceline_client_disconnect(host) == GRACELINE_OK);
        REQUIRE(host.wait_type(GRACELINE_EVENT_BACKGROUND_TASK_ENDED));
        CHECK(host.found().details.task_cause == GRACELINE_TASK_CAUSE_DISCONNECTED);
        REQUIRE(server.wait_equal("websockets_now", 0));
        CHECK(server.stats().closes.at(0).code == 1000);
    }
    SECTION("window over -> disconnected until connect()") {
        host.leave();
        REQUIRE(host.wait_status(GRACELINE_CONNECTION_STATUS_DISCONNECTED));
        host.come_back();
        REQUIRE(host.wait_type(GRACELINE_EVENT_RETURN_VERDICT));
        CHECK(host.found().details.return_verdict == GRACELINE_RETURN_VERDICT_REFRESH);
        CHECK(host.status() == GRACELINE_CONNECTION_STATUS_DISCONNECTED);
        REQUIRE(graceline_client_connect(host) == GRACELINE_OK);
        REQUIRE(host.wait_connected());
    }
}

TEST_CASE("client: connection cut in the window -> reconnects, the gap counts", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    host.leave();
    server.faults(R"({"cut":true})");
    REQUIRE(host.wait_status(GRACELINE_CONNECTION_STATUS_CONNECTING));
    REQUIRE(host.wait_connected());
    CHECK_FALSE(host.enabled());
    CHECK(host.needs_refresh());
    host.come_back();
    REQUIRE(host.wait_type(GRACELINE_EVENT_RETURN_VERDICT));
    CHECK(host.found().details.return_verdict == GRACELINE_RETURN_VERDICT_REFRESH);
}

TEST_CASE("client: black hole, return -> probe fails, reconnect without backoff", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    options.trust_time_ms = 100;
    options.probe_timeout_ms = 150;
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    server.faults(R"({"no_pong":true})");
    host.leave();
    // Nothing arrives for longer than trust_time: the socket is no longer trusted.
    host.take_all(250);
    host.come_back();
    CHECK_FALSE(host.enabled());
    CHECK(host.status() == GRACELINE_CONNECTION_STATUS_CONNECTED);
    CHECK(host.info().phase == GRACELINE_PHASE_PROBING);
    REQUIRE(host.wait_type(GRACELINE_EVENT_RETURN_VERDICT));
    CHECK(host.found().details.return_verdict == GRACELINE_RETURN_VERDICT_REFRESH);
    CHECK(host.found().details.reason == GRACELINE_REASON_PROBE_FAILED);
    REQUIRE(host.wait_type(GRACELINE_EVENT_GAP_VERDICT));
}

TEST_CASE("client: 503 with Retry-After -> feature_throttled, connect() does not skip it",
          "[capi]") {
    DevServer server;
    server.faults(R"({"status":{"code":503,"retry_after":1,"count":1}})");
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    Host host(options);
    host.start();
    REQUIRE(host.wait_status(GRACELINE_CONNECTION_STATUS_FEATURE_THROTTLED));
    CHECK(host.found().details.http_status == 503);
    CHECK(host.found().details.retry_in_ms >= 1000);
    REQUIRE(graceline_client_connect(host) == GRACELINE_OK);
    CHECK(host.status() == GRACELINE_CONNECTION_STATUS_FEATURE_THROTTLED);
    REQUIRE(host.wait_connected());
    CHECK(server.stats().upgrades_refused == 1);
}

TEST_CASE("client: 401 -> terminal, with the status; the token is in no text", "[capi]") {
    DevServer server({"--token", "right"});
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    options.token = "WRONG-CANARY";
    Host host(options);
    host.start();
    REQUIRE(host.wait_status(GRACELINE_CONNECTION_STATUS_DISCONNECTED));
    CHECK(host.found().details.reason == GRACELINE_REASON_AUTH_REFUSED);
    CHECK(host.found().details.http_status == 401);
    for (const auto& event : host.seen) CHECK(event.text.find("CANARY") == std::string::npos);

    for (const auto placement :
         {GRACELINE_TOKEN_PLACEMENT_HEADER, GRACELINE_TOKEN_PLACEMENT_QUERY}) {
        auto good = options_for(url);
        good.token = "right";
        good.token_placement = placement;
        Host allowed(good);
        allowed.start();
        CHECK(allowed.wait_connected());
    }
}

TEST_CASE("client: close code 1012 and 1008 -> throttled and terminal", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    SECTION("1012") {
        server.faults(R"({"close":{"code":1012,"reason":"restart"}})");
        REQUIRE(host.wait_status(GRACELINE_CONNECTION_STATUS_FEATURE_THROTTLED));
        CHECK(host.found().details.close_code == 1012);
    }
    SECTION("1008 in the window -> the task ends server") {
        host.leave();
        server.faults(R"({"close":{"code":1008,"reason":"no"}})");
        REQUIRE(host.wait_type(GRACELINE_EVENT_BACKGROUND_TASK_ENDED));
        CHECK(host.found().details.task_cause == GRACELINE_TASK_CAUSE_SERVER);
        REQUIRE(host.wait_status(GRACELINE_CONNECTION_STATUS_DISCONNECTED));
        CHECK(host.found().details.close_code == 1008);
    }
}

TEST_CASE("client: wss with an own CA -> connected; without it -> refused, retried", "[capi]") {
    DevServer server({"--tls-self-signed"});
    const auto url = server.url("/ws?room=a");
    std::string pem;
    {
        FILE* file = std::fopen(server.certificate_file().c_str(), "rb");
        REQUIRE(file != nullptr);
        char buffer[16384];
        pem.assign(buffer, std::fread(buffer, 1, sizeof buffer, file));
        std::fclose(file);
    }
    auto options = options_for(url);
    options.tls_ca_pem = pem.c_str();
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    CHECK(std::string(host.info().tls_version) == "TLSv1.3");
    // The ticket comes after the handshake; a message makes sure that it was read.
    server.publish("a", "first");
    REQUIRE(host.wait_message("first"));
    server.faults(R"({"cut":true})");
    REQUIRE(host.wait_connected());
    CHECK(host.info().tls_resumed == 1);

    auto untrusting = options_for(url);
    Host refused(untrusting);
    refused.start();
    REQUIRE(refused.wait([](const Seen& event) {
        return event.type == GRACELINE_EVENT_CONNECTION_STATUS &&
               event.details.reason == GRACELINE_REASON_CERTIFICATE_REFUSED;
    }));
    CHECK(refused.status() == GRACELINE_CONNECTION_STATUS_CONNECTING);
}

TEST_CASE("client: network off -> nothing is tried until it is back", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    Host host(options);
    REQUIRE(graceline_client_network_changed(host, GRACELINE_NETWORK_OFF) == GRACELINE_OK);
    host.start();
    CHECK(host.info().phase == GRACELINE_PHASE_NETWORK_OFF);
    CHECK(host.info().connection_number == 0);
    REQUIRE(graceline_client_network_changed(host, GRACELINE_NETWORK_AVAILABLE) == GRACELINE_OK);
    REQUIRE(host.wait_connected());
}

TEST_CASE("client: sends -> each accepted id has exactly one fate", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    constexpr std::uint64_t kCount = 5'000;
    std::uint64_t accepted = 0;
    while (accepted < kCount) {
        std::uint64_t id = 0;
        const auto status = host.send("message", &id);
        if (status == GRACELINE_E_FULL) {
            host.take(1'000);
            continue;
        }
        REQUIRE(status == GRACELINE_OK);
        REQUIRE(id == ++accepted);
    }
    graceline_client_close(host);
    REQUIRE(host.wait_type(GRACELINE_EVENT_CLOSED));
    std::uint64_t next = 1;
    for (const auto& event : host.seen) {
        if (event.type != GRACELINE_EVENT_SEND_FATE) continue;
        REQUIRE(event.details.first_id == next);
        next = event.details.last_id + 1;
    }
    CHECK(next == kCount + 1);
}

TEST_CASE("client: ping in background -> measures, and restarts the window", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = options_for(url);
    options.grace_ms = 2'000;
    Host host(options);
    host.start();
    REQUIRE(host.wait_connected());
    host.leave();
    host.take_all(300);
    CHECK(host.remaining_ms() <= 1'750);
    REQUIRE(graceline_client_ping(host) == GRACELINE_OK);
    CHECK(host.remaining_ms() > 1'900);
    REQUIRE(host.wait_type(GRACELINE_EVENT_PING_COMPLETED));
    CHECK(host.found().details.round_trip_us >= 0);
}
