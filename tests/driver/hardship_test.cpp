// Hard conditions: frozen peers, thousands of connections, signals, the end of the process.
// Must not assert a duration that a busy machine could not keep.
#include <dirent.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "core/driver/platform/platform.hpp"
#include "core/driver/resolver.hpp"
#include "tests/driver/support/certificates.hpp"
#include "tests/driver/support/harness.hpp"
#include "tests/driver/support/peer.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds kAbortWithin{100};

int open_descriptors() {
    int count = 0;
    DIR* const directory = ::opendir("/proc/self/fd");
    while (::readdir(directory) != nullptr) ++count;
    ::closedir(directory);
    return count;
}

driver::TransportSettings secure_settings(std::uint16_t port) {
    driver::TransportSettings settings = plain_settings(port);
    settings.secure = true;
    settings.host = "localhost";
    settings.tls.use_system_store = false;
    settings.tls.ca_pem = test_authority().root.pem();
    return settings;
}

engine::Duration timed_abort(Harness& harness) {
    engine::Duration took{};
    run_on(harness.loop(), [&] {
        const engine::Instant start = driver::now();
        harness.transport().abort();
        took = driver::now() - start;
    });
    return took;
}

void report(const char* what, engine::Duration took) {
    WARN(what << ": abort took " << std::chrono::duration_cast<microseconds>(took).count()
              << " us");
    CHECK(took < kAbortWithin);
}

}  // namespace

