// Tests of graceline.hpp against the real library: every option reaches its field, hooks may throw,
// and objects move and end as C++ says.
// Must not need a server.
#include <functional>
#include <stdexcept>

#include "graceline/graceline.hpp"
#include "tests/support/catch.hpp"

using namespace graceline;
using namespace std::chrono_literals;

namespace {

Options usable() {
    Options options;
    options.url = "ws://127.0.0.1:9/";
    options.auto_establish_socket_connection = false;
    return options;
}

// The error that creating a client gives.
Error error_of(const Options& options) {
    try {
        const Client client(options);
    } catch (const Error& error) {
        return error;
    }
    FAIL("the options were accepted");
    return Error(Status::ok, "");
}

struct Row {
    const char* field;
    std::function<void(Options&)> spoil;
};

}  // namespace

TEST_CASE("C++ options: a value out of range -> the error names its own field", "[cli]") {
    const std::vector<Row> rows = {
        {"url", [](Options& o) { o.url = "http://localhost/"; }},
        {"transport", [](Options& o) { o.transport = static_cast<Transport>(99); }},
        {"session", [](Options& o) { o.session = static_cast<Session>(99); }},
        {"initial_application_state",
         [](Options& o) { o.initial_application_state = static_cast<ApplicationState>(99); }},
        {"grace_ms", [](Options& o) { o.grace = -2ms; }},
        {"trust_time_ms", [](Options& o) { o.trust_time = 1ms; }},
        {"token_placement",
         [](Options& o) {
             o.token = "t";
             o.token_placement = static_cast<TokenPlacement>(99);
         }},
        {"headers",
         [](Options& o) {
             o.headers = {{"Host", "x"}};
         }},
        {"subprotocols", [](Options& o) { o.subprotocols = {"no spaces here"}; }},
        {"resolve_timeout_ms", [](Options& o) { o.resolve_timeout = 1ms; }},
        {"connect_timeout_ms", [](Options& o) { o.connect_timeout = 1ms; }},
        {"session_timeout_ms", [](Options& o) { o.session_timeout = 1ms; }},
        {"close_timeout_ms", [](Options& o) { o.close_timeout = 11s; }},
        {"ping_interval_ms", [](Options& o) { o.ping_interval = 1ms; }},
        {"pong_timeout_ms", [](Options& o) { o.pong_timeout = 1ms; }},
        {"probe_timeout_ms", [](Options& o) { o.probe_timeout = 1ms; }},
        {"backoff_initial_ms", [](Options& o) { o.backoff_initial = 1ms; }},
        {"backoff_max_ms", [](Options& o) { o.backoff_max = 1ms; }},
        {"retry_total_ms", [](Options& o) { o.retry_total = -2ms; }},
        {"retry_attempts", [](Options& o) { o.retry_attempts = -1; }},
        {"dispositions",
         [](Options& o) {
             o.dispositions = {{0, 0, Disposition::retry}};
         }},
        {"max_message_bytes", [](Options& o) { o.max_message_bytes = 1; }},
        {"receive_queue_bytes", [](Options& o) { o.receive_queue_bytes = 1; }},
        {"outbox_bytes", [](Options& o) { o.outbox_bytes = 1; }},
        {"outbox_messages", [](Options& o) { o.outbox_messages = 0; }},
        {"max_fragments", [](Options& o) { o.max_fragments = 0; }},
        {"tls_pins", [](Options& o) { o.tls_pins = {"nonsense"}; }},
        {"proxy_url", [](Options& o) { o.proxy_url = "nonsense"; }},
        {"json_id_pointer", [](Options& o) { o.json_id_pointer = "no-slash"; }},
        {"json_conversation_pointer", [](Options& o) { o.json_conversation_pointer = "x"; }},
        {"json_sender_pointer", [](Options& o) { o.json_sender_pointer = "x"; }},
        {"json_time_pointer", [](Options& o) { o.json_time_pointer = "x"; }},
        {"log_level", [](Options& o) { o.log_level = static_cast<LogLevel>(99); }},
        {"begin_background_time",
         [](Options& o) { o.begin_background_time = [] {
                              return BackgroundTime{1, 1s};
                          }; }},
    };
    for (const Row& row : rows) {
        Options options = usable();
        row.spoil(options);
        const Error error = error_of(options);
        CAPTURE(row.field, error.what());
        CHECK(error.status() == Status::invalid_argument);
        CHECK(error.detail().find(row.field) != std::string::npos);
    }
}

TEST_CASE("C++ options: text with a NUL inside -> refused, not cut", "[cli]") {
    Options options = usable();
    options.url = std::string("ws://127.0.0.1:9/\0?evil", 23);
    const Error error = error_of(options);
    CHECK(error.status() == Status::invalid_argument);
    CHECK(error.detail() == "url: holds a NUL byte");
}

TEST_CASE("C++ hooks: the begin hook throws -> it counts as refused, nothing escapes", "[cli]") {
    Options options = usable();
    int begin_count = 0;
    options.begin_background_time = [&begin_count]() -> BackgroundTime {
        ++begin_count;
        throw std::runtime_error("no");
    };
    options.end_background_time = [](std::uint64_t) { throw std::runtime_error("no"); };
    Client client(options);
    client.start();
    client.connect();
    client.configure_services(ApplicationState::will_resign_active);
    client.configure_services(ApplicationState::did_background);
    CHECK(begin_count > 0);
    CHECK_FALSE(client.background_task_enabled());
}

TEST_CASE("C++ client: moved from -> safe answers and errors, no crash", "[cli]") {
    Client first(usable());
    Client second(std::move(first));
    CHECK(first.get() == nullptr);
    CHECK(first.needs_refresh());
    CHECK(first.connection_status() == ConnectionStatus::disconnected);
    CHECK_THROWS_AS(first.start(), Error);
    second.start();
    first = std::move(second);
    CHECK(first.get() != nullptr);
}

TEST_CASE("C++ client: closed -> the closed event, then an error from poll", "[cli]") {
    Client client(usable());
    client.start();
    client.close();
    bool is_closed = false;
    while (!is_closed) {
        for (const Event event : client.poll(5s)) is_closed = event.as<ClosedEvent>().has_value();
    }
    try {
        client.poll();
        FAIL("poll after the closed event");
    } catch (const Error& error) {
        CHECK(error.status() == Status::closed);
    }
}

TEST_CASE("C++ client: sent without a connection -> a status, or an error that tells it", "[cli]") {
    Client client(usable());
    client.start();
    std::uint64_t id = 0;
    CHECK(client.try_send("x", id) == Status::not_connected);
    CHECK_THROWS_AS(client.send("x"), Error);
    CHECK_THROWS_AS(client.send_binary("x"), Error);
    CHECK(client.poll().empty());
}

TEST_CASE("C++ batch: none -> an empty range", "[cli]") {
    const Batch batch;
    CHECK(batch.empty());
    CHECK(batch.begin() == batch.end());
}
