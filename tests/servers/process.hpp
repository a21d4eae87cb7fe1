// Starts a real server program for a test, waits for its ready line and stops it by process id.
// Must not know any particular server, and must never leave a process behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graceline::tests {

inline constexpr std::chrono::milliseconds kDefaultReadyWithin{15'000};
inline constexpr std::chrono::milliseconds kStopWithin{3'000};
inline constexpr std::size_t kMaxKeptOutputLines = 2'000;

struct ProcessOptions {
    // A path, or a name that is looked up in PATH (for example "node").
    std::string program;
    std::vector<std::string> arguments;
    // The program is ready when a line of its standard output starts with this text; with an empty
    // prefix it is ready once started.
    std::string ready_prefix;
    std::chrono::milliseconds ready_within = kDefaultReadyWithin;
    // "NAME=value" entries, added to (or replacing those of) this process's environment.
    std::vector<std::string> environment;
    // Empty: the directory of this process.
    std::string working_directory;
};

// Standard input is a pipe that stays open until stop() (so a server that ends with its input dies
// with the test), standard output is read by a thread, standard error is inherited.
class ServerProcess {
  public:
    // Throws std::runtime_error if the program does not start or is not ready in time.
    explicit ServerProcess(ProcessOptions options);
    virtual ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    pid_t pid() const;
    const std::string& ready_line() const;
    bool running();

    // SIGTERM, a wait of at most kStopWithin, then SIGKILL. Idempotent. The result is the exit
    // code, or the negative signal number that ended the process.
    int stop();
    // Waits for the process to end by itself.
    std::optional<int> wait_exit(std::chrono::milliseconds within);

    void close_stdin();
    // False when the process does not take it.
    bool write_stdin(std::string_view bytes);
    // SIGSTOP and SIGCONT: a server that is there but does nothing at all.
    void suspend();
    void resume();

    // The newest kMaxKeptOutputLines lines of standard output so far.
    std::vector<std::string> output() const;
    // The first line (of those kept) that starts with the prefix; waits for it.
    std::optional<std::string> wait_for_line(std::string_view prefix,
                                             std::chrono::milliseconds within);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace graceline::tests
