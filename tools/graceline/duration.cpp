// Durations as people write them: 500ms, 2s, 1.5s, 1m, 2h.
// Must not know what a duration is used for.
#include "tools/graceline/duration.hpp"

#include <array>
#include <cstdint>

namespace graceline::cli {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
};
constexpr std::array kUnits{Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000},
                            Unit{"h", 3'600'000}};
constexpr std::size_t kMaxDigits = 9;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::size_t count_digits(std::string_view text) {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    return count;
}

std::int64_t number(std::string_view digits) {
    std::int64_t value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const std::size_t whole = count_digits(text);
    if (whole == 0 || whole > kMaxDigits) return std::nullopt;
    std::string_view rest = text.substr(whole);
    std::string_view fraction;
    if (!rest.empty() && rest.front() == '.') {
        const std::size_t digits = count_digits(rest.substr(1));
        if (digits == 0 || digits > 3) return std::nullopt;
        fraction = rest.substr(1, digits);
        rest.remove_prefix(digits + 1);
    }
    for (const Unit& unit : kUnits) {
        if (rest != unit.name) continue;
        std::int64_t scale = 1;
        for (std::size_t i = 0; i < fraction.size(); ++i) scale *= 10;
        const std::int64_t value = number(text.substr(0, whole)) * unit.milliseconds +
                                   number(fraction) * unit.milliseconds / scale;
        if (value > kMaxDuration.count()) return std::nullopt;
        return std::chrono::milliseconds(value);
    }
    return std::nullopt;
}

std::string duration_text(std::chrono::milliseconds duration) {
    const std::int64_t ms = duration.count();
    if (ms < 1'000) return std::to_string(ms) + "ms";
    std::string text = std::to_string(ms / 1'000);
    if (ms % 1'000 != 0) {
        std::string fraction = std::to_string(1'000 + ms % 1'000).substr(1);
        while (fraction.back() == '0') fraction.pop_back();
        text += "." + fraction;
    }
    return text + "s";
}

}  // namespace graceline::cli
