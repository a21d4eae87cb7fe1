// Finds the place behind the opening brace, after the whole document was checked.
// Must not keep anything of a payload.
#include "core/session/outgoing_id.hpp"

#include <array>

#include "core/session/json_grammar.hpp"

namespace graceline::session {

namespace {

std::string pointer_to(std::string_view member) {
    std::string pointer = "/";
    for (const char c : member) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer += c;
        }
    }
    return pointer;
}

}  // namespace

std::optional<std::string> OutgoingId::error_in(std::string_view member) {
    if (member.empty() || member.size() > kMaxMemberNameBytes) {
        return "must be 1 to " + std::to_string(kMaxMemberNameBytes) + " bytes long";
    }
    for (const char c : member) {
        if (c < 0x20 || c > 0x7E || c == '"' || c == '\\') {
            return "must be printable ASCII without quotes and backslashes";
        }
    }
    return std::nullopt;
}

OutgoingId::OutgoingId(std::string_view member)
    : prefix_('"' + std::string(member) + "\":\""), plan_({{pointer_to(member)}, {}, {}}) {}

std::optional<std::string> OutgoingId::write(std::string_view id, std::string& payload) {
    std::size_t at = 0;
    while (at < payload.size() && is_json_space(payload[at])) ++at;
    if (at == payload.size() || payload[at] != '{') return "must be a JSON object";
    std::array<JsonText, 1> found;
    if (reader_.read(plan_, payload, found) != JsonResult::ok) return "must be well-formed JSON";
    if (found[0]) return "must not hold the member of the de-duplication id itself";
    std::size_t next = at + 1;
    while (is_json_space(payload[next])) ++next;
    std::string member = prefix_;
    member.append(id);
    member += payload[next] == '}' ? "\"" : "\",";
    payload.insert(at + 1, member);
    return std::nullopt;
}

}  // namespace graceline::session
