// The rooms and their messages, in memory and bounded, with history pages and de-duplication.
// Must not know HTTP, sockets or JSON.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/devserver/message_ids.hpp"

namespace graceline::devserver {

struct Message {
    std::uint64_t number = 0;
    std::string id;
    std::string conversation;
    std::string sender;
    std::string time;
    std::string body;
    std::string client_id;  // empty: none
};
using MessagePtr = std::shared_ptr<const Message>;

struct NewMessage {
    std::string conversation;
    std::string sender;
    std::string body;
    std::string client_id;
};

struct Published {
    MessagePtr message;
    bool duplicate = false;
};

struct MessagesPage {
    std::vector<MessagePtr> items;  // oldest first
    bool newer = false;             // there are newer messages behind the last item
    bool older = false;             // there are older messages before the first item
    bool complete = false;          // the walk in the asked direction has ended, nothing forgotten
};

struct Conversation {
    MessagePtr last_message;
    std::size_t message_count = 0;
};

struct ConversationsPage {
    std::vector<Conversation> items;  // newest active first
    bool more = false;
};

class Store {
  public:
    explicit Store(std::uint64_t id_key) : ids_(id_key) {}

    // nullopt: there are kMaxRoomCount rooms already and this would be one more.
    std::optional<Published> publish(NewMessage message);

    // Both bounds are exclusive message ids. With `after` the page is the oldest ones behind it,
    // else the newest ones (before `before`). nullopt: a bound is not (or no more) in this room.
    std::optional<MessagesPage> messages(const std::string& conversation,
                                         const std::optional<std::string>& before,
                                         const std::optional<std::string>& after,
                                         std::size_t limit) const;

    // The cursor is the id of the last message of the last conversation of the page before.
    // nullopt: no such cursor.
    std::optional<ConversationsPage> conversations(std::size_t limit,
                                                   const std::optional<std::string>& cursor) const;

    std::size_t room_count() const { return rooms_.size(); }
    std::size_t message_count() const { return message_count_; }

  private:
    struct Room {
        std::deque<MessagePtr> messages;
        std::size_t bytes = 0;
        bool forgot = false;
    };

    void forget_oldest(Room& room);
    void enforce_limits(Room& room);
    void remember_client_id(const std::string& key, const MessagePtr& message);
    std::optional<std::size_t> position(const Room& room, std::string_view id) const;

    MessageIds ids_;
    std::map<std::string, Room> rooms_;
    std::uint64_t last_number_ = 0;
    std::size_t stored_bytes_ = 0;
    std::size_t message_count_ = 0;
    std::unordered_map<std::string, MessagePtr> by_client_id_;
    std::deque<std::string> client_id_order_;
};

}  // namespace graceline::devserver
