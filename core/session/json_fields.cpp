// Walks a document with simdjson's On Demand reader: strict, bounded, in place.
// Must be the only file that includes simdjson.
#include "core/session/json_fields.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "core/session/json_grammar.hpp"

namespace graceline::session {

namespace ondemand = simdjson::ondemand;

const char* to_string(JsonResult result) {
    switch (result) {
        case JsonResult::ok:
            return "ok";
        case JsonResult::malformed:
            return "malformed";
        case JsonResult::too_deep:
            return "too_deep";
        case JsonResult::too_large:
            return "too_large";
        case JsonResult::too_many_items:
            return "too_many_items";
    }
    return "unknown";
}

/// One walk of one document: what is found goes into the slots of the plan.
class JsonWalk {
  public:
    JsonWalk(const JsonPlan& plan, std::span<JsonText> fields, JsonItemSink* sink)
        : plan_(plan), fields_(fields), sink_(sink) {
        std::fill_n(met_.begin(), plan.nodes_.size(), false);
    }

    JsonResult run(ondemand::document& document, std::string_view json);

  private:
    using Node = JsonPlan::Node;

    const Node* node_at(std::int32_t index) const {
        return index == JsonPlan::kNone ? nullptr : &plan_.nodes_[static_cast<std::size_t>(index)];
    }
    template <class Match>
    const Node* child_of(const Node* node, Match match) const;
    JsonResult member_of(const Node* node, ondemand::field& member, const Node*& child);

    template <class Value>
    JsonResult value(Value& value, const Node* node, std::uint32_t depth);
    JsonResult object(ondemand::object& object, const Node* node, std::uint32_t depth);
    JsonResult array(ondemand::array& array, const Node* node, std::uint32_t depth);
    JsonResult items(ondemand::array& array, std::uint32_t depth);
    template <class Value>
    JsonResult scalar(Value& value, const Node* node, bool wanted);
    void store(const Node* node, std::string_view text);

    const JsonPlan& plan_;
    std::span<JsonText> fields_;
    JsonItemSink* sink_;
    ondemand::document* document_ = nullptr;
    bool escapes_ = false;  ///< There is a backslash somewhere; mostly there is none.
    bool in_item_ = false;
    std::size_t items_seen_ = 0;
    /// Of two members with one name the first counts: which nodes were met. Only the plan's part of
    /// it is ever written.
    static constexpr std::size_t kMaxNodes = (2 * kMaxPlanFields + 1) * kMaxPointerTokens + 2;
    std::array<bool, kMaxNodes> met_;
};

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_json_space(text.back())) text.remove_suffix(1);
    while (!text.empty() && is_json_space(text.front())) text.remove_prefix(1);
    return text;
}

/// Takes a string off the reader. Left to itself the reader would take one in front of a colon for
/// a member's name, also where none can be.
template <class Value>
JsonResult consume(Value& value) {
    return value.get_raw_json_string().error() == simdjson::SUCCESS ? JsonResult::ok
                                                                    : JsonResult::malformed;
}

std::string_view token_of(ondemand::value& value) {
    return trimmed(value.raw_json_token());
}

std::string_view token_of(ondemand::document& document) {
    std::string_view token;
    if (document.raw_json_token().get(token) != simdjson::SUCCESS) return {};
    return trimmed(token);
}

}  // namespace

template <class Match>
const JsonPlan::Node* JsonWalk::child_of(const Node* node, Match match) const {
    if (node == nullptr) return nullptr;
    for (auto at = node->first_child; at != JsonPlan::kNone;) {
        const auto* child = node_at(at);
        if (match(child->token)) return child;
        at = child->next_sibling;
    }
    return nullptr;
}

