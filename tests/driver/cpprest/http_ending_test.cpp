// How an HTTP exchange ends that does not end by itself: time-outs, cancelling, destroying, TLS.
// Must not assert times that a busy machine can miss: they are printed, with generous bounds.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <future>
#include <iostream>
#include <mutex>
#include <thread>

#include "tests/driver/cpprest/http_harness.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {

using driver::HttpFailure;
using driver::HttpRequest;
using driver::HttpResult;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

double ms_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

const Certificate& authority() {
    static const Certificate made = make_certificate({.common_name = "test CA", .authority = true});
    return made;
}

ScriptedServer::Options tls_server(const std::string& names = "IP:127.0.0.1") {
    ScriptedServer::Options options;
    options.certificate = make_certificate({.alternative_names = names}, &authority());
    return options;
}

driver::HttpSettings trusting(const std::string& ca_pem) {
    driver::HttpSettings settings;
    settings.tls.use_system_store = false;
    settings.tls.ca_pem = ca_pem;
    return settings;
}

HttpRequest request_for(std::string url, engine::Duration timeout = {}) {
    HttpRequest request;
    request.url = std::move(url);
    request.timeout = timeout;
    return request;
}

/// A port whose connections hang: the queue of who is not accepted is full.
class FullListener {
  public:
    FullListener() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(listener_, 0);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        for (int& filler : fillers_) {
            filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            static_cast<void>(
                ::connect(filler, reinterpret_cast<sockaddr*>(&address), sizeof address));
        }
    }
    ~FullListener() {
        for (const int filler : fillers_) ::close(filler);
        ::close(listener_);
    }
    FullListener(const FullListener&) = delete;
    FullListener& operator=(const FullListener&) = delete;
    std::uint16_t port() const { return port_; }

  private:
    int listener_ = -1;
    int fillers_[4] = {};
    std::uint16_t port_ = 0;
};

void freeze_at_once(ServerConnection& connection) {
    connection.freeze();
}

void freeze_after_head(ServerConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf of it");
    connection.freeze();
}

void freeze_with_full_pipes(ServerConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" +
                     std::string(300'000, 'x'));
    connection.freeze();
}

}  // namespace

