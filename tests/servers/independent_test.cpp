// The client against servers that nobody here wrote: npm `ws` and python3-websockets, ws and wss,
// with and without deflate. Must say why when one of them is not installed.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/capi/host.hpp"
#include "tests/servers/process.hpp"

using namespace graceline::tests;

namespace {

struct Peer {
    const char* name;
    ProcessOptions process;
    bool secure;
};

/// A key and a certificate for localhost, made by the openssl program, for this run only.
class Certificate {
  public:
    Certificate() {
        std::string name = (std::filesystem::temp_directory_path() / "graceline-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
        const auto command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
            "-nodes -days 2 -subj /CN=localhost -addext "
            "subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
            key() + " -out " + file() + " 2>/dev/null";
        REQUIRE(std::system(command.c_str()) == 0);
        std::stringstream text;
        text << std::ifstream(file()).rdbuf();
        pem_ = text.str();
    }
    ~Certificate() { std::filesystem::remove_all(folder_); }
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;

    std::string file() const { return (folder_ / "cert.pem").string(); }
    std::string key() const { return (folder_ / "key.pem").string(); }
    const std::string& pem() const { return pem_; }

  private:
    std::filesystem::path folder_;
    std::string pem_;
};

std::vector<Peer> peers(const Certificate& certificate) {
    const std::vector<std::string> tls = {"--cert=" + certificate.file(),
                                          "--key=" + certificate.key()};
    std::vector<Peer> all;
    const auto add = [&](const char* name, const char* program, const char* script, bool secure,
                         bool deflate) {
        ProcessOptions process;
        process.program = program;
        process.arguments = {script};
        if (secure) process.arguments.insert(process.arguments.end(), tls.begin(), tls.end());
        if (deflate) process.arguments.emplace_back("--deflate");
        process.ready_prefix = "listening";
        all.push_back({name, process, secure});
    };
    if (std::filesystem::exists(GRACELINE_NODE_MODULES "/ws")) {
        add("npm ws, plain", "node", GRACELINE_NODE_SERVER, false, false);
        add("npm ws, deflate", "node", GRACELINE_NODE_SERVER, false, true);
        add("npm ws, TLS", "node", GRACELINE_NODE_SERVER, true, false);
    } else {
        WARN("skipped npm ws: not installed (scripts/setup installs it)");
    }
    if (std::system("/usr/bin/python3 -c 'import websockets' 2>/dev/null") == 0) {
        add("python3-websockets, plain", "/usr/bin/python3", GRACELINE_PYTHON_SERVER, false, false);
        add("python3-websockets, deflate", "/usr/bin/python3", GRACELINE_PYTHON_SERVER, false,
            true);
        add("python3-websockets, TLS and deflate", "/usr/bin/python3", GRACELINE_PYTHON_SERVER,
            true, true);
    } else {
        WARN("skipped python3-websockets: not installed (scripts/setup installs it)");
    }
    return all;
}

void talk(Host& host, ServerProcess& server) {
    host.start();
    REQUIRE(host.wait_connected());
    CHECK(std::string(host.info().subprotocol) == "chat.v2");

    for (const std::size_t size : {0UL, 5UL, 126UL, 70'000UL, 1'000'000UL}) {
        const std::string payload = letters(size);
        REQUIRE(host.send(payload) == GRACELINE_OK);
        REQUIRE(host.wait_type(GRACELINE_EVENT_MESSAGE));
        CHECK(host.found().data == payload);
    }
    REQUIRE(host.send("grüße, 世界") == GRACELINE_OK);
    REQUIRE(host.wait_message("grüße, 世界"));
    REQUIRE(host.send("fragments") == GRACELINE_OK);
    REQUIRE(host.wait_message("one two three"));
    REQUIRE(host.send("ping me") == GRACELINE_OK);
    REQUIRE(host.wait_message("pong from the server"));
    REQUIRE(graceline_client_ping(host) == GRACELINE_OK);
    REQUIRE(host.wait_type(GRACELINE_EVENT_PING_COMPLETED));
    CHECK(host.found().details.round_trip_us >= 0);

    REQUIRE(host.send("push 2000") == GRACELINE_OK);
    for (int i = 0; i < 2000; ++i) {
        REQUIRE(host.wait_type(GRACELINE_EVENT_MESSAGE));
        REQUIRE(host.found().data == "pushed " + std::to_string(i));
    }

    // The server closes with a code of its own: retried.
    REQUIRE(host.send("close me") == GRACELINE_OK);
    REQUIRE(host.wait_status(GRACELINE_CONNECTION_STATUS_CONNECTING));
    CHECK(host.found().details.close_code == 4000);
    REQUIRE(host.wait_connected());
    REQUIRE(server.wait_for_line("closed 4000", std::chrono::seconds(10)).has_value());

    // The window runs out: 1001. Then disconnect() after a return: 1000.
    host.leave();
    REQUIRE(server.wait_for_line("closed 1001", std::chrono::seconds(10)).has_value());
    host.come_back();
    REQUIRE(host.wait_connected());
    REQUIRE(graceline_client_disconnect(host) == GRACELINE_OK);
    REQUIRE(server.wait_for_line("closed 1000", std::chrono::seconds(10)).has_value());
}

}  // namespace

TEST_CASE("independent servers: npm ws and python3-websockets -> everything works", "[servers]") {
    const Certificate certificate;
    for (const auto& peer : peers(certificate)) {
        for (const bool deflate : {false, true}) {
            INFO(peer.name << (deflate ? ", offered deflate" : ""));
            ServerProcess server(peer.process);
            const auto port = server.ready_line().substr(std::string("listening ").size());
            const auto url = (peer.secure ? "wss://localhost:" : "ws://localhost:") + port + "/";
            const char* const subprotocols[] = {"chat.v1", "chat.v2"};
            auto options = default_options();
            options.url = url.c_str();
            options.grace_ms = 100;
            options.backoff_initial_ms = 20;
            options.subprotocols = subprotocols;
            options.subprotocols_count = 2;
            options.permessage_deflate = deflate ? 1 : 0;
            options.outbox_bytes = 4 * 1024 * 1024;
            options.tls_ca_pem = peer.secure ? certificate.pem().c_str() : nullptr;
            Host host(options);
            talk(host, server);
        }
    }
}