TEST_CASE("frozen peer: plain, buffers full -> abort() does not wait", "[driver]") {
    Listener listener;
    Harness harness(transport_kinds().front(), plain_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    peer.upgrade();
    REQUIRE(harness.recorder().wait_opened());
    harness.fill(std::string(16'000, 'f'));
    report("plain", timed_abort(harness));
    CHECK_FALSE(harness.recorder().record().ended);
}

TEST_CASE("frozen peer: TLS, buffers full -> abort() does not wait", "[driver]") {
    Listener listener;
    ServerTls server(test_authority().server);
    Harness harness(transport_kinds().front(), secure_settings(listener.port()));
    harness.open();
    Peer peer = listener.accept();
    REQUIRE(peer.accept_tls(server.native()));
    peer.upgrade();
    REQUIRE(harness.recorder().wait_opened());
    harness.fill(std::string(16'000, 'f'));
    report("TLS", timed_abort(harness));
    CHECK_FALSE(harness.recorder().record().ended);
}

TEST_CASE("frozen peer: in TLS handshake and in front of the proxy -> abort() does not wait",
          "[driver]") {
    for (const bool proxy : {false, true}) {
        Listener listener;
        driver::TransportSettings settings = secure_settings(listener.port());
        if (proxy) settings.proxy = {"127.0.0.1", listener.port(), "user", "password"};
        Harness harness(transport_kinds().front(), settings);
        harness.open();
        Peer peer = listener.accept();
        CHECK_FALSE(peer.read_some().empty());
        report(proxy ? "proxy" : "TLS handshake", timed_abort(harness));
        CHECK(peer.read_to_end());
        CHECK_FALSE(harness.recorder().record().ended);
    }
}

TEST_CASE("resolver: dropped while it looks up -> the late answer finds nobody", "[driver]") {
    const auto loop = driver::Loop::acquire();
    std::atomic<int> answers{0};
    run_on(*loop, [&] {
        for (int i = 0; i < 20; ++i) {
            driver::Lookup::start(loop, "localhost", [&](const driver::Resolved&) { ++answers; });
        }
    });
    std::shared_ptr<driver::Lookup> kept;
    std::atomic<bool> answered{false};
    run_on(*loop, [&] {
        kept = driver::Lookup::start(loop, "localhost", [&](const driver::Resolved& resolved) {
            CHECK_FALSE(resolved.addresses.empty());
            answered = true;
        });
    });
    for (int i = 0; i < 2000 && !answered; ++i) std::this_thread::sleep_for(milliseconds(10));
    CHECK(answered);
    CHECK(answers == 0);
    run_on(*loop, [&] { kept.reset(); });
}

TEST_CASE("resolver: loop is gone before the answer -> nothing happens", "[driver]") {
    for (int i = 0; i < 20; ++i) {
        auto loop = driver::Loop::acquire();
        std::shared_ptr<driver::Lookup> lookup;
        run_on(*loop, [&] {
            lookup = driver::Lookup::start(loop, "localhost", [](const driver::Resolved&) {});
        });
        run_on(*loop, [&] { lookup.reset(); });
    }
}

TEST_CASE("descriptors: a thousand opens and aborts at all stages -> none is left", "[driver]") {
    Listener listener;
    // Aborted at once: whether such a connection ever comes to be is a matter of luck.
    Listener unattended;
    const auto loop = driver::Loop::acquire();
    run_on(*loop, [] {});
    const int before = open_descriptors();
    ServerTls server(test_authority().server);
    for (int i = 0; i < 1000; ++i) {
        const bool secure = i % 10 == 0;
        const std::uint16_t port = (i % 4 == 0 ? unattended : listener).port();
        Harness harness(transport_kinds().front(),
                        secure ? secure_settings(port) : plain_settings(port));
        harness.open();
        if (i % 4 == 0) continue;
        Peer peer = listener.accept();
        if (i % 4 == 1) continue;
        if (secure && !peer.accept_tls(server.native())) continue;
        peer.upgrade();
        REQUIRE(harness.recorder().wait_opened());
        if (i % 4 == 2) harness.close(1000);
    }
    run_on(*loop, [] {});
    // Fewer when the loop of an earlier test was still on its way out.
    CHECK(open_descriptors() <= before);
}

namespace {
std::atomic<int> sigpipes{0};
}

TEST_CASE("signals: write into a connection that has ended -> an error, no SIGPIPE", "[driver]") {
    struct sigaction counting {};
    struct sigaction before {};
    counting.sa_handler = [](int) { ++sigpipes; };
    ::sigaction(SIGPIPE, &counting, &before);
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    ::close(ends[1]);
    const std::uint8_t byte = 1;
    for (int i = 0; i < 2; ++i) {
        const driver::platform::Transfer sent = driver::platform::send_some(ends[0], &byte, 1);
        CHECK(sent.status == driver::platform::TransferStatus::failed);
        CHECK(sent.error == EPIPE);
    }
    ::close(ends[0]);
    ::sigaction(SIGPIPE, &before, nullptr);
    CHECK(sigpipes == 0);
}

TEST_CASE("signals: peers that go while we send -> no SIGPIPE, disposition untouched", "[driver]") {
    struct sigaction counting {};
    struct sigaction before {};
    counting.sa_handler = [](int) { ++sigpipes; };
    ::sigaction(SIGPIPE, &counting, &before);
    ServerTls server(test_authority().server);
    for (int i = 0; i < 20; ++i) {
        Listener listener;
        const bool secure = i % 2 == 0;
        Harness harness(transport_kinds().front(), secure ? secure_settings(listener.port())
                                                          : plain_settings(listener.port()));
        harness.open();
        Peer peer = listener.accept();
        if (secure) REQUIRE(peer.accept_tls(server.native()));
        peer.upgrade();
        REQUIRE(harness.recorder().wait_opened());
        peer.reset();
        while (harness.send(std::string(2000, 's')) != driver::SendResult::not_open) {
        }
        REQUIRE(harness.recorder().wait_ended());
        CHECK(harness.recorder().record().ended->cause.reason == engine::Reason::connection_lost);
    }
    struct sigaction after {};
    ::sigaction(SIGPIPE, &before, &after);
    CHECK(after.sa_handler == counting.sa_handler);
    CHECK(sigpipes == 0);
}

TEST_CASE("pings: a flood of them while we cannot write -> the newest is answered", "[driver]") {
    Listener listener;
    driver::TransportSettings settings = plain_settings(listener.port());
    settings.write_buffer_bytes = 64 * 1024;
    Harness harness(transport_kinds().front(), settings);
    harness.open();
    Peer peer = listener.accept();
    peer.upgrade();
    REQUIRE(harness.recorder().wait_opened());
    harness.fill(std::string(16'000, 'f'));
    constexpr int kPings = 5000;
    for (int i = 1; i <= kPings; ++i) peer.write(server_frame(0x89, std::to_string(i)));
    peer.write(server_text("marker"));
    REQUIRE(harness.recorder().wait_messages(1));
    int pongs = 0;
    std::string last;
    while (last != std::to_string(kPings)) {
        const auto frame = peer.read_frame();
        REQUIRE(frame);
        if (frame->opcode() != 10) continue;
        ++pongs;
        last = frame->payload;
    }
    CHECK(pongs < kPings / 10);
}

TEST_CASE("fairness: one connection floods -> another is still served", "[driver]") {
    Listener listener;
    Harness flooded(transport_kinds().front(), plain_settings(listener.port()));
    flooded.recorder().counts_only = true;
    flooded.open();
    Peer flooder = listener.accept();
    flooder.upgrade();
    REQUIRE(flooded.recorder().wait_opened());
    std::string block;
    for (int i = 0; i < 1000; ++i) block += server_text(std::string(100, 'f'));
    std::atomic<bool> stop{false};
    std::thread flood([&] {
        while (!stop && flooder.write(block)) {
        }
    });
    Harness quiet(transport_kinds().front(), plain_settings(listener.port()));
    quiet.open();
    Peer peer = listener.accept();
    peer.upgrade();
    bool served = quiet.recorder().wait_opened();
    for (int i = 1; served && i <= 20; ++i) {
        peer.write(server_text("hello"));
        served = quiet.recorder().wait_messages(static_cast<std::uint64_t>(i));
    }
    stop = true;
    flooded.abort();
    flood.join();
    CHECK(served);
}

namespace {

pid_t start_exit_child(const char* mode, bool secure, std::uint16_t port) {
    const std::string number = std::to_string(port);
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(GRACELINE_EXIT_CHILD_PATH, GRACELINE_EXIT_CHILD_PATH, number.c_str(),
                secure ? "wss" : "ws", mode, static_cast<char*>(nullptr));
        ::_exit(127);
    }
    return child;
}

/// Starts the child, floods it, and gives its wait status.
int run_exit_child(const char* mode, bool secure) {
    Listener listener;
    const pid_t child = start_exit_child(mode, secure, listener.port());
    Peer peer = listener.accept();
    ServerTls server(test_authority().server);
    if (!secure || peer.accept_tls(server.native())) {
        peer.upgrade();
        std::string block;
        for (int i = 0; i < 500; ++i) block += server_text(std::string(100, 'f'));
        // Both directions at once: the child also sends, and stops reading for nobody.
        while (peer.write(block)) {
        }
    }
    peer.close();
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

}  // namespace

TEST_CASE("exit: the process ends while traffic flows -> no crash, its own exit code", "[driver]") {
    for (int round = 0; round < 5; ++round) {
        for (const char* mode : {"return", "exit-from-listener", "static-owner"}) {
            for (const bool secure : {false, true}) {
                const int status = run_exit_child(mode, secure);
                INFO(mode << (secure ? " wss" : " ws") << ", wait status " << status);
                CHECK(WIFEXITED(status));
                CHECK(WEXITSTATUS(status) == 7);
            }
        }
    }
}

TEST_CASE("exit: the last thread ends late -> nothing that OpenSSL had for it is left behind",
          "[driver]") {
    int status = 0;
    ::waitpid(start_exit_child("slow-thread", false, 0), &status, 0);
    INFO("wait status " << status);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 7);
}

}  // namespace graceline::tests