TEST_CASE("http: a server that says nothing, or stops in the middle -> timeout in time", "[http]") {
    const bool tls = GENERATE(false, true);
    const auto script = GENERATE(as<ScriptedServer::Script>{}, freeze_at_once, freeze_after_head);
    ScriptedServer server(script, tls ? tls_server() : ScriptedServer::Options{});
    HttpHarness http(trusting(authority().certificate_pem));
    const auto begin = Clock::now();
    const auto result = http.fetch(
        request_for(url_of(server.port(), "/page?token=canary", tls), milliseconds(300)));
    const double took = ms_since(begin);
    std::cout << "time-out of 300 ms: " << took << " ms\n";
    CHECK(result.failure == HttpFailure::timeout);
    CHECK(result.text.find("canary") == std::string::npos);
    CHECK(took >= 300);
    CHECK(took < 5'000);
    CHECK(wait_lines_released());
}

TEST_CASE("http: a server that sends a byte now and then -> timeout of the whole exchange",
          "[http]") {
    ScriptedServer server([](ServerConnection& connection) {
        connection.read_head();
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        for (;;) {
            connection.write("x");
            std::this_thread::yield();
        }
    });
    HttpHarness http;
    const auto result = http.fetch(request_for(url_of(server.port()), milliseconds(300)));
    // A fast machine comes to the end of the body within the time.
    CHECK((result.failure == HttpFailure::timeout || result.body.size() == 1'000'000));
}

TEST_CASE("http: a connection that does not come about -> timeout in time", "[http]") {
    const FullListener nobody;
    HttpHarness http;
    const auto begin = Clock::now();
    const auto result = http.fetch(request_for(url_of(nobody.port()), milliseconds(300)));
    CHECK(result.failure == HttpFailure::timeout);
    CHECK(ms_since(begin) < 5'000);
    CHECK(wait_lines_released());
}

TEST_CASE("http: fetches that wait behind a frozen server -> their time runs too", "[http]") {
    ScriptedServer server(freeze_at_once);
    HttpHarness http;
    std::vector<driver::HttpFetchId> ids;
    for (int i = 0; i < 10; ++i) {
        ids.push_back(http.start(request_for(url_of(server.port()), milliseconds(300))));
    }
    const auto begin = Clock::now();
    for (const auto id : ids) CHECK(http.wait(id).failure == HttpFailure::timeout);
    CHECK(ms_since(begin) < 5'000);
    CHECK(wait_lines_released());
}

TEST_CASE("http: cancel, whatever the fetch is doing -> silent, and the next one works", "[http]") {
    ScriptedServer good(always(answer_of("page")));
    const FullListener nobody;
    std::promise<void> reached;
    std::once_flag once;
    const bool head = GENERATE(true, false);
    ScriptedServer frozen([&](ServerConnection& connection) {
        connection.read_head();
        if (head) connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        std::call_once(once, [&] { reached.set_value(); });
        connection.freeze();
    });
    HttpHarness http;
    const auto connecting = http.start(url_of(nobody.port()));
    const auto reading = http.start(url_of(frozen.port()));
    const auto at_once = http.start(url_of(good.port()));
    http.cancel(at_once);
    reached.get_future().wait();
    http.cancel(reading);
    http.cancel(connecting);
    http.cancel(connecting);
    http.cancel(0);
    http.cancel(999);
    CHECK(http.fetch(url_of(good.port())).body == "page");
    CHECK(wait_lines_released());
    // The good answer may have been on its way already; it went nowhere.
    CHECK(http.results() == 1);
    CHECK_FALSE(http.wrong_call());
}

TEST_CASE("http: cancel a fetch whose answer is on its way -> silent, every time", "[http]") {
    ScriptedServer server(always(answer_of("page")));
    HttpHarness http;
    for (int i = 0; i < 100; ++i) {
        const auto id = http.start(url_of(server.port()));
        for (int spin = 0; spin < i % 10; ++spin) std::this_thread::yield();
        const auto before = http.results();
        http.cancel(id);
        const auto after = http.results();
        CHECK(http.fetch(url_of(server.port())).body == "page");
        // At most one callback came meanwhile, and it came before cancel().
        CHECK(after - before <= 1);
        CHECK(http.results() == after + 1);
    }
    CHECK(wait_lines_released());
}

TEST_CASE("http: destroy with frozen servers -> at once, silent, all released", "[http]") {
    const bool tls = GENERATE(false, true);
    const auto script =
        GENERATE(as<ScriptedServer::Script>{}, freeze_at_once, freeze_with_full_pipes);
    ScriptedServer server(script, tls ? tls_server() : ScriptedServer::Options{});
    HttpHarness http(trusting(authority().certificate_pem));
    for (int i = 0; i < 6; ++i) http.start(url_of(server.port(), "/", tls));
    // Those that got through to a frozen server have a connection there.
    while (server.connections() < 4) std::this_thread::yield();
    const double took = http.destroy();
    const auto begin = Clock::now();
    REQUIRE(wait_lines_released());
    std::cout << "destroyed with four frozen connections" << (tls ? ", TLS" : "") << ": " << took
              << " ms, released after " << ms_since(begin) << " ms\n";
    CHECK(took < 1'000);
    CHECK(http.results() == 0);
}

TEST_CASE("http: destroy on another thread, and inside a callback -> silent", "[http]") {
    ScriptedServer server(always(answer_of("page")));
    HttpHarness http;
    SECTION("another thread") {
        for (int i = 0; i < 8; ++i) http.start(url_of(server.port()));
        http.client = nullptr;
        CHECK(wait_lines_released());
    }
    SECTION("inside a callback") {
        std::promise<void> first;
        http.hook = [&](const HttpResult&) {
            http.client = nullptr;
            first.set_value();
        };
        std::promise<void> started;
        http.loop->post([&] {
            for (int i = 0; i < 8; ++i) {
                http.client->start(request_for(url_of(server.port())),
                                   [&](const HttpResult& result) { http.hook(result); });
            }
        });
        REQUIRE(first.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
        // A second call would set the promise again, and throw.
        CHECK(wait_lines_released());
    }
}

TEST_CASE("http: the next page is started inside a callback -> answered", "[http]") {
    ScriptedServer server(always(answer_of("page")));
    HttpHarness http;
    std::promise<std::string> second;
    http.hook = [&](const HttpResult&) {
        http.client->start(request_for(url_of(server.port())),
                           [&](const HttpResult& result) { second.set_value(result.body); });
    };
    http.fetch(url_of(server.port()));
    CHECK(second.get_future().get() == "page");
    CHECK(server.connections() == 1);
}

TEST_CASE("http: TLS with an own CA -> pages over one connection, the server's name sent",
          "[http]") {
    ScriptedServer server(always(answer_of("page")), tls_server("IP:127.0.0.1,DNS:localhost"));
    HttpHarness http(trusting(authority().certificate_pem));
    for (int i = 0; i < 5; ++i) {
        const auto result = http.fetch(url_of(server.port(), "/", true));
        CHECK(result.text.find("200") != std::string::npos);
        CHECK(result.body == "page");
    }
    CHECK(server.connections() == 1);
    CHECK(http.fetch("https://localhost:" + std::to_string(server.port())).body == "page");
}

TEST_CASE("http: certificates that are not to be trusted -> certificate_refused, nothing sent",
          "[http]") {
    std::atomic<bool> asked{false};
    const auto script = [&](ServerConnection& connection) {
        connection.read_head();
        asked = true;
    };
    auto options = tls_server();
    auto settings = trusting(authority().certificate_pem);
    std::string host = "127.0.0.1";
    SECTION("another CA") {
        settings.tls.ca_pem = make_certificate({.authority = true}).certificate_pem;
    }
    SECTION("the system's store alone") {
        settings.tls.use_system_store = true;
        settings.tls.ca_pem.clear();
    }
    SECTION("another host") {
        options = tls_server("IP:127.0.0.2,DNS:example.org");
    }
    SECTION("another name") {
        host = "localhost";
    }
    SECTION("the name in the common name only") {
        options.certificate = make_certificate({.common_name = "localhost"}, &authority());
        host = "localhost";
    }
    SECTION("out of date") {
        options.certificate = make_certificate({.alternative_names = "IP:127.0.0.1",
                                                .valid_from_seconds = -7200,
                                                .valid_to_seconds = -3600},
                                               &authority());
    }
    SECTION("no pin fits") {
        settings.tls.pins = {driver::PublicKeyPin{}};
    }
    ScriptedServer server(script, options);
    HttpHarness http(settings);
    const auto result =
        http.fetch("https://" + host + ":" + std::to_string(server.port()) + "/?token=canary");
    CHECK(result.failure == HttpFailure::certificate_refused);
    CHECK(result.text.find("canary") == std::string::npos);
    CHECK(server.wait_idle());
    CHECK_FALSE(asked);
}

TEST_CASE("http: pins, client certificate, server name, verification off -> honoured", "[http]") {
    auto options = tls_server();
    auto settings = trusting(authority().certificate_pem);
    SECTION("the pin fits") {
        settings.tls.pins = {{}, options.certificate->pin};
    }
    SECTION("client certificate") {
        const auto client = make_certificate({}, &authority());
        options.client_authority_pem = authority().certificate_pem;
        settings.tls.client_certificate_pem = client.certificate_pem;
        settings.tls.client_key_pem = client.key_pem;
    }
    SECTION("server name") {
        options = tls_server("DNS:history.example");
        settings.tls.server_name = "history.example";
    }
    SECTION("verification off") {
        options = tls_server("DNS:other.example");
        settings.tls.verify = false;
        settings.tls.ca_pem.clear();
    }
    SECTION("TLS 1.2") {
        options.only_tls12 = true;
    }
    ScriptedServer server(always(answer_of("page")), options);
    HttpHarness http(settings);
    const auto result = http.fetch(url_of(server.port(), "/", true));
    INFO(result.text);
    CHECK(result.body == "page");
}

TEST_CASE("http: TLS that cannot come about -> tls, with a text that names a bad setting",
          "[http]") {
    ScriptedServer plain([](ServerConnection& connection) {
        connection.write("HTTP/1.1 400 This is plain HTTP\r\n\r\n");
        connection.wait_until_gone();
    });
    auto settings = trusting(authority().certificate_pem);
    std::string rule = "handshake";
    SECTION("the server does not speak TLS") {}
    SECTION("a CA that is none") {
        settings.tls.ca_pem = "canary";
        rule = "CA";
    }
    SECTION("a client certificate without its key") {
        settings.tls.client_certificate_pem = authority().certificate_pem;
        rule = "key";
    }
    HttpHarness http(settings);
    const auto result = http.fetch(url_of(plain.port(), "/", true));
    CHECK(result.failure == HttpFailure::tls);
    CHECK(result.text.find(rule) != std::string::npos);
    CHECK(result.text.find("canary") == std::string::npos);
}

TEST_CASE("http: TLS body without length, ended without close_notify -> connection_lost",
          "[http]") {
    const bool polite = GENERATE(true, false);
    ScriptedServer server(
        [&](ServerConnection& connection) {
            connection.read_head();
            connection.write("HTTP/1.1 200 OK\r\n\r\nall of it");
            if (polite) connection.say_goodbye();
        },
        tls_server());
    HttpHarness http(trusting(authority().certificate_pem));
    const auto result = http.fetch(url_of(server.port(), "/", true));
    if (polite) {
        CHECK(result.body == "all of it");
    } else {
        CHECK(result.failure == HttpFailure::connection_lost);
    }
}

TEST_CASE("http: through a proxy with credentials -> tunnel for https, absolute form for http",
          "[http]") {
    const bool tls = GENERATE(false, true);
    ScriptedServer server(always(answer_of("page")),
                          tls ? tls_server() : ScriptedServer::Options{});
    const auto port = std::to_string(server.port());
    std::mutex mutex;
    std::string seen;
    ScriptedServer proxy([&](ServerConnection& connection) {
        auto head = connection.read_head();
        {
            const std::lock_guard lock(mutex);
            seen = std::move(head);
        }
        if (tls) {
            connection.write("HTTP/1.1 200 Connected\r\n\r\n");
            connection.splice_to(server.port());
        } else {
            connection.write(answer_of("page"));
        }
    });
    auto settings = trusting(authority().certificate_pem);
    settings.proxy = {"127.0.0.1", proxy.port(), "me", "secret"};
    HttpHarness http(settings);
    HttpRequest request = request_for(url_of(server.port(), "/p?q=1", tls));
    request.headers = {{"Authorization", "Bearer canary"}};
    const auto result = http.fetch(request);
    INFO(result.text);
    CHECK(result.body == "page");
    const std::lock_guard lock(mutex);
    INFO(seen);
    CHECK(seen.starts_with(tls ? "CONNECT 127.0.0.1:" + port + " HTTP/1.1\r\n"
                               : "GET http://127.0.0.1:" + port + "/p?q=1 HTTP/1.1\r\n"));
    // Tunnels are ours, the absolute form is cpprestsdk's: it sets no space.
    CHECK(seen.find((tls ? "Host: 127.0.0.1:" : "Host:127.0.0.1:") + port + "\r\n") !=
          std::string::npos);
    CHECK(seen.find((tls ? "Proxy-Authorization: " : "Proxy-Authorization:") +
                    std::string("Basic bWU6c2VjcmV0\r\n")) != std::string::npos);
    // The token is for the server: inside the tunnel when there is one.
    CHECK((seen.find("canary") == std::string::npos) == tls);
}

TEST_CASE("http: the proxy refuses, or is not there -> unreachable, or its own answer", "[http]") {
    ScriptedServer proxy(always(answer_of("", "407 Proxy Authentication Required")));
    auto settings = trusting(authority().certificate_pem);
    settings.proxy = {"127.0.0.1", proxy.port(), "me", "secret"};
    HttpHarness http(settings);
    const auto refused = http.fetch("https://127.0.0.1:9/p?token=canary");
    CHECK(refused.failure == HttpFailure::unreachable);
    CHECK(refused.text.find("407") != std::string::npos);
    CHECK(http.fetch("http://127.0.0.1:9/p?token=canary").status == 407);
    settings.proxy.port = 1;
    HttpHarness without(settings);
    const auto absent = without.fetch("http://127.0.0.1:9/p?token=canary");
    CHECK(absent.failure == HttpFailure::unreachable);
    CHECK(absent.text.find("proxy") != std::string::npos);
    settings.proxy.user = "me\r\nX: y";
    settings.proxy.password.clear();
    HttpHarness broken(settings);
    CHECK(broken.fetch("http://127.0.0.1:9/").failure == HttpFailure::unreachable);
}

}  // namespace graceline::tests
