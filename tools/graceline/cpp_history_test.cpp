// Tests of graceline.hpp's history, requests, token and sending, with the test as the host that
// fetches. Must not need a server.
#include <vector>

#include "graceline/graceline.hpp"
#include "tests/support/catch.hpp"

using namespace graceline;
using namespace std::chrono_literals;

namespace {

constexpr const char* kTwoMessages =
    R"({"items":[{"id":"m1","from":"ada","at":"09:00","text":"one"},)"
    R"({"id":"m2","from":"bob","at":"09:01","text":"two"}],"done":true})";

Options host_fetches() {
    Options options;
    options.url = "ws://127.0.0.1:9/";
    options.auto_establish_socket_connection = false;
    HistoryOptions history;
    history.host_fetches = true;
    history.json_items_pointer = "/items";
    history.json_id_pointer = "/id";
    history.json_sender_pointer = "/from";
    history.json_time_pointer = "/at";
    history.json_body_pointer = "/text";
    history.json_complete_pointer = "/done";
    history.json_conversations_id_pointer = "/name";
    options.history = history;
    return options;
}

// Takes events until one of kind T came; `use` sees it while its batch lives.
template <class T, class Use>
void take(Client& client, const Use& use) {
    const Milliseconds end = now() + 5s;
    while (now() < end) {
        for (const Event event : client.poll(100ms)) {
            if (const auto found = event.as<T>()) return use(*found);
        }
    }
    FAIL("the event did not come");
}

std::string error_of(const Options& options) {
    try {
        const Client client(options);
    } catch (const Error& error) {
        CHECK(error.status() == Status::invalid_argument);
        return error.detail();
    }
    return "";
}

}  // namespace

TEST_CASE("C++ history options: a value out of range -> the error names its own field", "[cli]") {
    struct Row {
        const char* field;
        void (*spoil)(Options&);
    };
    const Row row = GENERATE(values<Row>({
        {"history.messages_url", [](Options& o) { o.history->messages_url = "x"; }},
        {"history.messages_previous_url",
         [](Options& o) {
             o.history->messages_url = "https://h/m{?before,after}";
             o.history->messages_previous_url = "x";
         }},
        {"history.messages_next_url",
         [](Options& o) {
             o.history->messages_url = "https://h/m{?before,after}";
             o.history->messages_next_url = "x";
         }},
        {"history.conversations_url", [](Options& o) { o.history->conversations_url = "x"; }},
        {"history.headers",
         [](Options& o) {
             o.history->headers = {{"no good", "x"}};
         }},
        {"history.scope", [](Options& o) { o.history->scope = static_cast<HistoryScope>(9); }},
        {"history.positions[0].last_message_id",
         [](Options& o) {
             o.history->positions = {{"room", ""}};
         }},
        {"history.json_items_pointer", [](Options& o) { o.history->json_items_pointer = "x"; }},
        {"history.json_id_pointer", [](Options& o) { o.history->json_id_pointer = "x"; }},
        {"history.json_conversation_pointer",
         [](Options& o) { o.history->json_conversation_pointer = "x"; }},
        {"history.json_sender_pointer", [](Options& o) { o.history->json_sender_pointer = "x"; }},
        {"history.json_time_pointer", [](Options& o) { o.history->json_time_pointer = "x"; }},
        {"history.json_body_pointer", [](Options& o) { o.history->json_body_pointer = "x"; }},
        {"history.json_next_cursor_pointer",
         [](Options& o) { o.history->json_next_cursor_pointer = "x"; }},
        {"history.json_previous_cursor_pointer",
         [](Options& o) { o.history->json_previous_cursor_pointer = "x"; }},
        {"history.json_complete_pointer",
         [](Options& o) { o.history->json_complete_pointer = "x"; }},
        {"history.json_conversations_items_pointer",
         [](Options& o) { o.history->json_conversations_items_pointer = "x"; }},
        {"history.json_conversations_id_pointer",
         [](Options& o) { o.history->json_conversations_id_pointer = "x"; }},
        {"history.json_conversations_time_pointer",
         [](Options& o) { o.history->json_conversations_time_pointer = "x"; }},
        {"history.json_conversations_next_cursor_pointer",
         [](Options& o) { o.history->json_conversations_next_cursor_pointer = "x"; }},
        {"history.json_conversations_complete_pointer",
         [](Options& o) { o.history->json_conversations_complete_pointer = "x"; }},
        {"history.timeout_ms", [](Options& o) { o.history->timeout = 1ms; }},
        {"history.page_bytes", [](Options& o) { o.history->page_bytes = 1; }},
        {"json_ack_pointer", [](Options& o) { o.json_ack_pointer = "x"; }},
        {"token_timeout_ms", [](Options& o) { o.token_timeout = 1ms; }},
        {"token",
         [](Options& o) {
             o.token = "t";
             o.host_provides_token = true;
         }},
    }));
    Options options = host_fetches();
    row.spoil(options);
    const std::string detail = error_of(options);
    CAPTURE(row.field, detail);
    CHECK(detail.find(row.field) != std::string::npos);
}

