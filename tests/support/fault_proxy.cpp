// The proxy's one thread: sockets, the harm in force, and the seeded plan of harms.
// Must wake up for whatever comes first: bytes, a piece's time, the end or the beginning of a harm.
#include "tests/support/fault_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <utility>

#include "tests/support/fault_pipe.hpp"

namespace graceline::tests {

namespace {

using Clock = FaultPipe::Clock;
using std::chrono::milliseconds;

constexpr int kBacklog = 64;
constexpr std::size_t kSlowBytes = 64;  ///< Every kSlowTick.
constexpr milliseconds kSlowTick{10};
constexpr milliseconds kShortestDelay{50};
constexpr milliseconds kLongestDelay{300};
constexpr milliseconds kShortestHarm{200};
constexpr milliseconds kLongestHarm{3'000};
constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

sockaddr_in address_of(const std::string& text, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, text.c_str(), &address.sin_addr);
    return address;
}

void be_prompt(int handle) {
    const int on = 1;
    ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(handle, F_SETFL, ::fcntl(handle, F_GETFL) | O_NONBLOCK);
}

/// A socket belongs to the namespace of the thread that makes it, so a thread goes there and ends.
int socket_in(const std::string& network_namespace) {
    int handle = -1;
    std::thread maker([&] {
        if (!network_namespace.empty()) {
            const int place =
                ::open(("/var/run/netns/" + network_namespace).c_str(), O_RDONLY | O_CLOEXEC);
            const bool there = place >= 0 && ::setns(place, CLONE_NEWNET) == 0;
            if (place >= 0) ::close(place);
            if (!there) return;
        }
        handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    });
    maker.join();
    return handle;
}

struct Connection {
    Connection(int client_end, int server_end)
        : client(client_end), server(server_end), up(client, server), down(server, client) {}
    int client;
    int server;
    FaultPipe up;
    FaultPipe down;

    void end(bool reset) {
        for (int* handle : {&client, &server}) {
            if (*handle < 0) continue;
            const linger at_once{1, 0};
            if (reset) ::setsockopt(*handle, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            ::close(*handle);
            *handle = -1;
        }
    }
    void lose_server() {
        ::close(server);
        server = -1;
    }
    bool over() const { return client < 0; }
};

}  // namespace

const char* to_string(Harm harm) {
    constexpr std::array<const char*, kHarms> kNames{
        "cut", "fin", "hole", "hold_up", "hold_down", "half_open", "delay", "slow", "refuse"};
    return kNames[static_cast<std::size_t>(harm)];
}

class FaultProxy::Worker {
  public:
    Worker(std::uint16_t server_port, std::uint64_t seed, const ProxyPlace& place)
        : server_port_(server_port), random_(seed), listener_(socket_in(place.network_namespace)) {
        const int on = 1;
        auto address = address_of(place.address, 0);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const bool ok = listener_ >= 0 && ::bind(listener_, any, size) == 0 &&
                        ::listen(listener_, kBacklog) == 0 &&
                        ::getsockname(listener_, any, &size) == 0 && ::pipe2(wake_, O_CLOEXEC) == 0;
        if (!ok) {
            if (listener_ >= 0) ::close(listener_);
            throw std::runtime_error("fault proxy: cannot listen on " + place.address);
        }
        be_prompt(listener_);
        port_ = ntohs(address.sin_port);
    }
    ~Worker() {
        for (auto& connection : connections_) connection.end(false);
        for (const int handle : {listener_, wake_[0], wake_[1]}) ::close(handle);
    }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    std::uint16_t port() const { return port_; }
    void run();

    /// Has `change` made by the proxy's thread, and waits for it.
    void order(std::function<void()> change) {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [&] { return !order_; });
        order_ = std::move(change);
        wake();
        done_.wait(lock, [&] { return !order_; });
    }
    void stop() {
        stopping_ = true;
        wake();
    }

