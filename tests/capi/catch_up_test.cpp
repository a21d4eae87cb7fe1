// The catch-up as a host sees it, against the dev server's HTTP, and by the host's own HTTP.
// Must judge by ids: what the server stored against what was delivered, once and in order.
#include <set>

#include "tests/capi/history_setup.hpp"

using namespace graceline::tests;

TEST_CASE("catch-up: the window over, five missed, return -> recovered, in order, replayed",
          "[capi]") {
    DevServer server;
    Setup setup(server);
    setup.options.grace_ms = 100;
    Host host(setup.options);
    host.start();
    REQUIRE(host.wait_connected());
    std::vector<std::string> ids{server.publish("a", "first")};
    REQUIRE(host.wait_message("first"));
    CHECK(position(host) == ids[0]);
    host.leave();
    REQUIRE(host.wait_type(GRACELINE_EVENT_BACKGROUND_TASK_ENDED));
    REQUIRE(server.wait_equal("websockets_now", 0));
    for (int i = 0; i < 5; ++i) ids.push_back(server.publish("a", "missed " + std::to_string(i)));
    host.come_back();
    REQUIRE(wait_verdict(host, GRACELINE_GAP_VERDICT_RECOVERED));
    REQUIRE(host.wait_type(GRACELINE_EVENT_RETURN_VERDICT));
    CHECK(host.found().details.return_verdict == GRACELINE_RETURN_VERDICT_SKIP);
    CHECK_FALSE(host.needs_refresh());
    ids.push_back(server.publish("a", "live again"));
    REQUIRE(host.wait_message("live again"));
    CHECK(delivered_ids(host) == ids);
    int replayed = 0;
    for (const auto& event : host.seen) {
        replayed += (event.flags & GRACELINE_MESSAGE_FLAG_REPLAYED) != 0;
    }
    CHECK(replayed == 5);
    CHECK(host.statistics().messages_replayed_count == 5);
    CHECK(position(host) == ids.back());
}

TEST_CASE("catch-up: a cut with nothing missed -> complete, no refresh", "[capi]") {
    DevServer server;
    Setup setup(server);
    Host host(setup.options);
    host.start();
    REQUIRE(host.wait_connected());
    server.publish("a", "only");
    REQUIRE(host.wait_message("only"));
    server.faults(R"({"cut":true})");
    REQUIRE(wait_verdict(host, GRACELINE_GAP_VERDICT_COMPLETE));
    CHECK_FALSE(host.needs_refresh());
    CHECK(delivered_ids(host).size() == 1);
}

TEST_CASE("catch-up: a position from an earlier process -> fetched from there at start", "[capi]") {
    DevServer server;
    const auto known = server.publish("a", "known");
    std::vector<std::string> ids;
    for (int i = 0; i < 250; ++i) ids.push_back(server.publish("a", "m" + std::to_string(i)));
    Setup setup(server);
    setup.options.last_message_id = known.c_str();
    Host host(setup.options);
    host.start();
    REQUIRE(wait_verdict(host, GRACELINE_GAP_VERDICT_RECOVERED));
    host.take_all(50);
    CHECK(delivered_ids(host) == ids);
    CHECK(position(host) == ids.back());
}

TEST_CASE("catch-up: a position that the server does not know -> gap, refresh needed since it",
          "[capi]") {
    DevServer server;
    server.publish("a", "there");
    Setup setup(server);
    setup.options.last_message_id = "long-gone";
    Host host(setup.options);
    host.start();
    REQUIRE(wait_verdict(host, GRACELINE_GAP_VERDICT_GAP));
    CHECK(host.found().details.reason == GRACELINE_REASON_HISTORY_CUT);
    REQUIRE(host.wait_type(GRACELINE_EVENT_REFRESH_NEEDED));
    CHECK(host.found().since == "long-gone");
    CHECK(host.needs_refresh());
    CHECK(position(host) == "long-gone");
}