TEST_CASE("C++ messages request: the host gives the page -> a range of messages, oldest first",
          "[cli]") {
    Client client(host_fetches());
    MessagesRequestOptions which;
    which.limit = 7;
    which.start_message_id = "m3";
    MessagesRequest request(client, which);
    const std::uint64_t id = request.fetch_previous();
    take<FetchNeededEvent>(client, [&](const FetchNeededEvent& fetch) {
        CHECK(fetch.kind == PageKind::messages);
        CHECK(fetch.direction == PageDirection::previous);
        CHECK(fetch.limit == 7);
        CHECK(fetch.anchor_id == "m3");
        CHECK_FALSE(fetch.conversation);
        CHECK_FALSE(fetch.url);
        client.provide_page(fetch.request_id, 200, kTwoMessages);
        CHECK_THROWS_AS(client.provide_page(fetch.request_id, 200, kTwoMessages), Error);
    });
    take<RequestCompletedEvent>(client, [&](const RequestCompletedEvent& done) {
        CHECK(done.request_id == id);
        CHECK(done.status == Status::ok);
        REQUIRE(done.page);
        CHECK(done.page->kind() == PageKind::messages);
        CHECK(done.page->last() == PageEnd::proven);
        CHECK(done.page->size() == 2);
        std::string text;
        for (const MessageEvent message : *done.page) {
            CHECK(message.is_replayed);
            text += std::string(*message.id) + " " + std::string(*message.sender) + " " +
                    std::string(*message.server_time) + " " + std::string(message.payload) + "; ";
        }
        CHECK(text == "m1 ada 09:00 one; m2 bob 09:01 two; ");
    });
}

TEST_CASE("C++ conversations request: the host gives the page -> their ids", "[cli]") {
    Client client(host_fetches());
    ConversationsRequest request(client);
    request.fetch_next();
    take<FetchNeededEvent>(client, [&](const FetchNeededEvent& fetch) {
        CHECK(fetch.kind == PageKind::conversations);
        client.provide_page(fetch.request_id, 200,
                            R"({"items":[{"name":"a"},{"name":"b"}],"done":true})");
    });
    take<RequestCompletedEvent>(client, [&](const RequestCompletedEvent& done) {
        REQUIRE(done.page);
        std::string ids;
        for (const MessageEvent conversation : *done.page) ids += *conversation.id;
        CHECK(ids == "ab");
        CHECK(done.page->last() == PageEnd::proven);
    });
}

TEST_CASE("C++ request: cancelled, failed, no history -> a status, no page, an error", "[cli]") {
    Client client(host_fetches());
    MessagesRequest request(client);
    CHECK_THROWS_AS(request.cancel(), Error);
    request.fetch_next();
    CHECK_THROWS_AS(request.fetch_next(), Error);
    request.cancel();
    take<RequestCompletedEvent>(client, [&](const RequestCompletedEvent& done) {
        CHECK(done.status == Status::cancelled);
        CHECK_FALSE(done.page);
    });
    request.fetch_previous();
    take<FetchNeededEvent>(client, [&](const FetchNeededEvent& fetch) {
        client.provide_page(fetch.request_id, 503, "", 60s);
    });
    take<RequestCompletedEvent>(client, [&](const RequestCompletedEvent& done) {
        CHECK(done.status == Status::history);
        CHECK(done.reason == Reason::history_throttled);
        CHECK(done.http_status == 503);
        CHECK(done.retry_in == 60s);
    });
    Options none;
    none.url = "ws://127.0.0.1:9/";
    Client without(none);
    try {
        const MessagesRequest refused(without);
        FAIL("a request without a history");
    } catch (const Error& error) {
        CHECK(error.status() == Status::unsupported);
    }
}

TEST_CASE("C++ request: it outlives its client, and moves -> errors, no crash", "[cli]") {
    auto client = std::make_unique<Client>(host_fetches());
    MessagesRequest first(*client);
    first.fetch_next();
    MessagesRequest second(std::move(first));
    CHECK(first.get() == nullptr);
    CHECK_THROWS_AS(first.fetch_next(), Error);
    client.reset();
    CHECK_THROWS_AS(second.fetch_next(), Error);
}

TEST_CASE("C++ position: given at the start -> read back, of any length", "[cli]") {
    Options options = host_fetches();
    CHECK_FALSE(Client(options).last_message_id());
    options.last_message_id = std::string(1'000, 'x');
    CHECK(Client(options).last_message_id() == options.last_message_id);
}

TEST_CASE("C++ token: asked for -> provided, or none now", "[cli]") {
    Options options;
    options.url = "ws://127.0.0.1:9/";
    options.host_provides_token = true;
    Client client(options);
    client.start();
    take<TokenNeededEvent>(client, [&](const TokenNeededEvent& token) {
        client.provide_token(token.request_id, std::nullopt);
        CHECK_THROWS_AS(client.provide_token(token.request_id, "late"), Error);
    });
    take<TokenNeededEvent>(client, [&](const TokenNeededEvent& token) {
        client.provide_token(token.request_id, "secret");
    });
}

TEST_CASE("C++ send: waits without a connection -> cancelled or expired, one fate each", "[cli]") {
    Options options;
    options.url = "ws://127.0.0.1:9/";
    Client client(options);
    client.start();
    const std::uint64_t id = client.send("x", {"id-1", std::nullopt});
    client.cancel_send(id);
    CHECK_THROWS_AS(client.cancel_send(id), Error);
    take<SendFateEvent>(client, [&](const SendFateEvent& fate) {
        CHECK(fate.fate == Fate::failed);
        CHECK(fate.first_id == id);
        CHECK(fate.reason == Reason::send_cancelled);
    });
    client.send("y", {std::nullopt, 1ms});
    take<SendFateEvent>(
        client, [&](const SendFateEvent& fate) { CHECK(fate.reason == Reason::message_expired); });
    CHECK(client.statistics().outbox_count == 0);
    CHECK_THROWS_AS(client.send("z", {std::string("a\0b", 3), std::nullopt}), Error);
}
