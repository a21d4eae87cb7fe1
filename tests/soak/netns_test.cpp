// What only a kernel can do to a connection: a link that is down, packets dropped one way, resets
// of a firewall. A network namespace on the other end of a veth pair; where that is not allowed the
// reason is printed. Must leave neither namespace nor link behind.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>

#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"
#include "tests/support/fault_proxy.hpp"

using namespace graceline::tests;

namespace {

constexpr const char* kHere = "10.231.77.1";
constexpr const char* kThere = "10.231.77.2";

bool run(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

/// A namespace and the link to it, for as long as this lives.
class FarPlace {
  public:
    FarPlace()
        : name_("graceline-" + std::to_string(::getpid())),
          link_("gl" + std::to_string(::getpid() % 100'000)) {
        const auto far = link_ + "f";
        ready_ = run("ip netns add " + name_) &&
                 run("ip link add " + link_ + " type veth peer name " + far + " netns " + name_) &&
                 run("ip addr add " + std::string(kHere) + "/30 dev " + link_) &&
                 run("ip link set " + link_ + " up") &&
                 inside("ip addr add " + std::string(kThere) + "/30 dev " + far) &&
                 inside("ip link set " + far + " up") && inside("iptables -L -n");
    }
    ~FarPlace() { run("ip netns del " + name_); }  // and with it both ends of the link
    FarPlace(const FarPlace&) = delete;
    FarPlace& operator=(const FarPlace&) = delete;

    bool ready() const { return ready_; }
    const std::string& name() const { return name_; }
    bool link(bool up) const { return run("ip link set " + link_ + (up ? " up" : " down")); }
    /// A rule of the firewall there.
    bool rule(const char* add_or_delete, const std::string& what) const {
        return inside(std::string("iptables ") + add_or_delete + " " + what);
    }

  private:
    bool inside(const std::string& command) const {
        return run("ip netns exec " + name_ + " " + command);
    }

    const std::string name_;
    const std::string link_;
    bool ready_ = false;
};

/// A client whose server is at the far place, and what that server has.
struct Story {
    explicit Story(const FarPlace& place) : proxy(server.port(), 1, {kThere, place.name()}) {
        const auto there = std::string(kThere) + ":" + std::to_string(proxy.port());
        url = "ws://" + there + "/ws?room=a";
        messages = "http://" + there + "/messages?conversation=a{&before,after,limit}";
        graceline_history_options_init(&history, sizeof history);
        history.messages_url = messages.c_str();
        history.json_items_pointer = "/items";
        history.json_complete_pointer = "/complete";
        history.timeout_ms = 2'000;
        auto options = default_options();
        options.url = url.c_str();
        options.allow_insecure_ws_beyond_loopback = 1;
        options.json_id_pointer = "/id";
        options.history = &history;
        options.ping_interval_ms = 1'000;
        options.pong_timeout_ms = 300;
        options.connect_timeout_ms = 1'000;
        options.backoff_initial_ms = 20;
        options.backoff_max_ms = 200;
        host = std::make_unique<Host>(options);
        host->start();
        REQUIRE(host->wait_connected());
        publish(1);
        REQUIRE(host->wait_message("m0"));
    }
    void publish(int count) {
        for (int i = 0; i < count; ++i) {
            ids.push_back(server.publish("a", "m" + std::to_string(ids.size())));
        }
    }
    bool lost() { return host->wait_status(GRACELINE_CONNECTION_STATUS_CONNECTING); }
    bool judged(graceline_gap_verdict verdict) {
        return host->wait([&](const Seen& event) {
            return event.type == GRACELINE_EVENT_GAP_VERDICT &&
                   event.details.gap_verdict == verdict;
        });
    }
    bool recovered() { return judged(GRACELINE_GAP_VERDICT_RECOVERED); }
    /// All of them, once, in the server's order.
    bool complete() {
        publish(1);
        if (!host->wait_message("m" + std::to_string(ids.size() - 1))) return false;
        std::vector<std::string> delivered;
        for (const auto& event : host->seen) {
            if (event.type == GRACELINE_EVENT_MESSAGE) delivered.push_back(event.id);
        }
        return delivered == ids;
    }
    std::string port() const { return std::to_string(proxy.port()); }

    DevServer server;
    FaultProxy proxy;
    std::string url, messages;
    graceline_history_options history{};
    std::vector<std::string> ids;
    std::unique_ptr<Host> host;
};

const FarPlace* place() {
    static const FarPlace place;
    if (place.ready()) return &place;
    std::cout << "network namespaces: skipped, this user may not make one (or ip and iptables are "
                 "not here)"
              << std::endl;
    return nullptr;
}

}  // namespace

TEST_CASE("network: the link is down for a while -> noticed, recovered, each once in order",
          "[soak]") {
    if (place() == nullptr) return;
    Story story(*place());
    REQUIRE(place()->link(false));
    story.publish(20);
    REQUIRE(story.lost());
    REQUIRE(place()->link(true));
    CHECK(story.recovered());
    CHECK(story.complete());
}

TEST_CASE("network: packets of the server are lost for a moment -> the same socket, no gap",
          "[soak]") {
    if (place() == nullptr) return;
    Story story(*place());
    const auto lose = "OUTPUT -p tcp --sport " + story.port() + " -j DROP";
    REQUIRE(place()->rule("-A", lose));
    story.publish(1);
    REQUIRE(place()->rule("-D", lose));
    CHECK(story.complete());
    CHECK(story.host->statistics().connections_count == 1);
}

TEST_CASE("network: the way to us is dead -> no pong comes, recovered, each once in order",
          "[soak]") {
    if (place() == nullptr) return;
    Story story(*place());
    const auto lose = "OUTPUT -p tcp --sport " + story.port() + " -j DROP";
    REQUIRE(place()->rule("-A", lose));
    story.publish(20);
    REQUIRE(story.lost());
    REQUIRE(place()->rule("-D", lose));
    CHECK(story.recovered());
    CHECK(story.complete());
}

TEST_CASE("network: the way to the server is dead -> no pong comes, though messages do", "[soak]") {
    if (place() == nullptr) return;
    Story story(*place());
    const auto lose = "INPUT -p tcp --dport " + story.port() + " -j DROP";
    REQUIRE(place()->rule("-A", lose));
    story.publish(1);
    REQUIRE(story.host->wait_message("m1"));
    REQUIRE(story.lost());
    REQUIRE(place()->rule("-D", lose));
    CHECK(story.judged(GRACELINE_GAP_VERDICT_COMPLETE));
    CHECK(story.complete());
}

TEST_CASE("network: a firewall resets what comes -> lost, retried, recovered", "[soak]") {
    if (place() == nullptr) return;
    Story story(*place());
    const auto reset =
        "INPUT -p tcp --dport " + story.port() + " -j REJECT --reject-with tcp-reset";
    REQUIRE(place()->rule("-A", reset));
    REQUIRE(graceline_client_ping(*story.host) == GRACELINE_OK);
    REQUIRE(story.lost());
    story.publish(20);
    REQUIRE(place()->rule("-D", reset));
    CHECK(story.recovered());
    CHECK(story.complete());
}
