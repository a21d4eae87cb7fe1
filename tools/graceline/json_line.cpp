// Writes one JSON object on one line.
// Must not read JSON, and must write valid JSON whatever bytes it is given.
#include "tools/graceline/json_line.hpp"

#include <utility>

#include "tools/graceline/utf8.hpp"

namespace graceline::cli {

namespace {

void add_character(std::string& to, char c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
        to += '\\';
        to += c;
    } else if (c == '\n') {
        to += "\\n";
    } else if (c == '\t') {
        to += "\\t";
    } else if (c == '\r') {
        to += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
        to += "\\u00";
        to += kDigits[byte >> 4U];
        to += kDigits[byte & 15U];
    } else {
        to += c;
    }
}

void add_quoted(std::string& to, std::string_view text) {
    to += '"';
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            to += "\\ufffd";
        } else if (length == 1) {
            add_character(to, text.front());
        } else {
            to += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    to += '"';
}

}  // namespace

void JsonLine::add_key(std::string_view key) {
    if (text_.size() > 1) text_ += ',';
    add_quoted(text_, key);
    text_ += ':';
}

JsonLine& JsonLine::add(std::string_view key, std::string_view text) {
    add_key(key);
    add_quoted(text_, text);
    return *this;
}

JsonLine& JsonLine::add(std::string_view key, std::int64_t number) {
    add_key(key);
    text_ += std::to_string(number);
    return *this;
}

JsonLine& JsonLine::add_flag(std::string_view key, bool value) {
    add_key(key);
    text_ += value ? "true" : "false";
    return *this;
}

JsonLine& JsonLine::add_null(std::string_view key) {
    add_key(key);
    text_ += "null";
    return *this;
}

std::string JsonLine::take() {
    text_ += '}';
    return std::exchange(text_, "{");
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string result;
    result.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            const unsigned byte = k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U;
            group = (group << 8U) | byte;
        }
        for (std::size_t k = 0; k < 4; ++k) {
            result += k <= count ? kAlphabet[(group >> (18U - 6U * k)) & 63U] : '=';
        }
    }
    return result;
}

}  // namespace graceline::cli
