// The rules of SPEC section 5 and QUALITY's invariants 1, 8, 9, 11 to 15 and 20, for one client.
// Must count every breach and tell the first in words.
#include "tests/soak/checker.hpp"

#include <algorithm>

namespace graceline::tests {

void Findings::add(const Findings& other) {
    lost += other.lost;
    doubled += other.doubled;
    reordered += other.reordered;
    wrong_verdicts += other.wrong_verdicts;
    wrong_paths += other.wrong_paths;
    wrong_fates += other.wrong_fates;
    late += other.late;
    if (first.empty()) first = other.first;
}

void Checker::find(std::uint64_t& count, const std::string& what, std::uint64_t by) {
    count += by;
    if (findings_.first.empty()) findings_.first = what;
}

void Checker::published(std::uint64_t number, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    published_ = number + 1;
    // It may have been delivered before its publisher was told.
    if (number >= all_up_to_) acknowledged_ms_.push_back(now_ms);
}

void Checker::sequence(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    if (sequence != sequence_ + 1) find(findings_.reordered, "an event is missing or out of order");
    sequence_ = sequence;
}

void Checker::message(std::uint64_t number, bool replayed) {
    const std::lock_guard lock(mutex_);
    const auto name = "message " + std::to_string(number);
    ++delivered_;
    replayed_ += replayed ? 1 : 0;
    if (dark_) find(findings_.late, name + " came after the window had closed");
    if (number < all_up_to_ || beyond_.count(number) != 0) {
        return find(findings_.doubled, name + " came twice");
    }
    if (!hole_ && number != all_up_to_) {
        find(findings_.reordered,
             name + " came where " + std::to_string(all_up_to_) + " was next, and no gap was told");
    }
    auto& any = replayed ? any_replayed_ : any_live_;
    auto& newest = replayed ? newest_replayed_ : newest_live_;
    if (any && number < newest) find(findings_.reordered, name + " came after a newer one");
    any = true;
    newest = number;
    beyond_.insert(number);
    while (!beyond_.empty() && *beyond_.begin() == all_up_to_) {
        beyond_.erase(beyond_.begin());
        ++all_up_to_;
        if (!acknowledged_ms_.empty()) acknowledged_ms_.pop_front();
    }
}

void Checker::status(std::string_view status, std::int64_t time_ms) {
    const std::lock_guard lock(mutex_);
    if (status != status_ && !graph_.may_follow(status_, status)) {
        find(findings_.wrong_paths, status_ + " -> " + std::string(status));
    }
    status_ = status;
    any_replayed_ = false;
    if (status != "disconnected") dark_ = false;
    if (status == "connected") return;
    last_down_ms_ = time_ms;
    hole_ = true;
    marked_ = false;
}

void Checker::task_ended(std::string_view cause) {
    const std::lock_guard lock(mutex_);
    if (cause == "expired" || cause == "os_expired" || cause == "refused") dark_ = true;
}

/// What the server had when the connection was still down must have come.
void Checker::judge_proof() {
    const auto known =
        std::lower_bound(acknowledged_ms_.begin(), acknowledged_ms_.end(), last_down_ms_);
    // What was delivered behind a hole is not missing.
    auto missing = static_cast<std::uint64_t>(known - acknowledged_ms_.begin());
    for (const auto number : beyond_) {
        if (number < all_up_to_ + static_cast<std::uint64_t>(known - acknowledged_ms_.begin())) {
            --missing;
        }
    }
    if (missing == 0) return;
    find(findings_.lost, std::to_string(missing) + " missing where all was proven", missing);
    find(findings_.wrong_verdicts, "");
}

void Checker::gap_verdict(std::string_view verdict) {
    const std::lock_guard lock(mutex_);
    if (verdict == "gap") return;
    if (verdict != "complete" && verdict != "recovered") {
        return find(findings_.wrong_verdicts, "a verdict " + std::string(verdict));
    }
    judge_proof();
    hole_ = false;
}

void Checker::returned() {
    const std::lock_guard lock(mutex_);
    ++returns_;
}

void Checker::return_verdict(std::string_view verdict) {
    const std::lock_guard lock(mutex_);
    if (--returns_ < 0) find(findings_.wrong_verdicts, "a verdict without a return");
    if (verdict == "skip" && hole_ && !marked_) {
        find(findings_.wrong_verdicts, "skip, while a gap was neither closed nor refreshed");
    }
}

void Checker::marked() {
    const std::lock_guard lock(mutex_);
    marked_ = true;
}

void Checker::accepted(std::uint64_t send) {
    const std::lock_guard lock(mutex_);
    if (early_fates_.erase(send) == 0) open_sends_.insert(send);
}

void Checker::fates(std::uint64_t first, std::uint64_t last) {
    const std::lock_guard lock(mutex_);
    for (auto send = first; send <= last; ++send) {
        if (open_sends_.erase(send) == 0 && !early_fates_.insert(send).second) {
            find(findings_.wrong_fates, "message " + std::to_string(send) + " has two fates");
        }
    }
}

void Checker::ended() {
    const std::lock_guard lock(mutex_);
    const auto missing = published_ - std::min(published_, all_up_to_);
    if (missing != 0) {
        find(findings_.lost, std::to_string(missing) + " never came", missing);
    }
    if (returns_ != 0) find(findings_.wrong_verdicts, "a return without its verdict");
    if (!open_sends_.empty()) {
        find(findings_.wrong_fates,
             "message " + std::to_string(*open_sends_.begin()) + " has no fate",
             open_sends_.size());
    }
    if (!early_fates_.empty()) find(findings_.wrong_fates, "a fate of a message never accepted");
}

Findings Checker::findings() const {
    const std::lock_guard lock(mutex_);
    return findings_;
}

std::uint64_t Checker::published_count() const {
    const std::lock_guard lock(mutex_);
    return published_;
}

std::uint64_t Checker::delivered_up_to() const {
    const std::lock_guard lock(mutex_);
    return all_up_to_;
}

std::uint64_t Checker::delivered() const {
    const std::lock_guard lock(mutex_);
    return delivered_;
}

std::uint64_t Checker::replayed() const {
    const std::lock_guard lock(mutex_);
    return replayed_;
}

}  // namespace graceline::tests
