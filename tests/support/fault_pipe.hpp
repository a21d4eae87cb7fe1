// One direction of a proxied connection: bytes wait here until they may go on.
// Must keep their order, and give none away.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>

namespace graceline::tests {

class FaultPipe {
  public:
    using Clock = std::chrono::steady_clock;

    FaultPipe(int from, int to) : from_(from), to_(to) {}

    int from() const { return from_; }
    int to() const { return to_; }
    bool wants_to_read() const { return !ended_ && bytes_ < kMostBytes; }
    /// There is something whose time has come.
    bool has_due(Clock::time_point now) const {
        return !pieces_.empty() && pieces_.front().due <= now;
    }
    /// When time alone lets something go on; the far future: nothing waits for it.
    Clock::time_point next_due() const;

    /// Reads what is there. False: the connection is broken.
    bool read(Clock::time_point due);
    /// Writes at most `most` bytes of what is due. False: the connection is broken.
    bool write(Clock::time_point now, std::size_t most);
    /// The receiver takes no more now.
    bool blocked() const { return blocked_; }
    /// The sender has ended, and all of it was passed on.
    bool drained() const { return ended_ && pieces_.empty(); }

  private:
    static constexpr std::size_t kMostBytes = 256 * 1024;

    struct Piece {
        Clock::time_point due;
        std::string bytes;
        std::size_t done = 0;
    };

    int from_;
    int to_;
    std::deque<Piece> pieces_;
    std::size_t bytes_ = 0;
    bool ended_ = false;
    bool blocked_ = false;
};

}  // namespace graceline::tests
