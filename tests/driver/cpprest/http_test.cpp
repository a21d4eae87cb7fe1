// HTTP on its everyday path and against servers that answer badly: pages, statuses, limits.
// Must not test TLS, proxies, time-outs or cancelling; those have their own file.
#include <algorithm>
#include <future>
#include <iostream>

#include "tests/driver/cpprest/http_harness.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {

using driver::HttpFailure;
using driver::HttpRequest;
using driver::HttpResult;

namespace {

constexpr std::size_t kMiB = 1024 * 1024;

driver::HttpSettings small_bodies(std::size_t max_body_bytes) {
    driver::HttpSettings settings;
    settings.max_body_bytes = max_body_bytes;
    return settings;
}

/// Nothing of the request may be found in a text.
void check_text(const HttpResult& result) {
    CHECK_FALSE(result.text.empty());
    for (const char* secret : {"canary", "127.0.0.1", "page", "Bearer"}) {
        CHECK(result.text.find(secret) == std::string::npos);
    }
}

std::string chunked(std::string_view chunks) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(chunks);
}

/// Answers with a beginning and goes on with the same bytes until the client is gone.
ScriptedServer::Script endless(std::string beginning, std::string more) {
    return [beginning = std::move(beginning), more = std::move(more)](ServerConnection& peer) {
        peer.read_head();
        peer.write(beginning);
        for (;;) peer.write(more);
    };
}

}  // namespace

TEST_CASE("http: a page is asked for -> status, body and type, headers at the server", "[http]") {
    std::mutex mutex;
    std::string request;
    ScriptedServer server([&](ServerConnection& connection) {
        for (;;) {
            auto head = connection.read_head();
            {
                const std::lock_guard lock(mutex);
                request = std::move(head);
            }
            connection.write(answer_of("{\"items\":[]}", "200 OK",
                                       "Content-Type: application/json; charset=utf-8\r\n"));
        }
    });
    HttpHarness http;
    HttpRequest wanted;
    wanted.url = url_of(server.port(), "/a//b/%2Fpage;x?after=m%201&limit=30&q=a+b/c?d");
    wanted.headers = {{"Authorization", "Bearer canary"}, {"X-Own", "1"}};
    const auto result = http.fetch(wanted);
    CHECK(result.failure == HttpFailure::none);
    CHECK(result.status == 200);
    CHECK(result.body == "{\"items\":[]}");
    CHECK(result.content_type == "application/json; charset=utf-8");
    CHECK_FALSE(result.retry_after_seconds);
    check_text(result);
    CHECK_FALSE(http.wrong_call());
    const std::lock_guard lock(mutex);
    INFO(request);
    CHECK(request.starts_with("GET /a//b/%2Fpage;x?after=m%201&limit=30&q=a+b/c?d HTTP/1.1\r\n"));
    CHECK(request.find("\r\nHost:127.0.0.1:" + std::to_string(server.port()) + "\r\n") !=
          std::string::npos);
    CHECK(request.find("\r\nAuthorization:Bearer canary\r\n") != std::string::npos);
    CHECK(request.find("\r\nX-Own:1\r\n") != std::string::npos);
    for (const char* unwanted : {"Accept-Encoding", "Proxy-", "Content-Length", "Cookie"}) {
        CHECK(request.find(unwanted) == std::string::npos);
    }
}

