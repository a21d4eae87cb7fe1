// The way through an HTTP proxy: what is said, what answers mean, TLS inside the tunnel.
// Must not need a real proxy: the scripted peer plays proxy and server in one.
#include "core/driver/proxy_tunnel.hpp"

#include "tests/driver/support/certificates.hpp"
#include "tests/driver/support/harness.hpp"
#include "tests/driver/support/peer.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {
namespace {

using engine::Reason;

driver::TransportSettings proxied_settings(std::uint16_t proxy_port) {
    driver::TransportSettings settings = plain_settings(1234);
    settings.host = "service.example";
    settings.host_header = "service.example:1234";
    settings.proxy.host = "127.0.0.1";
    settings.proxy.port = proxy_port;
    return settings;
}

driver::TransportFailure answer_connect(std::string_view answer) {
    Listener listener;
    Harness harness(transport_kinds().front(), proxied_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    peer.read_until("\r\n\r\n");
    if (answer.empty()) {
        peer.close();
    } else {
        peer.write(answer);
    }
    REQUIRE(harness.recorder().wait_ended());
    CHECK_FALSE(harness.recorder().record().opened);
    return *harness.recorder().record().ended;
}

}  // namespace

TEST_CASE("proxy: answers 200 -> the upgrade goes through, the name is not resolved here",
          "[driver]") {
    Listener listener;
    Harness harness(transport_kinds().front(), proxied_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    const std::string request = peer.read_until("\r\n\r\n");
    CHECK(request == "CONNECT service.example:1234 HTTP/1.1\r\nHost: service.example:1234\r\n\r\n");
    peer.write("HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
    const std::string upgrade = peer.upgrade({}, server_text("through"));
    CHECK(upgrade.find("\r\nHost: service.example:1234\r\n") != std::string::npos);
    CHECK(harness.recorder().wait_messages(1));
}

TEST_CASE("proxy: with credentials -> Basic, to the proxy only", "[driver]") {
    Listener listener;
    driver::TransportSettings settings = proxied_settings(listener.port());
    settings.proxy.user = "Aladdin";
    settings.proxy.password = "open sesame";
    Harness harness(transport_kinds().front(), settings);
    harness.open();
    Peer peer = listener.accept();
    const std::string request = peer.read_until("\r\n\r\n");
    // The example of RFC 7617.
    CHECK(request.find("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") !=
          std::string::npos);
    peer.write("HTTP/1.0 200 OK\r\n\r\n");
    CHECK(peer.upgrade().find("Proxy-Authorization") == std::string::npos);
    CHECK(harness.recorder().wait_opened());
}

TEST_CASE("proxy: wss -> TLS is with the server behind it", "[driver]") {
    Listener listener;
    driver::TransportSettings settings = proxied_settings(listener.port());
    settings.secure = true;
    settings.host = "localhost";
    settings.tls.use_system_store = false;
    settings.tls.ca_pem = test_authority().root.pem();
    ServerTls server(test_authority().server);
    Harness harness(transport_kinds().front(), settings);
    harness.open();
    Peer peer = listener.accept();
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\n\r\n");
    REQUIRE(peer.accept_tls(server.native()));
    peer.upgrade();
    REQUIRE(harness.recorder().wait_opened());
    CHECK(server.server_name() == "localhost");
    CHECK(harness.recorder().record().opened->tls_version == "TLSv1.3");
}

TEST_CASE("proxy: IPv6 address behind it -> in brackets", "[driver]") {
    driver::TransportSettings settings = proxied_settings(1);
    settings.host = "2001:db8::1";
    CHECK(driver::write_connect_request(settings).starts_with("CONNECT [2001:db8::1]:1234 "));
}

TEST_CASE("proxy: answers 407 -> proxy_auth_refused", "[driver]") {
    const auto why = answer_connect(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n");
    CHECK(why.cause.reason == Reason::proxy_auth_refused);
    CHECK(why.text == "the proxy answered CONNECT with status 407");
}

TEST_CASE("proxy: refuses, breaks off or talks nonsense -> proxy_failed", "[driver]") {
    for (const std::string_view answer :
         {"HTTP/1.1 502 Bad Gateway\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
          "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nbytes too early", ""}) {
        INFO(answer);
        const auto why = answer_connect(answer);
        CHECK(why.cause.reason == Reason::proxy_failed);
        CHECK(why.cause.http_status == 0);
    }
    const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x');
    CHECK(answer_connect(endless).cause.reason == Reason::proxy_failed);
}

TEST_CASE("proxy: nobody listens there -> proxy_failed", "[driver]") {
    std::uint16_t port = 0;
    {
        Listener listener;
        port = listener.port();
    }
    Harness harness(transport_kinds().front(), proxied_settings(port));
    harness.open();
    REQUIRE(harness.recorder().wait_ended());
    CHECK(harness.recorder().record().ended->cause.reason == Reason::proxy_failed);
}

TEST_CASE("proxy: settings that would break the request -> proxy_failed, nothing is sent",
          "[driver]") {
    Listener listener;
    for (int i = 0; i < 4; ++i) {
        driver::TransportSettings settings = proxied_settings(listener.port());
        settings.proxy.user = "user";
        if (i == 0) settings.proxy.user = "canary:user";
        if (i == 1) settings.proxy.password = "canary\r\nX-Evil: 1";
        if (i == 2) settings.proxy.password = std::string(4096, 'p');
        if (i == 3) settings.host = "evil\r\nX-Evil: 1";
        Harness harness(transport_kinds().front(), settings);
        harness.open();
        REQUIRE(harness.recorder().wait_ended());
        const auto why = *harness.recorder().record().ended;
        CHECK(why.cause.reason == Reason::proxy_failed);
        CHECK(why.text.find("canary") == std::string::npos);
    }
    CHECK(listener.quiet());
}

}  // namespace graceline::tests
