// The ids of recent messages, so that none is delivered twice: exact, bounded, oldest forgotten.
// Must not allocate once it has grown to its bounds, and must not compare ids by order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/history/fetch.hpp"
#include "core/history/limits.hpp"

namespace graceline::history {

/// Epochs are the numbers of a client's connections, from 1 on. What came in a page of history was
/// live on none of them.
inline constexpr std::uint64_t kNotLive = 0;

class SeenIds {
  public:
    explicit SeenIds(Scope scope, std::size_t max_ids = kMaxSeenIds,
                     std::size_t max_bytes = kMaxSeenBytes);

    /// False: the id is known, and keeps the epoch at which it was first seen. The conversation is
    /// part of the key where the history is per conversation. An empty id, and one longer than all
    /// the memory, is always new.
    bool add(std::string_view conversation, std::string_view id, std::uint64_t epoch);

    std::optional<std::uint64_t> epoch_of(std::string_view conversation, std::string_view id) const;

    /// How many were ever added.
    std::uint64_t added() const { return added_; }
    /// What came live in this epoch, and was added as number `since` (from 0) or later, was never
    /// delivered: it is new when it comes again.
    void forget_live(std::uint64_t epoch, std::uint64_t since = 0);

    std::size_t size() const { return count_ - dead_; }
    std::size_t bytes() const { return bytes_; }  ///< Of the ids that are remembered.
    std::uint64_t forgotten() const { return forgotten_; }
    void clear();

  private:
    struct Key {
        std::string_view conversation;
        std::string_view id;
        std::size_t hash = 0;
        std::size_t size() const { return conversation.size() + id.size(); }
    };
    struct Entry {
        std::size_t hash = 0;
        std::uint64_t epoch = 0;
        std::uint32_t begin = 0;  ///< Into texts_: conversation, then id.
        std::uint32_t conversation_size = 0;
        std::uint32_t id_size = 0;
        bool dead = false;
        std::uint32_t size() const { return conversation_size + id_size; }
    };

    Key key_of(std::string_view conversation, std::string_view id) const;
    bool is(const Entry& entry, const Key& key) const;
    const Entry* find(const Key& key) const;
    std::optional<std::size_t> room_for(std::size_t size) const;
    void make_room_for(std::size_t size);
    void forget_oldest();
    void grow_entries();
    void grow_texts(std::size_t needed);
    void put_in_table(std::size_t entry);
    void take_out_of_table(std::size_t entry);

    Scope scope_;
    std::size_t max_ids_;
    std::size_t max_bytes_;
    std::vector<Entry> entries_;  ///< A ring, oldest at first_.
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::vector<char> texts_;  ///< A ring; each text in one piece.
    std::size_t texts_end_ = 0;
    std::size_t bytes_ = 0;
    std::vector<std::uint32_t> table_;  ///< Index into entries_ plus 1; linear probing.
    std::uint64_t forgotten_ = 0;
    std::uint64_t added_ = 0;
    std::size_t dead_ = 0;  ///< Entries that wait in the ring only to be overwritten.
};

}  // namespace graceline::history