TEST_CASE("catch-up: no ids, or no history -> unknown at once", "[capi]") {
    DevServer server;
    for (const bool ids : {true, false}) {
        Setup setup(server);
        if (ids) {
            setup.options.history = nullptr;
        } else {
            setup.options.json_id_pointer = nullptr;
            setup.history.json_id_pointer = "/id";
        }
        Host host(setup.options);
        host.start();
        REQUIRE(host.wait_connected());
        server.publish("a", "m");
        REQUIRE(host.wait_type(GRACELINE_EVENT_MESSAGE));
        server.faults(R"({"cut":true})");
        REQUIRE(wait_verdict(host, GRACELINE_GAP_VERDICT_UNKNOWN));
        CHECK(host.needs_refresh());
    }
}

TEST_CASE("catch-up: live messages while it runs -> after the missed ones, none twice", "[capi]") {
    DevServer server;
    Setup setup(server);
    Host host(setup.options);
    host.start();
    REQUIRE(host.wait_connected());
    std::vector<std::string> ids{server.publish("a", "first")};
    REQUIRE(host.wait_message("first"));
    server.faults(R"({"refuse":true,"cut":true})");
    for (int i = 0; i < 150; ++i) ids.push_back(server.publish("a", "missed"));
    server.faults(R"({"refuse":false,"slow_ms":150})");
    REQUIRE(server.wait_equal("websockets_now", 1));
    for (int i = 0; i < 20; ++i) ids.push_back(server.publish("a", "live"));
    REQUIRE(wait_verdict(host, GRACELINE_GAP_VERDICT_RECOVERED));
    ids.push_back(server.publish("a", "last"));
    REQUIRE(host.wait_message("last"));
    CHECK(delivered_ids(host) == ids);
}

TEST_CASE("catch-up: the history fails -> gap, what was held is delivered, refresh by fetch heals",
          "[capi]") {
    DevServer server;
    Setup setup(server);
    setup.history.timeout_ms = 500;
    Host host(setup.options);
    host.start();
    REQUIRE(host.wait_connected());
    server.publish("a", "first");
    REQUIRE(host.wait_message("first"));
    server.faults(R"({"cut":true,"http_status":{"code":404,"count":1000}})");
    REQUIRE(wait_verdict(host, GRACELINE_GAP_VERDICT_GAP));
    CHECK(host.needs_refresh());
    server.publish("a", "beyond");
    REQUIRE(host.wait_message("beyond"));
    server.reset_faults();
    Request request(host, nullptr, 30);
    std::uint64_t number = 0;
    REQUIRE(graceline_messages_request_fetch_previous(request.handle, &number) == GRACELINE_OK);
    REQUIRE(wait_request(host, number));
    CHECK(host.found().details.request_status == GRACELINE_OK);
    CHECK(host.found().page_ids.size() == 2);
    CHECK_FALSE(host.needs_refresh());
}

TEST_CASE(
    "catch-up: history per conversation -> missed ones of known rooms come, gap until the "
    "conversations were fetched",
    "[capi]") {
    DevServer server;
    Setup setup(server);
    const auto url = server.url("/ws?room=a&room=b&room=c");
    setup.options.url = url.c_str();
    setup.messages = setup.base + "/messages{?conversation,before,after,limit}";
    setup.history.messages_url = setup.messages.c_str();
    setup.history.scope = GRACELINE_HISTORY_SCOPE_PER_CONVERSATION;
    Host host(setup.options);
    host.start();
    REQUIRE(host.wait_connected());
    std::multiset<std::string> ids;
    for (const char* room : {"a", "b"}) {
        ids.insert(server.publish(room, "first"));
        REQUIRE(host.wait_message("first"));
    }
    server.faults(R"({"refuse":true,"cut":true})");
    for (int i = 0; i < 5; ++i) {
        ids.insert(server.publish("a", "missed"));
        ids.insert(server.publish("b", "missed"));
    }
    server.publish("c", "nobody can know");
    server.reset_faults();
    REQUIRE(wait_verdict(host, GRACELINE_GAP_VERDICT_GAP));
    CHECK(host.found().details.reason == GRACELINE_REASON_CONVERSATIONS_NOT_FETCHED);
    const auto found = delivered_ids(host);
    CHECK(std::multiset<std::string>(found.begin(), found.end()) == ids);
    CHECK(host.needs_refresh());
    graceline_conversations_request* request = nullptr;
    REQUIRE(graceline_conversations_request_create(host, nullptr, &request) == GRACELINE_OK);
    std::uint64_t number = 0;
    REQUIRE(graceline_conversations_request_fetch_next(request, &number) == GRACELINE_OK);
    REQUIRE(wait_request(host, number));
    CHECK(host.found().page_ids.size() == 3);
    CHECK_FALSE(host.needs_refresh());
    graceline_conversations_request_release(request);
}

