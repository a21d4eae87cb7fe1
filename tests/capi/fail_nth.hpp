// What the tests that let the n-th operation fail share: a careful host, and two whole scenarios.
// Must demand that each failure is told, and that the scenario ends well all the same.
#pragma once

#include <fstream>
#include <new>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>

#include "tests/capi/failing_new.hpp"
#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"

namespace graceline::tests {

inline constexpr std::int64_t kStepWithinMs = 2'000;
inline constexpr int kMostOperations = 2'000;
inline constexpr int kMostFailures = 20;

/// What a scenario did not do as it should. Not Catch's: hundreds of runs are one assertion each.
struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void demand(bool holds, const std::string& what) {
    if (!holds) throw Wrong(what);
}

/// A host whose calls may fail for lack of memory: told so, it asks again.
class CarefulHost {
  public:
    explicit CarefulHost(const graceline_options& options) {
        call("create", [&] { return graceline_client_create(&options, &client_); });
    }
    ~CarefulHost() {
        const FailingScope scope;
        graceline_messages_request_release(request_);
        graceline_client_release(client_);
    }
    CarefulHost(const CarefulHost&) = delete;
    CarefulHost& operator=(const CarefulHost&) = delete;

    template <class Call>
    void call(const char* name, Call&& function) {
        auto status = one(function);
        if (may_have_failed_with(status)) status = one(function);
        demand(status == GRACELINE_OK, std::string(name) + ": " + graceline_status_name(status) +
                                           ", " + graceline_last_error_text());
    }
    void start() {
        call("start", [&] { return graceline_client_start(client_); });
    }
    void connect() {
        call("connect", [&] { return graceline_client_connect(client_); });
    }
    void disconnect() {
        call("disconnect", [&] { return graceline_client_disconnect(client_); });
    }
    void report(graceline_application_state state) {
        call(graceline_application_state_name(state),
             [&] { return graceline_client_configure_services(client_, state); });
    }
    void send(const std::string& text) {
        graceline_outgoing message;
        graceline_outgoing_init(&message, sizeof message);
        message.data = reinterpret_cast<const std::uint8_t*>(text.data());
        message.size = text.size();
        call("send", [&] { return graceline_client_send(client_, &message, nullptr); });
    }
    void make_request(std::int32_t limit) {
        graceline_messages_request_options options;
        graceline_messages_request_options_init(&options, sizeof options);
        options.limit = limit;
        call("messages_request_create",
             [&] { return graceline_messages_request_create(client_, &options, &request_); });
    }
    const Seen& fetch_previous() {
        std::uint64_t number = 0;
        call("fetch_previous",
             [&] { return graceline_messages_request_fetch_previous(request_, &number); });
        return wait("the completion of a request", [&](const Seen& event) {
            return event.type == GRACELINE_EVENT_REQUEST_COMPLETED &&
                   event.details.request_id == number;
        });
    }
    void close() {
        const FailingScope scope;
        graceline_client_close(client_);
    }

    /// Looks at each event once.
    const Seen& wait(const std::string& what, const std::function<bool(const Seen&)>& fits) {
        const auto end = graceline_now_ms() + kStepWithinMs;
        for (;;) {
            for (; looked_at_ < seen.size(); ++looked_at_) {
                if (fits(seen[looked_at_])) return seen[looked_at_++];
            }
            const auto left = end - graceline_now_ms();
            demand(left > 0, "did not come: " + what);
            take(left);
        }
    }
    const Seen& wait_type(graceline_event_type type) {
        return wait(graceline_event_type_name(type),
                    [&](const Seen& event) { return event.type == type; });
    }
    void wait_connected() {
        wait("connected", [](const Seen& event) {
            return event.details.connection_status == GRACELINE_CONNECTION_STATUS_CONNECTED;
        });
    }
    void wait_message(const std::string& part) {
        wait(part, [&](const Seen& event) {
            return event.type == GRACELINE_EVENT_MESSAGE &&
                   event.data.find(part) != std::string::npos;
        });
    }
    bool needs_refresh() const { return graceline_client_needs_refresh(client_) == 1; }

    std::vector<Seen> seen;

  private:
    template <class Call>
    static graceline_status one(Call&& function) {
        const FailingScope scope;
        return function();
    }
    void take(std::int64_t timeout_ms) {
        graceline_batch* batch = nullptr;
        call("poll", [&] { return graceline_client_poll(client_, timeout_ms, 0, &batch); });
        const auto* at = reinterpret_cast<const char*>(graceline_batch_events(batch));
        for (std::uint32_t i = 0; i < graceline_batch_count(batch); ++i) {
            keep(*reinterpret_cast<const graceline_event*>(at));
            at += graceline_batch_stride_bytes();
        }
        const FailingScope scope;
        graceline_batch_release(batch);
    }
    void keep(const graceline_event& event) {
        Seen copy;
        copy.type = static_cast<graceline_event_type>(event.type);
        copy.flags = event.flags;
        if (event.data) copy.data.assign(reinterpret_cast<const char*>(event.data), event.size);
        if (event.fields && event.fields->id) copy.id = event.fields->id;
        if (event.details) copy.details = *event.details;
        if (const auto* page = copy.details.page) {
            copy.page_end = page->end;
            const auto* at = reinterpret_cast<const char*>(page->items);
            for (std::uint32_t i = 0; i < page->count; ++i) {
                const auto& item = *reinterpret_cast<const graceline_event*>(at);
                copy.page_ids.emplace_back(item.fields->id);
                at += graceline_batch_stride_bytes();
            }
        }
        seen.push_back(std::move(copy));
    }

