// Servers that are slow, endless or huge: a typed error in time, and memory that stays bounded.
// Must not assert a duration more exact than a busy machine can keep.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>

#include "tests/capi/host.hpp"
#include "tests/servers/hostile/cases.hpp"
#include "tests/servers/hostile/raw_server.hpp"

namespace graceline::tests::hostile {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kConnectTimeoutMs = 300;
/// What a time-out may be late on a busy machine.
constexpr std::int64_t kSlackMs = 3'000;
constexpr milliseconds kDrip{15};
constexpr std::int64_t kLongBackoffMs = 3'600'000;
constexpr std::size_t kFloodBytes = std::size_t{64} << 20;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GRACELINE_MEMORY_IS_MEASURED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GRACELINE_MEMORY_IS_MEASURED 0
#endif
#endif
#ifndef GRACELINE_MEMORY_IS_MEASURED
#define GRACELINE_MEMORY_IS_MEASURED 1
#endif

std::int64_t kilobytes_of(const std::string& name) {
    std::ifstream file("/proc/self/status");
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with(name)) return std::stoll(line.substr(name.size()));
    }
    return 0;
}

/// Resident memory at its peak, beyond what there was at the start.
class PeakMemory {
  public:
    PeakMemory() {
        std::ofstream("/proc/self/clear_refs") << "5";
        before_ = kilobytes_of("VmRSS:");
    }
    std::int64_t grown_kilobytes() const { return kilobytes_of("VmHWM:") - before_; }

  private:
    std::int64_t before_ = 0;
};

graceline_options patient_options(const std::string& url) {
    auto options = default_options();
    options.url = url.c_str();
    options.backoff_initial_ms = options.backoff_max_ms = kLongBackoffMs;
    return options;
}

bool is_bad_news(const Seen& event) {
    return event.type == GRACELINE_EVENT_CONNECTION_STATUS &&
           event.details.reason != GRACELINE_REASON_NONE;
}

