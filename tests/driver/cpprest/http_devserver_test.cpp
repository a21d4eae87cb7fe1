// The HTTP client against the dev server (Boost.Beast): an HTTP server that we did not write here.
// Must not use time but for the time-outs of the requests.
#include <fstream>
#include <sstream>

#include "tests/driver/cpprest/http_harness.hpp"
#include "tests/servers/devserver.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {

using driver::HttpFailure;
using driver::HttpRequest;

namespace {

std::string url_at(const DevServer& server, const std::string& target) {
    return (server.tls() ? "https://localhost:" : "http://127.0.0.1:") +
           std::to_string(server.port()) + target;
}

driver::HttpSettings settings_for(const DevServer& server) {
    driver::HttpSettings settings;
    settings.tls.use_system_store = false;
    if (server.tls()) {
        std::ifstream file(server.certificate_file());
        std::stringstream pem;
        pem << file.rdbuf();
        settings.tls.ca_pem = pem.str();
    }
    return settings;
}

}  // namespace

TEST_CASE("http: pages of the dev server's history -> the published messages, one connection",
          "[http]") {
    const bool tls = GENERATE(false, true);
    const DevServer server(tls ? std::vector<std::string>{"--tls-self-signed"}
                               : std::vector<std::string>{});
    for (int i = 0; i < 30; ++i) server.publish("a", "message " + std::to_string(i));
    HttpHarness http(settings_for(server));
    const auto newest = http.fetch(url_at(server, "/messages?conversation=a&limit=10"));
    INFO(newest.text);
    REQUIRE(newest.status == 200);
    CHECK(newest.content_type.find("json") != std::string::npos);
    CHECK(newest.body.find("\"message 29\"") != std::string::npos);
    CHECK(newest.body.find("\"message 19\"") == std::string::npos);
    const auto all = http.fetch(url_at(server, "/messages?conversation=a&limit=100"));
    CHECK(all.body.find("\"message 0\"") != std::string::npos);
    CHECK(http.fetch(url_at(server, "/conversations?limit=20")).body.find("\"a\"") !=
          std::string::npos);
    CHECK(server.stats().connections_total == 1);
}

TEST_CASE("http: the dev server refuses -> its status, and how long to wait", "[http]") {
    const DevServer server({"--token", "canary"});
    HttpHarness http(settings_for(server));
    CHECK(http.fetch(url_at(server, "/messages?conversation=a")).status == 401);
    HttpRequest request;
    request.url = url_at(server, "/messages?conversation=a&after=nothing");
    request.headers = {{"Authorization", "Bearer canary"}};
    CHECK(http.fetch(request).status == 404);
    request.url = url_at(server, "/messages?conversation=a&limit=x");
    CHECK(http.fetch(request).status == 400);
    request.url = url_at(server, "/messages?conversation=a");
    CHECK(http.fetch(request).status == 200);
    server.faults(R"({"http_status":{"code":503,"retry_after":17,"count":1}})");
    const auto throttled = http.fetch(request);
    CHECK(throttled.status == 503);
    CHECK(throttled.retry_after_seconds == 17U);
    CHECK(http.fetch(request).status == 200);
}

TEST_CASE("http: the dev server falls silent, then works again -> timeout, then the page",
          "[http]") {
    const DevServer server;
    HttpHarness http(settings_for(server));
    HttpRequest request;
    request.url = url_at(server, "/messages?conversation=a");
    REQUIRE(http.fetch(request).status == 200);
    request.timeout = std::chrono::milliseconds(300);
    server.faults(R"({"black_hole":"all"})");
    CHECK(http.fetch(request).failure == HttpFailure::timeout);
    server.reset_faults();
    request.timeout = {};
    CHECK(http.fetch(request).status == 200);
    server.faults(R"({"refuse":true})");
    HttpHarness fresh(settings_for(server));
    // The reset comes before or after we know of the connection.
    const auto reset = fresh.fetch(request).failure;
    CHECK((reset == HttpFailure::connection_lost || reset == HttpFailure::unreachable));
    server.faults(R"({"refuse":"port"})");
    HttpHarness late(settings_for(server));
    CHECK(late.fetch(request).failure == HttpFailure::unreachable);
}

}  // namespace graceline::tests
