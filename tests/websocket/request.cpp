// The opening request: what it may hold, what is refused, and that no value can smuggle a line.
// Must not test answers (hostile_responses.cpp).
#include "core/websocket/handshake.hpp"
#include "tests/support/catch.hpp"
#include "tests/websocket/server_frames.hpp"

namespace graceline::websocket::test {
namespace {

HandshakeRequest request() {
    HandshakeRequest sent;
    sent.host = "example.com:8443";
    sent.target = "/feed?room=1";
    return sent;
}

std::size_t line_count(const std::string& text) {
    std::size_t lines = 0;
    for (std::size_t at = text.find("\r\n"); at != std::string::npos;
         at = text.find("\r\n", at + 2)) {
        ++lines;
    }
    return lines;
}

TEST_CASE("header rules: names that are no token or not the host's -> refused",
          "[websocket][hostile]") {
    for (const std::string_view name :
         {"",      " ",     "X A",  "X:",  "X\r\n", "X\r\nEvil: y", "X\n",   "X\t",
          "X\x01", "X\x7f", "(X)",  "X,Y", "X/Y",   "X=Y",          "\"X\"", "[X]",
          "{X}",   "X@Y",   "X\\Y", "X?",  "X<",    "\xC3\xBC"}) {
        INFO(name);
        CHECK(header_error(name, "v").has_value());
    }
    CHECK(header_error(std::string_view("X\0Y", 3), "v").has_value());
    CHECK(header_error(std::string(257, 'x'), "v").has_value());
    for (const char* own :
         {"Host", "host", "HOST", "Upgrade", "upgrade", "Connection", "CONNECTION",
          "Content-Length", "content-length", "Transfer-Encoding", "transfer-ENCODING",
          "Sec-WebSocket-Key", "sec-websocket-key", "Sec-WebSocket-Version",
          "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "SEC-WEBSOCKET-ACCEPT",
          "Sec-WebSocket-", "Sec-WebSocket-Anything"}) {
        INFO(own);
        CHECK(header_error(own, "v").has_value());
    }
}

TEST_CASE("header rules: values with controls -> refused", "[websocket][hostile]") {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string value = std::string("a") + static_cast<char>(byte) + "b";
        const bool control = byte < 0x20 || byte == 0x7F;
        CHECK(header_error("X-Value", value).has_value() == control);
    }
    CHECK(header_error("X", "a\r\nHost: evil").has_value());
    CHECK(header_error("X", std::string(16 * 1024, 'v')) == std::nullopt);
    CHECK(header_error("X", std::string(16 * 1024 + 1, 'v')).has_value());
}

TEST_CASE("header rules: ordinary headers -> fine", "[websocket]") {
    for (const char* name :
         {"Origin", "Cookie", "Authorization", "User-Agent", "X-Api-Key", "Sec-Fetch-Mode",
          "Sec-WebSocket", "Hostname", "!#$%&'*+-.^_`|~09aZ"}) {
        CHECK(header_error(name, "some value; a=\"b\", \xC3\xBC") == std::nullopt);
        CHECK(header_error(name, "") == std::nullopt);
    }
}

TEST_CASE("header rules: broken rules -> a text without the value", "[websocket]") {
    const auto rule = header_error("X-Token", "c4n4ry\r\n");
    REQUIRE(rule.has_value());
    CHECK(rule->find("c4n4ry") == std::string::npos);
    CHECK(header_error("c4n4ry name", "v")->find("c4n4ry") == std::string::npos);
    CHECK(subprotocol_error("c4n4ry proto")->find("c4n4ry") == std::string::npos);
    CHECK(target_error("/x?token=c4n4ry\n")->find("c4n4ry") == std::string::npos);
    CHECK(host_error("c4n4ry@host")->find("c4n4ry") == std::string::npos);
}

TEST_CASE("subprotocol rules: only tokens -> fine", "[websocket]") {
    for (const char* good : {"chat", "v10.stomp", "graphql-transport-ws", "a"}) {
        CHECK(subprotocol_error(good) == std::nullopt);
    }
    for (const char* bad : {"", "a b", "a,b", "a\r\nb", "a;b", "\"a\"", "a/b", "\xC3\xBC"}) {
        INFO(bad);
        CHECK(subprotocol_error(bad).has_value());
    }
    CHECK(subprotocol_error(std::string(8 * 1024 + 1, 'p')).has_value());
}

TEST_CASE("request: each part that breaks a rule -> an error and no bytes",
          "[websocket][hostile]") {
    const auto refused = [](const HandshakeRequest& bad) {
        return request_error(bad).has_value() && write_request(bad).empty();
    };
    REQUIRE_FALSE(request_error(request()).has_value());
    for (const char* host :
         {"", "a b", "a\r\nX: y", "a/b", "user@host", "a?b", "a#b", "a\\b", "a,b"}) {
        HandshakeRequest bad = request();
        bad.host = host;
        INFO(host);
        CHECK(refused(bad));
    }
    for (const char* target : {"", "feed", "?a", "/a b", "/a\r\nX: y", "/a\tb", "/a#b", "/\xC3\xBC",
                               "http://other/", "*"}) {
        HandshakeRequest bad = request();
        bad.target = target;
        INFO(target);
        CHECK(refused(bad));
    }
    HandshakeRequest bad = request();
    bad.headers = {{"X-Fine", "1"}, {"X-Bad", "a\nb"}};
    CHECK(refused(bad));
    bad = request();
    bad.headers.assign(65, {"X", "y"});
    CHECK(refused(bad));
    bad = request();
    bad.subprotocols = {"chat", "chat"};
    CHECK(refused(bad));
    bad = request();
    bad.subprotocols = {"chat", "b c"};
    CHECK(refused(bad));
    bad = request();
    for (int i = 0; i < 33; ++i) bad.subprotocols.push_back("p" + std::to_string(i));
    CHECK(refused(bad));
    bad = request();
    bad.host.assign(513, 'h');
    CHECK(refused(bad));
    bad = request();
    bad.target.append(16 * 1024, 't');
    CHECK(refused(bad));
}

TEST_CASE("request: headers and subprotocols -> one line each, none beyond", "[websocket]") {
    HandshakeRequest sent = request();
    sent.headers = {{"Cookie", "a=b"}, {"Authorization", "Bearer t"}};
    sent.subprotocols = {"one", "two"};
    const std::string text = write_request(sent);
    CHECK(text.starts_with("GET /feed?room=1 HTTP/1.1\r\nHost: example.com:8443\r\n"));
    CHECK(text.ends_with("Cookie: a=b\r\nAuthorization: Bearer t\r\n\r\n"));
    CHECK(text.find("Sec-WebSocket-Protocol: one, two\r\n") != std::string::npos);
    CHECK(text.find("Sec-WebSocket-Extensions") == std::string::npos);
    CHECK(line_count(text) == 10);
}

TEST_CASE("request: the nonce -> a key of 16 bytes in base64", "[websocket]") {
    std::array<std::uint8_t, kNonceBytes> nonce{};
    CHECK(key_base64(nonce) == "AAAAAAAAAAAAAAAAAAAAAA==");
    nonce.fill(0xFF);
    CHECK(key_base64(nonce) == "/////////////////////w==");

    CHECK(accept_key("x3JJHMbDL1EzLkh9GBhXDw==") == "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

}  // namespace
}  // namespace graceline::websocket::test
