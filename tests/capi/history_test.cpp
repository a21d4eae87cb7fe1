// Refresh on return, requests and catch-up as a host sees them, against the dev server's HTTP.
// Must judge by ids: what the server stored against what was delivered, once and in order.
#include <set>

#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"

using namespace graceline::tests;

namespace {

/// Options of a client of the dev server; the texts live as long as this.
struct Setup {
    explicit Setup(const DevServer& server, const std::string& room = "a")
        : url(server.url("/ws?room=" + room)),
          base("http://127.0.0.1:" + std::to_string(server.port())),
          messages(base + "/messages?conversation=" + room + "{&before,after,limit}"),
          conversations(base + "/conversations{?limit,cursor}") {
        graceline_history_options_init(&history, sizeof history);
        history.messages_url = messages.c_str();
        history.conversations_url = conversations.c_str();
        history.json_items_pointer = "/items";
        history.json_complete_pointer = "/complete";
        history.json_conversations_next_cursor_pointer = "/next";
        options = default_options();
        options.url = url.c_str();
        options.json_id_pointer = "/id";
        options.json_conversation_pointer = "/conversation";
        options.json_sender_pointer = "/sender";
        options.json_time_pointer = "/time";
        options.history = &history;
        options.backoff_initial_ms = 20;
        options.backoff_max_ms = 100;
    }
    std::string url, base, messages, conversations;
    graceline_history_options history{};
    graceline_options options{};
};

struct Request {
    Request(graceline_client* client, const char* conversation, std::int32_t limit,
            const char* start = nullptr) {
        graceline_messages_request_options options;
        graceline_messages_request_options_init(&options, sizeof options);
        options.conversation = conversation;
        options.limit = limit;
        options.start_message_id = start;
        INFO(graceline_last_error_text());
        REQUIRE(graceline_messages_request_create(client, &options, &handle) == GRACELINE_OK);
    }
    ~Request() { graceline_messages_request_release(handle); }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    graceline_messages_request* handle = nullptr;
};

bool wait_request(Host& host, std::uint64_t number) {
    return host.wait([&](const Seen& event) {
        return event.type == GRACELINE_EVENT_REQUEST_COMPLETED &&
               event.details.request_id == number;
    });
}

bool wait_verdict(Host& host, graceline_gap_verdict verdict) {
    return host.wait([&](const Seen& event) {
        return event.type == GRACELINE_EVENT_GAP_VERDICT && event.details.gap_verdict == verdict;
    });
}

std::vector<std::string> delivered_ids(const Host& host) {
    std::vector<std::string> ids;
    for (const auto& event : host.seen) {
        if (event.type == GRACELINE_EVENT_MESSAGE) ids.push_back(event.id);
    }
    return ids;
}

std::string position(const Host& host) {
    std::size_t size = 0;
    REQUIRE(graceline_client_last_message_id(host.get(), nullptr, nullptr, 0, &size) ==
            GRACELINE_OK);
    if (size == 0) return {};
    std::string text(size, '\0');
    REQUIRE(graceline_client_last_message_id(host.get(), nullptr, text.data(), size, &size) ==
            GRACELINE_OK);
    text.pop_back();
    return text;
}

}  // namespace

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
