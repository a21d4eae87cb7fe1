// The dev server as a child of the demo: started on free ports, and stopped with it.
// Must not outlive the demo, nor end a process that it did not start.
#include "tools/demo/child_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace graceline::demo {

namespace {

constexpr int kReadyWithinMs = 10'000;
constexpr auto kStopWithin = std::chrono::milliseconds(3'000);
constexpr std::size_t kMaxReadyLineBytes = 4'096;

std::uint16_t port_after(const std::string& line, const std::string& words) {
    const std::size_t at = line.find(words);
    std::uint16_t port = 0;
    if (at == std::string::npos) throw std::runtime_error("the dev server did not tell its ports");
    std::from_chars(line.data() + at + words.size(), line.data() + line.size(), port);
    return port;
}

}  // namespace

ChildServer::ChildServer(const std::string& program) {
    std::array<int, 2> to_child{};
    std::array<int, 2> from_child{};
    if (::pipe2(to_child.data(), O_CLOEXEC) != 0 || ::pipe2(from_child.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("no pipe could be made for the dev server");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
    // Its own group: a Ctrl-C is for the demo, which still has to ask the server something.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::array<std::string, 6> words{program,          "--port", "0",
                                     "--control-port", "0",      "--exit-with-stdin"};
    std::array<char*, 7> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
    const int error =
        ::posix_spawn(&child_, program.c_str(), &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to_child[0]);
    ::close(from_child[1]);
    input_ = to_child[1];
    if (error != 0) {
        child_ = -1;
        ::close(input_);
        ::close(from_child[0]);
        throw std::runtime_error("the dev server could not be started: " + program);
    }
    try {
        read_ports(from_child[0]);
    } catch (...) {
        ::close(from_child[0]);
        stop();
        throw;
    }
    ::close(from_child[0]);
}

ChildServer::~ChildServer() {
    stop();
}

void ChildServer::read_ports(int from) {
    std::string line;
    while (line.find('\n') == std::string::npos) {
        pollfd ready{from, POLLIN, 0};
        std::array<char, 256> chunk{};
        if (::poll(&ready, 1, kReadyWithinMs) <= 0) {
            throw std::runtime_error("the dev server did not get ready in time");
        }
        const auto count = ::read(from, chunk.data(), chunk.size());
        if (count <= 0 || line.size() > kMaxReadyLineBytes) {
            throw std::runtime_error("the dev server ended before it was ready");
        }
        line.append(chunk.data(), static_cast<std::size_t>(count));
    }
    port_ = port_after(line, "listening on ws://127.0.0.1:");
    control_port_ = port_after(line, "control http://127.0.0.1:");
}

void ChildServer::stop() {
    if (child_ <= 0) return;
    ::close(input_);
    ::kill(child_, SIGTERM);
    const auto end = std::chrono::steady_clock::now() + kStopWithin;
    while (::waitpid(child_, nullptr, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() >= end) {
            ::kill(child_, SIGKILL);
            ::waitpid(child_, nullptr, 0);
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    child_ = -1;
}

}  // namespace graceline::demo
