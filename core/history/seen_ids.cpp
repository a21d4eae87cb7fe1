// Two rings, of entries and of their texts, and a hash table over them.
// Must not allocate once both rings have their full size.
#include "core/history/seen_ids.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

namespace graceline::history {

namespace {

constexpr std::size_t kFirstEntries = 64;
constexpr std::size_t kFirstBytes = 2'048;

}  // namespace

SeenIds::SeenIds(Scope scope, std::size_t max_ids, std::size_t max_bytes)
    : scope_(scope),
      max_ids_(std::max<std::size_t>(max_ids, 1)),
      max_bytes_(std::min<std::size_t>(max_bytes, UINT32_MAX)) {}

SeenIds::Key SeenIds::key_of(std::string_view conversation, std::string_view id) const {
    Key key;
    if (scope_ == Scope::per_conversation) key.conversation = conversation;
    key.id = id;
    constexpr std::size_t kOddFactor = 31;
    const std::hash<std::string_view> hash;
    key.hash = hash(id) ^ (key.conversation.empty() ? 0 : hash(key.conversation) * kOddFactor);
    return key;
}

bool SeenIds::is(const Entry& entry, const Key& key) const {
    if (entry.hash != key.hash || entry.conversation_size != key.conversation.size() ||
        entry.id_size != key.id.size()) {
        return false;
    }
    const std::string_view text(texts_.data() + entry.begin, entry.size());
    return text.substr(0, entry.conversation_size) == key.conversation &&
           text.substr(entry.conversation_size) == key.id;
}

const SeenIds::Entry* SeenIds::find(const Key& key) const {
    if (table_.empty()) return nullptr;
    const auto mask = table_.size() - 1;
    for (auto at = key.hash & mask; table_[at] != 0; at = (at + 1) & mask) {
        const auto& entry = entries_[table_[at] - 1];
        if (is(entry, key)) return &entry;
    }
    return nullptr;
}

std::optional<std::uint64_t> SeenIds::epoch_of(std::string_view conversation,
                                               std::string_view id) const {
    const auto* entry = find(key_of(conversation, id));
    if (entry == nullptr) return std::nullopt;
    return entry->epoch;
}

bool SeenIds::add(std::string_view conversation, std::string_view id, std::uint64_t epoch) {
    const auto key = key_of(conversation, id);
    if (id.empty() || key.size() > max_bytes_) return true;
    if (find(key) != nullptr) return false;

    if (count_ == entries_.size() && entries_.size() < max_ids_) grow_entries();
    if (count_ == entries_.size()) forget_oldest();
    make_room_for(key.size());
    const auto begin = *room_for(key.size());
    if (!key.conversation.empty()) {
        std::memcpy(texts_.data() + begin, key.conversation.data(), key.conversation.size());
    }
    std::memcpy(texts_.data() + begin + key.conversation.size(), id.data(), id.size());
    texts_end_ = begin + key.size();

    const auto slot = (first_ + count_) % entries_.size();
    entries_[slot] = {key.hash,
                      epoch,
                      static_cast<std::uint32_t>(begin),
                      static_cast<std::uint32_t>(key.conversation.size()),
                      static_cast<std::uint32_t>(id.size()),
                      false};
    ++count_;
    ++added_;
    bytes_ += key.size();
    put_in_table(slot);
    return true;
}

void SeenIds::clear() {
    first_ = count_ = texts_end_ = bytes_ = dead_ = 0;
    std::ranges::fill(table_, 0U);
}

/// Where a text fits in one piece. The end never meets the oldest text, so that a full ring does
/// not look like an empty one.
std::optional<std::size_t> SeenIds::room_for(std::size_t size) const {
    if (count_ == 0) return size <= texts_.size() ? std::optional<std::size_t>(0) : std::nullopt;
    const std::size_t oldest = entries_[first_].begin;
    if (texts_end_ > oldest) {
        if (texts_.size() - texts_end_ >= size) return texts_end_;
        return size < oldest ? std::optional<std::size_t>(0) : std::nullopt;
    }
    return texts_end_ + size < oldest ? std::optional(texts_end_) : std::nullopt;
}

void SeenIds::make_room_for(std::size_t size) {
    while (!room_for(size)) {
        if (texts_.size() < max_bytes_) {
            grow_texts(size);
        } else {
            forget_oldest();
        }
    }
}

void SeenIds::forget_live(std::uint64_t epoch, std::uint64_t since) {
    for (auto left = count_; left-- > 0 && added_ - (count_ - left) >= since;) {
        const auto slot = (first_ + left) % entries_.size();
        Entry& entry = entries_[slot];
        if (entry.dead || entry.epoch != epoch) continue;
        take_out_of_table(slot);
        entry.dead = true;
        ++dead_;
    }
}

void SeenIds::forget_oldest() {
    if (entries_[first_].dead) {
        --dead_;
    } else {
        take_out_of_table(first_);
    }
    bytes_ -= entries_[first_].size();
    first_ = (first_ + 1) % entries_.size();
    --count_;
    ++forgotten_;
}

void SeenIds::grow_entries() {
    const auto wanted = std::min(max_ids_, std::max(kFirstEntries, entries_.size() * 2));
    std::vector<Entry> grown(wanted);
    for (std::size_t i = 0; i < count_; ++i) grown[i] = entries_[(first_ + i) % entries_.size()];
    entries_ = std::move(grown);
    first_ = 0;
    std::size_t slots = 1;
    while (slots < wanted * 2) slots *= 2;
    table_.assign(slots, 0);
    for (std::size_t i = 0; i < count_; ++i) {
        if (!entries_[i].dead) put_in_table(i);
    }
}

void SeenIds::grow_texts(std::size_t needed) {
    auto wanted = std::max(kFirstBytes, texts_.size() * 2);
    while (wanted < bytes_ + needed) wanted *= 2;
    std::vector<char> grown(std::min(max_bytes_, wanted));
    std::size_t end = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        auto& entry = entries_[(first_ + i) % entries_.size()];
        std::memcpy(grown.data() + end, texts_.data() + entry.begin, entry.size());
        entry.begin = static_cast<std::uint32_t>(end);
        end += entry.size();
    }
    texts_ = std::move(grown);
    texts_end_ = end;
}

void SeenIds::put_in_table(std::size_t entry) {
    const auto mask = table_.size() - 1;
    auto at = entries_[entry].hash & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = static_cast<std::uint32_t>(entry + 1);
}

/// Closes the gap by moving back what had to go past it.
void SeenIds::take_out_of_table(std::size_t entry) {
    const auto mask = table_.size() - 1;
    auto gap = entries_[entry].hash & mask;
    while (table_[gap] != entry + 1) gap = (gap + 1) & mask;
    for (auto at = (gap + 1) & mask; table_[at] != 0; at = (at + 1) & mask) {
        const auto home = entries_[table_[at] - 1].hash & mask;
        if (((at - home) & mask) < ((at - gap) & mask)) continue;
        table_[gap] = table_[at];
        gap = at;
    }
    table_[gap] = 0;
}

}  // namespace graceline::history
