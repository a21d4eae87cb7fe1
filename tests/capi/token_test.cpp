// The token provider as a host sees it, against a server that checks tokens.
// Must never find a token in a text that the library gave out.
#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"

using namespace graceline::tests;

namespace {

graceline_options provided(const std::string& url) {
    auto options = default_options();
    options.url = url.c_str();
    options.host_provides_token = 1;
    options.backoff_initial_ms = 20;
    options.backoff_max_ms = 100;
    return options;
}

/// Waits for the question and gives its number.
std::uint64_t question(Host& host) {
    REQUIRE(host.wait_type(GRACELINE_EVENT_TOKEN_NEEDED));
    return host.found().details.request_id;
}

graceline_status give(Host& host, std::uint64_t request, const char* token) {
    return graceline_client_provide_token(host, request, token, GRACELINE_OK);
}

}  // namespace

TEST_CASE("token: a provider -> asked first, connected with its answer", "[capi]") {
    for (const auto placement :
         {GRACELINE_TOKEN_PLACEMENT_HEADER, GRACELINE_TOKEN_PLACEMENT_QUERY}) {
        DevServer server({"--token", "right"});
        const auto url = server.url("/ws?room=a");
        auto options = provided(url);
        options.token_placement = placement;
        Host host(options);
        host.start();
        const auto request = question(host);
        CHECK(host.info().phase == GRACELINE_PHASE_AWAITING_TOKEN);
        CHECK(host.status() == GRACELINE_CONNECTION_STATUS_CONNECTING);
        CHECK(server.stats().connections_total == 0);
        REQUIRE(give(host, request, "right") == GRACELINE_OK);
        REQUIRE(host.wait_connected());
        CHECK(give(host, request, "right") == GRACELINE_E_STATE);
    }
}

TEST_CASE("token: revoked while away -> one fresh token, connected again", "[capi]") {
    DevServer server({"--token", "old"});
    const auto url = server.url("/ws?room=a");
    Host host(provided(url));
    host.start();
    REQUIRE(give(host, question(host), "old") == GRACELINE_OK);
    REQUIRE(host.wait_connected());
    server.faults(R"({"revoke_token":"old","add_token":"new"})");
    server.faults(R"({"cut":true})");
    REQUIRE(give(host, question(host), "new") == GRACELINE_OK);
    REQUIRE(host.wait_connected());
    CHECK(host.count(GRACELINE_EVENT_TOKEN_NEEDED) == 2);
}

TEST_CASE("token: the fresh one is refused too -> disconnected for good, auth_refused", "[capi]") {
    DevServer server({"--token", "right"});
    const auto url = server.url("/ws?room=a");
    Host host(provided(url));
    host.start();
    REQUIRE(give(host, question(host), "wrong-secret-1") == GRACELINE_OK);
    REQUIRE(give(host, question(host), "wrong-secret-2") == GRACELINE_OK);
    REQUIRE(host.wait_status(GRACELINE_CONNECTION_STATUS_DISCONNECTED));
    CHECK(host.found().details.reason == GRACELINE_REASON_AUTH_REFUSED);
    CHECK(host.found().details.http_status == 401);
    for (const auto& event : host.seen) CHECK(event.text.find("secret") == std::string::npos);
}

TEST_CASE("token: closed with 4401 -> asked for a fresh one", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    Host host(provided(url));
    host.start();
    REQUIRE(give(host, question(host), "one") == GRACELINE_OK);
    REQUIRE(host.wait_connected());
    server.faults(R"({"close":{"code":4401,"reason":"expired"}})");
    REQUIRE(give(host, question(host), "two") == GRACELINE_OK);
    REQUIRE(host.wait_connected());
}

TEST_CASE("token: no answer in time -> retried, the late answer is refused", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    auto options = provided(url);
    options.token_timeout_ms = 100;
    Host host(options);
    host.start();
    const auto first = question(host);
    const auto second = question(host);
    CHECK(second != first);
    CHECK(give(host, first, "late") == GRACELINE_E_STATE);
    CHECK(host.wait([](const Seen& event) {
        return event.type == GRACELINE_EVENT_CONNECTION_STATUS &&
               event.details.reason == GRACELINE_REASON_TOKEN_TIMEOUT;
    }));
}

TEST_CASE("token: the provider has none -> token_failed, tried again with backoff", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    Host host(provided(url));
    host.start();
    REQUIRE(graceline_client_provide_token(host, question(host), nullptr, GRACELINE_E_STATE) ==
            GRACELINE_OK);
    REQUIRE(host.wait([](const Seen& event) {
        return event.type == GRACELINE_EVENT_CONNECTION_STATUS &&
               event.details.reason == GRACELINE_REASON_TOKEN_FAILED;
    }));
    REQUIRE(give(host, question(host), "now") == GRACELINE_OK);
    CHECK(host.wait_connected());
}

TEST_CASE("token: disconnect() while it is asked -> the answer is no longer wanted", "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    Host host(provided(url));
    host.start();
    const auto request = question(host);
    REQUIRE(graceline_client_disconnect(host) == GRACELINE_OK);
    CHECK(give(host, request, "late") == GRACELINE_E_STATE);
    CHECK(server.stats().connections_total == 0);
}

TEST_CASE("token: one that breaks its place's rule -> told at the call, the question stays open",
          "[capi]") {
    DevServer server;
    const auto url = server.url("/ws?room=a");
    Host host(provided(url));
    host.start();
    const auto request = question(host);
    CHECK(give(host, request, "two words") == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(std::string(graceline_last_error_text()) == "token: must be visible ASCII in a header");
    CHECK(give(host, request, "") == GRACELINE_E_INVALID_ARGUMENT);
    CHECK(give(host, request, "good") == GRACELINE_OK);
    CHECK(host.wait_connected());
    auto options = provided(url);
    options.token = "fixed";
    graceline_client* client = nullptr;
    CHECK(graceline_client_create(&options, &client) == GRACELINE_E_INVALID_ARGUMENT);
}
