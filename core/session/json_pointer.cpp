// RFC 6901 sections 3 and 4: syntax, escapes and array indexes.
// Must not accept what the RFC does not: a pointer that is a little wrong would silently find
// nothing.
#include "core/session/json_pointer.hpp"

#include <algorithm>
#include <charconv>

#include "core/websocket/utf8.hpp"

namespace graceline::session {

namespace {

std::string unescape(std::string_view token) {
    std::string out;
    out.reserve(token.size());
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] != '~') {
            out.push_back(token[i]);
            continue;
        }
        ++i;
        out.push_back(token[i] == '0' ? '~' : '/');
    }
    return out;
}

std::optional<std::size_t> array_index(std::string_view token) {
    if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
    if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
    return index;
}

}  // namespace

std::optional<std::string> pointer_error(std::string_view pointer) {
    if (pointer.empty()) return std::nullopt;
    if (pointer.size() > kMaxPointerBytes) {
        return "a JSON pointer is at most " + std::to_string(kMaxPointerBytes) + " bytes long";
    }
    if (pointer.front() != '/') {
        return "a JSON pointer is empty or begins with '/' (RFC 6901), e.g. \"/message/id\"";
    }
    const auto tokens = std::count(pointer.begin(), pointer.end(), '/');
    if (static_cast<std::size_t>(tokens) > kMaxPointerTokens) {
        return "a JSON pointer has at most " + std::to_string(kMaxPointerTokens) + " parts";
    }
    for (std::size_t i = 0; i < pointer.size(); ++i) {
        if (pointer[i] != '~') continue;
        if (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')) {
            return "in a JSON pointer '~' is followed by 0 (for '~') or 1 (for '/')";
        }
    }
    if (!websocket::is_utf8(
            {reinterpret_cast<const std::uint8_t*>(pointer.data()), pointer.size()})) {
        return "a JSON pointer is UTF-8";
    }
    return std::nullopt;
}

std::vector<PointerToken> pointer_tokens(std::string_view pointer) {
    std::vector<PointerToken> tokens;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        const auto end = std::min(pointer.find('/'), pointer.size());
        const auto token = pointer.substr(0, end);
        tokens.push_back({unescape(token), array_index(token)});
        pointer.remove_prefix(end);
    }
    return tokens;
}

}  // namespace graceline::session
