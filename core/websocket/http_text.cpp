// ASCII rules of HTTP/1.1, free of the process's locale.
// Must not allocate.
#include "core/websocket/http_text.hpp"

#include <algorithm>
#include <limits>

namespace graceline::websocket {
namespace {

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

char lower(char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
}

bool is_blank(char character) {
    return character == ' ' || character == '\t';
}

}  // namespace

bool is_token_char(char character) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    const char small = lower(character);
    return (small >= 'a' && small <= 'z') || is_digit(character) ||
           kMarks.find(character) != std::string_view::npos;
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view take_list_element(std::string_view& list) {
    const std::size_t comma = list.find(',');
    const std::string_view element = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    return trimmed(element);
}

std::optional<std::uint32_t> parse_decimal(std::string_view text) {
    constexpr std::uint64_t kGreatest = std::numeric_limits<std::uint32_t>::max();
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char character : text) {
        if (!is_digit(character)) return std::nullopt;
        value = std::min(value * 10 + static_cast<std::uint64_t>(character - '0'), kGreatest);
    }
    return static_cast<std::uint32_t>(value);
}

}  // namespace graceline::websocket
