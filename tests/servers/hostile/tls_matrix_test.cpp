// QUALITY's table of TLS, with OpenSSL's own server: who is refused and why, who is accepted.
// Must not use the library's inside: options and events are all that a host has.
#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <functional>

#include "tests/capi/host.hpp"
#include "tests/servers/hostile/openssl_server.hpp"
#include "tests/servers/hostile/raw_server.hpp"

namespace graceline::tests {
namespace {

constexpr std::int64_t kLongBackoffMs = 3'600'000;
constexpr const char* kMessage = "over TLS";

/// What a host asks for; the texts live as long as the row.
struct Wish {
    std::string host = "localhost";
    std::string ca = test_authority().root.pem();
    bool system_store = false;
    std::string server_name{};
    std::vector<std::string> pins{};
    std::string client_certificate{};
    std::string client_key{};
};

struct Outcome {
    bool connected = false;
    bool message = false;
    Seen failure;
    std::string version;
};

std::string pin_of(const Certificate& certificate) {
    const auto pin = certificate.pin();
    std::array<unsigned char, 64> text{};
    EVP_EncodeBlock(text.data(), pin.data(), static_cast<int>(pin.size()));
    return std::string("sha256/") + reinterpret_cast<const char*>(text.data());
}

Outcome connect(OpensslServer& server, const Wish& wish) {
    const std::string url = "wss://" + wish.host + ":" + std::to_string(server.port()) + "/";
    auto options = default_options();
    options.url = url.c_str();
    options.backoff_initial_ms = options.backoff_max_ms = kLongBackoffMs;
    options.tls_use_system_store = wish.system_store ? 1 : 0;
    options.tls_resume_sessions = 0;
    if (!wish.ca.empty()) options.tls_ca_pem = wish.ca.c_str();
    if (!wish.server_name.empty()) options.tls_server_name = wish.server_name.c_str();
    std::vector<const char*> pins;
    for (const auto& pin : wish.pins) pins.push_back(pin.c_str());
    options.tls_pins = pins.data();
    options.tls_pins_count = static_cast<std::int32_t>(pins.size());
    if (!wish.client_certificate.empty()) {
        options.tls_client_certificate_pem = wish.client_certificate.c_str();
        options.tls_client_key_pem = wish.client_key.c_str();
    }
    Host host(options);
    host.start();
    Outcome outcome;
    const auto settled = [](const Seen& event) {
        return event.type == GRACELINE_EVENT_CONNECTION_STATUS &&
               (event.details.reason != GRACELINE_REASON_NONE ||
                event.details.connection_status == GRACELINE_CONNECTION_STATUS_CONNECTED);
    };
    // A refusal comes before any request; so does the request of a client that accepts.
    while (!host.wait(settled, 20) && !server.upgrade(kMessage, std::chrono::milliseconds(20))) {
    }
    if (host.seen.empty() || !settled(host.seen.back())) REQUIRE(host.wait(settled));
    for (const auto& event : host.seen) {
        if (!settled(event)) continue;
        outcome.connected =
            event.details.connection_status == GRACELINE_CONNECTION_STATUS_CONNECTED;
        outcome.failure = event;
    }
    if (outcome.connected) {
        outcome.message = host.wait_message(kMessage);
        outcome.version = host.info().tls_version;
    }
    return outcome;
}

void require_refused(const Outcome& outcome, graceline_reason reason, const std::string& part,
                     graceline_phase phase) {
    INFO(outcome.failure.text);
    REQUIRE_FALSE(outcome.connected);
    CHECK(graceline_reason_name(static_cast<graceline_reason>(outcome.failure.details.reason)) ==
          std::string(graceline_reason_name(reason)));
    CHECK(outcome.failure.text.find(part) != std::string::npos);
    CHECK(outcome.failure.details.phase == phase);
}

void require_accepted(const Outcome& outcome) {
    INFO(outcome.failure.text);
    CHECK(outcome.connected);
    CHECK(outcome.message);
}

struct Refusal {
    const char* name;
    CertificateOptions certificate;
    const Certificate* issuer;
    const char* part;
};

bool openssl_is_here() {
    static const bool here = OpensslServer::is_here();
    if (!here) std::printf("skipped: the program `openssl` is not here\n");
    return here;
}

}  // namespace

TEST_CASE("s_server: six bad certificates -> certificate_refused, retried slowly", "[hostile]") {
    if (!openssl_is_here()) return;
    const Certificate& root = test_authority().root;
    const Certificate stranger({.common_name = "another root", .is_ca = true});
    const std::vector<std::string> good = {"DNS:localhost"};
    const std::vector<Refusal> rows = {
        {"self-signed", {.names = good}, nullptr, "self"},
        {"wrong host", {.names = {"DNS:example.org"}}, &root, "ostname mismatch"},
        {"expired", {.names = good, .begins_in_days = -3, .ends_in_days = -1}, &root, "expired"},
        {"not yet valid", {.names = good, .begins_in_days = 1}, &root, "not yet valid"},
        {"untrusted chain", {.names = good}, &stranger, "certificate"},
        {"name in CN only", {.common_name = "localhost"}, &root, "ostname mismatch"},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        const Certificate certificate(row.certificate, row.issuer);
        std::vector<const Certificate*> chain;
        if (row.issuer == &stranger) chain.push_back(&stranger);
        OpensslServer server(certificate, {}, chain);
        const auto outcome = connect(server, {});
        require_refused(outcome, GRACELINE_REASON_CERTIFICATE_REFUSED, row.part,
                        GRACELINE_PHASE_BACKOFF);
        // Slowly: at least half the longest backoff.
        CHECK(outcome.failure.details.retry_in_ms >= kLongBackoffMs / 2);
        CHECK(server.printed("GET ").empty());
        std::printf("s_server: %-16s refused: %s\n", row.name, outcome.failure.text.c_str());
    }
}

TEST_CASE("s_server: other names, other stores -> certificate_refused", "[hostile]") {
    if (!openssl_is_here()) return;
    const auto refused = GRACELINE_REASON_CERTIFICATE_REFUSED;
    SECTION("an address that no IP name covers") {
        const Certificate names_only({.names = {"DNS:localhost", "DNS:127.0.0.1"}},
                                     &test_authority().root);
        OpensslServer server(names_only);
        require_refused(connect(server, {.host = "127.0.0.1"}), refused, "IP address mismatch",
                        GRACELINE_PHASE_BACKOFF);
    }
    SECTION("the system's store alone") {
        OpensslServer server(test_authority().server);
        require_refused(connect(server, {.ca = "", .system_store = true}), refused, "certificate",
                        GRACELINE_PHASE_BACKOFF);
    }
    SECTION("another name is to be verified") {
        OpensslServer server(test_authority().server);
        require_refused(connect(server, {.server_name = "service.example"}), refused,
                        "ostname mismatch", GRACELINE_PHASE_BACKOFF);
    }
    SECTION("an issuer that is no CA") {
        const Certificate no_ca({.common_name = "no ca"}, &test_authority().root);
        const Certificate leaf({.names = {"DNS:localhost"}}, &no_ca);
        OpensslServer server(leaf, {}, {&no_ca});
        require_refused(connect(server, {}), refused, "CA", GRACELINE_PHASE_BACKOFF);
    }
    SECTION("a pin that fits does not replace the chain") {
        const Certificate self({.names = {"DNS:localhost"}});
        OpensslServer server(self);
        require_refused(connect(server, {.pins = {pin_of(self)}}), refused, "self",
                        GRACELINE_PHASE_BACKOFF);
    }
}

TEST_CASE("s_server: TLS 1.1 and what 1.2 left behind -> tls_failed", "[hostile]") {
    if (!openssl_is_here()) return;
    SECTION("TLS 1.1") {
        OpensslServer server(test_authority().server, {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"});
        require_refused(connect(server, {}), GRACELINE_REASON_TLS_FAILED, "version",
                        GRACELINE_PHASE_BACKOFF);
    }
    SECTION("TLS 1.0") {
        OpensslServer server(test_authority().server, {"-tls1", "-cipher", "DEFAULT@SECLEVEL=0"});
        require_refused(connect(server, {}), GRACELINE_REASON_TLS_FAILED, "version",
                        GRACELINE_PHASE_BACKOFF);
    }
    SECTION("a cipher without encryption") {
        OpensslServer server(test_authority().server,
                             {"-tls1_2", "-cipher", "ECDHE-ECDSA-NULL-SHA@SECLEVEL=0"});
        require_refused(connect(server, {}), GRACELINE_REASON_TLS_FAILED, "handshake failure",
                        GRACELINE_PHASE_BACKOFF);
    }
}

TEST_CASE("s_server: TLS 1.2 and 1.3, own CA, IP name -> connected", "[hostile]") {
    if (!openssl_is_here()) return;
    SECTION("TLS 1.3 is taken where it is there") {
        OpensslServer server(test_authority().server);
        const auto outcome = connect(server, {});
        require_accepted(outcome);
        CHECK(outcome.version == "TLSv1.3");
    }
    SECTION("TLS 1.2") {
        OpensslServer server(test_authority().server, {"-tls1_2"});
        const auto outcome = connect(server, {});
        require_accepted(outcome);
        CHECK(outcome.version == "TLSv1.2");
    }
    SECTION("an address with its IP name") {
        OpensslServer server(test_authority().server);
        require_accepted(connect(server, {.host = "127.0.0.1"}));
    }
    SECTION("the own CA beside the system's store") {
        OpensslServer server(test_authority().server);
        require_accepted(connect(server, {.system_store = true}));
    }
    SECTION("a chain over an intermediate") {
        const Certificate middle({.common_name = "middle", .is_ca = true}, &test_authority().root);
        const Certificate leaf({.names = {"DNS:localhost"}}, &middle);
        OpensslServer server(leaf, {}, {&middle});
        require_accepted(connect(server, {}));
    }
    SECTION("a wildcard for one label") {
        const Certificate leaf({.names = {"DNS:*.service.example"}}, &test_authority().root);
        OpensslServer server(leaf);
        require_accepted(connect(server, {.server_name = "chat.service.example"}));
    }
}

TEST_CASE("s_server: pins -> leaf, backup and CA connect, a wrong one is terminal", "[hostile]") {
    if (!openssl_is_here()) return;
    const Certificate spare({.common_name = "spare"});
    OpensslServer server(test_authority().server);
    SECTION("the leaf's") {
        require_accepted(connect(server, {.pins = {pin_of(test_authority().server)}}));
    }
    SECTION("the backup is the one in use") {
        require_accepted(
            connect(server, {.pins = {pin_of(spare), pin_of(test_authority().server)}}));
    }
    SECTION("the CA's") {
        require_accepted(connect(server, {.pins = {pin_of(test_authority().root)}}));
    }
    SECTION("none that fits") {
        require_refused(connect(server, {.pins = {pin_of(spare)}}), GRACELINE_REASON_PIN_MISMATCH,
                        "pin", GRACELINE_PHASE_IDLE);
        CHECK(server.printed("GET ").empty());
    }
}

TEST_CASE("s_server: SNI -> the certificate of the name is chosen", "[hostile]") {
    if (!openssl_is_here()) return;
    // Without the right name the server shows a certificate that must be refused.
    const Certificate other({.names = {"DNS:other.example"}}, &test_authority().root);
    PemFolder folder;
    const std::vector<std::string> choice = {
        "-servername", "localhost",
        "-cert2",      folder.write(test_authority().server.pem()),
        "-key2",       folder.write(test_authority().server.key_pem())};
    SECTION("the URL's host") {
        OpensslServer server(other, choice);
        require_accepted(connect(server, {}));
        CHECK(server.printed("Hostname in TLS extension: ").find("localhost") != std::string::npos);
    }
    SECTION("an address sends none") {
        OpensslServer server(other, choice);
        require_refused(connect(server, {.host = "127.0.0.1"}),
                        GRACELINE_REASON_CERTIFICATE_REFUSED, "mismatch", GRACELINE_PHASE_BACKOFF);
    }
    SECTION("another name is set") {
        OpensslServer server(other, choice);
        require_accepted(connect(server, {.host = "127.0.0.1", .server_name = "localhost"}));
    }
}

TEST_CASE("s_server: client certificates -> the right one connects", "[hostile]") {
    if (!openssl_is_here()) return;
    const bool old = GENERATE(false, true);
    const Certificate client({.common_name = "client"}, &test_authority().root);
    const Certificate stranger({.common_name = "stranger"});
    PemFolder folder;
    std::vector<std::string> demand = {"-Verify", "2", "-verify_return_error", "-CAfile",
                                       folder.write(test_authority().root.pem())};
    if (old) demand.push_back("-tls1_2");
    SECTION("the right one") {
        OpensslServer server(test_authority().server, demand);
        require_accepted(
            connect(server, {.client_certificate = client.pem(), .client_key = client.key_pem()}));
    }
    SECTION("none") {
        OpensslServer server(test_authority().server, demand);
        require_refused(connect(server, {}), GRACELINE_REASON_TLS_FAILED,
                        old ? "handshake failure" : "certificate required",
                        GRACELINE_PHASE_BACKOFF);
    }
    SECTION("one of a stranger") {
        OpensslServer server(test_authority().server, demand);
        require_refused(connect(server, {.client_certificate = stranger.pem(),
                                         .client_key = stranger.key_pem()}),
                        GRACELINE_REASON_TLS_FAILED, "", GRACELINE_PHASE_BACKOFF);
    }
}

}  // namespace graceline::tests
