// Hostile table: answers to the opening request, each with its one verdict.
// Must not hold extension parameters (negotiation.cpp).
#include <algorithm>
#include <ostream>

#include "core/websocket/handshake.hpp"
#include "tests/support/catch.hpp"
#include "tests/websocket/server_frames.hpp"

namespace graceline::websocket::test {
namespace {

using State = HandshakeResponse::State;

const std::string kAccept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const std::string kUpgrade = "Upgrade: websocket\r\n";
const std::string kConnection = "Connection: Upgrade\r\n";
const std::string kStatus = "HTTP/1.1 101 Switching Protocols\r\n";
const std::string kGood = kUpgrade + kConnection + kAccept;
const std::string kEnd = "\r\n";

HandshakeRequest request() {
    HandshakeRequest sent;
    sent.host = "example.com";
    sent.target = "/";
    sent.subprotocols = {"chat", "v2.feed"};
    const Bytes nonce = bytes_of("the sample nonce");
    std::copy(nonce.begin(), nonce.end(), sent.nonce.begin());
    return sent;
}

struct Verdict {
    State state;
    HandshakeError error;
    int status;
    std::string subprotocol;
    std::size_t left;

    bool operator==(const Verdict&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
    return out << "state " << static_cast<int>(verdict.state) << ", " << to_string(verdict.error)
               << ", status " << verdict.status << ", subprotocol '" << verdict.subprotocol
               << "', bytes left " << verdict.left;
}

// Gives the text in pieces of `piece` bytes; what a verdict left of its piece counts as left too.
Verdict judge(const std::string& text, std::size_t first_piece, std::size_t piece) {
    HandshakeResponse response(request());
    const Bytes bytes = bytes_of(text);
    std::span<const std::uint8_t> rest(bytes);
    std::size_t size = first_piece;
    while (!rest.empty() && response.state() == State::need_more) {
        auto input = rest.first(std::min(size, rest.size()));
        const std::size_t given = input.size();
        response.consume(input);
        rest = rest.subspan(given - input.size());
        size = piece;
    }
    return {response.state(), response.error(), response.http_status(),
            std::string(response.subprotocol()), rest.size()};
}

Verdict judge_all_ways(const std::string& text) {
    const Verdict whole = judge(text, text.size(), 1);
    const std::size_t step = text.size() / 200 + 1;
    for (std::size_t cut = 1; cut < text.size(); cut += step) {
        CHECK(judge(text, cut, text.size()) == whole);
    }
    CHECK(judge(text, 1, 1) == whole);
    return whole;
}

struct Row {
    std::string name;
    std::string text;
    HandshakeError error;
};

void check_rows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        INFO(row.name);
        const Verdict verdict = judge_all_ways(row.text);
        CHECK(verdict.state == State::invalid);
        CHECK(std::string(to_string(verdict.error)) == to_string(row.error));
        CHECK(verdict.subprotocol.empty());
    }
}

TEST_CASE("handshake: broken status lines -> bad_status_line or http_version",
          "[websocket][hostile]") {
    const auto line = [](const std::string& text) { return text + "\r\n" + kGood + kEnd; };
    using E = HandshakeError;
    check_rows({
        {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", E::bad_status_line},
        {"a TLS alert", std::string("\x15\x03\x01\x00\x02\x02\x46", 7), E::bad_status_line},
        {"empty line first", "\r\n" + kStatus + kGood + kEnd, E::bad_status_line},
        {"blank first", " HTTP/1.1 101 OK\r\n", E::bad_status_line},
        {"small letters", line("http/1.1 101 Switching Protocols"), E::bad_status_line},
        {"no status", line("HTTP/1.1"), E::bad_status_line},
        {"no status but a blank", line("HTTP/1.1 "), E::bad_status_line},
        {"status of two digits", line("HTTP/1.1 10 X"), E::bad_status_line},
        {"status of four digits", line("HTTP/1.1 1010"), E::bad_status_line},
        {"status with letters", line("HTTP/1.1 1O1 X"), E::bad_status_line},
        {"negative status", line("HTTP/1.1 -11 X"), E::bad_status_line},
        {"status 000", line("HTTP/1.1 000 X"), E::bad_status_line},
        {"status 099", line("HTTP/1.1 099 X"), E::bad_status_line},
        {"two blanks", line("HTTP/1.1  101 X"), E::bad_status_line},
        {"tab for a blank", line("HTTP/1.1\t101 X"), E::bad_status_line},
        {"no dot in the version", line("HTTP/11 101 XX"), E::bad_status_line},
        {"letters in the version", line("HTTP/x.y 101 X"), E::bad_status_line},
        {"long version", line("HTTP/1.10 101 X"), E::bad_status_line},
        {"bare LF", "HTTP/1.1 101 X\n" + kGood + kEnd, E::bad_status_line},
        {"bare CR", "HTTP/1.1 101 X\rY\r\n", E::bad_status_line},
        {"NUL in the reason", "HTTP/1.1 101 X" + std::string(1, '\0') + "\r\n", E::bad_status_line},
        {"control in the reason", "HTTP/1.1 101 \x01\r\n", E::bad_status_line},
        {"HTTP/1.0", line("HTTP/1.0 101 Switching Protocols"), E::http_version},
        {"HTTP/1.2", line("HTTP/1.2 101 Switching Protocols"), E::http_version},
        {"HTTP/0.9", line("HTTP/0.9 200 OK"), E::http_version},
        {"HTTP/2.0", line("HTTP/2.0 101 Switching Protocols"), E::http_version},
    });
}

TEST_CASE("handshake: broken header lines -> malformed", "[websocket][hostile]") {
    const auto with = [](const std::string& text) { return kStatus + kGood + text + kEnd; };
    using E = HandshakeError;
    const std::string nul(1, '\0');
    check_rows({
        {"folded line", with("X-A: b\r\n c\r\n"), E::malformed},
        {"folded line with a tab", with("X-A: b\r\n\tc\r\n"), E::malformed},
        {"folded first line", kStatus + " X: y\r\n" + kGood + kEnd, E::malformed},
        {"bare LF", with("X-A: b\n"), E::malformed},
        {"bare LF as the end", kStatus + kGood + "\n", E::malformed},
        {"bare CR", with("X-A: b\rc\r\n"), E::malformed},
        {"CR CR LF", with("X-A: b\r\r\n"), E::malformed},
        {"NUL in a value", with("X-A: b" + nul + "\r\n"), E::malformed},
        {"NUL in a name", with("X" + nul + ": b\r\n"), E::malformed},
        {"control in a value", with("X-A: \x1b[31m\r\n"), E::malformed},
        {"DEL in a value", with("X-A: \x7f\r\n"), E::malformed},
        {"no colon", with("nonsense\r\n"), E::malformed},
        {"no name", with(": value\r\n"), E::malformed},
        {"blank before the colon", with("X-A : b\r\n"), E::malformed},
        {"blank in a name", with("X A: b\r\n"), E::malformed},
        {"slash in a name", with("X/A: b\r\n"), E::malformed},
        {"name beyond ASCII", with("X-\xC3\xBC: b\r\n"), E::malformed},
        {"quote in a name", with("\"X\": b\r\n"), E::malformed},
    });
}

TEST_CASE("handshake: a 101 that does not fit the request -> the exact error",
          "[websocket][hostile]") {
    const auto answer = [](const std::string& headers) { return kStatus + headers + kEnd; };
    using E = HandshakeError;
    check_rows({
        {"no headers", answer(""), E::missing_upgrade},
        {"no Upgrade", answer(kConnection + kAccept), E::missing_upgrade},
        {"Upgrade to h2c", answer("Upgrade: h2c\r\n" + kConnection + kAccept), E::missing_upgrade},
        {"Upgrade empty", answer("Upgrade:\r\n" + kConnection + kAccept), E::missing_upgrade},
        {"Upgrade twice", answer(kUpgrade + kGood), E::missing_upgrade},
        {"Upgrade with a version", answer("Upgrade: websocket/13\r\n" + kConnection + kAccept),
         E::missing_upgrade},
        {"Upgrade in a list", answer("Upgrade: websocket, h2c\r\n" + kConnection + kAccept),
         E::missing_upgrade},
        {"no Connection", answer(kUpgrade + kAccept), E::missing_connection},
        {"Connection: close", answer(kUpgrade + "Connection: close\r\n" + kAccept),
         E::missing_connection},
        {"Connection: upgraded", answer(kUpgrade + "Connection: upgraded\r\n" + kAccept),
         E::missing_connection},
        {"Connection: keep upgrade", answer(kUpgrade + "Connection: keep upgrade\r\n" + kAccept),
         E::missing_connection},
        {"no accept", answer(kUpgrade + kConnection), E::bad_accept},
        {"accept empty", answer(kUpgrade + kConnection + "Sec-WebSocket-Accept:\r\n"),
         E::bad_accept},
        {"accept of another key",
         answer(kUpgrade + kConnection + "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n"),
         E::bad_accept},
        {"accept in other case",
         answer(kUpgrade + kConnection + "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n"),
         E::bad_accept},
        {"accept cut short",
         answer(kUpgrade + kConnection + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n"),
         E::bad_accept},
        {"accept with more behind",
         answer(kUpgrade + kConnection +
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo= x\r\n"),
         E::bad_accept},
        {"accept is the key itself",
         answer(kUpgrade + kConnection + "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
         E::bad_accept},
        {"accept twice, both right", answer(kGood + kAccept), E::bad_accept},
        {"accept twice, second wrong", answer(kGood + "Sec-WebSocket-Accept: x\r\n"),
         E::bad_accept},
        {"subprotocol not offered", answer(kGood + "Sec-WebSocket-Protocol: soap\r\n"),
         E::unexpected_subprotocol},
        {"subprotocol in other case", answer(kGood + "Sec-WebSocket-Protocol: Chat\r\n"),
         E::unexpected_subprotocol},
        {"subprotocol empty", answer(kGood + "Sec-WebSocket-Protocol:\r\n"),
         E::unexpected_subprotocol},
        {"two subprotocols", answer(kGood + "Sec-WebSocket-Protocol: chat, v2.feed\r\n"),
         E::unexpected_subprotocol},
        {"subprotocol twice",
         answer(kGood + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n"),
         E::unexpected_subprotocol},
        {"extension without an offer",
         answer(kGood + "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
         E::unexpected_extension},
        {"unknown extension",
         answer(kGood + "Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n"),
         E::unexpected_extension},
        {"extension empty", answer(kGood + "Sec-WebSocket-Extensions:\r\n"),
         E::bad_extension_parameters},
    });
}

TEST_CASE("handshake: header blocks beyond the limits -> typed errors", "[websocket][hostile]") {
    std::string hundred;
    for (int i = 0; i < 97; ++i) hundred += "X-" + std::to_string(i) + ": y\r\n";
    CHECK(judge_all_ways(kStatus + kGood + hundred + kEnd).state == State::accepted);
    using E = HandshakeError;
    const std::size_t fixed = kStatus.size() + kGood.size() + std::string("X: \r\n\r\n").size();
    const auto sized = [&](std::size_t bytes) {
        return kStatus + kGood + "X: " + std::string(bytes - fixed, 'y') + "\r\n\r\n";
    };
    CHECK(judge_all_ways(sized(16 * 1024)).state == State::accepted);
    check_rows({
        {"101 headers", kStatus + kGood + hundred + "X-97: y\r\n" + kEnd, E::too_many_headers},
        {"16 KiB and one byte", sized(16 * 1024 + 1), E::header_block_too_large},
        {"a line without end", kStatus + "X: " + std::string(20'000, 'y'),
         E::header_block_too_large},
        {"a status line without end", "HTTP/1.1 101 " + std::string(20'000, 'y'),
         E::header_block_too_large},
        {"interim answers without end",
         [] {
             std::string text;
             while (text.size() < 20'000) text += "HTTP/1.1 100 Continue\r\n\r\n";
             return text;
         }(),
         E::header_block_too_large},
    });
    const HandshakeRequest sent = request();
    HandshakeResponse small(sent, 64);
    const Bytes bytes = bytes_of(kStatus + kGood + kEnd);
    std::span<const std::uint8_t> input(bytes);
    CHECK(small.consume(input) == State::invalid);
    CHECK(small.error() == E::header_block_too_large);
}

TEST_CASE("handshake: good 101s in other spellings -> accepted", "[websocket]") {
    const auto accepted = [](const std::string& text) {
        const Verdict verdict = judge_all_ways(text);
        INFO(verdict);
        return verdict.state == State::accepted && verdict.error == HandshakeError::none &&
               verdict.status == 101 && verdict.left == 0;
    };
    CHECK(accepted(kStatus + kGood + kEnd));
    CHECK(accepted("HTTP/1.1 101\r\n" + kGood + kEnd));
    CHECK(accepted("HTTP/1.1 101 \r\n" + kGood + kEnd));
    CHECK(accepted("HTTP/1.1 101 Willkommen \xC3\xBC\r\n" + kGood + kEnd));
    CHECK(accepted(kStatus + "upgrade:WebSocket\r\nCONNECTION: \t keep-alive , UPGRADE \t\r\n"
                             "sec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=  \r\n\r\n"));
    CHECK(accepted(kStatus + kUpgrade + "Connection: keep-alive\r\nConnection: upgrade\r\n" +
                   kAccept + kEnd));
    CHECK(accepted(kStatus + kGood + "Server: x\tz\r\nX-Empty:\r\nContent-Length: 0\r\n" + kEnd));
    CHECK(accepted("HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" +
                   kStatus + kGood + kEnd));
    CHECK(judge_all_ways(kStatus + kGood + "Sec-WebSocket-Protocol:  v2.feed \r\n" + kEnd)
              .subprotocol == "v2.feed");
}

TEST_CASE("handshake: frames behind the header block -> left in the input", "[websocket]") {
    const Verdict verdict = judge_all_ways(kStatus + kGood + kEnd + "\x81\x05Hello");
    CHECK(verdict.state == State::accepted);
    CHECK(verdict.left == 7);
}

TEST_CASE("handshake: other statuses -> refused, with the status", "[websocket][hostile]") {
    const std::vector<std::pair<std::string, int>> answers{
        {"HTTP/1.1 200 OK\r\n\r\n", 200},
        {"HTTP/1.1 204 No Content\r\n" + kGood + "\r\n", 204},
        {"HTTP/1.1 301 Moved Permanently\r\nLocation: wss://elsewhere.example/\r\n\r\n", 301},
        {"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", 302},
        {"HTTP/1.1 307 Temporary Redirect\r\n\r\n", 307},
        {"HTTP/1.1 308 Permanent Redirect\r\n\r\n", 308},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", 400},
        {"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n", 401},
        {"HTTP/1.0 403 Forbidden\r\n\r\n", 403},
        {"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8\r\n\r\n", 426},
        {"HTTP/1.1 429\r\n\r\n", 429},
        {"HTTP/1.1 503 Service Unavailable\r\n\r\n", 503},
        {"HTTP/1.1 999 Strange\r\n\r\n", 999},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oops\r\n\r\n", 500},
    };
    for (const auto& [text, status] : answers) {
        INFO(text);
        const Verdict verdict = judge_all_ways(text + "<html>body");
        CHECK(verdict.state == State::refused);
        CHECK(verdict.error == HandshakeError::none);
        CHECK(verdict.status == status);
        CHECK(verdict.left == 10);
        CHECK(verdict.subprotocol.empty());
    }
}

TEST_CASE("handshake: an answer that is not all there -> need_more", "[websocket]") {
    const std::string text = kStatus + kGood + kEnd;
    for (std::size_t size = 0; size < text.size(); ++size) {
        CHECK(judge(text.substr(0, size), text.size(), 1).state == State::need_more);
    }
}

TEST_CASE("handshake: Retry-After of a refusal -> seconds or a date", "[websocket]") {
    const auto refused = [](const std::string& headers) {
        HandshakeResponse response(request());
        const Bytes bytes = bytes_of("HTTP/1.1 503 Busy\r\n" + headers + "\r\n");
        std::span<const std::uint8_t> input(bytes);
        REQUIRE(response.consume(input) == State::refused);
        return std::pair(response.retry_after_seconds(), response.retry_after_date());
    };
    using Seconds = std::optional<std::uint32_t>;
    using Date = std::optional<std::int64_t>;
    CHECK(refused("") == std::pair(Seconds(), Date()));
    CHECK(refused("Retry-After: 120\r\n") == std::pair(Seconds(120), Date()));
    CHECK(refused("retry-after:0\r\n") == std::pair(Seconds(0), Date()));
    CHECK(refused("Retry-After: 99999999999999999999\r\n") ==
          std::pair(Seconds(0xFFFF'FFFF), Date()));
    CHECK(refused("Retry-After: -1\r\n") == std::pair(Seconds(), Date()));
    CHECK(refused("Retry-After: 1.5\r\n") == std::pair(Seconds(), Date()));
    CHECK(refused("Retry-After: soon\r\n") == std::pair(Seconds(), Date()));
    CHECK(refused("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n") ==
          std::pair(Seconds(), Date(784'111'777)));
}

TEST_CASE("response head: a proxy's answer to CONNECT -> status and headers", "[websocket]") {
    ResponseHead head;
    const Bytes bytes = bytes_of(
        "HTTP/1.0 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
        "proxy-authenticate: NTLM\r\n\r\nrest");
    std::span<const std::uint8_t> input(bytes);
    CHECK(head.consume(input) == ResponseHead::State::complete);
    CHECK(input.size() == 4);
    CHECK(head.status() == 407);
    CHECK(head.minor_version() == 0);
    CHECK(head.reason() == "Proxy Authentication Required");
    CHECK(head.header_count() == 2);
    CHECK(head.header_name(1) == "proxy-authenticate");
    CHECK(head.header_value(1) == "NTLM");
    CHECK(head.count("Proxy-Authenticate") == 2);
    CHECK(head.find("PROXY-AUTHENTICATE") == "Basic realm=\"x\"");
    CHECK_FALSE(head.find("Proxy").has_value());
    CHECK(head.consume(input) == ResponseHead::State::complete);
    CHECK(input.size() == 4);
}

TEST_CASE("handshake errors: each -> a text of its own", "[websocket]") {
    std::vector<std::string> texts;
    for (int i = 0; i <= static_cast<int>(HandshakeError::bad_extension_parameters); ++i) {
        const std::string text = to_string(static_cast<HandshakeError>(i));
        CHECK(text != "unknown handshake error");
        CHECK(std::find(texts.begin(), texts.end(), text) == texts.end());
        texts.push_back(text);
    }
}

}  // namespace
}  // namespace graceline::websocket::test
