// Rules that many fields share: ranges, flags, arrays, headers.
// Must name the field and the rule, and never repeat a value that may be a secret.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "capi/src/guard.hpp"
#include "core/engine/time.hpp"
#include "core/websocket/handshake.hpp"
#include "graceline/graceline.h"

namespace graceline::capi {

inline constexpr int32_t kMaxHeaders = 64;

inline std::string text_or_empty(const char* text) {
    return text ? text : "";
}

inline int64_t in_range(const char* field, int64_t value, int64_t low, int64_t high) {
    if (value < low || value > high) {
        invalid(field, "must be from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return value;
}

inline engine::Duration duration(const char* field, int64_t value, int64_t low, int64_t high) {
    return engine::milliseconds(in_range(field, value, low, high));
}

inline std::optional<engine::Duration> duration_or_unlimited(const char* field, int64_t value,
                                                             int64_t low, int64_t high) {
    if (value == GRACELINE_UNLIMITED) return std::nullopt;
    if (value < low || value > high) {
        invalid(field, "must be from " + std::to_string(low) + " to " + std::to_string(high) +
                           ", or GRACELINE_UNLIMITED");
    }
    return engine::milliseconds(value);
}

inline bool flag(const char* field, int32_t value) {
    return in_range(field, value, 0, 1) == 1;
}

/// An array of `count` elements that is there when it must be.
template <class T>
std::span<const T> array(const char* field, const T* items, int32_t count, int32_t most) {
    in_range((std::string(field) + "_count").c_str(), count, 0, most);
    if (count > 0 && !items) invalid(field, "must not be NULL when its count is not 0");
    return {items, static_cast<std::size_t>(count)};
}

inline std::string element(const char* field, std::size_t index) {
    return std::string(field) + "[" + std::to_string(index) + "]";
}

inline void read_headers(const char* name, const graceline_header* headers, int32_t count,
                         std::vector<websocket::Header>& out) {
    std::size_t index = 0;
    for (const auto& header : array(name, headers, count, kMaxHeaders)) {
        const auto field = element(name, index++);
        const auto key = text_or_empty(header.name);
        const auto value = text_or_empty(header.value);
        if (const auto error = websocket::header_error(key, value)) invalid(field, *error);
        out.push_back({key, value});
    }
}

}  // namespace graceline::capi
