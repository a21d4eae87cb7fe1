// Every sequence of a few named inputs, each judged by the oracle after every step.
// Must leave nothing to chance: what is said once is said in every order.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace graceline::simulation {

/// The alphabet. A time step is an input like any other.
enum class Word : std::uint8_t {
    will_resign_active,
    did_background,
    will_enter_foreground,
    will_terminate,
    connect,
    disconnect,
    background_time_expiring,
    peer_answers,  ///< The attempt succeeds, the probe is answered, the close is answered.
    peer_is_lost,  ///< The attempt or the connection ends.
    next_timer,    ///< Time passes until the next timer fires.
    time_passes,   ///< Longer than the window, with every timer in its time.
    time_stands,   ///< As long, and no timer fires: the process was frozen.
};
inline constexpr std::size_t kWords = 12;
const char* to_string(Word word);

/// The clients that hear them.
enum class Kind : std::uint8_t { automatic, manual, with_os_time };
inline constexpr std::size_t kKinds = 3;
const char* to_string(Kind kind);

/// What several threads have heard so far.
class EverySequence {
  public:
    explicit EverySequence(unsigned length) : length_(length) {}

    /// Takes beginnings until none is left, or one has broken a promise.
    void work();

    std::uint64_t sequences() const { return sequences_; }
    std::uint64_t steps() const { return steps_; }
    /// The words up to the broken promise, and which it was.
    const std::optional<std::string>& broken() const { return broken_; }

  private:
    unsigned length_;
    std::atomic<std::size_t> next_{0};
    std::atomic<std::uint64_t> sequences_{0};
    std::atomic<std::uint64_t> steps_{0};
    std::mutex mutex_;
    std::optional<std::string> broken_;
};

}  // namespace graceline::simulation