    // The proxy's thread.
    void begin(Harm harm, milliseconds lasts);
    void calm() {
        end_harm();
        next_harm_ = Clock::time_point::max();
    }
    void run_by_itself(milliseconds shortest, milliseconds longest) {
        shortest_ = shortest;
        longest_ = longest;
        next_harm_ = Clock::now() + between(shortest_, longest_);
    }

    std::array<std::atomic<std::uint64_t>, kHarms> harms{};
    std::atomic<std::size_t> open{0};

  private:
    bool in_force(Harm harm) const { return harm_ == harm; }
    bool passes_up() const { return !in_force(Harm::hole) && !in_force(Harm::hold_up); }
    bool passes_down() const { return !in_force(Harm::hole) && !in_force(Harm::hold_down); }
    milliseconds between(milliseconds least, milliseconds most) {
        return std::uniform_int_distribution<std::int64_t>(least.count(), most.count())(random_) *
               milliseconds(1);
    }
    void wake() {
        const char byte = 0;
        if (::write(wake_[1], &byte, 1) < 0) std::abort();
    }
    void take_order();
    void plan();
    void end_harm() { harm_.reset(); }
    /// Slow, and its next few bytes are not due yet.
    bool rests() const { return in_force(Harm::slow) && Clock::now() < next_slow_; }
    void watch(const Connection& connection, std::vector<pollfd>& watched) const;
    int time_left() const;
    void accept_one();
    void serve(Connection& connection, short from_client, short from_server);
    Clock::time_point due();

    const std::uint16_t server_port_;
    std::mt19937_64 random_;
    int listener_ = -1;
    int wake_[2] = {-1, -1};
    std::uint16_t port_ = 0;
    std::vector<Connection> connections_;
    std::optional<Harm> harm_;
    Clock::time_point harm_ends_ = Clock::time_point::max();
    Clock::time_point next_harm_ = Clock::time_point::max();
    Clock::time_point next_slow_ = Clock::time_point::min();
    milliseconds shortest_{};
    milliseconds longest_{};

