// Each fault switch of the dev server, seen from a client's side and in its statistics.
// Must not use Graceline's own client.
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/servers/beast_client.hpp"
#include "tests/servers/devserver.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::tests;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

// Long enough to see an answer that should not come, short enough to wait for it.
constexpr auto kSilence = 250ms;

std::string body_of(const std::optional<std::string>& text) {
    return text ? json::parse(*text).at("body").get<std::string>() : std::string("(nothing)");
}

}  // namespace

TEST_CASE("devserver faults: cut -> sockets of the room end without a close frame", "[servers]") {
    const std::string kind = GENERATE("true", "\"fin\"");
    DevServer server;
    BeastClient in_a({.port = server.port(), .target = "/ws?room=a"});
    BeastClient in_b({.port = server.port(), .target = "/ws?room=b"});
    server.faults(R"({"room":"a","cut":)" + kind + "}");
    CHECK(in_a.wait_end());
    CHECK(in_a.end_code() == 1006);
    CHECK(in_b.ping_answered(5s));
    CHECK(server.wait_equal("websockets_now", 1));
    server.faults(R"({"cut":true})");
    CHECK(in_b.wait_end());
    REQUIRE(server.wait_equal("websockets_now", 0));
    CHECK(server.stats().closes.back().code == 1006);
    CHECK(server.stats().closes.back().by_server);
    CHECK(BeastClient({.port = server.port()}).is_open());
}

TEST_CASE("devserver faults: close -> the code and the reason arrive, the answer is recorded",
          "[servers]") {
    DevServer server;
    const int code = GENERATE(1000, 1001, 1005, 1012, 4001);
    BeastClient client({.port = server.port()});
    server.faults(json({{"close", {{"code", code}, {"reason", "because"}}}}).dump());
    REQUIRE(client.wait_end());
    CHECK(client.end_code() == code);
    CHECK(client.end_reason() == (code == 1005 ? "" : "because"));
    REQUIRE(server.wait_equal("websockets_now", 0));
    REQUIRE(server.stats().closes.size() == 1);
    CHECK(server.stats().closes[0].by_server);
}

TEST_CASE("devserver faults: a client closes -> its exact code in the statistics", "[servers]") {
    DevServer server;
    std::vector<int> codes;
    for (const int code : {1000, 1001, 3000, 4999}) {
        BeastClient client({.port = server.port()});
        client.close(code, "bye");
        codes.push_back(code);
    }
    { BeastClient gone({.port = server.port()}); }
    codes.push_back(1006);
    REQUIRE(server.wait_equal("websockets_now", 0));
    const auto stats = server.stats();
    REQUIRE(stats.closes.size() == codes.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
        CHECK(stats.closes[i].code == codes[i]);
        CHECK_FALSE(stats.closes[i].by_server);
        if (codes[i] != 1006) CHECK(stats.closes[i].reason == "bye");
    }
    CHECK(stats.closes_total == 5);
}

TEST_CASE("devserver faults: black hole -> open but dead, then everything arrives", "[servers]") {
    const bool tls = GENERATE(false, true);
    DevServer server(tls ? std::vector<std::string>{"--tls-self-signed"}
                         : std::vector<std::string>{});
    const auto& ca = server.certificate_file();
    BeastClient client({.port = server.port(), .ca_file = ca});
    CHECK(client.ping_answered(5s));
    server.faults(R"({"black_hole":true})");
    server.publish("lobby", "one");
    server.publish("lobby", "two");
    client.send("three");
    CHECK_FALSE(client.ping_answered(kSilence));
    CHECK_FALSE(client.receive(kSilence).has_value());
    CHECK(client.is_open());
    CHECK(server.stats().frames_received == 0);
    CHECK(server.stats().pings_received == 1);
    BeastClient late({.port = server.port(), .ca_file = ca, .connect_within = kSilence});
    CHECK_FALSE(late.is_open());
    CHECK(http_request(server.port(), "GET", "/messages?conversation=lobby").status == 200);
    server.faults(R"({"black_hole":false})");
    CHECK(body_of(client.receive()) == "one");
    CHECK(body_of(client.receive()) == "two");
    CHECK(body_of(client.receive()) == "three");
    CHECK(client.ping_answered(5s));
}

TEST_CASE("devserver faults: a black hole is cut -> the socket ends at once", "[servers]") {
    DevServer server;
    BeastClient client({.port = server.port()});
    server.faults(R"({"black_hole":true})");
    server.publish("lobby", "never seen");
    server.faults(R"({"cut":true})");
    CHECK(client.wait_end());
    CHECK(client.end_code() == 1006);
    CHECK(server.wait_equal("websockets_now", 0));
}

