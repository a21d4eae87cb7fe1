// One page of history in memory, and how it is read out of a body by the one JSON mapper.
// Must not decide what a page proves (walk.hpp, catch_up.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/history/fetch.hpp"
#include "core/session/json_fields.hpp"
#include "core/session/session.hpp"

namespace graceline::history {

/// The views live as long as the page, moved or not.
struct PageItem {
    std::string_view payload;
    session::MessageFields fields;  ///< Of a conversation: id and conversation are both its id.
};

/// Messages oldest first; conversations in the server's order. All texts in one block of memory.
class Page {
  public:
    Page() = default;
    Page(Page&&) = default;
    Page& operator=(Page&&) = default;
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;

    std::span<const PageItem> items() const { return items_; }
    std::size_t size() const { return items_.size(); }
    bool empty() const { return items_.empty(); }
    bool all_have_ids() const { return all_have_ids_; }

    std::string_view next_cursor() const { return next_cursor_; }
    std::string_view previous_cursor() const { return previous_cursor_; }
    std::optional<bool> complete() const { return complete_; }

    std::size_t bytes() const { return texts_.size(); }

    /// Leaves only the items for which `keep(index)` holds; their texts do not move.
    template <class Keep>
    void keep_only(Keep keep) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (keep(i)) items_[kept++] = items_[i];
        }
        items_.resize(kept);
    }

  private:
    friend class PageBuilder;

    std::vector<char> texts_;
    std::vector<PageItem> items_;
    std::string_view next_cursor_;
    std::string_view previous_cursor_;
    std::optional<bool> complete_;
    bool all_have_ids_ = true;
};

/// What makes a body no page.
enum class PageError : std::uint8_t {
    malformed,
    too_deep,
    too_large,
    too_many_items,
    no_items,         ///< There is no array where the pointer says; not the same as an empty one.
    item_without_id,  ///< The source is walked by ids.
    cursor_too_long,
};

const char* to_string(PageError error);
const char* text_of(PageError error);

/// Where the parts of a page are: the pointers of one source and kind, compiled once.
class PagePlan {
  public:
    /// `options` have no error_in().
    PagePlan(const SourceOptions& options, Kind kind);

    Kind kind() const { return kind_; }

  private:
    friend class PageReader;
    friend class PageBuilder;
    static constexpr std::size_t kItemFields = 5;  ///< id, conversation, sender, time, body
    static constexpr std::size_t kPageFields = 3;  ///< next_cursor, previous_cursor, complete
    static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

    Kind kind_;
    bool newest_first_ = false;
    bool needs_ids_ = false;
    std::optional<session::JsonPlan> json_;
    std::array<std::size_t, kItemFields> item_field_{};  ///< Where in the plan each of ours is.
    std::array<std::size_t, kPageFields> page_field_{};
};

using PageReading = std::variant<std::shared_ptr<Page>, PageError>;

/// Reads bodies. Holds the mapper's buffers: one a thread.
class PageReader {
  public:
    /// `conversation`: of the items that name none, because the URL did. Of items with the same id
    /// the one at the older end stays.
    PageReading read(const PagePlan& plan, std::string_view body,
                     std::string_view conversation = {});

  private:
    session::JsonReader reader_;
};

}  // namespace graceline::history
