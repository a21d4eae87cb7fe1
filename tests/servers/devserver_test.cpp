// The dev server as its users see it: publish, push, history, bad input, tokens, TLS, process.
// Must not use Graceline's own client.
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/servers/beast_client.hpp"
#include "tests/servers/devserver.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::tests;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string field_of(const HttpReply& reply) {
    return json::parse(reply.body).at("error").at("field").get<std::string>();
}

std::string rule_of(const HttpReply& reply) {
    return json::parse(reply.body).at("error").at("rule").get<std::string>();
}

json receive_json(BeastClient& client) {
    const auto text = client.receive();
    REQUIRE(text.has_value());
    return json::parse(*text);
}

std::vector<std::string> bodies(const json& page) {
    std::vector<std::string> result;
    for (const auto& item : page.at("items")) result.push_back(item.at("body"));
    return result;
}

}  // namespace

TEST_CASE("devserver: messages published over HTTP -> pushed in order to their room only",
          "[servers]") {
    DevServer server;
    BeastClient both({.port = server.port(), .target = "/ws?room=a&room=b"});
    BeastClient raw({.port = server.port(), .target = "/raw?room=b"});
    REQUIRE(both.is_open());
    REQUIRE(raw.is_open());
    std::vector<std::string> ids;
    for (int i = 0; i < 50; ++i) {
        ids.push_back(server.publish(i % 2 == 0 ? "a" : "b", "text " + std::to_string(i)));
    }
    server.publish("c", "for nobody");
    for (int i = 0; i < 50; ++i) {
        const auto message = receive_json(both);
        CHECK(message.at("id") == ids[static_cast<std::size_t>(i)]);
        CHECK(message.at("conversation") == (i % 2 == 0 ? "a" : "b"));
        CHECK(message.at("sender") == "tester");
        CHECK(message.at("body") == "text " + std::to_string(i));
        CHECK(message.at("time").get<std::string>().size() == 24);
    }
    CHECK(raw.receive() == "text 1");
    CHECK(raw.receive() == "text 3");
    CHECK_FALSE(both.receive(100ms).has_value());
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 50);
    CHECK_FALSE(std::is_sorted(ids.begin(), ids.end()));
}

TEST_CASE("devserver: a client publishes through its WebSocket -> stored, pushed, acknowledged",
          "[servers]") {
    DevServer server;
    BeastClient client({.port = server.port(), .target = "/ws?room=a&user=ann"});
    REQUIRE(client.is_open());
    client.send("plain text");
    auto message = receive_json(client);
    CHECK(message.at("body") == "plain text");
    CHECK(message.at("sender") == "ann");

    client.send(R"({"body":"once","client_id":"k1"})");
    message = receive_json(client);
    CHECK(message.at("body") == "once");
    CHECK(message.at("client_id") == "k1");
    auto ack = receive_json(client);
    CHECK(ack == json({{"ack", "k1"}, {"id", message.at("id")}}));

    client.send(R"({"body":"once more","client_id":"k1"})");
    CHECK(receive_json(client) == ack);
    CHECK(server.stats().messages_published == 2);
    CHECK(server.stats().duplicates == 1);

    client.send(R"({"conversation":"","body":"x","client_id":"k2"})");
    const auto error = receive_json(client).at("error");
    CHECK(error.at("field") == "conversation");
    CHECK(error.at("client_id") == "k2");

    client.send("\x01\x02", true);
    REQUIRE(client.wait_end());
    CHECK(client.end_code() == 1003);
}

TEST_CASE("devserver: the same client id over HTTP -> 201, then 200 with the first message",
          "[servers]") {
    DevServer server;
    const std::string body = R"({"conversation":"a","sender":"s","body":"one","client_id":"k"})";
    const auto first = server.request("POST", "/messages", body);
    const auto second = server.request("POST", "/messages", body);
    CHECK(first.status == 201);
    CHECK(second.status == 200);
    CHECK(first.body == second.body);
    const auto text = server.request("POST", "/messages?conversation=a&sender=t", "two & more");
    CHECK(text.status == 201);
    CHECK(json::parse(text.body).at("body") == "two & more");
    const auto page = json::parse(server.http("GET", "/messages?conversation=a"));
    CHECK(bodies(page) == std::vector<std::string>{"one", "two & more"});
}

