// Small text work of the dev server: UTF-8, percent encoding, queries, numbers, time stamps.
// Must not know HTTP messages, sockets or the store.
#include "tools/devserver/text.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace graceline::devserver {

namespace {

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            decoded += ' ';
        } else if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

struct Utf8Lead {
    std::size_t continuation_count;
    std::uint32_t bits;
    std::uint32_t smallest;
};

std::optional<Utf8Lead> utf8_lead(std::uint32_t byte) {
    if (byte < 0x80) return Utf8Lead{0, byte, 0};
    if ((byte & 0xE0) == 0xC0) return Utf8Lead{1, byte & 0x1F, 0x80};
    if ((byte & 0xF0) == 0xE0) return Utf8Lead{2, byte & 0x0F, 0x800};
    if ((byte & 0xF8) == 0xF0) return Utf8Lead{3, byte & 0x07, 0x10000};
    return std::nullopt;
}

}  // namespace

bool is_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto lead = utf8_lead(static_cast<unsigned char>(text[at]));
        if (!lead || at + lead->continuation_count >= text.size()) return false;
        std::uint32_t code_point = lead->bits;
        for (std::size_t i = 1; i <= lead->continuation_count; ++i) {
            const std::uint32_t byte = static_cast<unsigned char>(text[at + i]);
            if ((byte & 0xC0) != 0x80) return false;
            code_point = (code_point << 6) | (byte & 0x3F);
        }
        const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
        if (code_point < lead->smallest || surrogate || code_point > 0x10FFFF) return false;
        at += lead->continuation_count + 1;
    }
    return true;
}

bool is_name(std::string_view text, std::size_t max_bytes) {
    if (text.empty() || text.size() > max_bytes || !is_utf8(text)) return false;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) return false;
    }
    return true;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string utc_now() {
    using namespace std::chrono;
    const auto now = time_point_cast<milliseconds>(system_clock::now());
    const auto ms = now.time_since_epoch().count();
    const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char day_and_time[32];
    std::strftime(day_and_time, sizeof day_and_time, "%Y-%m-%dT%H:%M:%S", &parts);
    char fraction[8];
    std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(ms % 1000));
    return std::string(day_and_time) + fraction;
}

std::optional<Query> Query::parse(std::string_view text) {
    Query query;
    while (!text.empty()) {
        const auto pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = percent_decode(pair.substr(0, equals), true);
        auto value = percent_decode(pair.substr(std::min(pair.size(), equals + 1)), true);
        if (!name || !value) return std::nullopt;
        query.pairs_.emplace_back(std::move(*name), std::move(*value));
    }
    return query;
}

std::optional<std::string> Query::first(std::string_view name) const {
    for (const auto& [key, value] : pairs_) {
        if (key == name) return value;
    }
    return std::nullopt;
}

std::vector<std::string> Query::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : pairs_) {
        if (key == name) values.push_back(value);
    }
    return values;
}

std::optional<Target> parse_target(std::string_view target) {
    if (target.empty() || target.front() != '/') return std::nullopt;
    const auto question = std::min(target.find('?'), target.size());
    auto path = percent_decode(target.substr(0, question), false);
    auto query = Query::parse(target.substr(std::min(target.size(), question + 1)));
    if (!path || !query) return std::nullopt;
    return Target{std::move(*path), std::move(*query)};
}

}  // namespace graceline::devserver
