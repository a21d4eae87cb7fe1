// The position: the last message before which nothing is missing; per conversation where the
// history is. Must not move past a hole, and must not compare ids by order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/history/fetch.hpp"
#include "core/history/limits.hpp"

namespace graceline::history {

/// Where the history is one list, the conversation of every call is ignored.
class Positions {
  public:
    explicit Positions(Scope scope, std::size_t max_conversations = kMaxPositions);

    /// A hole is open from the loss of a connection until its gap is closed. Opening one forgets
    /// what was beyond the last; closing it makes the newest message beyond it the position.
    void set_hole(bool open);
    bool hole() const { return hole_; }

    /// From the host, at start.
    void given(std::string_view conversation, std::string_view id);
    /// Delivered live. With a hole open it waits beyond it.
    void live(std::string_view conversation, std::string_view id);
    /// Proven by a catch-up.
    void recovered(std::string_view conversation, std::string_view id);
    /// Of the page with which the app refreshed, oldest first or the newest alone. What it may have
    /// missed before is its own choice.
    void refreshed(std::string_view conversation, std::string_view id);

    /// Valid until the next call that is not const.
    std::optional<std::string_view> get(std::string_view conversation) const;
    /// Those with a position, the one that moved last first; one empty name where all are one.
    std::vector<std::string> conversations() const;

    std::size_t size() const { return entries_.size(); }
    std::uint64_t forgotten() const { return forgotten_; }  ///< Positions given up at the bound.

  private:
    struct Entry {
        std::string conversation;
        std::string position;
        std::string beyond;  ///< Newest live message beyond the hole.
    };
    using Entries = std::list<Entry>;

    Entry* touch(std::string_view conversation, std::string_view id);
    const Entry* find(std::string_view conversation) const;

    Scope scope_;
    std::size_t max_conversations_;
    bool hole_ = false;
    Entries entries_;  ///< Moved last first. The keys below are views of their names.
    std::unordered_map<std::string_view, Entries::iterator> by_name_;
    std::uint64_t forgotten_ = 0;
};

}  // namespace graceline::history
