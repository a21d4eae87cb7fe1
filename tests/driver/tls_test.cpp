// TLS as QUALITY.md's security defaults want it: what must be refused is refused, with its reason.
// Must not use a certificate from a file or a server of others.
#include <future>

#include "core/driver/asio_transport.hpp"
#include "tests/driver/support/certificates.hpp"
#include "tests/driver/support/harness.hpp"
#include "tests/driver/support/peer.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {
namespace {

using engine::Reason;

const TransportKind& asio() {
    return transport_kinds().front();
}

driver::TransportSettings tls_settings(std::uint16_t port, std::string host = "localhost") {
    driver::TransportSettings settings = plain_settings(port);
    settings.secure = true;
    settings.host = std::move(host);
    settings.tls.use_system_store = false;
    settings.tls.ca_pem = test_authority().root.pem();
    return settings;
}

/// What came of one connection to a server with these certificates.
struct Outcome {
    bool opened = false;
    bool resumed = false;
    std::string version;
    driver::TransportFailure failure;
};

Outcome try_connect(ServerTls& server, Listener& listener, driver::TransportSettings settings) {
    Harness harness(asio(), std::move(settings));
    harness.open();
    Peer peer = listener.accept();
    Outcome outcome;
    if (peer.accept_tls(server.native())) {
        // With TLS 1.3 a server learns of a refusal only when it reads.
        const std::string request = peer.upgrade({}, server_text("first"));
        if (!request.empty()) harness.recorder().wait_messages(1);
    }
    REQUIRE(harness.recorder().wait_for(
        [](const Record& record) { return record.ended || record.message_count == 1; }));
    const Record record = harness.recorder().record();
    outcome.opened = record.opened.has_value();
    if (record.opened) {
        outcome.resumed = record.opened->tls_resumed;
        outcome.version = record.opened->tls_version;
    }
    if (record.ended) outcome.failure = *record.ended;
    harness.abort();
    return outcome;
}

Outcome try_connect(ServerTls& server, driver::TransportSettings settings) {
    Listener listener;
    settings.port = listener.port();
    return try_connect(server, listener, std::move(settings));
}

void require_refused(const Outcome& outcome, Reason reason, const std::string& word) {
    CHECK_FALSE(outcome.opened);
    INFO(outcome.failure.text);
    CHECK(engine::to_string(outcome.failure.cause.reason) ==
          std::string(engine::to_string(reason)));
    CHECK(outcome.failure.text.find(word) != std::string::npos);
}

}  // namespace

TEST_CASE("tls: good certificate of an own CA -> open, TLS 1.3, SNI and ALPN sent", "[driver]") {
    ServerTls server(test_authority().server);
    const Outcome outcome = try_connect(server, tls_settings(0));
    INFO(outcome.failure.text);
    CHECK(outcome.opened);
    CHECK(outcome.version == "TLSv1.3");
    CHECK(server.server_name() == "localhost");
    CHECK(server.protocol() == "http/1.1");
}

TEST_CASE("tls: server knows only TLS 1.2 -> open", "[driver]") {
    ServerTls server(test_authority().server);
    server.allow_only(TLS1_2_VERSION);
    const Outcome outcome = try_connect(server, tls_settings(0));
    CHECK(outcome.opened);
    CHECK(outcome.version == "TLSv1.2");
}

TEST_CASE("tls: server knows only TLS 1.1 -> tls_failed", "[driver]") {
    ServerTls server(test_authority().server);
    server.allow_only(TLS1_1_VERSION);
    require_refused(try_connect(server, tls_settings(0)), Reason::tls_failed, "version");
}

TEST_CASE("tls: address in the URL -> verified against the IP names, no SNI sent", "[driver]") {
    ServerTls server(test_authority().server);
    const Outcome outcome = try_connect(server, tls_settings(0, "127.0.0.1"));
    INFO(outcome.failure.text);
    CHECK(outcome.opened);
    CHECK(server.server_name().empty());
}

