// The hop from a library's callback thread to the host's thread that waits for a message.
// Must not be used in a flood, which is only counted, nor where the host waits in a poll call.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace graceline::bench {

class Inbox {
  public:
    void push(std::string_view text) {
        {
            const std::lock_guard lock(mutex_);
            last_.assign(text);
            ++count_;
        }
        changed_.notify_one();
    }

    std::string wait_for(std::uint64_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return count_ >= count; });
        return last_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string last_;
    std::uint64_t count_ = 0;
};

// One yes-or-no that a library's thread answers and the host's thread waits for.
class Outcome {
  public:
    void set(bool ok) {
        {
            const std::lock_guard lock(mutex_);
            if (known_) return;
            known_ = true;
            ok_ = ok;
        }
        changed_.notify_all();
    }

    bool wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return known_; });
        return ok_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool known_ = false;
    bool ok_ = false;
};

// A flood is received without keeping the messages.
inline bool is_flood(const std::string& url) {
    return url.find("/flood") != std::string::npos;
}

}  // namespace graceline::bench
