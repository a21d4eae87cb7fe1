// Positions in a list by age of their last move, found by name.
// Must not allocate when a known conversation moves.
#include "core/history/positions.hpp"

#include <algorithm>

namespace graceline::history {

Positions::Positions(Scope scope, std::size_t max_conversations)
    : scope_(scope), max_conversations_(std::max<std::size_t>(max_conversations, 1)) {}

void Positions::set_hole(bool open) {
    hole_ = open;
    for (auto& entry : entries_) {
        if (entry.beyond.empty()) continue;
        if (!open) entry.position.swap(entry.beyond);
        entry.beyond.clear();
    }
}

void Positions::given(std::string_view conversation, std::string_view id) {
    recovered(conversation, id);
}

void Positions::live(std::string_view conversation, std::string_view id) {
    auto* entry = touch(conversation, id);
    if (entry == nullptr) return;
    (hole_ ? entry->beyond : entry->position).assign(id);
}

void Positions::recovered(std::string_view conversation, std::string_view id) {
    auto* entry = touch(conversation, id);
    if (entry == nullptr) return;
    entry->position.assign(id);
    // What comes behind it moves it on; else the newest beyond the hole stands further.
    if (entry->beyond == id) entry->beyond.clear();
}

void Positions::refreshed(std::string_view conversation, std::string_view id) {
    recovered(conversation, id);
}

std::optional<std::string_view> Positions::get(std::string_view conversation) const {
    const auto* entry = find(conversation);
    if (entry == nullptr || entry->position.empty()) return std::nullopt;
    return entry->position;
}

std::vector<std::string> Positions::conversations() const {
    std::vector<std::string> names;
    for (const auto& entry : entries_) {
        if (!entry.position.empty()) names.push_back(entry.conversation);
    }
    return names;
}

const Positions::Entry* Positions::find(std::string_view conversation) const {
    const auto found = by_name_.find(scope_ == Scope::all ? std::string_view{} : conversation);
    return found == by_name_.end() ? nullptr : &*found->second;
}

/// The entry of the conversation, made or taken from the one that has rested longest.
Positions::Entry* Positions::touch(std::string_view conversation, std::string_view id) {
    if (id.empty()) return nullptr;
    if (scope_ == Scope::all) conversation = {};
    if (const auto found = by_name_.find(conversation); found != by_name_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return &entries_.front();
    }
    if (entries_.size() < max_conversations_) {
        entries_.emplace_front().conversation.assign(conversation);
        by_name_.emplace(entries_.front().conversation, entries_.begin());
        return &entries_.front();
    }
    entries_.splice(entries_.begin(), entries_, std::prev(entries_.end()));
    auto& entry = entries_.front();
    auto node = by_name_.extract(entry.conversation);
    entry.conversation.assign(conversation);
    entry.position.clear();
    entry.beyond.clear();
    node.key() = entry.conversation;
    by_name_.insert(std::move(node));
    ++forgotten_;
    return &entry;
}

}  // namespace graceline::history
