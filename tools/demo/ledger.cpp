// The account of every published message: what became of it, by its id.
// Must not ask the library anything: it is told what the app published, saw and was told.
#include "tools/demo/ledger.hpp"

#include <algorithm>
#include <utility>

namespace graceline::demo {

void Ledger::published(std::string id, Ms begin, Ms end) {
    Entry entry;
    entry.id = std::move(id);
    entry.published_begin = begin;
    entry.published_end = end;
    entries_.push_back(std::move(entry));
}

void Ledger::delivered(const std::string& id, Ms at, bool replayed) {
    delivered_ids_.push_back(id);
    const auto [found, is_new] = deliveries_.try_emplace(id);
    if (is_new) found->second = {at, replayed, 0, deliveries_.size()};
    ++found->second.count;
}

void Ledger::told_to_refresh(Ms at) {
    if (stretches_.empty() || stretches_.back().end) stretches_.push_back({at, std::nullopt});
}

void Ledger::told_all_is_well(Ms at) {
    if (!stretches_.empty() && !stretches_.back().end) stretches_.back().end = at;
}

bool Ledger::was_told(Ms published, Ms seen_newer) const {
    return std::any_of(stretches_.begin(), stretches_.end(), [&](const Stretch& stretch) {
        return stretch.begin <= seen_newer && (!stretch.end || *stretch.end >= published);
    });
}

Account Ledger::close(Ms end) const {
    Account account;
    account.entries = entries_;
    account.published_is_delivered =
        std::equal(entries_.begin(), entries_.end(), delivered_ids_.begin(), delivered_ids_.end(),
                   [](const Entry& entry, const std::string& id) { return entry.id == id; });
    account.foreign_count = static_cast<int>(deliveries_.size());
    Ms seen_newer = end;
    std::size_t newer_order = deliveries_.size() + 1;
    // From the newest to the oldest, so that the next delivered one is always known.
    for (auto entry = account.entries.rbegin(); entry != account.entries.rend(); ++entry) {
        entry->fetched_by_app = fetched_.count(entry->id) != 0;
        const auto delivery = deliveries_.find(entry->id);
        if (delivery != deliveries_.end()) {
            --account.foreign_count;
            entry->delivered_at = delivery->second.at;
            entry->is_replayed = delivery->second.replayed;
            entry->delivery_count = delivery->second.count;
            entry->outcome = entry->is_replayed ? Outcome::replayed : Outcome::live;
            ++(entry->is_replayed ? account.replayed_count : account.live_count);
            account.delivered_again_count += entry->delivery_count - 1;
            if (delivery->second.order > newer_order) ++account.out_of_order_count;
            newer_order = delivery->second.order;
            seen_newer = delivery->second.at;
        } else if (was_told(entry->published_end, seen_newer)) {
            entry->outcome = Outcome::reported;
            ++account.reported_count;
            if (entry->fetched_by_app) ++account.reported_and_fetched_count;
        } else {
            entry->outcome = Outcome::lost;
            ++account.lost_count;
        }
    }
    return account;
}

}  // namespace graceline::demo
