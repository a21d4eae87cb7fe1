// Compiles pointers into a tree of tokens, so that one walk of a document finds them all.
// Must not read JSON.
#include <algorithm>

#include "core/session/json_fields.hpp"

namespace graceline::session {

std::optional<std::string> JsonPlan::error_in(const JsonPlanOptions& options) {
    if (options.fields.size() > kMaxPlanFields || options.item_fields.size() > kMaxPlanFields) {
        return "at most " + std::to_string(kMaxPlanFields) + " JSON pointers of a kind";
    }
    for (const auto& pointer : options.fields) {
        if (auto error = pointer_error(pointer)) return error;
    }
    for (const auto& pointer : options.item_fields) {
        if (auto error = pointer_error(pointer)) return error;
    }
    const auto beyond = [](const std::vector<std::size_t>& indices, std::size_t size) {
        return std::ranges::any_of(indices, [size](std::size_t index) { return index >= size; });
    };
    if (beyond(options.long_fields, options.fields.size()) ||
        beyond(options.long_item_fields, options.item_fields.size())) {
        return "a long field is one of the fields";
    }
    if (options.items) return pointer_error(*options.items);
    if (!options.item_fields.empty()) return "item fields need a pointer to the array of items";
    return std::nullopt;
}

JsonPlan::JsonPlan(const JsonPlanOptions& options)
    : fields_(options.fields.size()), item_fields_(options.item_fields.size()) {
    nodes_.emplace_back();
    add_fields(0, options.fields, options.long_fields);
    if (!options.items) return;
    nodes_[static_cast<std::size_t>(add_path(0, *options.items))].items = true;
    item_root_ = static_cast<std::int32_t>(nodes_.size());
    nodes_.emplace_back();
    add_fields(item_root_, options.item_fields, options.long_item_fields);
}

std::int32_t JsonPlan::add_path(std::int32_t root, std::string_view pointer) {
    auto at = root;
    for (auto& token : pointer_tokens(pointer)) {
        auto child = nodes_[static_cast<std::size_t>(at)].first_child;
        while (child != kNone && nodes_[static_cast<std::size_t>(child)].token != token) {
            child = nodes_[static_cast<std::size_t>(child)].next_sibling;
        }
        if (child == kNone) {
            child = static_cast<std::int32_t>(nodes_.size());
            nodes_.emplace_back();
            nodes_.back().token = std::move(token);
            auto& parent = nodes_[static_cast<std::size_t>(at)];
            nodes_.back().next_sibling = parent.first_child;
            parent.first_child = child;
        }
        at = child;
    }
    return at;
}

void JsonPlan::add_fields(std::int32_t root, const std::vector<std::string>& pointers,
                          const std::vector<std::size_t>& long_ones) {
    for (std::size_t i = 0; i < pointers.size(); ++i) {
        auto& node = nodes_[static_cast<std::size_t>(add_path(root, pointers[i]))];
        const bool may_be_long = std::ranges::find(long_ones, i) != long_ones.end();
        slots_.push_back({i, may_be_long ? kMaxJsonBytes : kMaxFieldBytes, node.first_slot});
        node.first_slot = static_cast<std::int32_t>(slots_.size()) - 1;
    }
}

}  // namespace graceline::session