TEST_CASE("devserver faults: black hole for all -> HTTP dead too, but for the admin paths",
          "[servers]") {
    DevServer server;
    server.faults(R"({"black_hole":"all"})");
    CHECK(http_request(server.port(), "GET", "/stats").status == 200);
    std::thread thaw([&server] {
        CHECK_NOTHROW(server.wait_at_least("connections_now", 1));
        server.reset_faults();
    });
    const auto begin = std::chrono::steady_clock::now();
    CHECK(http_request(server.port(), "GET", "/conversations").status == 200);
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
    thaw.join();
}

TEST_CASE("devserver faults: frozen after the upgrade -> 101, then silence", "[servers]") {
    DevServer server;
    server.faults(R"({"frozen_after_upgrade":true})");
    BeastClient client({.port = server.port()});
    CHECK(client.is_open());
    CHECK_FALSE(client.ping_answered(kSilence));
    CHECK(server.stats().pings_received == 0);
    server.reset_faults();
    CHECK(client.ping_answered(5s));
}

TEST_CASE("devserver faults: silent -> accepted, then not even the TLS handshake", "[servers]") {
    DevServer server({"--tls-self-signed"});
    server.faults(R"({"silent":true})");
    BeastClient client(
        {.port = server.port(), .ca_file = server.certificate_file(), .connect_within = kSilence});
    CHECK_FALSE(client.is_open());
    CHECK(client.status() == 0);
    CHECK(server.stats().tls_handshakes == 0);
    CHECK(server.stats().connections_total == 1);
    server.reset_faults();
    CHECK(server.wait_equal("connections_now", 0));
}

TEST_CASE("devserver faults: no pong -> pings counted and unanswered, the rest goes on",
          "[servers]") {
    const bool tls = GENERATE(false, true);
    DevServer server(tls ? std::vector<std::string>{"--tls-self-signed"}
                         : std::vector<std::string>{});
    BeastClient client({.port = server.port(), .ca_file = server.certificate_file()});
    CHECK(client.ping_answered(5s));
    server.faults(R"({"no_pong":true})");
    CHECK_FALSE(client.ping_answered(kSilence));
    CHECK_FALSE(client.ping_answered(kSilence));
    server.publish("lobby", "still pushed");
    CHECK(body_of(client.receive()) == "still pushed");
    client.send("still read");
    CHECK(body_of(client.receive()) == "still read");
    CHECK(server.stats().pings_received == 3);
    CHECK(server.stats().pongs_withheld == 2);
    server.faults(R"({"no_pong":false})");
    CHECK(client.ping_answered(5s));
    client.close(1001);
    CHECK(server.stats().closes.back().code == 1001);
}

TEST_CASE("devserver faults: refuse -> new connections end, old ones stay", "[servers]") {
    const std::string how = GENERATE("true", "\"port\"");
    DevServer server;
    BeastClient old({.port = server.port()});
    server.faults(R"({"refuse":)" + how + "}");
    CHECK_FALSE(BeastClient({.port = server.port()}).is_open());
    CHECK_THROWS(http_request(server.port(), "GET", "/healthz"));
    CHECK(old.ping_answered(5s));
    CHECK(server.stats().connections_refused == (how == "true" ? 2 : 0));
    server.faults(R"({"refuse":false})");
    CHECK(BeastClient({.port = server.port()}).is_open());
}

TEST_CASE("devserver faults: status -> the next n upgrades get it with its Retry-After",
          "[servers]") {
    DevServer server;
    server.faults(R"({"status":{"code":503,"retry_after":2,"count":2}})");
    for (int i = 0; i < 2; ++i) {
        BeastClient refused({.port = server.port()});
        CHECK(refused.status() == 503);
        CHECK(refused.response_header("Retry-After") == "2");
    }
    CHECK(BeastClient({.port = server.port()}).is_open());
    CHECK(server.stats().upgrades_refused == 2);
    server.faults(R"({"status":{"code":429}})");
    BeastClient once({.port = server.port()});
    CHECK(once.status() == 429);
    CHECK(once.response_header("Retry-After").empty());

    server.faults(R"({"http_status":{"code":429,"retry_after":7}})");
    const auto limited = http_request(server.port(), "GET", "/conversations");
    CHECK(limited.status == 429);
    CHECK(limited.header("retry-after") == "7");
    CHECK(http_request(server.port(), "GET", "/conversations").status == 200);
}