/// Waits for the end, and checks what and when.
void require_end(Host& host, graceline_reason reason, std::int64_t begun_ms,
                 std::int64_t earliest_ms) {
    REQUIRE(host.wait(is_bad_news, earliest_ms + 15'000));
    const auto& status = host.found();
    const auto took = status.time_ms - begun_ms;
    INFO(status.text << " after " << took << " ms");
    CHECK(graceline_reason_name(static_cast<graceline_reason>(status.details.reason)) ==
          std::string(graceline_reason_name(reason)));
    CHECK(took >= earliest_ms);
    CHECK(took <= earliest_ms + kSlackMs);
}

/// One byte now and then, until the client has had enough.
void drip(RawPeer& peer, const std::string& bytes) {
    for (const char byte : bytes) {
        if (!peer.write({&byte, 1}) || peer.ended_within(kDrip)) return;
    }
}

/// Writes the same again and again until the client has gone; how much went out.
std::size_t flood(RawPeer& peer, const std::string& piece) {
    std::size_t sent = 0;
    while (sent < kFloodBytes && peer.write(piece)) sent += piece.size();
    return sent;
}

struct Flood {
    const char* name;
    std::string head;  ///< Behind a good upgrade, unless there is no upgrade.
    std::string piece;
    graceline_reason reason;
    const char* text;
    bool upgraded = true;
    bool deflate = false;
};

/// A piece of a message that goes on: with the flush's marker, which a sender leaves out at the end
/// only.
std::string flushed(const std::string& plain) {
    return deflated(plain) + hex("00 00 ff ff");
}

}  // namespace

TEST_CASE("slow server: no answer to the upgrade -> connect_timeout in time", "[hostile]") {
    RawServer server;
    const std::string url = server.url();
    auto options = patient_options(url);
    options.connect_timeout_ms = kConnectTimeoutMs;
    const std::string answer = GENERATE(std::string(), std::string("HTTP/1.1 101 Switching\r\n"),
                                        "HTTP/1.1 101 OK\r\nX: " + std::string(400, 'y'));
    Host host(options);
    const auto begun = graceline_now_ms();
    host.start();
    RawPeer peer = server.accept();
    drip(peer, answer);
    require_end(host, GRACELINE_REASON_CONNECT_TIMEOUT, begun, kConnectTimeoutMs);
    CHECK(peer.ended_within(kPeerPatience));
}

TEST_CASE("slow server: no answer to the TLS hello -> connect_timeout in time", "[hostile]") {
    RawServer server;
    const std::string url = "wss://127.0.0.1:" + std::to_string(server.port()) + "/";
    auto options = patient_options(url);
    options.connect_timeout_ms = kConnectTimeoutMs;
    // Nothing, or a record that is announced and never complete.
    const std::string record = GENERATE(std::string(), hex("16 03 03 3f ff") + std::string(400, 2));
    Host host(options);
    const auto begun = graceline_now_ms();
    host.start();
    RawPeer peer = server.accept();
    drip(peer, record);
    require_end(host, GRACELINE_REASON_CONNECT_TIMEOUT, begun, kConnectTimeoutMs);
    CHECK(peer.ended_within(kPeerPatience));
}

TEST_CASE("slow proxy: no answer to CONNECT -> connect_timeout in time", "[hostile]") {
    RawServer proxy;
    const std::string proxy_url = "http://127.0.0.1:" + std::to_string(proxy.port());
    const std::string url = "wss://example.org/";
    auto options = patient_options(url);
    options.proxy_url = proxy_url.c_str();
    options.connect_timeout_ms = kConnectTimeoutMs;
    const std::string answer =
        GENERATE(std::string(), "HTTP/1.1 200 OK\r\nX: " + std::string(400, 'y'));
    Host host(options);
    const auto begun = graceline_now_ms();
    host.start();
    RawPeer peer = proxy.accept();
    drip(peer, answer);
    require_end(host, GRACELINE_REASON_CONNECT_TIMEOUT, begun, kConnectTimeoutMs);
    CHECK(peer.ended_within(kPeerPatience));
}

TEST_CASE("slow frames: a frame that never ends is no sign of life -> pong_timeout in time",
          "[hostile]") {
    RawServer server;
    const std::string url = server.url();
    auto options = patient_options(url);
    options.ping_interval_ms = 1'000;
    options.pong_timeout_ms = 300;
    const std::string start =
        GENERATE(std::string(), hex("81 7e 10 00"), hex("82 7f 00 00 00 00 00 0f 00 00"),
                 hex("01 02 48 48 80 7e 10 00"), hex("89 7d"));
    INFO("behind " << start.size() << " bytes");
    Host host(options);
    host.start();
    RawPeer peer = server.accept();
    peer.write(good_answer(peer.read_request()) + start);
    REQUIRE(host.wait_connected());
    const auto begun = host.found().time_ms;
    drip(peer, std::string(start.empty() ? 0 : 120, 'x'));
    require_end(host, GRACELINE_REASON_PONG_TIMEOUT, begun, 1'300);
    CHECK(host.count(GRACELINE_EVENT_MESSAGE) == 0);
}

TEST_CASE("floods: heads, frames and fragments without end -> typed error, little memory",
          "[hostile]") {
    std::string fragments;
    for (int i = 0; i < 1'000; ++i) fragments += hex("00 00");
    const std::vector<Flood> floods = {
        {"header lines", "HTTP/1.1 101 OK\r\n", "X-Y: zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\r\n",
         GRACELINE_REASON_HANDSHAKE_INVALID, "", false},
        {"a header line", "HTTP/1.1 101 OK\r\nX: ", std::string(4'000, 'y'),
         GRACELINE_REASON_HANDSHAKE_INVALID, "header block above the size limit", false},
        {"interim answers", "", "HTTP/1.1 102 Processing\r\n\r\n",
         GRACELINE_REASON_HANDSHAKE_INVALID, "header block above the size limit", false},
        {"empty fragments", hex("01 00"), fragments, GRACELINE_REASON_PROTOCOL_ERROR,
         "too many fragments"},
        {"large fragments", frame(0x02, "x"), frame(0x00, std::string(60'000, 'x')),
         GRACELINE_REASON_MESSAGE_TOO_BIG, "above the size limit"},
        {"compressed fragments", frame(0x42, flushed("x")), frame(0x00, flushed(letters(10'000))),
         GRACELINE_REASON_MESSAGE_TOO_BIG, "above the size limit", true, true},
        {"a bomb", "", compressed(std::string(kFloodBytes, '\0'), 0xC2, 9),
         GRACELINE_REASON_PROTOCOL_ERROR, "above the ratio limit", true, true},
    };
    for (const auto& each : floods) {
        INFO(each.name);
        RawServer server;
        const std::string url = server.url();
        auto options = patient_options(url);
        options.permessage_deflate = each.deflate ? 1 : 0;
        Host host(options);
        const PeakMemory memory;
        host.start();
        RawPeer peer = server.accept();
        const std::string request = peer.read_request();
        peer.write(each.upgraded ? good_answer(request, each.deflate ? kDeflateAnswer : "") : "");
        peer.write(each.head);
        const std::size_t sent = flood(peer, each.piece);
        CHECK(sent < kFloodBytes);
        REQUIRE(host.wait(is_bad_news));
        const auto& status = host.found();
        CHECK(graceline_reason_name(static_cast<graceline_reason>(status.details.reason)) ==
              std::string(graceline_reason_name(each.reason)));
        CHECK(status.text.find(each.text) != std::string::npos);
        std::printf("flood of %s: ended after %zu bytes, memory at most +%lld KiB\n", each.name,
                    sent, static_cast<long long>(memory.grown_kilobytes()));
        if (GRACELINE_MEMORY_IS_MEASURED) CHECK(memory.grown_kilobytes() < 6 * 1'024);
        CHECK(host.statistics().queue_peak_bytes < 3 * 1'048'576);
    }
}

TEST_CASE("pings: a flood by a server that reads nothing -> newest pong only, little memory",
          "[hostile]") {
    RawServer server;
    const std::string url = server.url();
    Host host(patient_options(url));
    host.start();
    RawPeer peer = server.accept();
    peer.write(good_answer(peer.read_request()));
    REQUIRE(host.wait_connected());
    const PeakMemory memory;
    std::string pings;
    for (int i = 0; i < 500; ++i) pings += frame(0x89, std::string(125, 'p'));
    for (std::size_t sent = 0; sent < std::size_t{32} << 20; sent += pings.size()) {
        REQUIRE(peer.write(pings));
    }
    REQUIRE(peer.write(text_frame("behind the flood")));
    REQUIRE(host.wait_message("behind the flood"));
    std::printf("flood of pings: memory at most +%lld KiB\n",
                static_cast<long long>(memory.grown_kilobytes()));
    if (GRACELINE_MEMORY_IS_MEASURED) CHECK(memory.grown_kilobytes() < 4 * 1'024);
    CHECK(host.status() == GRACELINE_CONNECTION_STATUS_CONNECTED);
}

TEST_CASE("large messages: the host reads nothing -> the queue's limit holds", "[hostile]") {
    const bool deflate = GENERATE(false, true);
    RawServer server;
    const std::string url = server.url();
    auto options = patient_options(url);
    options.permessage_deflate = deflate ? 1 : 0;
    options.receive_queue_bytes = 1'048'576;
    Host host(options);
    host.start();
    RawPeer peer = server.accept();
    peer.write(good_answer(peer.read_request(), deflate ? kDeflateAnswer : ""));
    REQUIRE(host.wait_connected());
    const PeakMemory memory;
    const std::string plain = letters(1'000'000);
    const std::string message = deflate ? compressed(plain) : text_frame(plain);
    // The server goes on until the library stands still.
    std::string_view left = message;
    std::size_t sent = 0;
    while (host.statistics().reading_paused_count == 0 && sent < kFloodBytes) {
        const auto taken = peer.write_without_waiting(left);
        if (taken == 0) peer.ended_within(kDrip);
        sent += taken;
        left.remove_prefix(taken);
        if (left.empty()) left = message;
    }
    CHECK(host.statistics().reading_paused_count > 0);
    const auto statistics = host.statistics();
    std::printf("messages of 1 MB%s, unread: queue at most %llu KiB, memory at most +%lld KiB\n",
                deflate ? ", compressed" : "",
                static_cast<unsigned long long>(statistics.queue_peak_bytes / 1'024),
                static_cast<long long>(memory.grown_kilobytes()));
    // The limit, and one message beyond it while it is written.
    CHECK(statistics.queue_peak_bytes < 4 * 1'048'576);
    if (GRACELINE_MEMORY_IS_MEASURED) CHECK(memory.grown_kilobytes() < 8 * 1'024);
}

TEST_CASE("close: the server floods instead of answering -> gone in the close time-out",
          "[hostile]") {
    RawServer server;
    const std::string url = server.url();
    auto options = patient_options(url);
    options.close_timeout_ms = 300;
    Host host(options);
    host.start();
    RawPeer peer = server.accept();
    peer.write(good_answer(peer.read_request()));
    REQUIRE(host.wait_connected());
    const PeakMemory memory;
    const auto begun = graceline_now_ms();
    REQUIRE(graceline_client_disconnect(host) == GRACELINE_OK);
    const std::size_t sent = flood(peer, text_frame(letters(50'000)));
    const auto took = graceline_now_ms() - begun;
    std::printf("flood behind our close: gone after %lld ms and %zu bytes, memory +%lld KiB\n",
                static_cast<long long>(took), sent,
                static_cast<long long>(memory.grown_kilobytes()));
    // A server that is faster than the time-out has sent all it wanted by then.
    CHECK((took <= 300 + kSlackMs || sent >= kFloodBytes));
    host.take_all(50);
    CHECK(host.count(GRACELINE_EVENT_MESSAGE) == 0);
    CHECK(peer.ended_within(kPeerPatience));
    if (GRACELINE_MEMORY_IS_MEASURED) CHECK(memory.grown_kilobytes() < 4 * 1'024);
}

TEST_CASE("sending: the server reads nothing -> FULL, little memory, gone when asked",
          "[hostile]") {
    RawServer server;
    const std::string url = server.url();
    auto options = patient_options(url);
    options.close_timeout_ms = 300;
    options.outbox_messages = 1'000'000;
    Host host(options);
    host.start();
    RawPeer peer = server.accept();
    peer.write(good_answer(peer.read_request()));
    REQUIRE(host.wait_connected());
    const PeakMemory memory;
    const std::string message = letters(10'000);
    std::uint64_t accepted = 0;
    auto status = GRACELINE_OK;
    // The kernel's buffers first, then ours.
    while (accepted < 10'000 && status == GRACELINE_OK) {
        status = host.send(message);
        if (status == GRACELINE_OK) ++accepted;
    }
    CHECK(status == GRACELINE_E_FULL);
    std::printf("a server that reads nothing: %llu messages of 10 KB taken, memory +%lld KiB\n",
                static_cast<unsigned long long>(accepted),
                static_cast<long long>(memory.grown_kilobytes()));
    if (GRACELINE_MEMORY_IS_MEASURED) CHECK(memory.grown_kilobytes() < 6 * 1'024);
    const auto begun = graceline_now_ms();
    REQUIRE(graceline_client_disconnect(host) == GRACELINE_OK);
    std::uint64_t fates = 0;
    REQUIRE(host.wait([&](const Seen& event) {
        if (event.type == GRACELINE_EVENT_SEND_FATE) {
            fates += event.details.last_id - event.details.first_id + 1;
        }
        return fates == accepted;
    }));
    CHECK(graceline_now_ms() - begun <= 300 + kSlackMs);
}

TEST_CASE("announced giants: ten bytes of 256 MiB -> memory for what came, not for what was said",
          "[hostile]") {
    RawServer server;
    const std::string url = server.url();
    auto options = patient_options(url);
    options.max_message_bytes = 268'435'456;
    Host host(options);
    host.start();
    RawPeer peer = server.accept();
    peer.write(good_answer(peer.read_request()));
    REQUIRE(host.wait_connected());
    const PeakMemory memory;
    const auto queue_before = host.statistics().queue_bytes;
    REQUIRE(peer.write(hex("82 7f 00 00 00 00 10 00 00 00") + "ten bytes."));
    while (host.statistics().bytes_received < 20) host.take(10);
    const auto statistics = host.statistics();
    std::printf("announced 256 MiB: queue at most %llu KiB, memory at most +%lld KiB\n",
                static_cast<unsigned long long>(statistics.queue_peak_bytes / 1'024),
                static_cast<long long>(memory.grown_kilobytes()));
    CHECK(statistics.queue_peak_bytes < queue_before + 4 * 1'048'576);
    if (GRACELINE_MEMORY_IS_MEASURED) CHECK(memory.grown_kilobytes() < 4 * 1'024);
}

TEST_CASE("announced giants: 12 MiB that come in pieces -> one whole message", "[hostile]") {
    RawServer server;
    const std::string url = server.url();
    auto options = patient_options(url);
    options.max_message_bytes = 268'435'456;
    options.receive_queue_bytes = 268'435'456;
    Host host(options);
    host.start();
    RawPeer peer = server.accept();
    peer.write(good_answer(peer.read_request()));
    REQUIRE(host.wait_connected());
    const std::string text = letters(std::size_t{12} << 20);
    const std::string half = text.substr(0, text.size() / 2);
    for (int round = 0; round < 2; ++round) {
        REQUIRE(peer.write_in_pieces(text_frame(text), 100'003));
        REQUIRE(host.wait_type(GRACELINE_EVENT_MESSAGE));
        CHECK((host.found().data == text));
        REQUIRE(peer.write(frame(0x01, "") + frame(0x80, half)));
        REQUIRE(host.wait_type(GRACELINE_EVENT_MESSAGE));
        CHECK((host.found().data == half));
    }
    // Cut off in the middle: what was set aside is given back with the connection.
    REQUIRE(peer.write(text_frame(text).substr(0, text.size() / 2)));
    while (host.statistics().queue_bytes < text.size()) host.take(10);
    peer.finish_writing();
    REQUIRE(host.wait(is_bad_news));
    CHECK(host.found().details.reason == GRACELINE_REASON_CONNECTION_LOST);
    CHECK(host.statistics().queue_bytes < 1'048'576);
}

}  // namespace graceline::tests::hostile
