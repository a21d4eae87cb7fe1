// Makes bytes of a server safe to show in a terminal.
// Must not change text that is harmless already, but for its length.
#include "tools/graceline/terminal_text.hpp"

#include "tools/graceline/utf8.hpp"

namespace graceline::cli {

namespace {

void add_escaped(std::string& to, std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        to += "\\x";
        to += kDigits[byte >> 4U];
        to += kDigits[byte & 15U];
    }
}

bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7F;
    // C1 controls, which some terminals obey too: U+0080 to U+009F.
    return character.size() == 2 && first == 0xC2 &&
           static_cast<unsigned char>(character[1]) < 0xA0;
}

// Characters that reorder what stands around them: U+202A to U+202E and U+2066 to U+2069.
bool is_direction_control(std::string_view c) {
    if (c.size() != 3 || c[0] != '\xE2') return false;
    if (c[1] == '\x80') return c[2] >= '\xAA' && c[2] <= '\xAE';
    return c[1] == '\x81' && c[2] >= '\xA6' && c[2] <= '\xA9';
}

}  // namespace

std::string terminal_text(std::string_view text, std::size_t max_bytes) {
    std::string result;
    while (!text.empty()) {
        if (result.size() >= max_bytes) return result + "\u2026";
        const std::size_t length = utf8_length(text);
        const std::string_view character = text.substr(0, length == 0 ? 1 : length);
        if (length == 0 || is_control(character) || is_direction_control(character)) {
            add_escaped(result, character);
        } else {
            result += character;
        }
        text.remove_prefix(character.size());
    }
    return result;
}

}  // namespace graceline::cli