TEST_CASE("http: twenty pages of one host, one after the other -> one connection", "[http]") {
    ScriptedServer server(always(answer_of("page")));
    HttpHarness http;
    for (int i = 0; i < 20; ++i) {
        const auto result = http.fetch(url_of(server.port(), "/page?n=" + std::to_string(i)));
        REQUIRE(result.body == "page");
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("http: twelve fetches at once -> all answered, over four connections at most", "[http]") {
    ScriptedServer server(always(chunked("4\r\npage\r\n3;x=y\r\n 12\r\n0\r\n\r\n")));
    HttpHarness http;
    std::vector<driver::HttpFetchId> ids;
    for (int i = 0; i < 12; ++i) ids.push_back(http.start(url_of(server.port())));
    for (const auto id : ids) CHECK(http.wait(id).body == "page 12");
    CHECK(http.results() == 12);
    CHECK(server.connections() <= 4);
}

TEST_CASE("http: five hosts in turn -> idle connections make room", "[http]") {
    std::vector<std::unique_ptr<ScriptedServer>> servers;
    for (int i = 0; i < 5; ++i) {
        servers.push_back(std::make_unique<ScriptedServer>(always(answer_of("page"))));
    }
    HttpHarness http;
    for (int round = 0; round < 2; ++round) {
        for (const auto& server : servers) {
            REQUIRE(http.fetch(url_of(server->port())).body == "page");
        }
    }
    CHECK(wait_lines_released());
}

TEST_CASE("http: more fetches than may wait -> overloaded, the others are answered", "[http]") {
    ScriptedServer server(always(answer_of("page")));
    HttpHarness http;
    std::vector<driver::HttpFetchId> ids(200);
    std::promise<void> started;
    http.loop->post([&] { started.set_value(); });
    started.get_future().wait();
    std::size_t refused = 0;
    // All in one call of the I/O thread, so that none is answered meanwhile.
    std::vector<HttpResult> results;
    std::promise<void> all;
    http.loop->post([&] {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            HttpRequest request;
            request.url = url_of(server.port());
            http.client->start(request, [&](HttpResult result) {
                results.push_back(std::move(result));
                if (results.size() == ids.size()) all.set_value();
            });
        }
    });
    REQUIRE(all.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    for (const auto& result : results) {
        if (result.failure == HttpFailure::overloaded) {
            ++refused;
        } else {
            CHECK(result.body == "page");
        }
    }
    // Four on the wire and 64 that wait.
    CHECK(refused == 200 - 68);
}

TEST_CASE("http: empty, 204 and chunked answers -> read whole", "[http]") {
    const auto [answer, status, body] = GENERATE(table<std::string, int, std::string>({
        {answer_of(""), 200, ""},
        {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
        {chunked("5\r\nhello\r\n0\r\n\r\n"), 200, "hello"},
        {chunked("0\r\n\r\n"), 200, ""},
    }));
    ScriptedServer server(always(answer));
    HttpHarness http;
    for (int i = 0; i < 3; ++i) {
        const auto result = http.fetch(url_of(server.port()));
        CHECK(result.failure == HttpFailure::none);
        CHECK(result.status == status);
        CHECK(result.body == body);
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("http: a body that the end of the connection ends -> read whole", "[http]") {
    ScriptedServer server([](ServerConnection& connection) {
        connection.read_head();
        connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
    });
    HttpHarness http;
    for (int i = 0; i < 3; ++i) CHECK(http.fetch(url_of(server.port())).body == "all of it");
    CHECK(server.connections() == 3);
}

TEST_CASE("http: the server closes an idle connection -> the next page has a new one", "[http]") {
    ScriptedServer server([](ServerConnection& connection) {
        connection.read_head();
        connection.write(answer_of("page"));
    });
    HttpHarness http;
    for (int i = 0; i < 5; ++i) CHECK(http.fetch(url_of(server.port())).body == "page");
    CHECK(server.connections() == 5);
    CHECK(wait_lines_released());
}

TEST_CASE("http: the server closes as the next request comes -> tried again, answered", "[http]") {
    std::atomic<int> connections{0};
    ScriptedServer server([&](ServerConnection& connection) {
        const bool first = ++connections == 1;
        connection.read_head();
        connection.write(answer_of("page"));
        connection.read_head();
        if (!first) connection.write(answer_of("again"));
    });
    HttpHarness http;
    CHECK(http.fetch(url_of(server.port())).body == "page");
    CHECK(http.fetch(url_of(server.port())).body == "page");
    CHECK(http.fetch(url_of(server.port())).body == "again");
    CHECK(connections == 2);
}

TEST_CASE("http: statuses of refusal -> reported with their bodies, no failure", "[http]") {
    const auto status = GENERATE(as<std::string>{}, "400 Bad Request", "401 Unauthorized",
                                 "403 Forbidden", "404 Not Found", "500 Oops", "599 Odd");
    ScriptedServer server(always(answer_of("why", status, "X-Secret: canary\r\n")));
    HttpHarness http;
    const auto result = http.fetch(url_of(server.port(), "/page?token=canary"));
    CHECK(result.failure == HttpFailure::none);
    CHECK(std::to_string(result.status) == status.substr(0, 3));
    CHECK(result.body == "why");
    check_text(result);
}

TEST_CASE("http: Retry-After in both forms -> seconds", "[http]") {
    const auto [status, value, least, most] =
        GENERATE(table<std::string, std::string, std::uint32_t, std::uint32_t>({
            {"429 Too Many Requests", "7", 7, 7},
            {"503 Service Unavailable", "120", 120, 120},
            {"503 Service Unavailable", "Sun, 06 Nov 1994 08:49:37 GMT", 0, 0},
            {"429 Too Many Requests", "Fri, 31 Dec 2100 23:59:59 GMT", 1, 4'294'967'295U},
        }));
    ScriptedServer server(always(answer_of("", status, "Retry-After: " + value + "\r\n")));
    HttpHarness http;
    const auto result = http.fetch(url_of(server.port()));
    CHECK(std::to_string(result.status) == status.substr(0, 3));
    REQUIRE(result.retry_after_seconds);
    CHECK(*result.retry_after_seconds >= least);
    CHECK(*result.retry_after_seconds <= most);
}

TEST_CASE("http: Retry-After that is neither -> absent", "[http]") {
    ScriptedServer server(always(answer_of("", "503 Busy", "Retry-After: soon\r\n")));
    HttpHarness http;
    CHECK_FALSE(http.fetch(url_of(server.port())).retry_after_seconds);
}

TEST_CASE("http: redirects -> reported with their status, never followed", "[http]") {
    ScriptedServer elsewhere(always(answer_of("not to be fetched")));
    const auto status = GENERATE(as<std::string>{}, "301 Moved", "302 Found", "303 See Other",
                                 "307 Temporary", "308 Permanent", "304 Not Modified");
    ScriptedServer server(
        always(answer_of("", status, "Location: " + url_of(elsewhere.port()) + "\r\n")));
    HttpHarness http;
    const auto result = http.fetch(url_of(server.port(), "/page?token=canary"));
    CHECK(result.failure == HttpFailure::redirected);
    CHECK(std::to_string(result.status) == status.substr(0, 3));
    CHECK(result.body.empty());
    check_text(result);
    CHECK(elsewhere.connections() == 0);
}

TEST_CASE("http: a body at the limit -> whole; one byte above -> too_large", "[http]") {
    const bool with_length = GENERATE(true, false);
    const std::size_t size = GENERATE(std::size_t{10'000}, std::size_t{10'001});
    const std::string body(size, 'x');
    ScriptedServer server(always(with_length ? answer_of(body)
                                             : chunked("1388\r\n" + body.substr(0, 5000) + "\r\n" +
                                                       (size == 10'000 ? "1388\r\n" : "1389\r\n") +
                                                       body.substr(5000) + "\r\n0\r\n\r\n")));
    HttpHarness http(small_bodies(20'000));
    HttpRequest request;
    request.url = url_of(server.port());
    request.max_body_bytes = 10'000;
    const auto result = http.fetch(request);
    if (size == 10'000) {
        CHECK(result.failure == HttpFailure::none);
        CHECK(result.body == body);
    } else {
        CHECK(result.failure == HttpFailure::too_large);
        CHECK(result.status == 200);
        CHECK(result.body.empty());
        check_text(result);
    }
}

TEST_CASE("http: a request asks for more than the settings allow -> the settings' limit",
          "[http]") {
    ScriptedServer server(always(answer_of(std::string(2000, 'x'))));
    HttpHarness http(small_bodies(1000));
    HttpRequest request;
    request.url = url_of(server.port());
    request.max_body_bytes = 4000;
    CHECK(http.fetch(request).failure == HttpFailure::too_large);
}

TEST_CASE("http: answers without an end, or that announce too much -> refused in little memory",
          "[http]") {
    const std::string block(64 * 1024, 'x');
    const auto [name, beginning, more] =
        GENERATE_COPY(table<std::string, std::string, std::string>({
            {"announced", "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n", block},
            {"no length", "HTTP/1.1 200 OK\r\n\r\n", block},
            {"chunks", chunked(""), "10000\r\n" + block + "\r\n"},
            {"one chunk of 2 GiB", chunked("7FFFFFF0\r\n"), block},
            {"a chunk header without end", chunked("1;"), block},
            {"a head without end", "HTTP/1.1 200 OK\r\n", "X-More: " + block + "\r\n"},
            {"a status line without end", "HTTP/1.1 200 ", block},
        }));
    ScriptedServer server(endless(beginning, more));
    HttpHarness http(small_bodies(kMiB));
    const auto before = peak_memory_bytes();
    const auto result = http.fetch(url_of(server.port()));
    CHECK(wait_lines_released());
    const auto grown = peak_memory_bytes() - before;
    std::cout << "endless answer, " << name << ": " << grown / 1024 << " KiB more at the peak\n";
    INFO(name);
    CHECK(result.failure == HttpFailure::too_large);
    CHECK(grown < 32 * kMiB);
    CHECK(server.wait_idle());
}

TEST_CASE("http: a body that is cut -> connection_lost", "[http]") {
    const auto answer =
        GENERATE(as<std::string>{}, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhello");
    ScriptedServer server([&](ServerConnection& connection) {
        connection.read_head();
        connection.write(answer);
    });
    HttpHarness http;
    const auto result = http.fetch(url_of(server.port()));
    CHECK(result.failure == HttpFailure::connection_lost);
    CHECK(result.status == 200);
    CHECK(result.body.empty());
    check_text(result);
}

TEST_CASE("http: a reset inside a body without length -> connection_lost, not whole", "[http]") {
    ScriptedServer server([](ServerConnection& connection) {
        connection.read_head();
        connection.write("HTTP/1.1 200 OK\r\n\r\nhalf of");
        connection.reset();
    });
    HttpHarness http;
    CHECK(http.fetch(url_of(server.port())).failure == HttpFailure::connection_lost);
}

TEST_CASE("http: something else than HTTP -> protocol", "[http]") {
    const auto answer = GENERATE(
        as<std::string>{}, "SSH-2.0-OpenSSH_9.2\r\n\r\n", "no line end at all",
        std::string("\0\1\2\3\r\n\r\n", 8), "HTTP/1.1 abc Odd\r\n\r\n",
        "HTTP/1.1 99999 Odd\r\n\r\n", "HTTP/1.1 7 Odd\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n");
    ScriptedServer server([&](ServerConnection& connection) {
        connection.read_head();
        connection.write(answer);
    });
    HttpHarness http;
    const auto result = http.fetch(url_of(server.port()));
    INFO(answer);
    CHECK(result.failure == HttpFailure::protocol);
    CHECK(result.body.empty());
    check_text(result);
}

TEST_CASE("http: chunk sizes that are no sizes -> a failure, and the process lives", "[http]") {
    const auto chunk =
        GENERATE(as<std::string>{}, "-2\r\n", "-1\r\nxx\r\n", "-80000000\r\n",
                 "4\r\nabcd\r\n-2\r\n", "FFFFFFFF\r\n", "FFFFFFFFFFFFFFFFFF\r\n", "\r\n", "zz\r\n");
    ScriptedServer server([&](ServerConnection& connection) {
        connection.read_head();
        connection.write(chunked(chunk) + "abcdefgh\r\n");
    });
    HttpHarness http;
    const auto result = http.fetch(url_of(server.port()));
    INFO(chunk);
    CHECK(result.failure != HttpFailure::none);
    CHECK(result.body.empty());
}

TEST_CASE("http: the server hangs up without a word -> connection_lost", "[http]") {
    ScriptedServer server([](ServerConnection& connection) { connection.read_head(); });
    HttpHarness http;
    const auto result = http.fetch(url_of(server.port(), "/page?token=canary"));
    CHECK(result.failure == HttpFailure::connection_lost);
    CHECK(result.status == 0);
    check_text(result);
}

TEST_CASE("http: bad URLs -> invalid_request that names the rule, nothing is sent", "[http]") {
    const auto [url, rule] = GENERATE(table<std::string, std::string>({
        {"", "scheme"},
        {"ws://127.0.0.1/page?canary", "scheme"},
        {"//127.0.0.1/page", "scheme"},
        {"http:///page?canary", "host"},
        {"http://a b/page", "host"},
        {"http://[abc]/page", "host"},
        {"http://[::1/page", "bracket"},
        {"http://127.0.0.1:0/page", "port"},
        {"http://127.0.0.1:70000/page", "port"},
        {"http://127.0.0.1:8x/page", "port"},
        {"http://[::1]8/page", "port"},
        {"http://me:canary@127.0.0.1/", "credentials"},
        {"http://127.0.0.1/page#canary", "fragment"},
        {"http://127.0.0.1/page?canary=a b", "percent-encoded"},
        {"http://127.0.0.1/page?canary=\r\nX: y", "percent-encoded"},
        {"http://127.0.0.1/page?canary=%zz", "percent-encoded"},
        {"http://127.0.0.1/page?canary=%2", "percent-encoded"},
        {"http://127.0.0.1/page?canary=\"", "percent-encoded"},
        {"http://127.0.0.1/page?" + std::string(8192, 'x'), "8192"},
    }));
    HttpHarness http;
    const auto result = http.fetch(url);
    INFO(url);
    CHECK(result.failure == HttpFailure::invalid_request);
    CHECK(result.status == 0);
    CHECK(result.text.find(rule) != std::string::npos);
    CHECK(result.text.find("canary") == std::string::npos);
    CHECK_FALSE(http.wrong_call());
}

TEST_CASE("http: bad headers or time-outs -> invalid_request, nothing is sent", "[http]") {
    ScriptedServer server(always(answer_of("page")));
    HttpRequest request;
    request.url = url_of(server.port());
    SECTION("CR and LF") {
        request.headers = {{"X-A", "canary\r\nX-B: c"}};
    }
    SECTION("NUL") {
        request.headers = {{"X-A", std::string("can\0ary", 7)}};
    }
    SECTION("name") {
        request.headers = {{"X A", "canary"}};
    }
    SECTION("no name") {
        request.headers = {{"", "canary"}};
    }
    SECTION("Host") {
        request.headers = {{"Host", "canary"}};
    }
    SECTION("Transfer-Encoding") {
        request.headers = {{"transfer-encoding", "chunked"}};
    }
    SECTION("Accept-Encoding") {
        request.headers = {{"Accept-Encoding", "gzip"}};
    }
    SECTION("too many") {
        request.headers.assign(65, {"X-A", "canary"});
    }
    SECTION("negative time-out") {
        request.timeout = std::chrono::seconds(-1);
    }
    SECTION("endless time-out") {
        request.timeout = std::chrono::hours(1);
    }
    HttpHarness http;
    const auto result = http.fetch(request);
    CHECK(result.failure == HttpFailure::invalid_request);
    CHECK(result.text.find("canary") == std::string::npos);
    CHECK(server.connections() == 0);
}

TEST_CASE("http: a port where nobody listens -> unreachable", "[http]") {
    std::uint16_t port = 0;
    { port = ScriptedServer(always("")).port(); }
    HttpHarness http;
    const auto result = http.fetch(url_of(port, "/page?token=canary"));
    CHECK(result.failure == HttpFailure::unreachable);
    CHECK(result.status == 0);
    check_text(result);
}

}  // namespace graceline::tests
