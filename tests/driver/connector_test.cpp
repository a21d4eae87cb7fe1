// Happy eyeballs with addresses that refuse, that never answer, and that do.
// Must not resolve anything: the addresses are given.
#include "core/driver/connector.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <future>
#include <thread>

#include "tests/driver/support/harness.hpp"
#include "tests/driver/support/peer.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {
namespace {

using driver::Connector;
using driver::Tcp;
using std::chrono::milliseconds;

Tcp::endpoint v4(std::uint16_t port) {
    return {boost::asio::ip::address_v4::loopback(), port};
}
Tcp::endpoint v6(std::uint16_t port) {
    return {boost::asio::ip::address_v6::loopback(), port};
}

/// A port whose queue is full: it neither accepts nor refuses.
class SilentPort {
  public:
    SilentPort() : listener_(false, 0) {
        for (int i = 0; i < 2; ++i) {
            const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_port = htons(listener_.port());
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            ::connect(filler, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
            fillers_.emplace_back(filler);
        }
    }
    std::uint16_t port() const { return listener_.port(); }
    /// Makes room: who tries again is let in.
    void answer() {
        for (std::size_t i = 0; i < fillers_.size(); ++i) accepted_.push_back(listener_.accept());
    }

  private:
    Listener listener_;
    std::vector<Peer> fillers_;
    std::vector<Peer> accepted_;
};

std::uint16_t refusing_port() {
    Listener listener;
    return listener.port();
}

struct Connected {
    Tcp::endpoint peer;
    driver::ErrorCode error;
    engine::Duration took{};
    bool no_delay = false;
};

Connected connect_to(const std::vector<Tcp::endpoint>& endpoints) {
    const auto loop = driver::Loop::acquire();
    std::promise<Connected> promise;
    std::shared_ptr<Connector> connector;
    run_on(*loop, [&] {
        const engine::Instant start = driver::now();
        connector = std::make_shared<Connector>(
            loop, endpoints,
            [&promise, start](driver::Socket socket, const Tcp::endpoint& peer,
                              driver::ErrorCode error) {
                Connected connected{peer, error, driver::now() - start, false};
                if (!error) {
                    Tcp::no_delay option;
                    socket.get_option(option);
                    connected.no_delay = option.value();
                }
                promise.set_value(connected);
            });
        connector->start();
    });
    auto future = promise.get_future();
    REQUIRE(future.wait_for(kPatience) == std::future_status::ready);
    run_on(*loop, [&] { connector.reset(); });
    return future.get();
}

}  // namespace

TEST_CASE("happy eyeballs: order -> families take turns, the preferred one first", "[driver]") {
    const auto ordered = driver::interleave({v6(1), v6(2), v6(3), v4(4), v4(5)});
    const std::vector<Tcp::endpoint> wanted = {v6(1), v4(4), v6(2), v4(5), v6(3)};
    CHECK(ordered == wanted);
    CHECK(driver::interleave({}).empty());
    CHECK(driver::interleave({v4(7)}) == std::vector<Tcp::endpoint>{v4(7)});
}

TEST_CASE("happy eyeballs: first address refuses -> the next one at once", "[driver]") {
    Listener listener;
    const Connected connected = connect_to({v6(refusing_port()), v4(listener.port())});
    CHECK_FALSE(connected.error);
    CHECK(connected.peer == v4(listener.port()));
    CHECK(connected.no_delay);
    WARN("after a refusal: "
         << std::chrono::duration_cast<std::chrono::microseconds>(connected.took).count() << " us");
}

TEST_CASE("happy eyeballs: first address never answers -> the next one after 250 ms", "[driver]") {
    const SilentPort silent;
    Listener listener;
    const Connected connected = connect_to({v4(silent.port()), v6(1), v4(listener.port())});
    CHECK_FALSE(connected.error);
    CHECK(connected.peer == v4(listener.port()));
    CHECK(connected.took >= driver::kConnectStagger);
    WARN("after silence: " << std::chrono::duration_cast<milliseconds>(connected.took).count()
                           << " ms");
}

TEST_CASE("happy eyeballs: only address answers late -> connected", "[driver]") {
    SilentPort silent;
    std::thread late([&] {
        std::this_thread::sleep_for(milliseconds(100));
        silent.answer();
    });
    const Connected connected = connect_to({v4(silent.port())});
    late.join();
    CHECK_FALSE(connected.error);
    CHECK(connected.no_delay);
    CHECK(connected.took >= milliseconds(100));
}

TEST_CASE("happy eyeballs: losers of the race -> closed", "[driver]") {
    const SilentPort silent;
    Listener listener;
    const auto open_sockets = [] {
        int count = 0;
        for (int descriptor = 0; descriptor < 1024; ++descriptor) {
            int type = 0;
            socklen_t size = sizeof(type);
            if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0) ++count;
        }
        return count;
    };
    const int before = open_sockets();
    connect_to({v4(silent.port()), v4(silent.port()), v4(listener.port())});
    CHECK(open_sockets() == before);
}

TEST_CASE("happy eyeballs: all refuse -> the error, once", "[driver]") {
    const std::uint16_t port = refusing_port();
    const Connected connected = connect_to({v6(port), v4(port), v4(port)});
    CHECK(connected.error == boost::asio::error::connection_refused);
}

TEST_CASE("happy eyeballs: cancelled while connecting -> silence", "[driver]") {
    const SilentPort silent;
    const auto loop = driver::Loop::acquire();
    bool called = false;
    run_on(*loop, [&] {
        const auto connector = std::make_shared<Connector>(
            loop, std::vector<Tcp::endpoint>{v4(silent.port())},
            [&](driver::Socket, const Tcp::endpoint&, driver::ErrorCode) { called = true; });
        connector->start();
        connector->cancel();
    });
    run_on(*loop, [] {});
    run_on(*loop, [] {});
    CHECK_FALSE(called);
}

TEST_CASE("happy eyeballs: name with a dead and a live family -> the transport opens", "[driver]") {
    // localhost is both ::1, where nobody listens, and 127.0.0.1.
    Listener listener;
    driver::TransportSettings settings = plain_settings(listener.port());
    settings.host = "localhost";
    Harness harness(transport_kinds().front(), settings);
    harness.open();
    Peer peer = listener.accept();
    peer.upgrade();
    CHECK(harness.recorder().wait_opened());
}

}  // namespace graceline::tests
