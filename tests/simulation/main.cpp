// simulate: lives many seeded lives on all cores, or one with its time line.
// Must end a failure with the one line that repeats it.
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulation/every_sequence.hpp"
#include "tests/simulation/mutant.hpp"
#include "tests/simulation/world.hpp"

namespace graceline::simulation {
namespace {

constexpr std::uint64_t kUsualSteps = 250;
constexpr std::uint64_t kSchedulesADraw = 64;
constexpr std::chrono::seconds kProgressEvery{5};
constexpr std::uint64_t kLongestSequence = 9;
constexpr int kFailed = 1;
constexpr int kWrongUse = 2;

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t schedules = 1'000;
    std::uint64_t steps = kUsualSteps;
    unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
    unsigned mutant = 0;
    bool trace = false;
    bool keep_going = false;
    bool quiet = false;
    unsigned every = 0;
    std::string svg;
};

constexpr const char* kUsage =
    "simulate [--schedules N] [--seed FIRST] [--steps N] [--jobs N] [--keep-going] [--quiet]\n"
    "         [--mutant ID]                 many lives; exit code 1: a promise was broken\n"
    "simulate --seed N --trace [--svg FILE] one life with its time line\n"
    "simulate --every LENGTH [--jobs N]     every sequence of so many of twelve inputs\n";

/// What the current thread lives, for the line that an assertion leaves behind.
thread_local std::uint64_t current_seed = 0;

void say_seed_and_abort(int) {
    std::array<char, 96> line{};
    const auto size = std::snprintf(line.data(), line.size(),
                                    "an assertion failed; repeat: simulate --seed %llu --trace\n",
                                    static_cast<unsigned long long>(current_seed));
    static_cast<void>(!write(STDERR_FILENO, line.data(), static_cast<std::size_t>(size)));
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
}

class Tally {
  public:
    void lived(std::vector<std::uint32_t>& steps) {
        const std::lock_guard lock(mutex_);
        for (const auto each : steps) {
            total_ += each;
            ++counts_[each];
        }
        lives_ += steps.size();
        steps.clear();
    }
    void failed(std::uint64_t seed, const std::string& text) {
        const std::lock_guard lock(mutex_);
        if (failures_ == 0 || seed < first_seed_) {
            first_seed_ = seed;
            first_ = text;
        }
        ++failures_;
        ++by_invariant_[text.substr(0, text.find(':', text.find(')')))];
    }
    std::uint64_t failures() const {
        const std::lock_guard lock(mutex_);
        return failures_;
    }
    std::uint64_t lives() const {
        const std::lock_guard lock(mutex_);
        return lives_;
    }
    std::uint64_t steps() const {
        const std::lock_guard lock(mutex_);
        return total_;
    }
    std::uint64_t median() const {
        std::uint64_t seen = 0;
        for (const auto& [steps, count] : counts_) {
            seen += count;
            if (seen * 2 >= lives_) return steps;
        }
        return 0;
    }
    void report_failures(std::uint64_t steps) const {
        for (const auto& [name, count] : by_invariant_) {
            std::printf("  %llu x invariant %s\n", static_cast<unsigned long long>(count),
                        name.c_str());
        }
        std::printf(
            "seed %llu broke invariant %s\nrepeat: simulate --seed %llu --steps %llu --trace\n",
            static_cast<unsigned long long>(first_seed_), first_.c_str(),
            static_cast<unsigned long long>(first_seed_), static_cast<unsigned long long>(steps));
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::uint64_t, std::uint64_t> counts_;
    std::map<std::string, std::uint64_t> by_invariant_;
    std::uint64_t lives_ = 0;
    std::uint64_t total_ = 0;
    std::uint64_t failures_ = 0;
    std::uint64_t first_seed_ = 0;
    std::string first_;
};

void work(const Arguments& arguments, std::atomic<std::uint64_t>& next, Tally& tally) {
    Workbench workbench;
    std::vector<std::uint32_t> lived;
    for (;;) {
        const auto from = next.fetch_add(kSchedulesADraw);
        if (from >= arguments.schedules) return;
        if (tally.failures() > 0 && !arguments.keep_going) return;
        const auto upto = std::min(from + kSchedulesADraw, arguments.schedules);
        for (auto i = from; i < upto; ++i) {
            current_seed = arguments.seed + i;
            try {
                World world(make_plan(current_seed), workbench);
                lived.push_back(static_cast<std::uint32_t>(world.live(arguments.steps)));
            } catch (const Violation& violation) {
                tally.failed(current_seed, violation.what());
            }
        }
        tally.lived(lived);
    }
}

int many(const Arguments& arguments) {
    std::atomic<std::uint64_t> next{0};
    Tally tally;
    const auto began = std::chrono::steady_clock::now();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    std::mutex mutex;
    std::condition_variable ended;
    bool done = false;
    std::thread progress([&] {
        std::unique_lock lock(mutex);
        while (!ended.wait_for(lock, kProgressEvery, [&] { return done; })) {
            if (arguments.quiet) continue;
            std::printf("%llu of %llu schedules, %.2f M steps/s\n",
                        static_cast<unsigned long long>(tally.lives()),
                        static_cast<unsigned long long>(arguments.schedules),
                        static_cast<double>(tally.steps()) / seconds() / 1e6);
            std::fflush(stdout);
        }
    });
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < arguments.jobs; ++i) {
        threads.emplace_back([&] { work(arguments, next, tally); });
    }
    for (auto& each : threads) each.join();
    const auto took = seconds();
    {
        const std::lock_guard lock(mutex);
        done = true;
    }
    ended.notify_one();
    progress.join();
    std::printf(
        "simulate: %llu schedules from seed %llu, median %llu steps, %llu steps, "
        "%.2f M steps/s on %u threads, %.1f s\n",
        static_cast<unsigned long long>(tally.lives()),
        static_cast<unsigned long long>(arguments.seed),
        static_cast<unsigned long long>(tally.median()),
        static_cast<unsigned long long>(tally.steps()),
        static_cast<double>(tally.steps()) / took / 1e6, arguments.jobs, took);
    if (tally.failures() == 0) return 0;
    tally.report_failures(arguments.steps);
    return kFailed;
}

int one(const Arguments& arguments) {
    Workbench workbench;
    Trace trace;
    current_seed = arguments.seed;
    int result = 0;
    std::string broken;
    try {
        World world(make_plan(arguments.seed), workbench, &trace);
        world.live(arguments.steps);
    } catch (const Violation& violation) {
        broken = violation.what();
        result = kFailed;
    }
    std::fputs(trace.text().c_str(), stdout);
    if (!broken.empty()) std::printf("BROKEN: invariant %s\n", broken.c_str());
    if (!arguments.svg.empty()) std::ofstream(arguments.svg) << trace.svg(arguments.seed);
    return result;
}

int every(const Arguments& arguments) {
    EverySequence all(arguments.every);
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < arguments.jobs; ++i) threads.emplace_back([&] { all.work(); });
    for (auto& each : threads) each.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf(
        "simulate: every sequence of length %u over %zu inputs for %zu kinds of client: "
        "%llu sequences, %llu steps, %.1f s\n",
        arguments.every, kWords, kKinds, static_cast<unsigned long long>(all.sequences()),
        static_cast<unsigned long long>(all.steps()), took.count());
    if (!all.broken()) return 0;
    std::printf("%s\n", all.broken()->c_str());
    return kFailed;
}

