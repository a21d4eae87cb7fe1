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
    assert(!pending_ && "an ended gap is judged before the next one opens");
    open_ = Gap{ended_ + 1, since, reason};
    last_reason_ = reason;
}

void Continuity::end() {
    if (!open_) return;
    ended_ = open_->number;
    pending_ = std::exchange(open_, std::nullopt);
}

Gap Continuity::judge(GapVerdict verdict, Reason reason, bool from_position) {
    assert(pending_);
    const Gap gap = *std::exchange(pending_, std::nullopt);
    if (!closes_gap(verdict)) newest_unclosed_ = gap.number;
    if (closes_gap(verdict) && from_position) newest_unclosed_ = 0;
    last_reason_ = reason;
    return gap;
}

void Continuity::mark_refreshed(std::uint64_t mark) {
    marked_ = std::max(marked_, std::min(mark, ended_));
}

}  // namespace graceline::engine
