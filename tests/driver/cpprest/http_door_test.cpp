// The door on 127.0.0.1 that cpprestsdk connects to: for this process only.
// Must knock from another process: this one's own sockets are let in.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <future>

#include "tests/driver/cpprest/http_harness.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {

namespace {

/// 0: the port took the connection and ended it without a byte.
int knock_from_another_process(std::uint16_t port) {
    const pid_t child = ::fork();
    if (child == 0) {
        const int stranger = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(stranger, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::_exit(1);
        }
        // Not for ever, so that a door that lets it in is a failure and no hang.
        const timeval patience{5, 0};
        ::setsockopt(stranger, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        char byte = 0;
        const auto got = ::recv(stranger, &byte, 1, 0);
        ::_exit(got == 0 || (got < 0 && errno == ECONNRESET) ? 0 : 2);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

}  // namespace

TEST_CASE("http: another process at the door -> sent away, the fetch goes on", "[http]") {
    // The door is only there while a line is: without older lines it is the only other listener.
    REQUIRE(wait_lines_released());
    std::promise<void> reached;
    std::promise<void> go_on;
    ScriptedServer server([&](ServerConnection& connection) {
        connection.read_head();
        reached.set_value();
        go_on.get_future().wait();
        connection.write(answer_of("page"));
    });
    HttpHarness http;
    const auto id = http.start(url_of(server.port()));
    reached.get_future().wait();
    const auto doors = listening_ports(server.port());
    CHECK(doors.size() == 1);
    for (const auto port : doors) CHECK(knock_from_another_process(port) == 0);
    go_on.set_value();
    CHECK(http.wait(id).body == "page");
    CHECK(server.connections() == 1);
}

}  // namespace graceline::tests
