// The truth about missed messages: gaps, how they end, their verdicts, and the marks of a refresh.
// Must not know why a connection went down; it counts and remembers only.
#pragma once

#include <cstdint>
#include <optional>

#include "core/engine/reason.hpp"
#include "core/engine/time.hpp"

namespace graceline::engine {

/// graceline_gap_verdict, same values.
enum class GapVerdict : std::uint8_t { none, complete, recovered, gap, unknown };

const char* to_string(GapVerdict verdict);

constexpr bool closes_gap(GapVerdict verdict) {
    return verdict == GapVerdict::complete || verdict == GapVerdict::recovered;
}

/// What ends and is judged.
struct Gap {
    std::uint64_t number = 0;
    Instant since{};
    Reason reason = Reason::none;  ///< Why the connection went down.
};

/// Ended gaps are numbered in order; a mark is the number of the newest ended gap when it was
/// taken. The newest unclosed number and the newest older one suffice, because only the newest
/// ended gap can still await its verdict.
class Continuity {
  public:
    explicit Continuity(Instant start) : open_(Gap{1, start, Reason::not_started}) {}

    bool gap_open() const { return open_.has_value(); }
    /// Ended, and its verdict has not been given.
    bool verdict_pending() const { return pending_.has_value(); }
    bool needs_refresh() const { return open_ || pending_unclosed() || newest_unclosed_ > marked_; }
    std::uint64_t gap_number() const { return ended_ + (open_ ? 1 : 0); }
    Reason last_reason() const { return last_reason_; }

    void open(Instant since, Reason reason);
    void end();  ///< The connection is up again.
    /// Judges the gap that ended last; needs verdict_pending(). A catch-up starts before the oldest
    /// hole, so when it has come through, `from_position` closes the earlier ones too.
    Gap judge(GapVerdict verdict, Reason reason, bool from_position = false);

    std::uint64_t mark() const { return ended_; }
    bool mark_known(std::uint64_t mark) const { return mark <= ended_; }
    void mark_refreshed(std::uint64_t mark);

  private:
    bool pending_unclosed() const { return pending_ && pending_->number > marked_; }

    std::optional<Gap> open_;
    std::optional<Gap> pending_;
    std::uint64_t ended_ = 0;
    std::uint64_t newest_unclosed_ = 0;
    std::uint64_t marked_ = 0;
    Reason last_reason_ = Reason::not_started;
};

}  // namespace graceline::engine
