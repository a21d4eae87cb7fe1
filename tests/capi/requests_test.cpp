// messages_request and conversations_request as a host sees them, against the dev server's HTTP.
// Must see exactly one completion for each accepted request.
#include <set>

#include "tests/capi/history_setup.hpp"

using namespace graceline::tests;

TEST_CASE("messages_request: back to the beginning and forth again -> every id once, in order",
          "[capi]") {
    DevServer server;
    std::vector<std::string> ids;
    for (int i = 0; i < 95; ++i) ids.push_back(server.publish("a", "m" + std::to_string(i)));
    Setup setup(server);
    Host host(setup.options);
    Request request(host, nullptr, 30);
    std::vector<std::string> found;
    for (int page = 0; page < 10; ++page) {
        std::uint64_t number = 0;
        REQUIRE(graceline_messages_request_fetch_previous(request.handle, &number) == GRACELINE_OK);
        REQUIRE(wait_request(host, number));
        const auto& seen = host.found();
        REQUIRE(seen.details.request_status == GRACELINE_OK);
        found.insert(found.begin(), seen.page_ids.begin(), seen.page_ids.end());
        if (seen.page_end == GRACELINE_PAGE_END_PROVEN) break;
    }
    CHECK(found == ids);
    std::uint64_t number = 0;
    REQUIRE(graceline_messages_request_fetch_previous(request.handle, &number) == GRACELINE_OK);
    REQUIRE(wait_request(host, number));
    CHECK(host.found().page_ids.empty());
    CHECK(host.found().page_end == GRACELINE_PAGE_END_PROVEN);
    const auto newer = server.publish("a", "newer");
    REQUIRE(graceline_messages_request_fetch_next(request.handle, &number) == GRACELINE_OK);
    REQUIRE(wait_request(host, number));
    CHECK(host.found().page_ids == std::vector<std::string>{newer});
}

TEST_CASE("messages_request: next from the newest id seen until empty -> the base behaviour's way",
          "[capi]") {
    DevServer server;
    std::vector<std::string> ids;
    for (int i = 0; i < 70; ++i) ids.push_back(server.publish("a", "m"));
    Setup setup(server);
    Host host(setup.options);
    Request request(host, nullptr, 20, ids[9].c_str());
    std::vector<std::string> found;
    for (int page = 0; page < 10; ++page) {
        std::uint64_t number = 0;
        REQUIRE(graceline_messages_request_fetch_next(request.handle, &number) == GRACELINE_OK);
        REQUIRE(wait_request(host, number));
        const auto& seen = host.found();
        found.insert(found.end(), seen.page_ids.begin(), seen.page_ids.end());
        if (seen.page_end != GRACELINE_PAGE_END_NO) break;
    }
    CHECK(found == std::vector<std::string>(ids.begin() + 10, ids.end()));
}

TEST_CASE("conversations_request: page by page -> every conversation once", "[capi]") {
    DevServer server;
    std::set<std::string> rooms;
    for (int i = 0; i < 7; ++i) {
        rooms.insert("room" + std::to_string(i));
        server.publish("room" + std::to_string(i), "hello");
    }
    Setup setup(server);
    Host host(setup.options);
    graceline_conversations_request_options options;
    graceline_conversations_request_options_init(&options, sizeof options);
    options.limit = 3;
    graceline_conversations_request* request = nullptr;
    REQUIRE(graceline_conversations_request_create(host, &options, &request) == GRACELINE_OK);
    std::set<std::string> found;
    for (int page = 0; page < 5; ++page) {
        std::uint64_t number = 0;
        REQUIRE(graceline_conversations_request_fetch_next(request, &number) == GRACELINE_OK);
        REQUIRE(wait_request(host, number));
        for (const auto& id : host.found().page_ids) CHECK(found.insert(id).second);
        if (host.found().page_end == GRACELINE_PAGE_END_PROVEN) break;
    }
    CHECK(found == rooms);
    graceline_conversations_request_release(request);
}

TEST_CASE("requests: two at once on one object, cancel, close -> one completion each", "[capi]") {
    DevServer server;
    server.publish("a", "m");
    Setup setup(server);
    Host host(setup.options);
    server.faults(R"({"slow_ms":5000})");
    Request request(host, nullptr, 30);
    std::uint64_t first = 0;
    REQUIRE(graceline_messages_request_fetch_previous(request.handle, &first) == GRACELINE_OK);
    CHECK(graceline_messages_request_fetch_next(request.handle, nullptr) == GRACELINE_E_STATE);
    CHECK(std::string(graceline_last_error_text()).find("under way") != std::string::npos);
    REQUIRE(graceline_messages_request_cancel(request.handle) == GRACELINE_OK);
    CHECK(graceline_messages_request_cancel(request.handle) == GRACELINE_E_STATE);
    REQUIRE(wait_request(host, first));
    CHECK(host.found().details.request_status == GRACELINE_E_CANCELLED);
    std::uint64_t second = 0;
    REQUIRE(graceline_messages_request_fetch_previous(request.handle, &second) == GRACELINE_OK);
    graceline_client_close(host);
    REQUIRE(wait_request(host, second));
    CHECK(host.found().details.request_status == GRACELINE_E_CLOSED);
    REQUIRE(host.wait_type(GRACELINE_EVENT_CLOSED));
    CHECK(graceline_messages_request_fetch_previous(request.handle, nullptr) == GRACELINE_E_CLOSED);
    CHECK(host.count(GRACELINE_EVENT_REQUEST_COMPLETED) == 2);
}