/// The node of a member, or none. A key is compared in place and unescaped only if it has to be.
JsonResult JsonWalk::member_of(const Node* node, ondemand::field& member, const Node*& child) {
    child = nullptr;
    const bool may_be_wanted = node != nullptr && node->first_child != JsonPlan::kNone;
    if (!may_be_wanted && !escapes_) return JsonResult::ok;
    const char* const begin = member.key().raw();
    const char* end = begin;
    while (*end != '"' && *end != '\\') ++end;
    std::string_view key(begin, static_cast<std::size_t>(end - begin));
    const bool escaped = *end != '"';
    // Half of a surrogate pair can be no pointer's token, but it must not end the walk either:
    // what a key unescapes to matters only where a pointer might mean it.
    if (escaped) {
        const char* close = end;
        while (*close != '"') close += *close == '\\' ? 2 : 1;
        if (!has_valid_escapes({begin, static_cast<std::size_t>(close - begin)})) {
            return JsonResult::malformed;
        }
    }
    if (!may_be_wanted) return JsonResult::ok;
    if (escaped && member.unescaped_key().get(key) != simdjson::SUCCESS) return JsonResult::ok;
    const auto* found =
        child_of(node, [&](const PointerToken& token) { return token.name == key; });
    if (found == nullptr) return JsonResult::ok;
    auto& met = met_[static_cast<std::size_t>(found - plan_.nodes_.data())];
    if (!met) child = found;
    met = true;
    return JsonResult::ok;
}

JsonResult JsonWalk::run(ondemand::document& document, std::string_view json) {
    document_ = &document;
    escapes_ = std::memchr(json.data(), '\\', json.size()) != nullptr;
    ondemand::json_type type{};
    if (document.type().get(type) != simdjson::SUCCESS) return JsonResult::malformed;
    // Nothing may stand behind the root value: seen before a scalar is taken, after a container.
    if (type != ondemand::json_type::object && type != ondemand::json_type::array) {
        if (token_of(document).size() != trimmed(json).size()) return JsonResult::malformed;
        return value(document, node_at(0), 1);
    }
    const auto result = value(document, node_at(0), 1);
    if (result != JsonResult::ok) return result;
    const char* rest = nullptr;
    return document.current_location().get(rest) == simdjson::SUCCESS ? JsonResult::malformed
                                                                      : JsonResult::ok;
}

template <class Value>
JsonResult JsonWalk::value(Value& value, const Node* node, std::uint32_t depth) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return JsonResult::malformed;
    if (type == ondemand::json_type::object) {
        if (depth > kMaxJsonDepth) return JsonResult::too_deep;
        ondemand::object found;
        if (value.get_object().get(found) != simdjson::SUCCESS) return JsonResult::malformed;
        return object(found, node, depth);
    }
    if (type == ondemand::json_type::array) {
        if (depth > kMaxJsonDepth) return JsonResult::too_deep;
        ondemand::array found;
        if (value.get_array().get(found) != simdjson::SUCCESS) return JsonResult::malformed;
        const bool has_items = node != nullptr && node->items && !in_item_ && sink_ != nullptr;
        return has_items ? items(found, depth) : array(found, node, depth);
    }
    const bool wanted = node != nullptr && node->first_slot != JsonPlan::kNone;
    // That a string is closed, and without control characters, the reader has seen already.
    if (type == ondemand::json_type::string && !wanted && !escapes_) return consume(value);
    return scalar(value, node, wanted);
}

JsonResult JsonWalk::object(ondemand::object& object, const Node* node, std::uint32_t depth) {
    for (auto next : object) {
        ondemand::field member;
        if (std::move(next).get(member) != simdjson::SUCCESS) return JsonResult::malformed;
        const Node* child = nullptr;
        auto result = member_of(node, member, child);
        if (result != JsonResult::ok) return result;
        result = value(member.value(), child, depth + 1);
        if (result != JsonResult::ok) return result;
    }
    return JsonResult::ok;
}

JsonResult JsonWalk::array(ondemand::array& array, const Node* node, std::uint32_t depth) {
    std::size_t index = 0;
    for (auto next : array) {
        ondemand::value element;
        if (std::move(next).get(element) != simdjson::SUCCESS) return JsonResult::malformed;
        const auto* child =
            child_of(node, [&](const PointerToken& token) { return token.index == index; });
        const auto result = value(element, child, depth + 1);
        if (result != JsonResult::ok) return result;
        ++index;
    }
    return JsonResult::ok;
}