bool parse(int argc, char** argv, Arguments& arguments) {
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        const auto flag = [&](const char* its_name, bool& into) {
            if (name == its_name) into = true;
            return name == its_name;
        };
        if (flag("--trace", arguments.trace) || flag("--keep-going", arguments.keep_going) ||
            flag("--quiet", arguments.quiet)) {
            continue;
        }
        if (i + 1 == argc) return false;
        const char* text = argv[++i];
        if (name == "--svg") {
            arguments.svg = text;
            continue;
        }
        char* end = nullptr;
        const auto value = std::strtoull(text, &end, 10);
        if (end == text || *end != '\0') return false;
        if (name == "--seed") {
            arguments.seed = value;
        } else if (name == "--schedules") {
            arguments.schedules = value;
        } else if (name == "--steps") {
            arguments.steps = value;
        } else if (name == "--jobs" && value > 0) {
            arguments.jobs = static_cast<unsigned>(value);
        } else if (name == "--every" && value >= 2 && value <= kLongestSequence) {
            arguments.every = static_cast<unsigned>(value);
        } else if (name == "--mutant") {
            arguments.mutant = static_cast<unsigned>(value);
        } else {
            return false;
        }
    }
    return true;
}

}  // namespace
}  // namespace graceline::simulation

int main(int argc, char** argv) {
    using namespace graceline::simulation;
    Arguments arguments;
    if (!parse(argc, argv, arguments)) {
        std::fputs(kUsage, stderr);
        return kWrongUse;
    }
    if (arguments.mutant != 0 && !choose_mutant(arguments.mutant)) {
        std::fputs("simulate: built without mutants; see scripts/mutants\n", stderr);
        return kWrongUse;
    }
    std::signal(SIGABRT, say_seed_and_abort);
    if (arguments.every != 0) {
        std::signal(SIGABRT, SIG_DFL);  // no seed repeats it; the assertion's own line says where
        return every(arguments);
    }
    return arguments.trace ? one(arguments) : many(arguments);
}
