// Copies ids and names behind NULs; payloads stay where the page has them.
// Must not allocate after the pointers were taken.
#include "core/client/event_page.hpp"

#include <algorithm>
#include <utility>

namespace graceline::client {

OwnedPage::OwnedPage(std::shared_ptr<const history::Page> page, history::Kind kind,
                     history::End end, std::int64_t time_ms)
    : source_(std::move(page)) {
    const auto items = source_->items();
    std::size_t bytes = 0;
    for (const auto& item : items) {
        const auto& f = item.fields;
        bytes += f.id.size() + f.conversation.size() + f.sender.size() + f.time.size() + 4;
    }
    texts_.reserve(bytes);
    events_.resize(items.size());
    fields_.resize(items.size());
    const auto text = [this](bool present, std::string_view view) -> const char* {
        if (!present) return nullptr;
        const auto at = texts_.size();
        texts_.insert(texts_.end(), view.begin(), view.end());
        texts_.push_back('\0');
        return texts_.data() + at;
    };
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto& from = items[i].fields;
        fields_[i].id = text(from.has_id, from.id);
        fields_[i].conversation = text(from.has_conversation, from.conversation);
        fields_[i].sender = text(from.has_sender, from.sender);
        fields_[i].time = text(from.has_time, from.time);
        Event& event = events_[i];
        event.type = static_cast<std::uint32_t>(EventType::message);
        event.flags = message_flag::kText | message_flag::kReplayed;
        event.time_ms = time_ms;
        event.data = reinterpret_cast<const std::uint8_t*>(items[i].payload.data());
        event.size = items[i].payload.size();
        event.fields = &fields_[i];
    }
    page_.kind = static_cast<std::int32_t>(kind);
    page_.end = static_cast<std::int32_t>(end);
    page_.count = static_cast<std::uint32_t>(items.size());
    page_.items = events_.data();
}

OwnedFetch::OwnedFetch(history::Fetch fetch, std::string url)
    : fetch_(std::move(fetch)), url_(std::move(url)) {
    const auto text = [](const std::string& from) { return from.empty() ? nullptr : from.c_str(); };
    view_.kind = static_cast<std::int32_t>(fetch_.kind);
    view_.direction = static_cast<std::int32_t>(fetch_.direction);
    view_.limit = fetch_.limit;
    view_.conversation = text(fetch_.conversation);
    view_.anchor_id = text(fetch_.anchor_id);
    view_.anchor_time = text(fetch_.anchor_time);
    view_.cursor = text(fetch_.cursor);
    view_.url = text(url_);
}

}  // namespace graceline::client