    graceline_client* client_ = nullptr;
    graceline_messages_request* request_ = nullptr;
    std::size_t looked_at_ = 0;
};

/// Where the server is found: by its address, or by a name that must be looked up.
struct Place {
    std::uint16_t port = 0;
    std::string host = "127.0.0.1";
    std::string certificate_file{};  ///< Of a server with TLS.
};

/// A client of one room, its HTTP and its WebSocket through one port; the texts live as long.
struct NthSetup {
    NthSetup(const Place& place, const std::string& room)
        : url((place.certificate_file.empty() ? "ws://" : "wss://") + place.host + ":" +
              std::to_string(place.port) + "/ws?room=" + room),
          messages((place.certificate_file.empty() ? "http://" : "https://") + place.host + ":" +
                   std::to_string(place.port) + "/messages?conversation=" + room +
                   "{&before,after,limit}") {
        graceline_history_options_init(&history, sizeof history);
        history.messages_url = messages.c_str();
        history.json_items_pointer = "/items";
        history.json_complete_pointer = "/complete";
        options = default_options();
        options.url = url.c_str();
        options.json_id_pointer = "/id";
        options.history = &history;
        options.grace_ms = 0;
        options.backoff_initial_ms = 10;
        options.backoff_max_ms = 50;
        if (place.certificate_file.empty()) return;
        std::ifstream in(place.certificate_file);
        std::ostringstream text;
        text << in.rdbuf();
        certificate = text.str();
        options.tls_ca_pem = certificate.c_str();
    }
    std::string url, messages, certificate;
    graceline_history_options history{};
    graceline_options options{};
};

inline std::vector<std::string> delivered(const CarefulHost& host) {
    std::vector<std::string> ids;
    for (const auto& event : host.seen) {
        if (event.type == GRACELINE_EVENT_MESSAGE) ids.push_back(event.id);
    }
    return ids;
}

/// Connect, receive, leave until the window is over, miss something, return and catch up.
inline void window_and_catch_up(const DevServer& server, const Place& place) {
    NthSetup setup(place, "window");
    const auto others = server.stats().websockets_now;
    const auto known = server.publish("window", "known");
    setup.options.last_message_id = known.c_str();  // so that nothing can get lost unseen
    CarefulHost host(setup.options);
    host.start();
    host.wait_connected();
    std::vector<std::string> ids{server.publish("window", "first")};
    host.wait_message("first");
    host.report(GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE);
    host.report(GRACELINE_APPLICATION_STATE_DID_BACKGROUND);
    host.wait_type(GRACELINE_EVENT_BACKGROUND_TASK_ENDED);
    demand(server.wait_equal("websockets_now", others), "the WebSocket is still there");
    for (int i = 0; i < 3; ++i) ids.push_back(server.publish("window", "missed"));
    host.report(GRACELINE_APPLICATION_STATE_WILL_ENTER_FOREGROUND);
    host.report(GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE);
    host.wait_type(GRACELINE_EVENT_RETURN_VERDICT);
    while (delivered(host).size() < ids.size()) {
        host.wait("the missed messages", [](const Seen&) { return true; });
    }
    ids.push_back(server.publish("window", "last"));
    host.wait_message("last");
    demand(delivered(host) == ids, "the messages came otherwise than the server has them");
    host.close();
    host.wait_type(GRACELINE_EVENT_CLOSED);
}

/// Queue three while nobody listens, connect, and have each acknowledged and stored once.
inline void offline_outbox(const DevServer& server, const Place& place, int run) {
    NthSetup setup(place, "outbox");
    setup.options.json_outgoing_id_member = "client_id";
    setup.options.json_ack_pointer = "/ack";
    server.faults(R"({"refuse":true})");
    CarefulHost host(setup.options);
    host.start();
    const auto body = [&](int i) { return std::to_string(run) + " " + std::to_string(i); };
    for (int i = 0; i < 3; ++i) host.send(R"({"body":")" + body(i) + R"("})");
    server.faults(R"({"refuse":false})");
    std::set<std::uint64_t> acknowledged;
    while (acknowledged.size() < 3) {
        const auto& fate = host.wait_type(GRACELINE_EVENT_SEND_FATE).details;
        demand(fate.fate == GRACELINE_FATE_ACKNOWLEDGED, "a message failed");
        for (auto id = fate.first_id; id <= fate.last_id; ++id) {
            demand(acknowledged.insert(id).second, "a message has two fates");
        }
    }
    const auto stored =
        nlohmann::json::parse(server.http("GET", "/messages?conversation=outbox&limit=4"))["items"];
    demand(stored.size() >= 3, "fewer were stored");
    for (std::size_t i = 0; i < 3; ++i) {
        demand(stored[stored.size() - 3 + i]["body"] == body(static_cast<int>(i)),
               "stored otherwise than sent");
    }
    demand(stored.size() == 3 || stored[0]["body"] != body(0), "one was stored twice");
    host.close();
    host.wait_type(GRACELINE_EVENT_CLOSED);
}

/// Runs a scenario until its n-th operation is not there any more. The number of operations.
template <class Scenario, class Struck>
int until_none_fails(const char* what, Scenario scenario, Struck struck) {
    int failures = 0;
    for (int n = 1; n <= kMostOperations; ++n) {
        INFO(what << " " << n);
        try {
            scenario(n);
        } catch (const Wrong& wrong) {
            FAIL_CHECK(wrong.what());
            ++failures;
        } catch (const std::bad_alloc&) {
            FAIL_CHECK("an exception went through the C API");
            ++failures;
        }
        REQUIRE(failures < kMostFailures);
        if (!struck()) return n - 1;
    }
    FAIL(what << ": no end");
    return 0;
}

}  // namespace graceline::tests
