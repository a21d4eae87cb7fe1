// Starts a real server program for a test, waits for its ready line and stops it by process id.
// Must not know any particular server, and must never leave a process behind.
#include "tests/servers/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace graceline::tests {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kExitCheckEvery{2};
constexpr std::size_t kMaxLineBytes = 64 * 1024;

struct Pipe {
    Pipe() {
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    }
    ~Pipe() {
        close_end(0);
        close_end(1);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void close_end(int which) {
        if (ends[which] >= 0) ::close(ends[which]);
        ends[which] = -1;
    }
    int ends[2] = {-1, -1};
};

struct SpawnActions {
    SpawnActions() { ::posix_spawn_file_actions_init(&actions); }
    ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions); }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;
    posix_spawn_file_actions_t actions{};
};

// A test program may block or ignore signals; the server starts with none blocked and with the
// default reaction to those that stop it.
struct SpawnAttributes {
    SpawnAttributes() {
        ::posix_spawnattr_init(&attributes);
        sigset_t none;
        sigset_t stopping;
        ::sigemptyset(&none);
        ::sigemptyset(&stopping);
        for (const int signal : {SIGTERM, SIGINT, SIGPIPE}) ::sigaddset(&stopping, signal);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &stopping);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    posix_spawnattr_t attributes{};
};

std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
    std::vector<std::string> merged;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view existing(*entry);
        const auto name = existing.substr(0, existing.find('=') + 1);
        bool replaced = false;
        for (const auto& other : added) replaced = replaced || other.starts_with(name);
        if (!replaced) merged.emplace_back(existing);
    }
    merged.insert(merged.end(), added.begin(), added.end());
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