TEST_CASE("devserver: history walked both ways -> every message once, cursors end", "[servers]") {
    DevServer server;
    std::vector<std::string> ids;
    for (int i = 0; i < 65; ++i) ids.push_back(server.publish("a", std::to_string(i)));

    const auto newest = json::parse(server.http("GET", "/messages?conversation=a"));
    CHECK(newest.at("items").size() == 30);
    CHECK(newest.at("items").front().at("body") == "35");
    CHECK(newest.at("next") == nullptr);
    CHECK(newest.at("previous") == ids[35]);
    CHECK(newest.at("complete") == false);

    auto older = json::parse(server.http("GET", "/messages?conversation=a&limit=40&before=" +
                                                    newest.at("previous").get<std::string>()));
    CHECK(older.at("items").size() == 35);
    CHECK(older.at("previous") == nullptr);
    CHECK(older.at("next") == ids[34]);
    CHECK(older.at("complete") == true);

    std::vector<std::string> walked{"0"};
    std::string cursor = ids[0];
    for (int pages = 0; pages < 10; ++pages) {
        const auto page =
            json::parse(server.http("GET", "/messages?conversation=a&limit=20&after=" + cursor));
        for (const auto& body : bodies(page)) walked.push_back(body);
        CHECK(page.at("complete").get<bool>() == page.at("next").is_null());
        if (page.at("complete").get<bool>()) break;
        cursor = page.at("next");
    }
    REQUIRE(walked.size() == 65);
    for (std::size_t i = 0; i < walked.size(); ++i) CHECK(walked[i] == std::to_string(i));

    const auto between = json::parse(
        server.http("GET", "/messages?conversation=a&after=" + ids[3] + "&before=" + ids[6]));
    CHECK(bodies(between) == std::vector<std::string>{"4", "5"});
    const auto end = json::parse(server.http("GET", "/messages?conversation=a&after=" + ids[64]));
    CHECK(end.at("items").empty());
    CHECK(end.at("complete") == true);
    const auto unknown_room = json::parse(server.http("GET", "/messages?conversation=none"));
    CHECK(unknown_room.at("items").empty());
    CHECK(unknown_room.at("complete") == true);
}

TEST_CASE("devserver: conversations paged -> newest active first, each once", "[servers]") {
    DevServer server;
    for (const char* room : {"a", "b", "c", "d", "a"}) server.publish(room, "x");
    const auto first = json::parse(server.http("GET", "/conversations?limit=2"));
    REQUIRE(first.at("items").size() == 2);
    CHECK(first.at("items")[0].at("id") == "a");
    CHECK(first.at("items")[0].at("count") == 2);
    CHECK(first.at("items")[0].at("last_message").at("conversation") == "a");
    CHECK(first.at("items")[1].at("id") == "d");
    const auto second = json::parse(
        server.http("GET", "/conversations?limit=2&cursor=" + first.at("next").get<std::string>()));
    REQUIRE(second.at("items").size() == 2);
    CHECK(second.at("items")[0].at("id") == "c");
    CHECK(second.at("items")[1].at("id") == "b");
    CHECK(second.at("next") == nullptr);
}