TEST_CASE("tls: address that no IP name covers -> certificate_refused", "[driver]") {
    const Certificate names_only({.names = {"DNS:127.0.0.1", "DNS:localhost"}},
                                 &test_authority().root);
    ServerTls server(names_only);
    require_refused(try_connect(server, tls_settings(0, "127.0.0.1")), Reason::certificate_refused,
                    "IP address mismatch");
}

TEST_CASE("tls: six bad certificates -> certificate_refused, each named", "[driver]") {
    const Certificate& root = test_authority().root;
    const std::vector<std::string> good = {"DNS:localhost"};

    SECTION("self-signed") {
        const Certificate bad({.names = good});
        ServerTls server(bad);
        require_refused(try_connect(server, tls_settings(0)), Reason::certificate_refused, "self");
    }
    SECTION("wrong host") {
        const Certificate bad({.names = {"DNS:example.org", "DNS:*.localhost"}}, &root);
        ServerTls server(bad);
        require_refused(try_connect(server, tls_settings(0)), Reason::certificate_refused,
                        "ostname mismatch");
    }
    SECTION("expired") {
        const Certificate bad({.names = good, .begins_in_days = -3, .ends_in_days = -1}, &root);
        ServerTls server(bad);
        require_refused(try_connect(server, tls_settings(0)), Reason::certificate_refused,
                        "expired");
    }
    SECTION("not yet valid") {
        const Certificate bad({.names = good, .begins_in_days = 1}, &root);
        ServerTls server(bad);
        require_refused(try_connect(server, tls_settings(0)), Reason::certificate_refused,
                        "not yet valid");
    }
    SECTION("untrusted chain") {
        const Certificate other_root({.common_name = "another root", .is_ca = true});
        const Certificate bad({.names = good}, &other_root);
        ServerTls server(bad, {&other_root});
        require_refused(try_connect(server, tls_settings(0)), Reason::certificate_refused,
                        "certificate in certificate chain");
    }
    SECTION("name in CN only") {
        const Certificate bad({.common_name = "localhost"}, &root);
        ServerTls server(bad);
        require_refused(try_connect(server, tls_settings(0)), Reason::certificate_refused,
                        "ostname mismatch");
    }
}

TEST_CASE("tls: system store without our CA -> certificate_refused", "[driver]") {
    ServerTls server(test_authority().server);
    driver::TransportSettings settings = tls_settings(0);
    settings.tls.use_system_store = true;
    settings.tls.ca_pem.clear();
    require_refused(try_connect(server, settings), Reason::certificate_refused, "certificate");
}

TEST_CASE("tls: intermediate named as own CA -> open", "[driver]") {
    const Certificate intermediate({.common_name = "middle", .is_ca = true},
                                   &test_authority().root);
    const Certificate leaf({.names = {"DNS:localhost"}}, &intermediate);
    ServerTls server(leaf);
    driver::TransportSettings settings = tls_settings(0);
    settings.tls.ca_pem = intermediate.pem();
    CHECK(try_connect(server, settings).opened);
}

TEST_CASE("tls: verification off -> open, but pins still count", "[driver]") {
    const Certificate stranger({.common_name = "nobody"});
    ServerTls server(stranger);
    driver::TransportSettings settings = tls_settings(0);
    settings.tls.verify = false;
    settings.tls.ca_pem.clear();
    CHECK(try_connect(server, settings).opened);
    settings.tls.pins = {stranger.pin()};
    CHECK(try_connect(server, settings).opened);
    settings.tls.pins = {test_authority().server.pin()};
    require_refused(try_connect(server, settings), Reason::pin_mismatch, "pin");
}

