// The proxy does what each harm's name says, and loses nothing of a connection that goes on.
// Must wait for bytes, not for time; the bounds are those that would show that nothing was done.
#include "tests/support/fault_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "tests/support/catch.hpp"

using namespace graceline::tests;
using std::chrono::milliseconds;

namespace {

constexpr int kSoonMs = 5'000;
constexpr int kNotMs = 150;

class Socket {
  public:
    explicit Socket(int handle) : handle_(handle) { REQUIRE(handle >= 0); }
    ~Socket() { ::close(handle_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    int get() const { return handle_; }
    void say(const std::string& text) {
        REQUIRE(::send(handle_, text.data(), text.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(text.size()));
    }
    /// What comes in time: text, "end", "reset", or "" for nothing.
    std::string hear(std::size_t bytes, int within_ms = kSoonMs) {
        std::string text;
        while (text.size() < bytes) {
            pollfd watched{handle_, POLLIN, 0};
            if (::poll(&watched, 1, within_ms) != 1) return text;
            char piece[256];
            const auto count = ::recv(handle_, piece, sizeof piece, 0);
            if (count < 0) return "reset";
            if (count == 0) return "end";
            text.append(piece, static_cast<std::size_t>(count));
        }
        return text;
    }

  private:
    int handle_;
};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A listener, the proxy before it, and one connection through both.
struct Line {
    Line() : listener(::socket(AF_INET, SOCK_STREAM, 0)) {
        auto address = loopback(0);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(listener.get(), any, size) == 0);
        REQUIRE(::listen(listener.get(), 8) == 0);
        REQUIRE(::getsockname(listener.get(), any, &size) == 0);
        proxy = std::make_unique<FaultProxy>(ntohs(address.sin_port), 1);
        connect();
        server = std::make_unique<Socket>(::accept(listener.get(), nullptr, nullptr));
        client->say("hello");
        REQUIRE(server->hear(5) == "hello");
    }
    void connect() {
        client = std::make_unique<Socket>(::socket(AF_INET, SOCK_STREAM, 0));
        const auto address = loopback(proxy->port());
        REQUIRE(::connect(client->get(), reinterpret_cast<const sockaddr*>(&address),
                          sizeof address) == 0);
    }
    Socket listener;
    std::unique_ptr<FaultProxy> proxy;
    std::unique_ptr<Socket> client;
    std::unique_ptr<Socket> server;
};

}  // namespace

TEST_CASE("fault proxy: no harm -> bytes pass both ways, and the end does", "[soak]") {
    Line line;
    line.server->say("back");
    CHECK(line.client->hear(4) == "back");
    ::shutdown(line.client->get(), SHUT_WR);
    CHECK(line.server->hear(1) == "end");
    line.server->say("after");
    CHECK(line.client->hear(5) == "after");
}

TEST_CASE("fault proxy: cut and fin -> both ends hear it", "[soak]") {
    Line line;
    line.proxy->begin(Harm::cut);
    CHECK(line.client->hear(1) == "reset");
    CHECK(line.server->hear(1) == "reset");
    Line other;
    other.proxy->begin(Harm::fin);
    CHECK(other.client->hear(1) == "end");
    CHECK(other.server->hear(1) == "end");
    CHECK(other.proxy->harms(Harm::fin) == 1);
}

TEST_CASE("fault proxy: a hole, then calm -> nothing passes, then all of it", "[soak]") {
    Line line;
    line.proxy->begin(Harm::hole);
    line.client->say("up");
    line.server->say("down");
    CHECK(line.server->hear(1, kNotMs).empty());
    CHECK(line.client->hear(1, kNotMs).empty());
    line.proxy->calm();
    CHECK(line.server->hear(2) == "up");
    CHECK(line.client->hear(4) == "down");
}

TEST_CASE("fault proxy: one direction is held -> the other one passes", "[soak]") {
    Line line;
    line.proxy->begin(Harm::hold_up);
    line.client->say("up");
    line.server->say("down");
    CHECK(line.client->hear(4) == "down");
    CHECK(line.server->hear(1, kNotMs).empty());
    line.proxy->begin(Harm::hold_down, milliseconds(1));
    CHECK(line.server->hear(2) == "up");
    line.server->say("held for a millisecond");
    CHECK(line.client->hear(22) == "held for a millisecond");
}

TEST_CASE("fault proxy: half open -> the server hears the end, the client nothing", "[soak]") {
    Line line;
    line.proxy->begin(Harm::half_open);
    CHECK(line.server->hear(1) == "end");
    line.client->say("anybody?");
    CHECK(line.client->hear(1, kNotMs).empty());
}

TEST_CASE("fault proxy: delayed and slow -> later, in order, all of it", "[soak]") {
    Line line;
    const std::string text(1'000, 'x');
    for (const auto harm : {Harm::delay, Harm::slow}) {
        line.proxy->begin(harm);
        const auto begun = std::chrono::steady_clock::now();
        line.client->say(text);
        CHECK(line.server->hear(text.size()) == text);
        CHECK(std::chrono::steady_clock::now() - begun >= milliseconds(45));
    }
}

TEST_CASE("fault proxy: refuse -> cut, and new ones are reset until it is over", "[soak]") {
    Line line;
    line.proxy->begin(Harm::refuse);
    CHECK(line.client->hear(1) == "reset");
    line.connect();
    CHECK(line.client->hear(1) == "reset");
    line.proxy->calm();
    line.connect();
    const Socket server(::accept(line.listener.get(), nullptr, nullptr));
    line.client->say("in");
    CHECK(line.client->hear(1, kNotMs).empty());
}

TEST_CASE("fault proxy: by itself -> one harm after the other, of every kind", "[soak]") {
    Line line;
    line.proxy->run_by_itself(milliseconds(1), milliseconds(2));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (line.proxy->harms() < 50 && std::chrono::steady_clock::now() < end) {
        line.client->hear(1, 1);
    }
    CHECK(line.proxy->harms() >= 50);
    CHECK(line.proxy->harms(Harm::cut) > 0);
    CHECK(line.proxy->harms(Harm::slow) > 0);
}
