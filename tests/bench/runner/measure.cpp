// The measurements, written once for all subjects.
// Must not know any client library: it sees subjects/client.hpp only.
#include "tests/bench/runner/measure.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <thread>

#include "tests/bench/runner/process.hpp"

namespace graceline::bench {
namespace {

constexpr std::size_t kMessageBytes = 100;
constexpr std::uint32_t kWarmupRounds = 3;
constexpr std::uint32_t kEchoWarmupRounds = 200;
// A new connection answers at once for a while, which hides a client that waits for the answer.
constexpr std::uint32_t kPairWarmupRounds = 25;
constexpr std::uint32_t kSendsPerClockRead = 256;
// Timers of the connect phase (5 s in several libraries) are no part of being idle.
constexpr auto kIdleSettleTime = std::chrono::seconds(6);
constexpr auto kSettleTime = std::chrono::milliseconds(700);

std::string message() {
    return std::string(kMessageBytes, 'x');
}

void sleep_for(double seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

double micros(std::int64_t from_ns) {
    return static_cast<double>(now_ns() - from_ns) / 1e3;
}

[[noreturn]] void flood(const Job& job) {
    const auto client = make_client(job.options);
    client->open(job.url);
    std::atomic<bool> stop{false};
    std::thread([&] { client->receive_until(stop); }).detach();
    sleep_for(job.warmup_seconds);
    const std::int64_t begin = now_ns();
    const std::int64_t cpu = process_cpu_ns();
    const std::uint64_t messages = client->received();
    const std::uint64_t bytes = client->received_bytes();
    sleep_for(job.seconds);
    const auto got = static_cast<double>(client->received() - messages);
    const auto got_bytes = static_cast<double>(client->received_bytes() - bytes);
    const auto spent = static_cast<double>(process_cpu_ns() - cpu);
    const auto elapsed = static_cast<double>(now_ns() - begin);
    if (got < 1 || std::abs(got_bytes / got - kMessageBytes) > 0.5) {
        std::cerr << "the messages received are not those that were sent\n";
        leave(1);
    }
    print_result(job.metric, {{"msg_per_s", got / elapsed * 1e9}, {"cpu_ns", spent / got}});
    leave();
}

[[noreturn]] void send_flood(const Job& job) {
    const auto client = make_client(job.options);
    client->open(job.url);
    const std::string text = message();
    std::uint64_t sent = 0;
    const std::int64_t begin = now_ns();
    const std::int64_t cpu = process_cpu_ns();
    const std::int64_t end = begin + static_cast<std::int64_t>(job.seconds * 1e9);
    while (now_ns() < end) {
        for (std::uint32_t i = 0; i < kSendsPerClockRead; ++i) client->send(text, More::yes);
        sent += kSendsPerClockRead;
    }
    client->send("done", More::no);
    // The server's count arrives after all of it, so queued messages are not counted as sent.
    const std::string answer = client->wait_for(1);
    const auto elapsed = static_cast<double>(now_ns() - begin);
    const auto spent = static_cast<double>(process_cpu_ns() - cpu);
    if (answer != std::to_string(sent)) {
        throw std::runtime_error("sent " + std::to_string(sent) + ", the server got " + answer);
    }
    const auto total = static_cast<double>(sent);
    print_result(job.metric, {{"msg_per_s", total / elapsed * 1e9}, {"cpu_ns", spent / total}});
    leave();
}

[[noreturn]] void echo(const Job& job) {
    const auto client = make_client(job.options);
    client->open(job.url);
    const std::string text = message();
    std::vector<double> samples;
    samples.reserve(job.count);
    for (std::uint32_t i = 0; i < job.count + kEchoWarmupRounds; ++i) {
        const std::int64_t begin = now_ns();
        client->send(text, More::no);
        const std::string answer = client->wait_for(i + 1);
        if (i >= kEchoWarmupRounds) samples.push_back(micros(begin));
        if (answer != text) throw std::runtime_error("the echo is not what was sent");
    }
    const double p50 = quantile(samples, 0.5);
    print_result(job.metric, {{"p50_us", p50}, {"p99_us", quantile(samples, 0.99)}});
    leave();
}

[[noreturn]] void pair(const Job& job) {
    const auto client = make_client(job.options);
    client->open(job.url);
    std::vector<double> samples;
    for (std::uint32_t i = 0; i < job.count + kPairWarmupRounds; ++i) {
        const std::int64_t begin = now_ns();
        client->send("first", More::no);
        client->send("second", More::no);
        client->wait_for(i + 1);
        if (i >= kPairWarmupRounds) samples.push_back(micros(begin) / 1e3);
        // The next pair shall find an idle connection, as a chat does.
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    print_result(job.metric, {{"p50_ms", quantile(samples, 0.5)}});
    leave();
}

[[noreturn]] void connect_repeatedly(const Job& job) {
    std::vector<double> samples;
    for (std::uint32_t i = 0; i < job.count + kWarmupRounds; ++i) {
        const std::int64_t begin = now_ns();
        const auto client = make_client(job.options);
        client->open(job.url);
        if (i >= kWarmupRounds) samples.push_back(micros(begin) / 1e3);
        client->close();
    }
    print_result(job.metric, {{"p50_ms", quantile(samples, 0.5)}});
    leave();
}

// Another client of the process is up, so the threads that a library starts once are there.
[[noreturn]] void connect(const Job& job) {
    const auto other = make_client(job.options);
    other->open(job.url);
    connect_repeatedly(job);
}

// The only client of the process: a library whose threads end with its last client starts them.
[[noreturn]] void connect_alone(const Job& job) {
    connect_repeatedly(job);
}

[[noreturn]] void reconnect(const Job& job) {
    auto client = make_client(job.options);
    client->open(job.url);
    std::vector<double> samples;
    for (std::uint32_t i = 0; i < job.count + kWarmupRounds; ++i) {
        if (client->reopens()) {
            client->drop_for_reconnect();
        } else {
            client->close();
            client.reset();
        }
        const std::int64_t begin = now_ns();
        if (!client) client = make_client(job.options);
        client->open(job.url);
        if (i >= kWarmupRounds) samples.push_back(micros(begin) / 1e3);
    }
    print_result(job.metric, {{"p50_ms", quantile(samples, 0.5)}});
    leave();
}

[[noreturn]] void close(const Job& job) {
    const auto other = make_client(job.options);
    other->open(job.url);
    std::vector<double> samples;
    for (std::uint32_t i = 0; i < job.count + kWarmupRounds; ++i) {
        const auto client = make_client(job.options);
        client->open(job.url);
        const std::int64_t begin = now_ns();
        client->close();
        if (i >= kWarmupRounds) samples.push_back(micros(begin) / 1e3);
    }
    print_result(job.metric, {{"p50_ms", quantile(samples, 0.5)}});
    leave();
}

// The server is frozen. `ms` is how long the host's call takes, `gone_ms` when the socket is gone:
// a library that only hands the work to another thread is seen by the second.
[[noreturn]] void release(const Job& job) {
    const std::uint64_t sockets = socket_count();
    auto client = make_client(job.options);
    client->open(job.url);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    static std::atomic<bool> returned{false};
    std::thread([&job] {
        sleep_for(job.bound_seconds);
        if (returned) return;
        const double bound = job.bound_seconds * 1e3;
        print_result(job.metric, {{"ms", bound}, {"gone_ms", bound}}, "longer");
        leave();
    }).detach();
    const std::int64_t begin = now_ns();
    client->release();
    client.reset();
    const double spent = micros(begin) / 1e3;
    returned = true;
    double gone = spent;
    std::string note;
    while (socket_count() > sockets && note.empty()) {
        std::this_thread::sleep_for(std::chrono::microseconds(500));
        gone = micros(begin) / 1e3;
        if (gone > job.bound_seconds * 1e3) note = "socket longer";
    }
    print_result(job.metric, {{"ms", spent}, {"gone_ms", gone}}, note);
    leave();
}

[[noreturn]] void idle(const Job& job) {
    raise_descriptor_limit();
    std::vector<std::unique_ptr<Client>> clients;
    clients.push_back(make_client(job.options));
    clients.back()->open(job.url);
    std::this_thread::sleep_for(kSettleTime);
    const std::uint64_t threads_at_one = thread_count();
    const std::uint64_t kib_at_one = resident_kib();
    while (clients.size() < job.count) {
        clients.push_back(make_client(job.options));
        clients.back()->open(job.url);
    }
    std::this_thread::sleep_for(kSettleTime);
    Values values{{"threads_1", static_cast<double>(threads_at_one)},
                  {"threads_n", static_cast<double>(thread_count())},
                  {"rss_kib_1", static_cast<double>(kib_at_one)}};
    if (job.count > 1) {
        const auto grown = static_cast<double>(resident_kib()) - static_cast<double>(kib_at_one);
        values.emplace_back("kib_per_client", grown / (job.count - 1));
    }
    print_result(job.metric, values);
    leave();
}

[[noreturn]] void wakeups(const Job& job) {
    const auto client = make_client(job.options);
    client->open(job.url);
    // The host's thread waits as a host does; where the library pushes, it has nothing to wake for.
    std::thread([&client] { client->wait_for(1); }).detach();
    std::this_thread::sleep_for(kIdleSettleTime);
    const std::uint64_t before = wakeups_of_other_threads();
    sleep_for(job.seconds);
    const auto woken = static_cast<double>(wakeups_of_other_threads() - before);
    print_result(job.metric, {{"per_s", woken / job.seconds}});
    leave();
}

}  // namespace

void leave(int code) {
    std::cout.flush();
    _exit(code);
}

void print_result(const std::string& metric, const Values& values, const std::string& note) {
    std::string line = R"({"subject": ")" + std::string(subject_name()) + R"(", "metric": ")" +
                       metric + R"(", "note": ")" + note + R"(", "values": {)";
    for (std::size_t i = 0; i < values.size(); ++i) {
        char number[64];
        std::snprintf(number, sizeof number, "%.6g", values[i].second);
        line += (i == 0 ? "\"" : ", \"") + values[i].first + "\": " + number;
    }
    line += "}}\n";
    std::cout << line << std::flush;
}

double quantile(std::vector<double>& samples, double fraction) {
    if (samples.empty()) throw std::runtime_error("no samples");
    std::sort(samples.begin(), samples.end());
    const auto last = static_cast<double>(samples.size() - 1);
    return samples[static_cast<std::size_t>(std::lround(fraction * last))];
}

bool measure(const Job& job) {
    struct Entry {
        const char* name;
        void (*run)(const Job&);
    };
    static constexpr Entry kEntries[] = {
        {"flood", flood},
        {"send", send_flood},
        {"echo", echo},
        {"pair", pair},
        {"connect_alone", connect_alone},
        {"connect", connect},
        {"reconnect", reconnect},
        {"close", close},
        {"release", release},
        {"idle", idle},
        {"wakeups", wakeups},
    };
    for (const Entry& entry : kEntries) {
        if (job.metric == entry.name) entry.run(job);
    }
    return run_special(job.metric, job.url, job.options, job.seconds);
}

}  // namespace graceline::bench
