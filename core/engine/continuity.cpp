// Bookkeeping of gaps.
// Must never close a gap that has not ended.
#include "core/engine/continuity.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace graceline::engine {

const char* to_string(GapVerdict verdict) {
    switch (verdict) {
        case GapVerdict::none:
            return "none";
        case GapVerdict::complete:
            return "complete";
        case GapVerdict::recovered:
            return "recovered";
        case GapVerdict::gap:
            return "gap";
        case GapVerdict::unknown:
            return "unknown";
    }
    return "unknown";
}

void Continuity::open(Instant since, Reason reason) {
    if (open_) return;
    // A cut before the verdict keeps the ended gap unclosed: its messages are still unaccounted.
    if (pending_) newest_unclosed_ = std::max(newest_unclosed_, pending_->number);
    pending_.reset();
    open_ = Gap{ended_ + 1, since, reason};
    last_reason_ = reason;
}

void Continuity::end() {
    if (!open_) return;
    ended_ = open_->number;
    pending_ = std::exchange(open_, std::nullopt);
}

Gap Continuity::judge(GapVerdict verdict, Reason reason) {
    assert(pending_);
    const Gap gap = *std::exchange(pending_, std::nullopt);
    if (!closes_gap(verdict)) newest_unclosed_ = gap.number;
    last_reason_ = reason;
    return gap;
}

void Continuity::mark_refreshed(std::uint64_t mark) {
    marked_ = std::max(marked_, std::min(mark, ended_));
}

}  // namespace graceline::engine
