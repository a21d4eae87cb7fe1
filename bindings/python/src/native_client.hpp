// A graceline::Client that Python owns: safe after a fork, released without the GIL.
// Must not be shared with another interpreter.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "graceline/graceline.hpp"

namespace graceline_python {

/// Log lines that wait for a Python thread: the library's own never enters the interpreter for one.
class LogLines {
  public:
    static constexpr std::size_t kMostLines = 1000;

    void add(graceline::LogLevel level, std::string_view text);
    std::vector<std::pair<int, std::string>> take();

  private:
    std::mutex mutex_;
    std::vector<std::pair<int, std::string>> lines_;
    std::size_t dropped_ = 0;
};

class NativeClient {
  public:
    explicit NativeClient(graceline::Options options);
    ~NativeClient();
    NativeClient(const NativeClient&) = delete;
    NativeClient& operator=(const NativeClient&) = delete;

    /// The client; raises ForkedError in a fork's child.
    graceline::Client& get();
    LogLines& log() { return *log_; }

  private:
    std::shared_ptr<LogLines> log_;
    std::unique_ptr<graceline::Client> client_;
};

}  // namespace graceline_python
