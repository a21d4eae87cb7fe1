// RFC 8259 sections 6 and 7 by hand.
// Must not allocate.
#include "core/session/json_grammar.hpp"

#include <cstddef>

namespace graceline::session {

namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Takes one or more digits off the front.
bool take_digits(std::string_view& text) {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    text.remove_prefix(count);
    return count > 0;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

bool is_json_number(std::string_view token) {
    take(token, "-");
    if (!take(token, "0") && !take_digits(token)) return false;
    if (take(token, ".") && !take_digits(token)) return false;
    if (take(token, "eE")) {
        take(token, "+-");
        if (!take_digits(token)) return false;
    }
    return token.empty();
}

bool has_valid_escapes(std::string_view inside) {
    constexpr std::string_view kShort = "\"\\/bfnrt";
    for (auto at = inside.find('\\'); at != std::string_view::npos; at = inside.find('\\', at)) {
        if (at + 1 >= inside.size()) return false;
        const char kind = inside[at + 1];
        if (kShort.find(kind) != std::string_view::npos) {
            at += 2;
            continue;
        }
        if (kind != 'u' || at + 6 > inside.size()) return false;
        for (std::size_t i = at + 2; i < at + 6; ++i) {
            if (!is_hex(inside[i])) return false;
        }
        at += 6;
    }
    return true;
}

}  // namespace graceline::session