JsonResult JsonWalk::items(ondemand::array& array, std::uint32_t depth) {
    std::array<JsonText, kMaxPlanFields> found{};
    const auto page_fields = std::exchange(fields_, std::span(found).first(plan_.item_fields()));
    in_item_ = true;
    sink_->on_array();
    auto result = JsonResult::ok;
    for (auto next : array) {
        ondemand::value element;
        if (std::move(next).get(element) != simdjson::SUCCESS) return JsonResult::malformed;
        if (++items_seen_ > kMaxJsonItems) return JsonResult::too_many_items;
        std::fill(fields_.begin(), fields_.end(), std::nullopt);
        std::fill(met_.begin() + plan_.item_root_,
                  met_.begin() + static_cast<std::ptrdiff_t>(plan_.nodes_.size()), false);
        auto text = token_of(element);
        result = value(element, node_at(plan_.item_root_), depth + 1);
        if (result != JsonResult::ok) return result;
        if (text.starts_with('{') || text.starts_with('[')) {
            const char* end = nullptr;
            // The array goes on or ends behind the item, so there is always something.
            if (document_->current_location().get(end) != simdjson::SUCCESS) {
                return JsonResult::malformed;
            }
            text = trimmed({text.data(), static_cast<std::size_t>(end - text.data())});
        }
        sink_->on_item(text, fields_);
    }
    in_item_ = false;
    fields_ = page_fields;
    return result;
}

template <class Value>
JsonResult JsonWalk::scalar(Value& value, const Node* node, bool wanted) {
    const auto token = token_of(value);
    if (token.empty()) return JsonResult::malformed;
    if (token.front() != '"') {
        const bool boolean = token == "true" || token == "false";
        if (!boolean && token != "null" && !is_json_number(token)) return JsonResult::malformed;
        if (wanted && token != "null") store(node, token);
        return JsonResult::ok;
    }
    // The reader has seen the closing quote; nothing but space can stand between it and the next
    // token.
    if (token.size() < 2 || token.back() != '"') return JsonResult::malformed;
    const auto inside = token.substr(1, token.size() - 2);
    const bool escaped = escapes_ && std::memchr(inside.data(), '\\', inside.size()) != nullptr;
    if (!escaped) {
        if (wanted) store(node, inside);
        return consume(value);
    }
    if (!has_valid_escapes(inside)) return JsonResult::malformed;
    if (!wanted) return consume(value);
    std::string_view text;
    // Half of a surrogate pair is JSON, but no text: that field is missing.
    if (value.get_string().get(text) == simdjson::SUCCESS) store(node, text);
    return JsonResult::ok;
}

void JsonWalk::store(const Node* node, std::string_view text) {
    for (auto at = node->first_slot; at != JsonPlan::kNone;) {
        const auto& slot = plan_.slots_[static_cast<std::size_t>(at)];
        if (text.size() <= slot.max_bytes) fields_[slot.field] = text;
        at = slot.next;
    }
}

struct JsonReader::State {
    ondemand::parser parser;
    std::unique_ptr<char[]> padded;
    std::size_t capacity = 0;

    /// Grows by doubling, so that messages which grow slowly do not allocate each time.
    void make_room(std::size_t size) {
        if (size <= capacity) return;
        constexpr std::size_t kSmallestCapacity = 1024;
        auto wanted = std::max(kSmallestCapacity, capacity);
        while (wanted < size) wanted *= 2;
        auto memory = std::make_unique<char[]>(wanted + simdjson::SIMDJSON_PADDING);
        if (parser.allocate(wanted, kMaxJsonDepth + 1) != simdjson::SUCCESS) {
            capacity = 0;  // what it had before may be gone
            throw std::bad_alloc();
        }
        padded = std::move(memory);
        capacity = wanted;
    }
};

JsonReader::JsonReader() : state_(std::make_unique<State>()) {}
JsonReader::~JsonReader() = default;

JsonResult JsonReader::read(const JsonPlan& plan, std::string_view json, std::span<JsonText> fields,
                            JsonItemSink* sink) {
    const auto clear = [&] { std::fill(fields.begin(), fields.end(), std::nullopt); };
    clear();
    if (json.size() > kMaxJsonBytes) return JsonResult::too_large;
    if (json.empty()) return JsonResult::malformed;
    state_->make_room(json.size());
    char* const padded = state_->padded.get();
    std::memcpy(padded, json.data(), json.size());
    std::memset(padded + json.size(), ' ', simdjson::SIMDJSON_PADDING);

    ondemand::document document;
    const auto error =
        state_->parser.iterate(padded, json.size(), json.size() + simdjson::SIMDJSON_PADDING)
            .get(document);
    if (error == simdjson::MEMALLOC) throw std::bad_alloc();
    if (error != simdjson::SUCCESS) return JsonResult::malformed;
    const auto result = JsonWalk(plan, fields, sink).run(document, {padded, json.size()});
    if (result != JsonResult::ok) clear();
    return result;
}

}  // namespace graceline::session