TEST_CASE("requests: too slow, throttled, refused, redirected -> typed, with status and advice",
          "[capi]") {
    DevServer server;
    server.publish("a", "m");
    Setup setup(server);
    setup.history.timeout_ms = 200;
    Host host(setup.options);
    Request request(host, nullptr, 30);
    const auto outcome = [&] {
        std::uint64_t number = 0;
        REQUIRE(graceline_messages_request_fetch_previous(request.handle, &number) == GRACELINE_OK);
        REQUIRE(wait_request(host, number));
        return host.found().details;
    };
    server.faults(R"({"slow_ms":2000})");
    CHECK(outcome().request_status == GRACELINE_E_TIMEOUT);
    server.reset_faults();
    server.faults(R"({"http_status":{"code":503,"retry_after":60,"count":1}})");
    const auto throttled = outcome();
    CHECK(throttled.request_status == GRACELINE_E_HISTORY);
    CHECK(throttled.reason == GRACELINE_REASON_HISTORY_THROTTLED);
    CHECK(throttled.retry_in_ms == 60'000);
    server.faults(R"({"http_status":{"code":429,"retry_after":1,"count":1}})");
    CHECK(outcome().request_status == GRACELINE_OK);  // waited as told, then asked again
}

TEST_CASE("requests: in background without a task -> WINDOW_OVER; under way at the deadline too",
          "[capi]") {
    DevServer server;
    server.publish("a", "m");
    Setup setup(server);
    setup.options.grace_ms = 150;
    Host host(setup.options);
    host.start();
    REQUIRE(host.wait_connected());
    server.faults(R"({"slow_ms":5000})");
    Request request(host, nullptr, 30);
    std::uint64_t number = 0;
    host.leave();
    REQUIRE(graceline_messages_request_fetch_previous(request.handle, &number) == GRACELINE_OK);
    REQUIRE(wait_request(host, number));
    CHECK(host.found().details.request_status == GRACELINE_E_WINDOW_OVER);
    CHECK(graceline_messages_request_fetch_previous(request.handle, &number) ==
          GRACELINE_E_WINDOW_OVER);
}

TEST_CASE("requests: a token that is refused -> the provider is asked once, then auth_refused",
          "[capi]") {
    DevServer server({"--token", "right"});
    Setup setup(server);
    setup.options.host_provides_token = 1;
    setup.options.auto_establish_socket_connection = 0;
    Host host(setup.options);
    Request request(host, nullptr, 30);
    std::uint64_t number = 0;
    for (const char* last : {"right", "wrong"}) {
        REQUIRE(graceline_messages_request_fetch_previous(request.handle, &number) == GRACELINE_OK);
        if (last == std::string("right")) {
            REQUIRE(host.wait_type(GRACELINE_EVENT_TOKEN_NEEDED));
            REQUIRE(graceline_client_provide_token(host, host.found().details.request_id, last,
                                                   GRACELINE_OK) == GRACELINE_OK);
            REQUIRE(wait_request(host, number));
            CHECK(host.found().details.request_status == GRACELINE_OK);
            server.faults(R"({"revoke_token":"right"})");
        } else {
            REQUIRE(host.wait_type(GRACELINE_EVENT_TOKEN_NEEDED));
            REQUIRE(graceline_client_provide_token(host, host.found().details.request_id, last,
                                                   GRACELINE_OK) == GRACELINE_OK);
            REQUIRE(wait_request(host, number));
            CHECK(host.found().details.request_status == GRACELINE_E_HISTORY);
            CHECK(host.found().details.reason == GRACELINE_REASON_AUTH_REFUSED);
        }
    }
    CHECK(host.count(GRACELINE_EVENT_TOKEN_NEEDED) == 2);
}

TEST_CASE("history options: bad ones -> the field and the rule at create", "[capi]") {
    DevServer server;
    const auto refused = [&](const std::function<void(Setup&)>& spoil, const char* part) {
        Setup setup(server);
        spoil(setup);
        graceline_client* client = nullptr;
        CHECK(graceline_client_create(&setup.options, &client) == GRACELINE_E_INVALID_ARGUMENT);
        INFO(part << " in " << graceline_last_error_text());
        CHECK(std::string(graceline_last_error_text()).find(part) != std::string::npos);
    };
    refused([](Setup& s) { s.history.messages_url = "http://127.0.0.1/{nobody}"; },
            "history.messages_url");
    refused([](Setup& s) { s.history.messages_url = "http://example.org/m{?before,after}"; },
            "http:// is for loopback only");
    refused([](Setup& s) { s.history.json_complete_pointer = "no-slash"; },
            "history.json_complete_pointer");
    refused([](Setup& s) { s.history.timeout_ms = 1; }, "history.timeout_ms");
    refused([](Setup& s) { s.history.struct_size = 0; }, "history.struct_size");
    Setup setup(server);
    setup.options.history = nullptr;
    Host host(setup.options);
    graceline_messages_request* request = nullptr;
    CHECK(graceline_messages_request_create(host, nullptr, &request) == GRACELINE_E_UNSUPPORTED);
}