TEST_CASE("devserver: bad input -> 4xx that names the field and the rule", "[servers]") {
    DevServer server;
    const std::string id = server.publish("a", "x");
    const std::string elsewhere = server.publish("b", "x");
    struct Case {
        const char* method;
        std::string target;
        std::string body;
        int status;
        const char* field;
    };
    const std::string long_name(129, 'n');
    const std::vector<Case> cases = {
        {"GET", "/messages", "", 400, "conversation"},
        {"GET", "/messages?conversation=" + long_name, "", 400, "conversation"},
        {"GET", "/messages?conversation=a%00b", "", 400, "conversation"},
        {"GET", "/messages?conversation=%ff", "", 400, "conversation"},
        {"GET", "/messages?conversation=%zz", "", 400, "target"},
        {"GET", "/messages?conversation=a&limit=0", "", 400, "limit"},
        {"GET", "/messages?conversation=a&limit=101", "", 400, "limit"},
        {"GET", "/messages?conversation=a&limit=-1", "", 400, "limit"},
        {"GET", "/messages?conversation=a&limit=99999999999999999999", "", 400, "limit"},
        {"GET", "/messages?conversation=a&limit=5x", "", 400, "limit"},
        {"GET", "/messages?conversation=a&after=nonsense", "", 404, "after"},
        {"GET", "/messages?conversation=a&before=aaaaaaaaaaaaa", "", 404, "before"},
        {"GET", "/messages?conversation=a&after=" + elsewhere, "", 404, "after"},
        {"GET", "/messages?conversation=a&after=" + id + "&before=x", "", 404, "before"},
        {"GET", "/conversations?limit=51", "", 400, "limit"},
        {"GET", "/conversations?cursor=x", "", 404, "cursor"},
        {"POST", "/messages", "no json", 400, "(whole body)"},
        {"POST", "/messages", "[1]", 400, "(whole body)"},
        {"POST", "/messages", R"({"body":"x"})", 400, "conversation"},
        {"POST", "/messages", R"({"conversation":"a"})", 400, "body"},
        {"POST", "/messages", R"({"conversation":"a","body":7})", 400, "body"},
        {"POST", "/messages", R"({"conversation":"a","body":"x","sender":""})", 400, "sender"},
        {"POST", "/messages", R"({"conversation":"a","body":"x","client_id":3})", 400, "client_id"},
        {"POST", "/messages?conversation=a", std::string(32 * 1024 + 1, 'x'), 400, "body"},
        {"POST", "/messages?conversation=a", "\xC0\x80", 400, "body"},
        {"POST", "/messages?conversation=a", std::string(64 * 1024 + 1, 'x'), 413, "request"},
        {"GET", "/messages?x=" + std::string(17 * 1024, 'x'), "", 431, "request"},
        {"POST", "/faults", "{", 400, "body"},
        {"POST", "/faults", R"({"cutt":true})", 400, "cutt"},
        {"POST", "/faults", R"({"slow_ms":-1})", 400, "slow_ms"},
        {"POST", "/faults", R"({"slow_ms":1e30})", 400, "slow_ms"},
        {"POST", "/faults", R"({"close":{"code":1006}})", 400, "close.code"},
        {"POST", "/faults", R"({"status":{"code":99}})", 400, "status.code"},
        {"POST", "/faults", R"({"status":{"count":1}})", 400, "status.code"},
        {"GET", "/stats?wait_for=nothing&equals=1", "", 400, "wait_for"},
        {"GET", "/stats?wait_for=pings_received&equals=x", "", 400, "equals"},
    };
    for (const auto& wrong : cases) {
        CAPTURE(wrong.method, wrong.target.substr(0, 80), wrong.body.substr(0, 80));
        const auto reply = server.request(wrong.method, wrong.target, wrong.body);
        REQUIRE(reply.status == wrong.status);
        CHECK(field_of(reply) == wrong.field);
        CHECK_FALSE(rule_of(reply).empty());
    }
    CHECK(server.request("GET", "/nowhere").status == 404);
    CHECK(server.request("DELETE", "/messages").status == 405);
    CHECK(server.request("GET", "/ws").status == 426);
    CHECK(server.request("NOT A METHOD", "/").status == 400);
    CHECK(server.stats().messages_published == 2);
}

