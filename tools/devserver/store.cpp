// The rooms and their messages, in memory and bounded, with history pages and de-duplication.
// Must not know HTTP, sockets or JSON.
#include "tools/devserver/store.hpp"

#include <algorithm>

#include "tools/devserver/limits.hpp"
#include "tools/devserver/text.hpp"

namespace graceline::devserver {

namespace {

std::size_t cost(const Message& message) {
    return sizeof(Message) + message.id.size() + message.conversation.size() +
           message.sender.size() + message.body.size() + message.client_id.size();
}

}  // namespace

std::optional<Published> Store::publish(NewMessage message) {
    // A client id counts within its conversation; the separator cannot occur in a name.
    std::string key;
    if (!message.client_id.empty()) {
        key = message.conversation + '\0' + message.client_id;
        const auto known = by_client_id_.find(key);
        if (known != by_client_id_.end()) return Published{known->second, true};
    }
    auto found = rooms_.find(message.conversation);
    if (found == rooms_.end()) {
        if (rooms_.size() >= kMaxRoomCount) return std::nullopt;
        found = rooms_.emplace(message.conversation, Room{}).first;
    }
    Room& room = found->second;
    auto stored = std::make_shared<Message>();
    stored->number = ++last_number_;
    stored->id = ids_.to_id(stored->number);
    stored->conversation = std::move(message.conversation);
    stored->sender = std::move(message.sender);
    stored->time = utc_now();
    stored->body = std::move(message.body);
    stored->client_id = std::move(message.client_id);
    room.bytes += cost(*stored);
    stored_bytes_ += cost(*stored);
    ++message_count_;
    room.messages.push_back(stored);
    if (!key.empty()) remember_client_id(key, stored);
    enforce_limits(room);
    return Published{stored, false};
}

void Store::remember_client_id(const std::string& key, const MessagePtr& message) {
    by_client_id_.emplace(key, message);
    client_id_order_.push_back(key);
    if (client_id_order_.size() > kMaxClientIdCount) {
        by_client_id_.erase(client_id_order_.front());
        client_id_order_.pop_front();
    }
}

void Store::forget_oldest(Room& room) {
    const std::size_t bytes = cost(*room.messages.front());
    room.bytes -= bytes;
    stored_bytes_ -= bytes;
    --message_count_;
    room.messages.pop_front();
    room.forgot = true;
}

void Store::enforce_limits(Room& room) {
    if (room.messages.size() > kMaxMessagesPerRoomCount) forget_oldest(room);
    while (stored_bytes_ > kMaxStoredBytes) {
        // The largest room pays, so that a flood in one room cannot empty the others. It keeps its
        // newest message: a conversation is never without one.
        Room* largest = nullptr;
        for (auto& [name, candidate] : rooms_) {
            const bool may_pay = candidate.messages.size() > 1;
            if (may_pay && (!largest || candidate.bytes > largest->bytes)) largest = &candidate;
        }
        if (!largest) return;
        forget_oldest(*largest);
    }
}

std::optional<std::size_t> Store::position(const Room& room, std::string_view id) const {
    const auto number = ids_.to_number(id);
    if (!number) return std::nullopt;
    const auto at = std::lower_bound(
        room.messages.begin(), room.messages.end(), *number,
        [](const MessagePtr& message, std::uint64_t wanted) { return message->number < wanted; });
    if (at == room.messages.end() || (*at)->number != *number) return std::nullopt;
    return static_cast<std::size_t>(at - room.messages.begin());
}

std::optional<MessagesPage> Store::messages(const std::string& conversation,
                                            const std::optional<std::string>& before,
                                            const std::optional<std::string>& after,
                                            std::size_t limit) const {
    static const Room kEmptyRoom;
    const auto found = rooms_.find(conversation);
    const Room& room = found == rooms_.end() ? kEmptyRoom : found->second;
    std::size_t begin = 0;
    std::size_t end = room.messages.size();
    if (after) {
        const auto at = position(room, *after);
        if (!at) return std::nullopt;
        begin = *at + 1;
    }
    if (before) {
        const auto at = position(room, *before);
        if (!at) return std::nullopt;
        end = *at;
    }
    begin = std::min(begin, end);
    MessagesPage page;
    const bool fits = end - begin <= limit;
    if (after) {
        end = fits ? end : begin + limit;
        page.complete = fits;
    } else {
        begin = fits ? begin : end - limit;
        page.complete = fits && !room.forgot;
    }
    const auto first = room.messages.begin();
    page.items.assign(first + static_cast<std::ptrdiff_t>(begin),
                      first + static_cast<std::ptrdiff_t>(end));
    page.newer = end < room.messages.size();
    page.older = begin > 0;
    return page;
}

std::optional<ConversationsPage> Store::conversations(
    std::size_t limit, const std::optional<std::string>& cursor) const {
    std::uint64_t below = last_number_ + 1;
    if (cursor) {
        const auto number = ids_.to_number(*cursor);
        if (!number || *number == 0 || *number > last_number_) return std::nullopt;
        below = *number;
    }
    std::vector<const Room*> rooms;
    for (const auto& [name, room] : rooms_) {
        if (room.messages.back()->number < below) rooms.push_back(&room);
    }
    std::sort(rooms.begin(), rooms.end(), [](const Room* a, const Room* b) {
        return a->messages.back()->number > b->messages.back()->number;
    });
    ConversationsPage page;
    page.more = rooms.size() > limit;
    if (page.more) rooms.resize(limit);
    for (const Room* room : rooms) {
        page.items.push_back({room->messages.back(), room->messages.size()});
    }
    return page;
}

}  // namespace graceline::devserver
