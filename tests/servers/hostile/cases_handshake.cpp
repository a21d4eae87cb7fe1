// The answer to the upgrade: status lines, headers, what was not asked for, statuses.
// Must not hold parameters of permessage-deflate (cases_deflate.cpp).
#include "tests/servers/hostile/cases.hpp"
#include "tests/servers/hostile/raw_server.hpp"

namespace graceline::tests::hostile {
namespace {

constexpr const char* kCategory = "handshake";
constexpr const char* kStatus = "HTTP/1.1 101 Switching Protocols\r\n";
constexpr const char* kUpgrade = "Upgrade: websocket\r\n";
constexpr const char* kConnection = "Connection: Upgrade\r\n";
constexpr const char* kStatusLine = "malformed HTTP status line";
constexpr const char* kVersion = "HTTP version other than 1.1";
constexpr const char* kMalformed = "malformed HTTP header";
constexpr const char* kNoUpgrade = "answer without Upgrade: websocket";
constexpr const char* kNoConnection = "answer without Connection: Upgrade";
constexpr const char* kAccept = "Sec-WebSocket-Accept missing, repeated or wrong";
constexpr const char* kSubprotocol = "subprotocol that was not offered";
constexpr const char* kExtension = "extension that was not offered";
constexpr const char* kParameters = "extension parameters that do not fit the offer";
constexpr const char* kTooLarge = "HTTP header block above the size limit";
constexpr const char* kTooMany = "too many HTTP headers";

std::string accept_line(const std::string& request) {
    return "Sec-WebSocket-Accept: " + accept_for(request) + "\r\n";
}

Case invalid(std::string name, std::string text) {
    Case one;
    one.category = kCategory;
    one.name = std::move(name);
    one.end = End::terminal;
    one.reason = GRACELINE_REASON_HANDSHAKE_INVALID;
    one.text = std::move(text);
    one.subprotocols = {"chat", "v2.feed"};
    return one;
}

/// An answer that is wrong from this text on, whatever was asked.
Case plain(std::string name, std::string answer, std::string text) {
    Case one = invalid(std::move(name), std::move(text));
    one.answer = [answer = std::move(answer)](const std::string&) { return answer; };
    return one;
}

/// A good answer with these lines more.
Case more(std::string name, std::string lines, std::string text) {
    Case one = invalid(std::move(name), std::move(text));
    one.answer_lines = std::move(lines);
    return one;
}

/// 101 with these lines, behind which the right Sec-WebSocket-Accept stands where wanted.
Case lines(std::string name, std::string headers, bool accept, std::string text) {
    Case one = invalid(std::move(name), std::move(text));
    one.answer = [headers = std::move(headers), accept](const std::string& request) {
        return kStatus + headers + (accept ? accept_line(request) : "") + "\r\n";
    };
    return one;
}

Case status(int code, std::string headers, End end,
            graceline_reason reason = GRACELINE_REASON_HTTP_STATUS) {
    Case one = plain(
        "status " + std::to_string(code) + " " + headers,
        "HTTP/1.1 " + std::to_string(code) + " Some Words\r\n" + headers + "\r\n<html>body</html>",
        "answered the upgrade with status " + std::to_string(code));
    one.end = end;
    one.reason = reason;
    one.http_status = code;
    return one;
}

void add_status_lines(Cases& cases) {
    const std::string end = "\r\n";
    for (const char* line :
         {"SSH-2.0-OpenSSH_9.2", " HTTP/1.1 101 OK", "http/1.1 101 OK", "HTTP/1.1", "HTTP/1.1 ",
          "HTTP/1.1 10 X", "HTTP/1.1 1010", "HTTP/1.1 1O1 X", "HTTP/1.1 000 X", "HTTP/1.1  101 X",
          "HTTP/1.1\t101 X", "HTTP/11 101 XX", "HTTP/1.10 101 X", "HTTP/1.1 101 \x01"}) {
        cases.push_back(plain(std::string("status line '") + line + "'", line + end, kStatusLine));
    }
    cases.push_back(
        plain("a TLS alert", std::string("\x15\x03\x01\x00\x02\x02\x46", 7), kStatusLine));
    cases.push_back(plain("an empty line first", end + kStatus, kStatusLine));
    cases.push_back(plain("bare LF in the status line", "HTTP/1.1 101 X\n", kStatusLine));
    cases.push_back(plain("a WebSocket frame for an answer", text_frame("hello"), kStatusLine));
    for (const char* version : {"HTTP/1.2", "HTTP/0.9", "HTTP/2.0"}) {
        cases.push_back(plain(version, std::string(version) + " 101 X\r\n", kVersion));
    }
    Case old = invalid("HTTP/1.0", kVersion);
    old.answer = [](const std::string& request) {
        return std::string("HTTP/1.0 101 X\r\n") + kUpgrade + kConnection + accept_line(request) +
               "\r\n";
    };
    cases.push_back(old);
}

void add_header_lines(Cases& cases) {
    const std::string nul(1, '\0');
    for (const std::string& line : std::vector<std::string>{
             "X-A: b\r\n c\r\n", "X-A: b\r\n\tc\r\n", "X-A: b\n", "X-A: b\rc\r\n", "X-A: b\r\r\n",
             "X-A: b" + nul + "\r\n", "X" + nul + ": b\r\n", "X-A: \x1b[31m\r\n", "X-A: \x7f\r\n",
             "nonsense\r\n", ": value\r\n", "X-A : b\r\n", "X A: b\r\n", "X/A: b\r\n",
             "X-\xC3\xBC: b\r\n", "\"X\": b\r\n"}) {
        cases.push_back(more("header line " + std::to_string(cases.size()), line, kMalformed));
    }
}

void add_upgrades(Cases& cases) {
    const std::string upgrade = kUpgrade;
    const std::string connection = kConnection;
    cases.push_back(lines("no headers", "", false, kNoUpgrade));
    cases.push_back(lines("no Upgrade", connection, true, kNoUpgrade));
    cases.push_back(lines("Upgrade: h2c", "Upgrade: h2c\r\n" + connection, true, kNoUpgrade));
    cases.push_back(lines("Upgrade empty", "Upgrade:\r\n" + connection, true, kNoUpgrade));
    cases.push_back(lines("Upgrade twice", upgrade + upgrade + connection, true, kNoUpgrade));
    cases.push_back(lines("Upgrade with a version", "Upgrade: websocket/13\r\n" + connection, true,
                          kNoUpgrade));
    cases.push_back(lines("no Connection", upgrade, true, kNoConnection));
    cases.push_back(
        lines("Connection: close", upgrade + "Connection: close\r\n", true, kNoConnection));
    cases.push_back(
        lines("Connection: upgraded", upgrade + "Connection: upgraded\r\n", true, kNoConnection));
    const std::string both = upgrade + connection;
    cases.push_back(lines("no accept", both, false, kAccept));
    cases.push_back(lines("accept empty", both + "Sec-WebSocket-Accept:\r\n", false, kAccept));
    cases.push_back(lines("accept of another key",
                          both + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", false,
                          kAccept));
    cases.push_back(more("accept twice", "Sec-WebSocket-Accept: x\r\n", kAccept));
    Case key = invalid("accept is the key itself", kAccept);
    key.answer = [both](const std::string& request) {
        return kStatus + both + "Sec-WebSocket-Accept: " + header_of(request, "Sec-WebSocket-Key") +
               "\r\n\r\n";
    };
    cases.push_back(key);
    Case chosen = more("subprotocol that was offered", "Sec-WebSocket-Protocol: v2.feed\r\n", "");
    chosen.end = End::stays_up;
    chosen.reason = GRACELINE_REASON_NONE;
    cases.push_back(chosen);
    for (const char* line : {"soap\r\n", "Chat\r\n", "\r\n", "chat, v2.feed\r\n",
                             "chat\r\nSec-WebSocket-Protocol: chat\r\n"}) {
        cases.push_back(more(std::string("subprotocol ") + line,
                             std::string("Sec-WebSocket-Protocol: ") + line, kSubprotocol));
    }
    cases.push_back(more("permessage-deflate without an offer", kDeflateAnswer, kExtension));
    cases.push_back(more("unknown extension", "Sec-WebSocket-Extensions: x-other\r\n", kExtension));
    cases.push_back(more("extension empty", "Sec-WebSocket-Extensions:\r\n", kParameters));
}

void add_sizes(Cases& cases) {
    std::string hundred;
    for (int i = 0; i < 97; ++i) hundred += "X-" + std::to_string(i) + ": y\r\n";
    Case fits = more("100 headers", hundred, "");
    fits.end = End::stays_up;
    fits.reason = GRACELINE_REASON_NONE;
    cases.push_back(fits);
    cases.push_back(more("101 headers", hundred + "X-97: y\r\n", kTooMany));
    cases.push_back(
        more("a header of 20,000 bytes", "X: " + std::string(20'000, 'y') + "\r\n", kTooLarge));
    cases.push_back(
        plain("a status line without end", "HTTP/1.1 101 " + std::string(20'000, 'y'), kTooLarge));
    std::string interim;
    while (interim.size() < 20'000) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    cases.push_back(plain("interim answers without end", interim, kTooLarge));
    Case one_interim = invalid("one interim answer first", "");
    one_interim.end = End::stays_up;
    one_interim.reason = GRACELINE_REASON_NONE;
    one_interim.answer = [](const std::string& request) {
        return "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" + good_answer(request);
    };
    cases.push_back(one_interim);
    Case gone = plain("gone before it answers", "", "closed the connection before it answered");
    gone.hangs_up = true;
    gone.end = End::retried;
    gone.reason = GRACELINE_REASON_CONNECTION_LOST;
    cases.push_back(gone);
    gone.name = "gone inside the headers";
    gone.answer = [](const std::string&) { return std::string(kStatus) + kUpgrade; };
    cases.push_back(gone);
}

void add_statuses(Cases& cases) {
    for (const int code : {200, 204, 301, 302, 307, 308, 400, 404, 407, 410, 426}) {
        cases.push_back(status(code, "", End::terminal));
    }
    cases.push_back(status(302, "Location: ws://127.0.0.1:1/\r\n", End::terminal));
    for (const int code : {401, 403}) {
        cases.push_back(status(code, "", End::terminal, GRACELINE_REASON_AUTH_REFUSED));
    }
    for (const int code : {408, 425, 500, 502, 504, 599}) {
        cases.push_back(status(code, "", End::retried));
    }
    for (const int code : {429, 503}) {
        cases.push_back(status(code, "", End::throttled));
        cases.push_back(status(code, "Retry-After: 7\r\n", End::throttled));
        cases.push_back(status(code, "Retry-After: soon\r\n", End::throttled));
        cases.push_back(status(code, "Retry-After: -5\r\n", End::throttled));
        cases.push_back(status(code, "Retry-After: 99999999999999999999\r\n", End::throttled));
    }
    cases.push_back(status(500, "Retry-After: 3\r\n", End::throttled));
}

}  // namespace

Cases handshake_cases() {
    Cases cases;
    add_status_lines(cases);
    add_header_lines(cases);
    add_upgrades(cases);
    add_sizes(cases);
    add_statuses(cases);
    return cases;
}

}  // namespace graceline::tests::hostile
