// The dev server as a child of the demo: started on free ports, and stopped with it.
// Must not outlive the demo, nor end a process that it did not start.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace graceline::demo {

class ChildServer {
  public:
    /// Starts the program and waits until it listens; throws std::runtime_error.
    explicit ChildServer(const std::string& program);
    ChildServer(const ChildServer&) = delete;
    ChildServer& operator=(const ChildServer&) = delete;
    ~ChildServer();

    std::uint16_t port() const { return port_; }
    /// Plain HTTP that no fault touches.
    std::uint16_t control_port() const { return control_port_; }

  private:
    void read_ports(int from);
    void stop();

    pid_t child_ = -1;
    // The child ends when this pipe does, so also when the demo is killed.
    int input_ = -1;
    std::uint16_t port_ = 0;
    std::uint16_t control_port_ = 0;
};

}  // namespace graceline::demo