int exit_result(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

struct ServerProcess::State {
    Pipe input;   // the server reads end 0
    Pipe output;  // the server writes end 1
    Pipe wake;    // closing end 1 ends the reader thread
    pid_t pid = -1;
    std::optional<int> result;
    std::string ready_line;

    mutable std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::string> lines;
    bool output_ended = false;
    std::thread reader;

    void spawn(const ProcessOptions& options);
    void read_output();
    void add_output(std::string& partial, std::string_view bytes);
    std::optional<std::string> wait_for_line(std::string_view prefix, std::chrono::milliseconds);
    bool reap(int flags);
    std::optional<int> wait_exit(std::chrono::milliseconds within);
    void stop();
};

void ServerProcess::State::spawn(const ProcessOptions& options) {
    SpawnActions actions;
    SpawnAttributes attributes;
    ::posix_spawn_file_actions_adddup2(&actions.actions, input.ends[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions.actions, output.ends[1], STDOUT_FILENO);
    if (!options.working_directory.empty()) {
        ::posix_spawn_file_actions_addchdir_np(&actions.actions, options.working_directory.c_str());
    }
    std::vector<std::string> arguments{options.program};
    arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
    auto environment = merged_environment(options.environment);
    const int error =
        ::posix_spawnp(&pid, options.program.c_str(), &actions.actions, &attributes.attributes,
                       pointers(arguments).data(), pointers(environment).data());
    if (error != 0) {
        pid = -1;
        throw std::runtime_error("cannot start " + options.program + ": " + std::strerror(error));
    }
    input.close_end(0);
    output.close_end(1);
    reader = std::thread([this] { read_output(); });
}

void ServerProcess::State::read_output() {
    std::string partial;
    char bytes[4096];
    pollfd watched[2] = {{output.ends[0], POLLIN, 0}, {wake.ends[0], POLLIN, 0}};
    for (;;) {
        if (::poll(watched, 2, -1) < 0 && errno != EINTR) break;
        if (watched[0].revents != 0) {
            const ssize_t count = ::read(output.ends[0], bytes, sizeof bytes);
            if (count <= 0) break;
            add_output(partial, {bytes, static_cast<std::size_t>(count)});
        } else if (watched[1].revents != 0) {
            break;
        }
    }
    const std::lock_guard lock(mutex);
    if (!partial.empty()) lines.push_back(partial);
    output_ended = true;
    changed.notify_all();
}

void ServerProcess::State::add_output(std::string& partial, std::string_view bytes) {
    const std::lock_guard lock(mutex);
    for (const char c : bytes) {
        if (c != '\n' && partial.size() < kMaxLineBytes) {
            partial += c;
            continue;
        }
        lines.push_back(std::move(partial));
        partial.clear();
        if (lines.size() > kMaxKeptOutputLines) lines.pop_front();
    }
    changed.notify_all();
}

std::optional<std::string> ServerProcess::State::wait_for_line(std::string_view prefix,
                                                               std::chrono::milliseconds within) {
    std::unique_lock lock(mutex);
    std::optional<std::string> found;
    changed.wait_until(lock, Clock::now() + within, [&] {
        for (const auto& line : lines) {
            if (line.starts_with(prefix)) {
                found = line;
                break;
            }
        }
        return found.has_value() || output_ended;
    });
    return found;
}

bool ServerProcess::State::reap(int flags) {
    if (result) return true;
    int status = 0;
    pid_t ended = 0;
    do {
        ended = ::waitpid(pid, &status, flags);
    } while (ended < 0 && errno == EINTR);
    if (ended == pid) result = exit_result(status);
    return result.has_value();
}

std::optional<int> ServerProcess::State::wait_exit(std::chrono::milliseconds within) {
    const auto until = Clock::now() + within;
    while (!reap(WNOHANG) && Clock::now() < until) std::this_thread::sleep_for(kExitCheckEvery);
    return result;
}

void ServerProcess::State::stop() {
    if (pid > 0 && !reap(WNOHANG)) {
        ::kill(pid, SIGTERM);
        ::kill(pid, SIGCONT);
        input.close_end(1);
        if (!wait_exit(kStopWithin)) {
            ::kill(pid, SIGKILL);
            reap(0);
        }
    }
    input.close_end(1);
    wake.close_end(1);
    if (reader.joinable()) reader.join();
}

ServerProcess::ServerProcess(ProcessOptions options) : state_(std::make_unique<State>()) {
    state_->spawn(options);
    if (options.ready_prefix.empty()) return;
    const auto line = state_->wait_for_line(options.ready_prefix, options.ready_within);
    if (!line) {
        state_->stop();
        throw std::runtime_error(options.program + " was not ready in time (exit " +
                                 std::to_string(state_->result.value_or(0)) + ")");
    }
    state_->ready_line = *line;
}

ServerProcess::~ServerProcess() {
    state_->stop();
}

pid_t ServerProcess::pid() const {
    return state_->pid;
}

const std::string& ServerProcess::ready_line() const {
    return state_->ready_line;
}

bool ServerProcess::running() {
    return !state_->reap(WNOHANG);
}

int ServerProcess::stop() {
    state_->stop();
    return state_->result.value_or(0);
}

std::optional<int> ServerProcess::wait_exit(std::chrono::milliseconds within) {
    return state_->wait_exit(within);
}

void ServerProcess::close_stdin() {
    state_->input.close_end(1);
}

bool ServerProcess::write_stdin(std::string_view bytes) {
    const ssize_t written = ::write(state_->input.ends[1], bytes.data(), bytes.size());
    return written == static_cast<ssize_t>(bytes.size());
}

void ServerProcess::suspend() {
    if (!running()) return;
    ::kill(state_->pid, SIGSTOP);
    // The signal is on its way to one thread; only when it has stopped the others too does none
    // run.
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(state_->pid), &info, WSTOPPED | WEXITED | WNOWAIT);
}

void ServerProcess::resume() {
    if (running()) ::kill(state_->pid, SIGCONT);
}

std::vector<std::string> ServerProcess::output() const {
    const std::lock_guard lock(state_->mutex);
    return {state_->lines.begin(), state_->lines.end()};
}

std::optional<std::string> ServerProcess::wait_for_line(std::string_view prefix,
                                                        std::chrono::milliseconds within) {
    return state_->wait_for_line(prefix, within);
}

}  // namespace graceline::tests