TEST_CASE(
    "catch-up: a host that does not poll -> reading stops, memory is bounded, nothing is lost",
    "[capi]") {
    DevServer server;
    Setup setup(server);
    setup.options.receive_queue_bytes = 65'536;
    const auto known = server.publish("a", "known");
    std::vector<std::string> ids;
    const std::string body(1'000, 'x');
    for (int i = 0; i < 600; ++i) ids.push_back(server.publish("a", body));
    setup.options.last_message_id = known.c_str();
    Host host(setup.options);
    host.start();
    REQUIRE(server.wait_at_least("websockets_total", 1));
    for (int i = 0; i < 200; ++i) ids.push_back(server.publish("a", body));
    CHECK(host.statistics().queue_peak_bytes < 1'000'000);
    REQUIRE(host.wait_type(GRACELINE_EVENT_GAP_VERDICT));
    INFO(host.found().text);
    REQUIRE(host.found().details.gap_verdict == GRACELINE_GAP_VERDICT_RECOVERED);
    ids.push_back(server.publish("a", "the end"));
    REQUIRE(host.wait_message("the end"));
    CHECK(delivered_ids(host) == ids);
    CHECK(host.statistics().queue_peak_bytes < 1'000'000);
}

TEST_CASE("host fetches: an event with what is wanted, answered by a page -> the same result",
          "[capi]") {
    DevServer server;
    std::vector<std::string> ids{server.publish("a", "first")};
    Setup setup(server);
    setup.history.host_fetches = 1;
    Host host(setup.options);
    host.start();
    REQUIRE(host.wait_connected());
    ids.push_back(server.publish("a", "second"));
    REQUIRE(host.wait_message("second"));
    server.faults(R"({"refuse":true,"cut":true})");
    ids.push_back(server.publish("a", "missed"));
    server.reset_faults();
    const auto wanted = [](const Seen& event) {
        return event.type == GRACELINE_EVENT_FETCH_NEEDED ||
               (event.type == GRACELINE_EVENT_GAP_VERDICT && event.details.gap_number == 2);
    };
    while (host.wait(wanted) && host.found().type == GRACELINE_EVENT_FETCH_NEEDED) {
        const auto url = host.found().url;
        const auto number = host.found().details.request_id;
        const auto reply = server.request("GET", url.substr(url.find('/', 8)));
        REQUIRE(graceline_client_provide_page(host, number, reply.status, GRACELINE_UNLIMITED,
                                              reply.body.data(),
                                              reply.body.size()) == GRACELINE_OK);
        CHECK(graceline_client_provide_page(host, number, 200, GRACELINE_UNLIMITED, "", 0) ==
              GRACELINE_E_STATE);
    }
    CHECK(host.found().details.gap_verdict == GRACELINE_GAP_VERDICT_RECOVERED);
    CHECK(delivered_ids(host) == std::vector<std::string>(ids.begin() + 1, ids.end()));
}
