// The relay's door, the ledger of sent bytes and the reaper, each on its own.
// Must not start cpprestsdk: these parts do without it.
#include <atomic>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <future>

#include "core/driver/cpprest/knock.hpp"
#include "core/driver/cpprest/reaper.hpp"
#include "core/driver/cpprest/send_ledger.hpp"
#include "core/websocket/writer.hpp"
#include "tests/driver/cpprest/harness.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {

using driver::cpprest::Knock;
using driver::cpprest::Reaper;
using driver::cpprest::SendLedger;

namespace {

constexpr const char* kSecret = "Basic c2VjcmV0";

// What comes back for one request at the door: the answer, or nothing when sent away.
std::string knock_with(const std::string& request) {
    const auto loop = driver::Loop::acquire();
    boost::asio::io_context own;
    boost::asio::ip::tcp::acceptor acceptor(own, {boost::asio::ip::address_v4::loopback(), 0});
    boost::asio::ip::tcp::socket client(own);
    client.connect(acceptor.local_endpoint());
    const int accepted = acceptor.accept().release();
    std::atomic<bool> entered{false};
    on_loop(*loop, [&] {
        driver::Socket socket(loop->context().get_executor(), boost::asio::ip::tcp::v4(), accepted);
        std::make_shared<Knock>(std::move(socket), kSecret, [&](driver::Socket) {
            entered = true;
        })->start();
    });
    boost::system::error_code ignored;
    boost::asio::write(client, boost::asio::buffer(request), ignored);
    client.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    std::string answer;
    boost::asio::read(client, boost::asio::dynamic_buffer(answer), ignored);
    return entered ? answer : std::string();
}

std::vector<std::uint8_t> record(std::uint8_t type, std::size_t size) {
    std::vector<std::uint8_t> bytes{type, 3, 3, static_cast<std::uint8_t>(size >> 8U),
                                    static_cast<std::uint8_t>(size)};
    bytes.resize(5 + size);
    return bytes;
}

}  // namespace

TEST_CASE("relay: only the secret opens the door -> others get no byte", "[driver][cpprest]") {
    const std::string start = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n";
    CHECK(knock_with(start + "Proxy-Authorization: " + kSecret + "\r\n\r\n") ==
          "HTTP/1.1 200 OK\r\n\r\n");
    CHECK(knock_with(start + "proxy-authorization:  " + kSecret + "\r\n\r\n") != "");
    CHECK(knock_with(start + "\r\n") == "");
    CHECK(knock_with(start + "Proxy-Authorization: Basic c2VjcmV1\r\n\r\n") == "");
    CHECK(knock_with(start + "Proxy-Authorization: Basic c2VjcmV0c2VjcmV0\r\n\r\n") == "");
    CHECK(knock_with("GET / HTTP/1.1\r\nProxy-Authorization: " + std::string(kSecret) +
                     "\r\n\r\n") == "");
    CHECK(knock_with(start + "X-Fill: " + std::string(40'000, 'x')) == "");
    CHECK(knock_with("") == "");
}

TEST_CASE("ledger: plain bytes -> each message is flushed with its last byte",
          "[driver][cpprest]") {
    SendLedger ledger;
    const std::vector<std::uint8_t> handshake(300);
    ledger.written(handshake);
    const auto first = ledger.data_queued(10);
    ledger.control_queued(4);
    const auto second = ledger.data_queued(1000);
    CHECK(ledger.pending_messages() == 2);
    const std::vector<std::uint8_t> bytes(websocket::frame_bytes(10) - 1);
    ledger.written(bytes);
    CHECK(ledger.flushed_offset() == 0);
    ledger.written(std::vector<std::uint8_t>(1));
    CHECK(ledger.flushed_offset() == first);
    ledger.written(std::vector<std::uint8_t>(websocket::frame_bytes(4)));
    CHECK(ledger.flushed_offset() == first);
    ledger.written(std::vector<std::uint8_t>(websocket::frame_bytes(1000)));
    CHECK(ledger.flushed_offset() == second);
    CHECK(ledger.pending_bytes() == 0);
}

TEST_CASE("ledger: unknown bytes while idle -> forgotten, no later message is early",
          "[driver][cpprest]") {
    SendLedger ledger;
    ledger.written(std::vector<std::uint8_t>(5000));
    const auto offset = ledger.data_queued(100);
    ledger.written(std::vector<std::uint8_t>(websocket::frame_bytes(100) - 1));
    CHECK(ledger.flushed_offset() == 0);
    ledger.written(std::vector<std::uint8_t>(1));
    CHECK(ledger.flushed_offset() == offset);
}

TEST_CASE("ledger: TLS records cut anywhere -> payload is counted, handshake is not",
          "[driver][cpprest]") {
    const std::size_t cut = GENERATE(1U, 3U, 7U, 100U);
    SendLedger ledger;
    ledger.expect_records();
    ledger.written(record(22, 500));
    ledger.written(record(23, 60));  // The encrypted end of the handshake.
    ledger.set_record_overhead(17);
    const auto offset = ledger.data_queued(100);
    const auto whole = record(23, websocket::frame_bytes(100) + 17);
    for (std::size_t at = 0; at < whole.size(); at += cut) {
        CHECK(ledger.flushed_offset() == 0);
        ledger.written(std::span(whole).subspan(at, std::min(cut, whole.size() - at)));
    }
    CHECK(ledger.flushed_offset() == offset);
}

TEST_CASE("reaper: work that blocks -> counted, drained in order", "[driver][cpprest]") {
    auto& reaper = Reaper::instance();
    REQUIRE(wait_reaped());
    std::promise<void> go;
    auto gate = go.get_future().share();
    std::vector<int> order;
    reaper.reap([gate, &order] {
        gate.wait();
        order.push_back(1);
    });
    reaper.reap([&order] { order.push_back(2); });
    CHECK(reaper.pending() == 2);
    CHECK_FALSE(reaper.drain(std::chrono::milliseconds(1)));
    go.set_value();
    CHECK(reaper.drain(std::chrono::seconds(20)));
    CHECK(order == std::vector{1, 2});
}

TEST_CASE("cpprest: too many objects are not destroyed yet -> fails with a text",
          "[driver][cpprest]") {
    auto& reaper = Reaper::instance();
    REQUIRE(wait_reaped());
    std::promise<void> go;
    auto gate = go.get_future().share();
    for (std::size_t i = 0; i < driver::cpprest::kMaxUnreapedObjects; ++i) {
        reaper.reap([gate] { gate.wait(); });
    }
    {
        Session session(plain_settings(1));
        session.open();
        REQUIRE(session.listener.wait_ended());
        CHECK(session.listener.record().ended->text.find("not destroyed yet") != std::string::npos);
    }
    go.set_value();
    CHECK(reaper.drain(std::chrono::seconds(20)));
}

}  // namespace graceline::tests
