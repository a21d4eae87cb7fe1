// Facts about the measuring process: CPU time, threads, memory, context switches.
// Must not depend on any client library.
#include "tests/bench/runner/process.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace graceline::bench {
namespace {

std::int64_t clock_ns(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::uint64_t field_of(const std::filesystem::path& file, const std::string& name) {
    std::ifstream stream(file);
    std::string line;
    while (std::getline(stream, line)) {
        if (line.starts_with(name)) return std::stoull(line.substr(name.size() + 1));
    }
    return 0;
}

}  // namespace

std::int64_t now_ns() {
    return clock_ns(CLOCK_MONOTONIC);
}

std::int64_t process_cpu_ns() {
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

std::uint64_t thread_count() {
    return field_of("/proc/self/status", "Threads");
}

std::uint64_t resident_kib() {
    return field_of("/proc/self/status", "VmRSS");
}

std::uint64_t socket_count() {
    std::uint64_t sockets = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code error;
        const auto target = std::filesystem::read_symlink(entry.path(), error);
        if (!error && target.string().starts_with("socket:")) ++sockets;
    }
    return sockets;
}

std::uint64_t wakeups_of_other_threads() {
    const std::string own = std::to_string(syscall(SYS_gettid));
    std::uint64_t sum = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        if (task.path().filename() == own) continue;
        sum += field_of(task.path() / "status", "voluntary_ctxt_switches");
    }
    return sum;
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace graceline::bench
