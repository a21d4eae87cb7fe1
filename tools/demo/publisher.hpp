// Publishes messages on the dev server at a steady pace, as other people of a chat would.
// Must not know the client: it sees the server only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tools/demo/record.hpp"

namespace graceline::demo {

struct Publication {
    std::string id;
    Ms begin = 0;
    Ms end = 0;
};

class Publisher {
  public:
    /// `clock` gives the demo's time and is called from the publisher's thread.
    Publisher(std::uint16_t control_port, std::chrono::milliseconds every,
              std::function<Ms()> clock);
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;
    ~Publisher() { stop(); }

    /// Publishes no more; returns when nothing is under way.
    void stop();
    /// What was published since the last call, in order.
    std::vector<Publication> take();
    int failed_count() const;

  private:
    void run();
    void publish(std::size_t number);

    std::uint16_t control_port_;
    std::chrono::milliseconds every_;
    std::function<Ms()> clock_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    int failed_count_ = 0;
    std::vector<Publication> done_;
    std::thread thread_;
};

/// The ids of the newest messages that the server has, as an app's refresh would fetch them; throws
/// std::runtime_error.
std::vector<std::string> fetch_ids(std::uint16_t control_port);

/// What a message of the dev server says; the payload itself when it is something else.
std::string body_of(std::string_view payload);

/// Sets a fault switch; throws std::runtime_error.
void set_fault(std::uint16_t control_port, const std::string& json);

}  // namespace graceline::demo
