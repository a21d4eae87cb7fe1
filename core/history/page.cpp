// Copies what the mapper hands out into the page's own memory, then orders it.
// Must not keep anything of a body that turns out to be no page.
#include "core/history/page.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace graceline::history {

const char* to_string(PageError error) {
    switch (error) {
        case PageError::malformed:
            return "malformed";
        case PageError::too_deep:
            return "too_deep";
        case PageError::too_large:
            return "too_large";
        case PageError::too_many_items:
            return "too_many_items";
        case PageError::no_items:
            return "no_items";
        case PageError::item_without_id:
            return "item_without_id";
        case PageError::cursor_too_long:
            return "cursor_too_long";
    }
    return "unknown";
}

const char* text_of(PageError error) {
    switch (error) {
        case PageError::malformed:
            return "the body is not JSON";
        case PageError::too_deep:
            return "the JSON is nested too deeply";
        case PageError::too_large:
            return "the body is too large";
        case PageError::too_many_items:
            return "there are too many items";
        case PageError::no_items:
            return "there is no array of items at the pointer";
        case PageError::item_without_id:
            return "an item has no id at the pointer";
        case PageError::cursor_too_long:
            return "the cursor is too long";
    }
    return "unknown";
}

PagePlan::PagePlan(const SourceOptions& options, Kind kind) : kind_(kind) {
    session::JsonPlanOptions plan;
    const auto add = [](std::vector<std::string>& fields, const std::optional<std::string>& pointer,
                        std::size_t& place) {
        place = kAbsent;
        if (!pointer) return;
        place = fields.size();
        fields.push_back(*pointer);
    };
    const bool messages = kind == Kind::messages;
    const auto& of_messages = options.messages;
    const auto& of_conversations = options.conversations;
    const std::optional<std::string> none;
    plan.items = messages ? of_messages.items : of_conversations.items;
    add(plan.item_fields, messages ? of_messages.id : of_conversations.id, item_field_[0]);
    add(plan.item_fields, messages ? of_messages.conversation : none, item_field_[1]);
    add(plan.item_fields, messages ? of_messages.sender : none, item_field_[2]);
    add(plan.item_fields, messages ? of_messages.time : of_conversations.time, item_field_[3]);
    add(plan.item_fields, messages ? of_messages.body : none, item_field_[4]);
    add(plan.fields, messages ? of_messages.next_cursor : of_conversations.next_cursor,
        page_field_[0]);
    add(plan.fields, messages ? of_messages.previous_cursor : none, page_field_[1]);
    add(plan.fields, messages ? of_messages.complete : of_conversations.complete, page_field_[2]);
    if (item_field_[4] != kAbsent) plan.long_item_fields.push_back(item_field_[4]);
    for (const auto place : {page_field_[0], page_field_[1]}) {
        if (place != kAbsent) plan.long_fields.push_back(place);
    }
    json_.emplace(plan);

    newest_first_ = messages && options.newest_first;
    const bool by_cursor = takes(options, kind, Direction::next, "cursor") &&
                           (!messages || takes(options, kind, Direction::previous, "cursor"));
    needs_ids_ = item_field_[0] != kAbsent && !by_cursor;
}

class PageBuilder final : public session::JsonItemSink {
  public:
    PageBuilder(const PagePlan& plan, std::size_t body_size) : plan_(plan) {
        texts_.reserve(body_size);
    }

    void on_array() override { has_array_ = true; }

    void on_item(std::string_view json, std::span<const session::JsonText> fields) override {
        const auto field = [&](std::size_t ours) {
            const auto place = plan_.item_field_[ours];
            return place == PagePlan::kAbsent ? session::JsonText{} : fields[place];
        };
        auto& item = items_.emplace_back();
        for (std::size_t i = 0; i < kFields; ++i) item.fields[i] = keep(field(i));
        item.payload = keep(plan_.item_field_[kBody] == PagePlan::kAbsent ? session::JsonText{json}
                                                                          : field(kBody));
    }

    PageReading page(std::span<const session::JsonText> fields, std::string_view conversation);

  private:
    static constexpr std::size_t kId = 0;
    static constexpr std::size_t kFields = 4;  ///< id, conversation, sender, time
    static constexpr std::size_t kBody = 4;

    struct Text {
        std::size_t begin = 0;
        std::size_t size = 0;
        bool present = false;
    };
    struct Item {
        std::array<Text, kFields> fields;
        Text payload;
    };