TEST_CASE("tls: verification off, foreign certificate behind the leaf has the pin -> refused",
          "[driver]") {
    const Certificate stranger({.common_name = "nobody"});
    ServerTls server(stranger, {&test_authority().server});
    driver::TransportSettings settings = tls_settings(0);
    settings.tls.verify = false;
    settings.tls.ca_pem.clear();
    settings.tls.pins = {test_authority().server.pin()};
    require_refused(try_connect(server, settings), Reason::pin_mismatch, "pin");
}

TEST_CASE("tls: pins -> leaf, backup and CA pass, a wrong one is pin_mismatch", "[driver]") {
    ServerTls server(test_authority().server);
    const Certificate spare({.common_name = "spare"});
    driver::TransportSettings settings = tls_settings(0);
    settings.tls.pins = {test_authority().server.pin()};
    CHECK(try_connect(server, settings).opened);
    settings.tls.pins = {spare.pin(), test_authority().server.pin()};
    CHECK(try_connect(server, settings).opened);
    settings.tls.pins = {test_authority().root.pin()};
    CHECK(try_connect(server, settings).opened);
    settings.tls.pins = {spare.pin()};
    require_refused(try_connect(server, settings), Reason::pin_mismatch, "pin");
}

TEST_CASE("tls: pin fits but the chain does not -> certificate_refused", "[driver]") {
    const Certificate bad({.names = {"DNS:localhost"}});
    ServerTls server(bad);
    driver::TransportSettings settings = tls_settings(0);
    settings.tls.pins = {bad.pin()};
    require_refused(try_connect(server, settings), Reason::certificate_refused, "self");
}

TEST_CASE("tls: another server name is set -> it is sent and verified", "[driver]") {
    const Certificate leaf({.names = {"DNS:service.example"}}, &test_authority().root);
    ServerTls server(leaf);
    driver::TransportSettings settings = tls_settings(0, "127.0.0.1");
    settings.tls.server_name = "service.example";
    CHECK(try_connect(server, settings).opened);
    CHECK(server.server_name() == "service.example");
}

TEST_CASE("tls: server demands a client certificate -> given opens, missing fails", "[driver]") {
    const Certificate client({.common_name = "client"}, &test_authority().root);
    ServerTls server(test_authority().server);
    server.demand_client_certificate(test_authority().root);
    driver::TransportSettings settings = tls_settings(0);
    CHECK_FALSE(try_connect(server, settings).opened);
    settings.tls.client_certificate_pem = client.pem();
    settings.tls.client_key_pem = client.key_pem();
    const Outcome outcome = try_connect(server, settings);
    INFO(outcome.failure.text);
    CHECK(outcome.opened);
}

TEST_CASE("tls: session of an aborted connection -> resumed, also with TLS 1.2", "[driver]") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    ServerTls server(test_authority().server);
    server.allow_only(version);
    Listener listener;
    // The pin makes a context of its own, which has no sessions yet; it must hold on resuming too.
    driver::TransportSettings settings = tls_settings(listener.port());
    settings.tls.pins = {test_authority().server.pin()};
    const Outcome fresh = try_connect(server, listener, settings);
    REQUIRE(fresh.opened);
    CHECK_FALSE(fresh.resumed);
    int resumed = 0;
    for (int i = 0; i < 10; ++i) resumed += try_connect(server, listener, settings).resumed ? 1 : 0;
    CHECK(resumed == 10);

    SECTION("other trust settings -> not resumed") {
        settings.tls.pins.push_back(test_authority().root.pin());
        const Outcome outcome = try_connect(server, listener, settings);
        CHECK(outcome.opened);
        CHECK_FALSE(outcome.resumed);
    }
    SECTION("another name to verify -> not resumed") {
        settings.host = "127.0.0.1";
        const Outcome outcome = try_connect(server, listener, settings);
        CHECK(outcome.opened);
        CHECK_FALSE(outcome.resumed);
    }
    SECTION("resumption off -> not resumed") {
        settings.tls.resume_sessions = false;
        CHECK_FALSE(try_connect(server, listener, settings).resumed);
        CHECK_FALSE(try_connect(server, listener, settings).resumed);
    }
}