    std::mutex mutex_;
    std::condition_variable done_;
    std::function<void()> order_;
    std::atomic<bool> stopping_{false};
};

void FaultProxy::Worker::begin(Harm harm, milliseconds lasts) {
    end_harm();
    ++harms[static_cast<std::size_t>(harm)];
    if (harm == Harm::cut || harm == Harm::fin || harm == Harm::refuse) {
        for (auto& connection : connections_) connection.end(harm != Harm::fin);
    } else if (harm == Harm::half_open) {
        for (auto& connection : connections_) {
            if (connection.server >= 0) connection.lose_server();
        }
    }
    if (harm == Harm::cut || harm == Harm::fin || harm == Harm::half_open) return;
    harm_ = harm;
    harm_ends_ = Clock::now() + lasts;
}

/// The harms of its own, by the seed alone.
void FaultProxy::Worker::plan() {
    const auto now = Clock::now();
    if (harm_ && now >= harm_ends_) end_harm();
    if (now < next_harm_) return;
    const auto harm = static_cast<Harm>(random_() % kHarms);
    begin(harm, between(kShortestHarm, kLongestHarm));
    next_harm_ = now + between(shortest_, longest_);
}

int FaultProxy::Worker::time_left() const {
    auto next = std::min(next_harm_, harm_ ? harm_ends_ : Clock::time_point::max());
    for (const auto& connection : connections_) {
        if (connection.server < 0) continue;
        if (passes_up()) next = std::min(next, connection.up.next_due());
        if (passes_down()) next = std::min(next, connection.down.next_due());
    }
    if (rests()) next = next_slow_;
    if (next == Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(next - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void FaultProxy::Worker::take_order() {
    char bytes[64];
    if (::read(wake_[0], bytes, sizeof bytes) < 0) std::abort();
    const std::lock_guard lock(mutex_);
    if (order_) order_();
    order_ = nullptr;
    done_.notify_all();
}

/// What is of no interest now is not watched at all: its end would wake us for ever.
void FaultProxy::Worker::watch(const Connection& each, std::vector<pollfd>& watched) const {
    const bool half = each.server < 0;
    int of_client = half ? POLLRDHUP : 0;
    int of_server = 0;
    if (!half && !rests()) {
        if (passes_up() && each.up.wants_to_read()) of_client |= POLLIN;
        if (passes_up() && each.up.blocked()) of_server |= POLLOUT;
        if (passes_down() && each.down.wants_to_read()) of_server |= POLLIN;
        if (passes_down() && each.down.blocked()) of_client |= POLLOUT;
    }
    watched.push_back({of_client != 0 ? each.client : -1, static_cast<short>(of_client), 0});
    watched.push_back({of_server != 0 ? each.server : -1, static_cast<short>(of_server), 0});
}

void FaultProxy::Worker::run() {
    while (!stopping_) {
        plan();
        std::erase_if(connections_, [](const Connection& each) { return each.over(); });
        open = connections_.size();
        std::vector<pollfd> watched{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
        for (const auto& each : connections_) watch(each, watched);
        if (::poll(watched.data(), watched.size(), time_left()) < 0) continue;
        const std::size_t known = connections_.size();
        const bool tick = !rests();
        for (std::size_t i = 0; i < known && tick; ++i) {
            serve(connections_[i], watched[2 + 2 * i].revents, watched[3 + 2 * i].revents);
        }
        if (in_force(Harm::slow) && tick) next_slow_ = Clock::now() + kSlowTick;
        if (watched[1].revents != 0) accept_one();
        if (watched[0].revents != 0) take_order();
    }
}

void FaultProxy::Worker::accept_one() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Connection connection(client, server);
    const auto address = address_of("127.0.0.1", server_port_);
    if (in_force(Harm::refuse) ||
        ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return connection.end(true);
    }
    be_prompt(client);
    be_prompt(server);
    connections_.push_back(connection);
}

Clock::time_point FaultProxy::Worker::due() {
    const auto now = Clock::now();
    return in_force(Harm::delay) ? now + between(kShortestDelay, kLongestDelay) : now;
}

void FaultProxy::Worker::serve(Connection& connection, short from_client, short from_server) {
    if (connection.over()) return;
    if (connection.server < 0) {
        if (from_client != 0) connection.end(false);
        return;
    }
    const auto most = in_force(Harm::slow) ? kSlowBytes : kNoLimit;
    bool alive = true;
    if (passes_up()) {
        if (from_client != 0) alive = connection.up.read(due());
        alive = alive && connection.up.write(Clock::now(), most);
    }
    if (alive && passes_down()) {
        if (from_server != 0) alive = connection.down.read(due());
        alive = alive && connection.down.write(Clock::now(), most);
    }
    if (!alive) {
        connection.end(true);
    } else if (connection.up.drained() && connection.down.drained()) {
        connection.end(false);
    }
}

FaultProxy::FaultProxy(std::uint16_t server_port, std::uint64_t seed, const ProxyPlace& place)
    : worker_(std::make_unique<Worker>(server_port, seed, place)),
      port_(worker_->port()),
      thread_([this] { worker_->run(); }) {}

FaultProxy::~FaultProxy() {
    worker_->stop();
    thread_.join();
}

void FaultProxy::begin(Harm harm, std::chrono::milliseconds lasts) {
    worker_->order([this, harm, lasts] { worker_->begin(harm, lasts); });
}

void FaultProxy::calm() {
    worker_->order([this] { worker_->calm(); });
}

void FaultProxy::run_by_itself(std::chrono::milliseconds shortest,
                               std::chrono::milliseconds longest) {
    worker_->order([this, shortest, longest] { worker_->run_by_itself(shortest, longest); });
}

std::uint64_t FaultProxy::harms() const {
    std::uint64_t sum = 0;
    for (const auto& each : worker_->harms) sum += each;
    return sum;
}

std::uint64_t FaultProxy::harms(Harm harm) const {
    return worker_->harms[static_cast<std::size_t>(harm)];
}

std::size_t FaultProxy::connections() const {
    return worker_->open;
}

}  // namespace graceline::tests