    Text keep(const session::JsonText& text) {
        if (!text) return {};
        const Text kept{texts_.size(), text->size(), true};
        texts_.insert(texts_.end(), text->begin(), text->end());
        return kept;
    }
    std::string_view view(const Page& page, const Text& text) const {
        return text.present ? std::string_view(page.texts_.data() + text.begin, text.size)
                            : std::string_view{};
    }
    PageItem item_of(const Page& page, const Item& item, const Text& conversation) const;
    void drop_repeated(Page& page) const;

    const PagePlan& plan_;
    bool has_array_ = false;
    std::vector<char> texts_;
    std::vector<Item> items_;
};

PageItem PageBuilder::item_of(const Page& page, const Item& item, const Text& conversation) const {
    PageItem made;
    made.payload = view(page, item.payload);
    auto& fields = made.fields;
    const std::array<std::pair<std::string_view*, bool*>, kFields> targets = {
        {{&fields.id, &fields.has_id},
         {&fields.conversation, &fields.has_conversation},
         {&fields.sender, &fields.has_sender},
         {&fields.time, &fields.has_time}}};
    for (std::size_t i = 0; i < kFields; ++i) {
        *targets[i].first = view(page, item.fields[i]);
        *targets[i].second = item.fields[i].present;
    }
    // An empty id would name every message that has none.
    fields.has_id = !fields.id.empty();
    if (!fields.has_conversation && conversation.present) {
        fields.conversation = view(page, conversation);
        fields.has_conversation = true;
    }
    if (plan_.kind() == Kind::conversations) {
        fields.conversation = fields.id;
        fields.has_conversation = fields.has_id;
    }
    return made;
}

/// Of the items with one id, leaves the first: what a server repeats is what it gave before.
void PageBuilder::drop_repeated(Page& page) const {
    const auto& items = page.items_;
    std::vector<std::size_t> order(items.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        const auto& left = items[a].fields;
        const auto& right = items[b].fields;
        if (left.id != right.id) return left.id < right.id;
        if (left.conversation != right.conversation) return left.conversation < right.conversation;
        return a < b;
    });
    std::vector<bool> repeated(items.size(), false);
    for (std::size_t i = 1; i < order.size(); ++i) {
        const auto& here = items[order[i]].fields;
        const auto& before = items[order[i - 1]].fields;
        repeated[order[i]] =
            here.has_id && here.id == before.id && here.conversation == before.conversation;
    }
    page.keep_only([&](std::size_t index) { return !repeated[index]; });
}

PageReading PageBuilder::page(std::span<const session::JsonText> fields,
                              std::string_view conversation) {
    if (!has_array_) return PageError::no_items;
    std::array<Text, PagePlan::kPageFields> page_texts;
    for (std::size_t i = 0; i < page_texts.size(); ++i) {
        const auto place = plan_.page_field_[i];
        if (place == PagePlan::kAbsent || !fields[place]) continue;
        if (fields[place]->size() > kMaxCursorBytes) return PageError::cursor_too_long;
        page_texts[i] = keep(fields[place]);
    }
    const auto kept_conversation =
        conversation.empty() ? Text{} : keep(session::JsonText{conversation});

    auto page = std::make_shared<Page>();
    page->texts_ = std::move(texts_);
    page->next_cursor_ = view(*page, page_texts[0]);
    page->previous_cursor_ = view(*page, page_texts[1]);
    const auto complete = view(*page, page_texts[2]);
    if (complete == "true") page->complete_ = true;
    if (complete == "false") page->complete_ = false;
    page->items_.reserve(items_.size());
    for (const auto& item : items_) {
        page->items_.push_back(item_of(*page, item, kept_conversation));
        const bool has_id = page->items_.back().fields.has_id;
        if (!has_id && plan_.needs_ids_) return PageError::item_without_id;
        page->all_have_ids_ = page->all_have_ids_ && has_id;
    }
    if (plan_.newest_first_) std::ranges::reverse(page->items_);
    drop_repeated(*page);
    return page;
}

PageReading PageReader::read(const PagePlan& plan, std::string_view body,
                             std::string_view conversation) {
    PageBuilder builder(plan, body.size());
    std::array<session::JsonText, PagePlan::kPageFields> texts;
    const auto fields = std::span(texts).first(plan.json_->fields());
    switch (reader_.read(*plan.json_, body, fields, &builder)) {
        case session::JsonResult::ok:
            return builder.page(fields, conversation);
        case session::JsonResult::malformed:
            return PageError::malformed;
        case session::JsonResult::too_deep:
            return PageError::too_deep;
        case session::JsonResult::too_large:
            return PageError::too_large;
        case session::JsonResult::too_many_items:
            return PageError::too_many_items;
    }
    return PageError::malformed;
}

}  // namespace graceline::history