TEST_CASE("tls: connection cut by the peer -> its session is still resumed", "[driver]") {
    ServerTls server(test_authority().server);
    Listener listener;
    driver::TransportSettings settings = tls_settings(listener.port());
    settings.tls.pins = {test_authority().server.pin(), test_authority().server.pin()};
    for (int round = 0; round < 4; ++round) {
        Harness harness(asio(), settings);
        harness.open();
        Peer peer = listener.accept();
        REQUIRE(peer.accept_tls(server.native()));
        peer.upgrade({}, server_text("first"));
        REQUIRE(harness.recorder().wait_messages(1));
        CHECK(harness.recorder().record().opened->tls_resumed == (round > 0));
        if (round % 2 == 0) {
            peer.reset();
        } else {
            peer.finish_writing();
        }
        REQUIRE(harness.recorder().wait_ended());
        CHECK(harness.recorder().record().ended->cause.reason == Reason::connection_lost);
    }
}

TEST_CASE("tls: settings that cannot be used -> told by check_tls_settings, without the text",
          "[driver]") {
    driver::TlsSettings settings;
    settings.use_system_store = false;
    CHECK(driver::check_tls_settings(settings).find("CA bundle") != std::string::npos);
    settings.ca_pem = "canary";
    const std::string no_pem = driver::check_tls_settings(settings);
    CHECK(no_pem == "the CA bundle holds no certificate");
    settings.ca_pem = test_authority().root.pem();
    CHECK(driver::check_tls_settings(settings).empty());

    std::string broken = test_authority().root.pem();
    broken.replace(100, 4, "????");
    settings.ca_pem = test_authority().root.pem() + broken;
    CHECK(driver::check_tls_settings(settings) == "the CA bundle holds a broken PEM block");

    settings.ca_pem = test_authority().root.pem();
    settings.client_certificate_pem = test_authority().server.pem();
    CHECK_FALSE(driver::check_tls_settings(settings).empty());
    settings.client_key_pem = test_authority().root.key_pem();
    CHECK(driver::check_tls_settings(settings).find("fits the certificate") != std::string::npos);
    settings.client_key_pem = test_authority().server.key_pem();
    CHECK(driver::check_tls_settings(settings).empty());
    settings.client_certificate_pem = "canary";
    const std::string no_certificate = driver::check_tls_settings(settings);
    CHECK_FALSE(no_certificate.empty());
    CHECK(no_certificate.find("canary") == std::string::npos);
}

TEST_CASE("tls: server that is not TLS -> tls_failed", "[driver]") {
    Listener listener;
    Harness harness(asio(), tls_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    REQUIRE(harness.recorder().wait_ended());
    CHECK(harness.recorder().record().ended->cause.reason == Reason::tls_failed);
}

TEST_CASE("tls: one megabyte each way in pieces -> whole", "[driver]") {
    ServerTls server(test_authority().server);
    Listener listener;
    driver::TransportSettings settings = tls_settings(listener.port());
    settings.write_buffer_bytes = 4U << 20;
    Harness harness(asio(), settings);
    harness.open();
    Peer peer = listener.accept();
    REQUIRE(peer.accept_tls(server.native()));
    peer.upgrade();
    REQUIRE(harness.recorder().wait_opened());
    std::string big(1U << 20, 'x');
    for (std::size_t i = 0; i < big.size(); i += 7) big[i] = static_cast<char>('a' + i % 23);
    auto received = std::async(std::launch::async, [&] { return peer.read_frame(); });
    REQUIRE(harness.send(big) == driver::SendResult::accepted);
    const auto frame = received.get();
    REQUIRE(frame);
    CHECK((frame->payload == big));
    peer.write(server_text(big));
    REQUIRE(harness.recorder().wait_messages(1));
    CHECK((harness.recorder().record().messages[0].payload == big));
}

}  // namespace graceline::tests