TEST_CASE("devserver: a wrong upgrade -> refused with its reason", "[servers]") {
    DevServer server;
    CHECK(BeastClient({.port = server.port(), .target = "/nowhere"}).status() == 404);
    CHECK(BeastClient({.port = server.port(), .target = "/ws?room="}).status() == 400);
    CHECK(BeastClient({.port = server.port(), .target = "/ws?user="}).status() == 400);
    std::string many = "/ws?room=r";
    for (int i = 0; i < 32; ++i) many += "&room=r" + std::to_string(i);
    CHECK(BeastClient({.port = server.port(), .target = many}).status() == 400);
    const auto old =
        http_request(server.port(), "GET", "/ws", "",
                     {"Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Version: 8",
                      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="});
    CHECK(old.status == 426);
    CHECK(server.stats().upgrades_refused == 5);
    CHECK(server.wait_equal("connections_now", 0));
}

TEST_CASE("devserver: the page, health and a HEAD request -> plain answers", "[servers]") {
    DevServer server;
    CHECK(server.http("GET", "/healthz") == "ok\n");
    const auto page = server.request("GET", "/");
    CHECK(page.header("content-type") == "text/plain; charset=utf-8");
    CHECK(page.body.find("curl") != std::string::npos);
    const auto head = server.request("HEAD", "/healthz");
    CHECK(head.status == 200);
    CHECK(head.header("content-length") == "3");
    CHECK(head.body.empty());
}

TEST_CASE("devserver: tokens -> 401 everywhere without a valid one, revocable", "[servers]") {
    DevServer server({"--token", "T-one", "--token", "T-two"});
    for (const char* path : {"/", "/healthz", "/stats", "/messages?conversation=a", "/faults"}) {
        CHECK(http_request(server.port(), "GET", path).status == 401);
    }
    CHECK(http_request(server.port(), "GET", "/stats?token=T-one").status == 200);
    CHECK(
        http_request(server.port(), "GET", "/stats", "", {"Authorization: bearer T-two"}).status ==
        200);
    CHECK(http_request(server.port(), "GET", "/stats", "", {"Authorization: Basic T-two"}).status ==
          401);
    CHECK(BeastClient({.port = server.port()}).status() == 401);
    CHECK(BeastClient({.port = server.port(), .target = "/ws?token=wrong"}).status() == 401);
    const BeastClientOptions with_one{.port = server.port(),
                                      .headers = {{"Authorization", "Bearer T-one"}}};
    BeastClient before(with_one);
    CHECK(before.is_open());
    server.faults(R"({"revoke_token":"T-one","add_token":["T-three"]})");
    CHECK(BeastClient(with_one).status() == 401);
    CHECK(before.ping_answered(5s));
    CHECK(BeastClient({.port = server.port(), .target = "/ws?token=T-three"}).is_open());
    const auto shown = server.http("GET", "/faults");
    CHECK(shown.find("T-") == std::string::npos);
    server.faults(R"({"revoke_token":["T-two","T-three"]})");
    CHECK(http_request(server.port(), "GET", "/stats?token=T-two").status == 401);
    server.reset_faults();
    CHECK(BeastClient(with_one).is_open());
}

TEST_CASE("devserver: an admin key -> /faults only with it", "[servers]") {
    DevServer server({"--admin-key", "open sesame"});
    CHECK(http_request(server.port(), "POST", "/faults", R"({"slow_ms":1})").status == 403);
    CHECK(
        http_request(server.port(), "POST", "/faults", R"({"slow_ms":1})", {"X-Admin: open sesame"})
            .status == 200);
}

TEST_CASE("devserver: echo with and without deflate -> every frame back, its kind kept",
          "[servers]") {
    const bool deflate = GENERATE(false, true);
    DevServer server(deflate ? std::vector<std::string>{"--deflate"} : std::vector<std::string>{});
    BeastClient client({.port = server.port(), .target = "/echo", .deflate = true});
    REQUIRE(client.is_open());
    CHECK((client.response_header("Sec-WebSocket-Extensions").find("permessage-deflate") !=
           std::string::npos) == deflate);
    for (const std::size_t size : {0U, 1U, 125U, 126U, 65'535U, 65'536U, 1'000'000U}) {
        const std::string text(size, 'e');
        client.send(text, size % 2 == 1);
        CHECK((client.receive() == text));
        CHECK(client.last_was_binary() == (size % 2 == 1));
    }
}

TEST_CASE("devserver: subprotocols -> the client's first that the server knows", "[servers]") {
    DevServer server({"--subprotocol", "chat.v1", "--subprotocol", "chat.v2"});
    const auto chosen = [&server](const std::string& offered) {
        BeastClient client(
            {.port = server.port(), .headers = {{"Sec-WebSocket-Protocol", offered}}});
        CHECK(client.is_open());
        return client.response_header("Sec-WebSocket-Protocol");
    };
    CHECK(chosen("chat.v9, chat.v2, chat.v1") == "chat.v2");
    CHECK(chosen("chat.v9").empty());
}

TEST_CASE("devserver: self-signed TLS -> verifies as CA, resumes, plain still served",
          "[servers]") {
    DevServer server({"--tls-self-signed"});
    CHECK(server.url() == "wss://127.0.0.1:" + std::to_string(server.port()) + "/ws");
    BeastClient first({.port = server.port(), .ca_file = server.certificate_file()});
    REQUIRE(first.is_open());
    const auto id = server.publish("lobby", "secret");
    CHECK(receive_json(first).at("id") == id);
    CHECK(server.stats().tls_resumed == 0);
    BeastClient second(
        {.port = server.port(), .ca_file = server.certificate_file(), .session = first.session()});
    REQUIRE(second.is_open());
    CHECK(second.ping_answered(5s));
    CHECK(server.stats().tls_handshakes == 2);
    CHECK(server.stats().tls_resumed == 1);
    second.close(1000);
    CHECK(server.stats().closes.back().code == 1000);
    CHECK(http_request(server.port(), "GET", "/healthz").status == 200);

    DevServer stranger({"--tls-self-signed"});
    CHECK_FALSE(
        BeastClient({.port = stranger.port(), .ca_file = server.certificate_file()}).is_open());
}

TEST_CASE("devserver: the port file and the ready line -> the same ports", "[servers]") {
    const std::string file = "devserver_test_ports.txt";
    DevServer server({"--port-file", file});
    std::FILE* opened = std::fopen(file.c_str(), "r");
    REQUIRE(opened != nullptr);
    int port = 0;
    int control = 0;
    CHECK(std::fscanf(opened, "%d %d", &port, &control) == 2);
    std::fclose(opened);
    std::remove(file.c_str());
    CHECK(port == server.port());
    CHECK(control == server.control_port());
}

TEST_CASE("devserver: SIGTERM, SIGINT and the end of stdin -> clients closed, exit 0",
          "[servers]") {
    const int way = GENERATE(0, SIGINT, SIGTERM);
    DevServer server;
    BeastClient client({.port = server.port()});
    REQUIRE(client.is_open());
    if (way == 0) {
        server.close_stdin();
    } else {
        ::kill(server.pid(), way);
    }
    CHECK(client.wait_end());
    CHECK(client.end_code() == 1001);
    CHECK(server.wait_exit(5s) == 0);
    CHECK_FALSE(server.running());
}

TEST_CASE("devserver: a wrong command line -> exit 2 or 1 and one line about it", "[servers]") {
    const auto exit_of = [](std::vector<std::string> arguments) {
        ProcessOptions options;
        options.program = DevServer::program();
        options.arguments = std::move(arguments);
        ServerProcess process(options);
        return process.wait_exit(5s).value_or(-1);
    };
    CHECK(exit_of({"--help"}) == 0);
    CHECK(exit_of({"--prot", "1"}) == 2);
    CHECK(exit_of({"--port", "65536"}) == 2);
    CHECK(exit_of({"--port"}) == 2);
    CHECK(exit_of({"--host", "0.0.0.0"}) == 2);
    CHECK(exit_of({"--cert", "x.pem"}) == 2);
    CHECK(exit_of({"--write-cert", "x.pem"}) == 2);
    CHECK(exit_of({"--cert", "missing.pem", "--key", "missing.pem", "--port", "0"}) == 1);
    DevServer other;
    CHECK(exit_of({"--port", std::to_string(other.control_port())}) == 1);
}
