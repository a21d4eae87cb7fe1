// The soak: many clients of real servers through proxies that hurt them, judged to the last
// message. Must end with a verdict and the line that repeats it; a live line of figures goes
// before.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/servers/http_connection.hpp"
#include "tests/soak/process_figures.hpp"
#include "tests/soak/soak_client.hpp"
#include "tests/support/sanitized.hpp"

namespace {

using namespace graceline::tests;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kPatience{30'000};
constexpr milliseconds kPublishPause{20};
/// What a library may keep after its first use: pools, and what OpenSSL and the allocator keep.
constexpr std::size_t kDescriptorSlack = 4;
constexpr std::size_t kThreadSlack = 2;
constexpr std::size_t kMemorySlackKilobytes = 48 * 1024;

struct Wishes {
    std::int64_t seconds = 60;
    std::uint64_t clients = 8;
    std::uint64_t seed = 0;
    std::int64_t line_every_s = 10;
    milliseconds shortest{2'000};
    milliseconds longest{10'000};
};

Wishes wishes_of(int argc, char** argv) {
    Wishes wishes;
    wishes.seed = std::random_device{}();
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        const auto value = std::strtoull(argv[i + 1], nullptr, 10);
        if (name == "--seconds") {
            wishes.seconds = static_cast<std::int64_t>(value);
        } else if (name == "--clients") {
            wishes.clients = value;
        } else if (name == "--seed") {
            wishes.seed = value;
        } else if (name == "--line-every") {
            wishes.line_every_s = static_cast<std::int64_t>(value);
        } else if (name == "--harm-every-ms") {
            wishes.longest = milliseconds(value);
            wishes.shortest = wishes.longest / 5;
        } else {
            throw std::runtime_error("unknown option " + name);
        }
    }
    if (argc % 2 == 0) throw std::runtime_error("an option without its value");
    return wishes;
}

std::string graph_text() {
    std::ifstream in(GRACELINE_CORE_README);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// A wait that another thread can end.
class Pause {
  public:
    /// False: it was ended.
    bool wait(milliseconds time) {
        std::unique_lock lock(mutex_);
        return !changed_.wait_for(lock, time, [&] { return ended_; });
    }
    void end() {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
};

/// Publishes to every client's room, through the control port, where no harm is done.
class Publisher {
  public:
    explicit Publisher(std::vector<std::unique_ptr<SoakClient>>& clients) : clients_(clients) {
        for (const auto& client : clients_) {
            lines_.push_back(std::make_unique<HttpConnection>(client->server().control_port()));
        }
    }
    ~Publisher() { stop(); }
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    void start() {
        thread_ = std::thread([this] {
            while (pause_.wait(kPublishPause)) publish();
        });
    }
    void stop() {
        pause_.end();
        if (thread_.joinable()) thread_.join();
    }
    void publish() {
        std::vector<bool> sent;
        for (std::size_t i = 0; i < clients_.size(); ++i) sent.push_back(send(i));
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            // A connection that idled while this process was stopped is gone; by its client id the
            // server knows a message again.
            if (!sent[i] || !answered(i)) {
                lines_[i] = std::make_unique<HttpConnection>(clients_[i]->server().control_port());
                if (!send(i) || !answered(i)) throw std::runtime_error("not published");
            }
            clients_[i]->checker().published(number_, graceline_now_ms());
        }
        ++number_;
    }

  private:
    bool send(std::size_t i) {
        const auto body = "n" + std::to_string(number_);
        try {
            lines_[i]->send("POST", "/messages",
                            R"({"sender":"s","conversation":")" + clients_[i]->room() +
                                R"(","body":")" + body + R"(","client_id":")" +
                                clients_[i]->room() + body + R"("})");
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    }
    bool answered(std::size_t i) {
        try {
            const auto status = lines_[i]->read().status;
            return status == 201 || status == 200;
        } catch (const std::runtime_error&) {
            return false;
        }
    }

    std::vector<std::unique_ptr<SoakClient>>& clients_;
    std::vector<std::unique_ptr<HttpConnection>> lines_;
    std::uint64_t number_ = 0;
    Pause pause_;
    std::thread thread_;
};

class Soak {
  public:
    explicit Soak(const Wishes& wishes)
        : wishes_(wishes), graph_(graph_text()), secure_({"--tls-self-signed", "--deflate"}) {
        // What stays after the first use of everything is the measure for what stays at the end.
        run_clients(2, wishes.seed + 1'000'000, seconds(1), false);
        before_ = settled_figures();
    }

    bool run() {
        run_clients(wishes_.clients, wishes_.seed, seconds(wishes_.seconds), true);
        return judge();
    }

  private:
    using Clients = std::vector<std::unique_ptr<SoakClient>>;

    void run_clients(std::uint64_t count, std::uint64_t seed, seconds time, bool real);
    void line(const Clients& clients, Clock::time_point begun);
    ProcessFigures settled_figures();
    bool judge();
    void breach(bool is, const std::string& text) {
        if (!is) return;
        std::cout << "soak: " << text << "\n";
        passed_ = false;
    }

    const Wishes wishes_;
    const StatusGraph graph_;
    DevServer plain_{{"--deflate"}};
    DevServer secure_;
    ProcessFigures before_;
    ProcessFigures midway_;
    ProcessFigures last_;
    Findings findings_;
    std::uint64_t messages_ = 0;
    std::uint64_t harms_ = 0;
    std::uint64_t connections_ = 0;
    std::uint64_t replayed_ = 0;
    std::uint64_t gaps_told_ = 0;
    std::array<std::uint64_t, kHarms> harms_of_kind_{};
    bool passed_ = true;
};

void Soak::run_clients(std::uint64_t count, std::uint64_t seed, seconds time, bool real) {
    Clients clients;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto number = real ? i : 1'000 + i;
        clients.push_back(std::make_unique<SoakClient>(i % 2 == 0 ? plain_ : secure_, graph_,
                                                       number, seed + 2 * i));
    }
    Publisher publisher(clients);
    Pause pause;
    const auto wait_all = [&](bool (*holds)(const SoakClient&)) {
        const auto patience = Clock::now() + kPatience;
        for (const auto& client : clients) {
            while (!holds(*client)) {
                if (Clock::now() > patience) throw std::runtime_error("a client did not come up");
                pause.wait(kPublishPause);
            }
        }
    };
    // Who is connected hears the first message, and from then on nothing may be missing.
    wait_all([](const SoakClient& client) { return client.connections() > 0; });
    publisher.publish();
    wait_all([](const SoakClient& client) { return client.settled(); });
    publisher.start();
    if (!real) {  // HTTP, with its threads, is used by the catch-up behind a cut only
        for (auto& client : clients) client->cut();
        wait_all([](const SoakClient& client) { return client.connections() > 1; });
    }
    for (auto& client : clients) client->begin_harms(wishes_.shortest, wishes_.longest);
    const auto begun = Clock::now();
    for (auto next = begun + seconds(wishes_.line_every_s); Clock::now() < begun + time;) {
        const auto until = std::min(next, begun + time);
        pause.wait(std::chrono::ceil<milliseconds>(until - Clock::now()));
        if (real && Clock::now() >= begun + time / 2 && midway_.threads == 0) {
            midway_ = process_figures();
        }
        if (real) line(clients, begun);
        next += seconds(wishes_.line_every_s);
    }
    if (real) last_ = process_figures();
    for (auto& client : clients) client->calm_down();
    publisher.stop();
    for (auto& client : clients) {
        const bool complete = client->wait_complete(kPatience);
        breach(real && !complete, client->room() + ": not everything came, " +
                                      std::to_string(client->checker().delivered_up_to()) + " of " +
                                      std::to_string(client->checker().published_count()));
        client->close();
        if (!real) continue;
        const auto& checker = client->checker();
        findings_.add(checker.findings());
        messages_ += checker.delivered();
        replayed_ += checker.replayed();
        harms_ += client->proxy().harms();
        connections_ += client->connections();
        gaps_told_ += client->gaps_told();
        for (std::size_t i = 0; i < kHarms; ++i) {
            harms_of_kind_[i] += client->proxy().harms(static_cast<Harm>(i));
        }
    }
}

void Soak::line(const Clients& clients, Clock::time_point begun) {
    Findings findings;
    std::uint64_t messages = 0, harms = 0;
    for (const auto& client : clients) {
        findings.add(client->checker().findings());
        messages += client->checker().delivered();
        harms += client->proxy().harms();
    }
    const auto figures = process_figures();
    const auto time = std::chrono::duration_cast<seconds>(Clock::now() - begun).count();
    std::printf(
        "soak %6lld s  messages %llu  cuts %llu  lost %llu  doubled %llu  other %llu  "
        "RSS %.1f MB  fds %zu  threads %zu\n",
        static_cast<long long>(time), static_cast<unsigned long long>(messages),
        static_cast<unsigned long long>(harms), static_cast<unsigned long long>(findings.lost),
        static_cast<unsigned long long>(findings.doubled),
        static_cast<unsigned long long>(findings.sum() - findings.lost - findings.doubled),
        static_cast<double>(figures.rss_kilobytes) / 1024, figures.descriptors, figures.threads);
    std::fflush(stdout);
}

/// After the last client: its threads end a moment later.
ProcessFigures Soak::settled_figures() {
    Pause pause;
    auto figures = process_figures();
    for (int still = 0; still < 10;) {
        pause.wait(milliseconds(50));
        const auto next = process_figures();
        still = next.threads == figures.threads && next.descriptors == figures.descriptors
                    ? still + 1
                    : 0;
        figures = next;
    }
    return figures;
}

bool Soak::judge() {
    const auto after = settled_figures();
    std::cout << "soak: " << messages_ << " messages delivered, " << replayed_
              << " of them replayed, " << connections_ << " connections, " << harms_ << " harms (";
    for (std::size_t i = 0; i < kHarms; ++i) {
        std::cout << (i == 0 ? "" : ", ") << to_string(static_cast<Harm>(i)) << " "
                  << harms_of_kind_[i];
    }
    std::cout << "), " << gaps_told_ << " gaps told; threads " << before_.threads << " -> "
              << after.threads << ", descriptors " << before_.descriptors << " -> "
              << after.descriptors << "\n";
    breach(findings_.sum() != 0, "lost " + std::to_string(findings_.lost) + ", doubled " +
                                     std::to_string(findings_.doubled) + ", reordered " +
                                     std::to_string(findings_.reordered) + ", wrong verdicts " +
                                     std::to_string(findings_.wrong_verdicts) + ", wrong paths " +
                                     std::to_string(findings_.wrong_paths) + ", wrong fates " +
                                     std::to_string(findings_.wrong_fates) + ", late " +
                                     std::to_string(findings_.late) +
                                     "; the first: " + findings_.first);
    breach(after.descriptors > before_.descriptors + kDescriptorSlack,
           "descriptors " + std::to_string(before_.descriptors) + " -> " +
               std::to_string(after.descriptors));
    breach(after.threads > before_.threads + kThreadSlack,
           "threads " + std::to_string(before_.threads) + " -> " + std::to_string(after.threads));
    const auto allowed = midway_.rss_kilobytes + kMemorySlackKilobytes;
    breach(!kSanitized && last_.rss_kilobytes > allowed,
           "memory in the second half " + std::to_string(midway_.rss_kilobytes) + " -> " +
               std::to_string(last_.rss_kilobytes) + " kB");
    breach(harms_ == 0, "no harm was done");
    return passed_;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto wishes = wishes_of(argc, argv);
        const auto again = "scripts/soak --seed " + std::to_string(wishes.seed) + " --clients " +
                           std::to_string(wishes.clients) + " --seconds " +
                           std::to_string(wishes.seconds);
        std::cout << "soak: " << wishes.clients << " clients, " << wishes.seconds << " s, seed "
                  << wishes.seed << std::endl;
        const bool passed = Soak(wishes).run();
        std::cout << "soak: " << (passed ? "PASSED" : "FAILED") << "; again: " << again
                  << std::endl;
        return passed ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "soak: " << error.what() << std::endl;
        return 2;
    }
}
