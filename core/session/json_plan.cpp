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
    if (options.items) return pointer_error(*options.items);
    if (!options.item_fields.empty()) return "item fields need a pointer to the array of items";
    return std::nullopt;
}

JsonPlan::JsonPlan(const JsonPlanOptions& options)
    : fields_(options.fields.size()), item_fields_(options.item_fields.size()) {
    nodes_.emplace_back();
    for (std::size_t i = 0; i < fields_; ++i) add_field(0, options.fields[i], i);
    if (!options.items) return;
    nodes_[static_cast<std::size_t>(add_path(0, *options.items))].items = true;
    item_root_ = static_cast<std::int32_t>(nodes_.size());
    nodes_.emplace_back();
    for (std::size_t i = 0; i < item_fields_; ++i) {
        add_field(item_root_, options.item_fields[i], i);
    }
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

void JsonPlan::add_field(std::int32_t root, std::string_view pointer, std::size_t field) {
    auto& node = nodes_[static_cast<std::size_t>(add_path(root, pointer))];
    slots_.push_back({field, node.first_slot});
    node.first_slot = static_cast<std::int32_t>(slots_.size()) - 1;
}

}  // namespace graceline::session