TEST_CASE("devserver faults: slow -> upgrades and HTTP wait, the admin paths do not", "[servers]") {
    DevServer server;
    server.faults(R"({"slow_ms":300})");
    const auto begin = std::chrono::steady_clock::now();
    CHECK(http_request(server.port(), "GET", "/faults").status == 200);
    BeastClient hasty({.port = server.port(), .connect_within = 50ms});
    CHECK_FALSE(hasty.is_open());
    const auto before_slow = std::chrono::steady_clock::now();
    CHECK(BeastClient({.port = server.port()}).is_open());
    CHECK(std::chrono::steady_clock::now() - before_slow >= 300ms);
    CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

TEST_CASE("devserver faults: ping order -> the client's pongs are counted", "[servers]") {
    DevServer server;
    BeastClient client({.port = server.port()});
    server.faults(R"({"ping":true})");
    server.publish("lobby", "after the ping");
    CHECK(body_of(client.receive()) == "after the ping");
    CHECK(server.wait_at_least("pongs_received", 1));
}

TEST_CASE("devserver faults: GET and DELETE /faults -> shows the switches, resets them",
          "[servers]") {
    DevServer server;
    server.faults(R"({"black_hole":"all","refuse":"port","silent":true,"slow_ms":5,
                      "status":{"code":401,"count":9}})");
    auto shown = json::parse(server.http("GET", "/faults"));
    CHECK(shown.at("black_hole") == "all");
    CHECK(shown.at("refuse") == "port");
    CHECK(shown.at("silent") == true);
    CHECK(shown.at("slow_ms") == 5);
    CHECK(shown.at("status").at("count") == 9);
    server.reset_faults();
    shown = json::parse(server.http("GET", "/faults"));
    CHECK(shown.at("black_hole") == false);
    CHECK(shown.at("refuse") == false);
    CHECK(shown.at("silent") == false);
    CHECK(shown.at("status") == nullptr);
    CHECK(BeastClient({.port = server.port()}).is_open());
}

TEST_CASE("devserver limits: a client that does not read -> 1013, others go on", "[servers]") {
    DevServer server;
    BeastClient slow({.port = server.port()});
    BeastClient quick({.port = server.port(), .target = "/ws?room=other"});
    const std::string big(30 * 1024, 'b');
    int published = 0;
    // The kernel's buffers take the first megabytes.
    for (; published < 3'000 && server.stats().slow_clients_closed == 0; ++published) {
        server.publish("lobby", big);
    }
    CHECK(server.stats().slow_clients_closed == 1);
    CHECK(published > 1'000);
    REQUIRE(slow.wait_end());
    CHECK(slow.end_code() == 1013);
    CHECK(quick.ping_answered(5s));
}

TEST_CASE("devserver limits: too many rooms -> 507, the known rooms go on", "[servers]") {
    DevServer server;
    for (int i = 0; i < 256; ++i) server.publish("room " + std::to_string(i), "x");
    CHECK(server.request("POST", "/messages", R"({"conversation":"more","body":"x"})").status ==
          507);
    server.publish("room 0", "y");
    BeastClient client({.port = server.port(), .target = "/ws?room=more"});
    client.send("x");
    CHECK(json::parse(client.receive().value()).contains("error"));
}

TEST_CASE("devserver limits: a frame above the limit -> 1009", "[servers]") {
    DevServer server;
    BeastClient client({.port = server.port()});
    client.send(std::string(256 * 1024 + 1, 'x'));
    REQUIRE(client.wait_end());
    CHECK(client.end_code() == 1009);
    BeastClient room({.port = server.port()});
    room.send(std::string(32 * 1024 + 1, 'x'));
    CHECK(json::parse(room.receive().value()).at("error").at("field") == "body");
}

TEST_CASE("devserver limits: a full room -> the oldest forgotten, not complete any more",
          "[servers]") {
    DevServer server;
    const auto first = server.publish("a", "first");
    BeastClient client({.port = server.port(), .target = "/ws?room=a"});
    std::string second;
    for (int i = 0; i < 20'000; ++i) {
        client.send("m");
        const auto message = client.receive();
        REQUIRE(message.has_value());
        if (i == 0) second = json::parse(*message).at("id");
    }
    const auto before = "/messages?conversation=a&before=" + second;
    const auto oldest = json::parse(server.http("GET", before));
    CHECK(oldest.at("items").empty());
    CHECK(oldest.at("complete") == false);
    CHECK(server.request("GET", "/messages?conversation=a&after=" + first).status == 404);
    const auto list = json::parse(server.http("GET", "/conversations"));
    CHECK(list.at("items")[0].at("count") == 20'000);
}

TEST_CASE("devserver faults: a WebSocket on the control port -> no switch touches it",
          "[servers]") {
    DevServer server({"--token", "T"});
    BeastClient control({.port = server.control_port()});
    REQUIRE(control.is_open());
    server.faults(R"({"cut":true,"black_hole":true,"no_pong":true,"slow_ms":60000})");
    CHECK(control.ping_answered(5s));
    CHECK(BeastClient({.port = server.control_port()}).is_open());
    CHECK(server.stats().connections_total == 0);
}
