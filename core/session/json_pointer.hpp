// JSON pointers (RFC 6901): which texts are pointers, and what their parts are.
// Must not read JSON (json_fields.hpp).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graceline::session {

inline constexpr std::size_t kMaxPointerBytes = 512;
inline constexpr std::size_t kMaxPointerTokens = 16;

/// The rule that `pointer` breaks, for a person who typed it; nothing when it is valid. "" is
/// valid: the whole document.
std::optional<std::string> pointer_error(std::string_view pointer);

/// One reference token, unescaped.
struct PointerToken {
    std::string name;                  ///< Member of an object.
    std::optional<std::size_t> index;  ///< Element of an array, where the name is an index.

    friend bool operator==(const PointerToken&, const PointerToken&) = default;
};

/// The parts of a pointer that pointer_error() found valid.
std::vector<PointerToken> pointer_tokens(std::string_view pointer);

}  // namespace graceline::session
