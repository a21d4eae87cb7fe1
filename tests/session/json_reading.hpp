// Reads one document for one test, with owned results.
// Must not hide the answer of the reader.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/session/json_fields.hpp"

namespace graceline::session::testing {

struct Reading {
    JsonResult result = JsonResult::ok;
    std::vector<std::optional<std::string>> fields;
};

inline std::vector<std::optional<std::string>> owned(std::span<const JsonText> texts) {
    std::vector<std::optional<std::string>> copies;
    for (const auto& text : texts) {
        copies.push_back(text ? std::optional<std::string>(*text) : std::nullopt);
    }
    return copies;
}

inline Reading read(const std::vector<std::string>& pointers, std::string_view json) {
    const JsonPlan plan({pointers, std::nullopt, {}});
    JsonReader reader;
    std::vector<JsonText> texts(plan.fields());
    const auto result = reader.read(plan, json, texts);
    return {result, owned(texts)};
}

/// The value at one pointer of a document that must be well-formed; "(none)" when there is none.
inline std::string value_at(const std::string& pointer, std::string_view json) {
    const auto reading = read({pointer}, json);
    if (reading.result != JsonResult::ok) return to_string(reading.result);
    return reading.fields.front().value_or("(none)");
}

}  // namespace graceline::session::testing
