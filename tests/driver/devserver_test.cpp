// The default transport against the dev server (Boost.Beast): a WebSocket that we did not write.
// Must not use time: the server tells when it has seen something.
#include "tests/servers/devserver.hpp"

#include <fstream>
#include <sstream>

#include "tests/driver/support/harness.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {
namespace {

using engine::Reason;

driver::TransportSettings settings_for(const DevServer& server, std::string target) {
    driver::TransportSettings settings = plain_settings(server.port());
    settings.target = std::move(target);
    settings.secure = server.tls();
    if (server.tls()) {
        std::ifstream file(server.certificate_file());
        std::stringstream pem;
        pem << file.rdbuf();
        settings.host = "localhost";
        settings.tls.use_system_store = false;
        settings.tls.ca_pem = pem.str();
    }
    return settings;
}

std::string patterned(std::size_t size, std::uint32_t seed) {
    std::string text(size, ' ');
    for (char& byte : text) {
        seed = seed * 1664525U + 1013904223U;
        byte = static_cast<char>('a' + (seed >> 24) % 16);
    }
    return text;
}

/// Sends messages of many sizes and compares what comes back.
void echo_all_sizes(Harness& harness) {
    std::vector<std::string> sent;
    for (const std::size_t size :
         {0U, 1U, 63U, 64U, 125U, 126U, 1000U, 65'535U, 65'536U, 200'000U, 1'000'000U}) {
        sent.push_back(patterned(size, static_cast<std::uint32_t>(size)));
        REQUIRE(harness.send(sent.back(), websocket::Opcode::binary) ==
                driver::SendResult::accepted);
        REQUIRE(harness.recorder().wait_messages(sent.size()));
    }
    const Record record = harness.recorder().record();
    for (std::size_t i = 0; i < sent.size(); ++i) {
        INFO("message " << i);
        CHECK((record.messages[i].payload == sent[i]));
        CHECK(record.messages[i].opcode == websocket::Opcode::binary);
    }
}

void close_and_check(Harness& harness) {
    harness.close(1000, "done");
    REQUIRE(harness.recorder().wait_ended());
    const auto why = *harness.recorder().record().ended;
    INFO(why.text);
    CHECK(why.cause.reason == Reason::none);
    CHECK(why.cause.close_code == 1000);
}

}  // namespace

TEST_CASE("dev server: echo of all sizes -> comes back whole, over ws and wss", "[driver]") {
    const bool secure = GENERATE(false, true);
    DevServer server(secure ? std::vector<std::string>{"--tls-self-signed"}
                            : std::vector<std::string>{});
    Harness harness(transport_kinds().front(), settings_for(server, "/echo"));
    harness.open();
    REQUIRE(harness.recorder().wait_opened());
    CHECK(harness.recorder().record().opened->tls_version == (secure ? "TLSv1.3" : ""));
    echo_all_sizes(harness);
    close_and_check(harness);
}

TEST_CASE("dev server: permessage-deflate -> negotiated, both ways whole", "[driver]") {
    DevServer server({"--deflate"});
    driver::TransportSettings settings = settings_for(server, "/echo");
    settings.deflate.enabled = true;
    settings.deflate.client_no_context_takeover = GENERATE(false, true);
    settings.deflate.server_no_context_takeover = settings.deflate.client_no_context_takeover;
    settings.write_buffer_bytes = 8U << 20;
    Harness harness(transport_kinds().front(), settings);
    harness.open();
    REQUIRE(harness.recorder().wait_opened());
    CHECK(harness.recorder().record().opened->deflate);
    echo_all_sizes(harness);
    // What compresses well is far smaller on the wire than it was. (Not one byte repeated: Beast's
    // inflater of Boost 1.74 breaks off on some such runs.)
    std::string chat;
    for (int i = 0; i < 500; ++i) chat += "message number " + std::to_string(i) + " of a room; ";
    const std::uint64_t before = harness.last_offset();
    REQUIRE(harness.send(chat) == driver::SendResult::accepted);
    CHECK(harness.last_offset() - before < chat.size() / 4);
    REQUIRE(harness.recorder().wait_messages(12));
    CHECK((harness.recorder().record().messages[11].payload == chat));
    close_and_check(harness);
}

TEST_CASE("dev server: deflate offered to one that has none -> plain", "[driver]") {
    DevServer server;
    driver::TransportSettings settings = settings_for(server, "/echo");
    settings.deflate.enabled = true;
    Harness harness(transport_kinds().front(), settings);
    harness.open();
    REQUIRE(harness.recorder().wait_opened());
    CHECK_FALSE(harness.recorder().record().opened->deflate);
    echo_all_sizes(harness);
}

TEST_CASE("dev server: published messages, ping, then a close -> all arrive", "[driver]") {
    DevServer server;
    Harness harness(transport_kinds().front(), settings_for(server, "/raw?room=a"));
    harness.open();
    REQUIRE(harness.recorder().wait_opened());
    REQUIRE(server.wait_at_least("websockets_now", 1));
    for (int i = 0; i < 50; ++i) server.publish("a", "body " + std::to_string(i));
    REQUIRE(harness.recorder().wait_messages(50));
    CHECK(harness.recorder().record().messages[49].payload == "body 49");
    server.faults(R"({"ping":true})");
    CHECK(server.wait_at_least("pongs_received", 1));
    harness.ping("probe");
    CHECK(harness.recorder().wait_for([](const Record& r) { return !r.pongs.empty(); }));
    server.faults(R"({"close":{"code":4001,"reason":"go"}})");
    REQUIRE(harness.recorder().wait_ended());
    const auto why = *harness.recorder().record().ended;
    CHECK(why.cause.reason == Reason::closed_by_server);
    CHECK(why.cause.close_code == 4001);
}

TEST_CASE("dev server: cut by RST and by FIN -> connection_lost", "[driver]") {
    const std::string how = GENERATE(std::string("true"), std::string("\"fin\""));
    const bool secure = GENERATE(false, true);
    DevServer server(secure ? std::vector<std::string>{"--tls-self-signed"}
                            : std::vector<std::string>{});
    Harness harness(transport_kinds().front(), settings_for(server, "/ws"));
    harness.open();
    REQUIRE(harness.recorder().wait_opened());
    REQUIRE(server.wait_at_least("websockets_now", 1));
    server.faults("{\"cut\":" + how + "}");
    REQUIRE(harness.recorder().wait_ended());
    CHECK(harness.recorder().record().ended->cause.reason == Reason::connection_lost);
}

TEST_CASE("dev server: 429 with Retry-After, then refused -> as the server says", "[driver]") {
    DevServer server;
    server.faults(R"({"status":{"code":429,"retry_after":3,"count":1}})");
    {
        Harness harness(transport_kinds().front(), settings_for(server, "/ws"));
        harness.open();
        REQUIRE(harness.recorder().wait_ended());
        const auto why = *harness.recorder().record().ended;
        CHECK(why.cause.reason == Reason::http_status);
        CHECK(why.cause.http_status == 429);
        CHECK(why.cause.retry_after_seconds == 3U);
    }
    server.faults(R"({"refuse":"port"})");
    Harness harness(transport_kinds().front(), settings_for(server, "/ws"));
    harness.open();
    REQUIRE(harness.recorder().wait_ended());
    CHECK(harness.recorder().record().ended->cause.reason == Reason::connect_failed);
}

TEST_CASE("dev server: reconnect after an abort -> the server saw the session resumed",
          "[driver]") {
    DevServer server({"--tls-self-signed"});
    for (int i = 0; i < 4; ++i) {
        Harness harness(transport_kinds().front(), settings_for(server, "/echo"));
        harness.open();
        REQUIRE(harness.recorder().wait_opened());
        CHECK(harness.recorder().record().opened->tls_resumed == (i > 0));
        // The answer shows that the tickets, which come before it, have been read.
        REQUIRE(harness.send("ticket") == driver::SendResult::accepted);
        REQUIRE(harness.recorder().wait_messages(1));
        harness.abort();
    }
    CHECK(server.stats().tls_resumed == 3);
}

}  // namespace graceline::tests
