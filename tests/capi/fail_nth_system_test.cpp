// Three scenarios with the n-th call of the resolver, of a socket or of OpenSSL failing, for every
// n until none is hit any more. Must show that each kind of call was among those that failed.
#include <initializer_list>
#include <iostream>
#include <string>

#include "tests/capi/fail_nth.hpp"
#include "tests/capi/failing_system.hpp"

using namespace graceline::tests;

namespace {

/// Talk over TLS: three messages acknowledged, a round trip, a disconnect, and back by resumption.
void talk_over_tls(const DevServer& server, const Place& place, int run) {
    NthSetup setup(place, "talk");
    setup.options.json_outgoing_id_member = "client_id";
    setup.options.json_ack_pointer = "/ack";
    setup.options.history = nullptr;
    CarefulHost host(setup.options);
    host.start();
    host.wait_connected();
    for (int round = 0; round < 2; ++round) {
        std::uint64_t acknowledged = 0;
        for (int i = 0; i < 3; ++i) {
            host.send(R"({"body":"t)" + std::to_string(100 * run + 10 * round + i) + R"("})");
        }
        while (acknowledged < 3) {
            const auto& fate = host.wait_type(GRACELINE_EVENT_SEND_FATE).details;
            demand(fate.fate == GRACELINE_FATE_ACKNOWLEDGED, "a message failed");
            acknowledged += fate.last_id - fate.first_id + 1;
        }
        if (round == 1) break;
        host.disconnect();
        demand(server.wait_equal("websockets_now", 0), "the WebSocket is still there");
        host.connect();
        host.wait_connected();
    }
    host.close();
    host.wait_type(GRACELINE_EVENT_CLOSED);
}

/// Every n of each of these functions. Each must be called, or the list is wrong.
template <class Scenario>
void fail_each(std::initializer_list<const char*> functions, Scenario scenario) {
    int run = 0;
    for (const std::string name : functions) {
        const int count = until_none_fails(
            name.c_str(),
            [&](int n) {
                fail_system_call(name, static_cast<std::uint64_t>(n));
                scenario(++run);
            },
            [] { return system_call_failed(); });
        std::cout << name << " " << count << (name == *(functions.end() - 1) ? "\n" : ", ");
        CHECK(count > 0);
    }
    std::cout << std::flush;
    fail_system_call({}, 0);
}

}  // namespace

TEST_CASE("fail the n-th system call: a name, a window, a catch-up -> each once, in order",
          "[capi]") {
    DevServer server;
    fail_each({"getaddrinfo", "socket", "connect", "getsockopt", "setsockopt", "recv", "send",
               "epoll_ctl", "epoll_create1", "eventfd", "timerfd_create"},
              [&](int) {
                  window_and_catch_up(server, {server.port(), "localhost"});
              });
}

TEST_CASE("fail the n-th system call: offline outbox -> each acknowledged, stored once", "[capi]") {
    DevServer server;
    fail_each({"socket", "connect", "recv", "send", "epoll_ctl"},
              [&](int n) { offline_outbox(server, {server.port()}, n); });
}

TEST_CASE("fail the n-th system call: talk over TLS -> each acknowledged, resumed or not",
          "[capi]") {
    DevServer server({"--tls-self-signed"});
    fail_each({"SSL_CTX_new", "SSL_new", "BIO_new", "SSL_do_handshake", "SSL_read", "SSL_write",
               "recv", "send"},
              [&](int n) {
                  talk_over_tls(server, {server.port(), "127.0.0.1", server.certificate_file()}, n);
              });
}
