// The fault switches: their state, and a change of them as posted to /faults.
// Must not act on sockets: the hub and the connections do what the switches say.
#include "tools/devserver/faults.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "tools/devserver/limits.hpp"

namespace graceline::devserver {

namespace {

using Json = nlohmann::ordered_json;

// The parsers throw this for bad input; parse_fault_change() turns it into its result.
struct BadField {
    FieldError error;
};

[[noreturn]] void fail(std::string_view field, std::string_view rule) {
    throw BadField{{std::string(field), std::string(rule)}};
}

bool boolean(std::string_view field, const Json& value) {
    if (!value.is_boolean()) fail(field, "true or false");
    return value.get<bool>();
}

std::int64_t number(std::string_view field, const Json& value, std::int64_t low,
                    std::int64_t high) {
    const bool whole = value.is_number_integer();
    if (!whole || value.get<double>() < static_cast<double>(low) ||
        value.get<double>() > static_cast<double>(high)) {
        fail(field, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return value.get<std::int64_t>();
}

BlackHole black_hole(std::string_view field, const Json& value) {
    if (value.is_string() && value.get<std::string>() == "all") return BlackHole::all;
    if (!value.is_boolean()) fail(field, "true, false or \"all\"");
    return value.get<bool>() ? BlackHole::sockets : BlackHole::off;
}

Refuse refuse(std::string_view field, const Json& value) {
    if (value.is_string() && value.get<std::string>() == "port") return Refuse::close_port;
    if (!value.is_boolean()) fail(field, "true, false or \"port\"");
    return value.get<bool>() ? Refuse::close_accepted : Refuse::off;
}

std::optional<CutKind> cut(std::string_view field, const Json& value) {
    if (value.is_string() && value.get<std::string>() == "fin") return CutKind::fin;
    if (!value.is_boolean()) fail(field, "true, false or \"fin\"");
    return value.get<bool>() ? std::optional(CutKind::reset) : std::nullopt;
}

StatusFault status(const std::string& field, const Json& value) {
    if (!value.is_object()) fail(field, "an object with code, retry_after and count");
    StatusFault fault;
    fault.count = 1;
    for (const auto& [key, part] : value.items()) {
        const std::string name = field + "." + key;
        if (key == "code") {
            fault.code = static_cast<int>(number(name, part, 200, 599));
        } else if (key == "retry_after") {
            fault.retry_after_seconds = number(name, part, 0, kMaxRetryAfterSeconds);
        } else if (key == "count") {
            fault.count = number(name, part, 0, kMaxFaultCount);
        } else {
            fail(name, "not known; use code, retry_after, count");
        }
    }
    if (fault.code == 0 && fault.count > 0) fail(field + ".code", "needed");
    return fault;
}

CloseOrder close_order(const std::string& field, const Json& value) {
    if (!value.is_object()) fail(field, "an object with code and reason");
    CloseOrder order;
    for (const auto& [key, part] : value.items()) {
        const std::string name = field + "." + key;
        if (key == "code") {
            order.code = static_cast<int>(number(name, part, 1000, 4999));
        } else if (key == "reason") {
            if (!part.is_string() || part.get<std::string>().size() > kMaxCloseReasonBytes) {
                fail(name, "text of at most 123 bytes");
            }
            order.reason = part.get<std::string>();
        } else {
            fail(name, "not known; use code, reason");
        }
    }
    if (order.code == 1006) fail(field + ".code", "1006 is never sent; use cut");
    return order;
}

std::vector<std::string> tokens(std::string_view field, const Json& value) {
    const Json list = value.is_array() ? value : Json::array({value});
    std::vector<std::string> result;
    if (list.size() > kMaxTokenCount) fail(field, "at most 64 tokens");
    for (const auto& token : list) {
        if (!token.is_string() || !is_name(token.get<std::string>(), kMaxTokenBytes)) {
            fail(field, "a token (text of 1 to 4096 bytes) or a list of them");
        }
        result.push_back(token.get<std::string>());
    }
    return result;
}

std::string room_name(std::string_view field, const Json& value) {
    if (!value.is_string() || !is_name(value.get<std::string>(), kMaxRoomNameBytes)) {
        fail(field, "a room name of 1 to 128 bytes");
    }
    return value.get<std::string>();
}

using Reader = void (*)(const std::string& field, const Json& value, FaultChange& change);

const std::map<std::string, Reader, std::less<>>& readers() {
    static const std::map<std::string, Reader, std::less<>> kReaders = {
        {"black_hole", [](auto& f, auto& v, auto& c) { c.black_hole = black_hole(f, v); }},
        {"refuse", [](auto& f, auto& v, auto& c) { c.refuse = refuse(f, v); }},
        {"silent", [](auto& f, auto& v, auto& c) { c.silent = boolean(f, v); }},
        {"no_pong", [](auto& f, auto& v, auto& c) { c.no_pong = boolean(f, v); }},
        {"frozen_after_upgrade",
         [](auto& f, auto& v, auto& c) { c.frozen_after_upgrade = boolean(f, v); }},
        {"slow_ms", [](auto& f, auto& v, auto& c) { c.slow_ms = number(f, v, 0, kMaxSlowMs); }},
        {"status", [](auto& f, auto& v, auto& c) { c.status = status(f, v); }},
        {"http_status", [](auto& f, auto& v, auto& c) { c.http_status = status(f, v); }},
        {"cut", [](auto& f, auto& v, auto& c) { c.cut = cut(f, v); }},
        {"close", [](auto& f, auto& v, auto& c) { c.close = close_order(f, v); }},
        {"ping", [](auto& f, auto& v, auto& c) { c.ping = boolean(f, v); }},
        {"room", [](auto& f, auto& v, auto& c) { c.room = room_name(f, v); }},
        {"add_token", [](auto& f, auto& v, auto& c) { c.add_tokens = tokens(f, v); }},
        {"revoke_token", [](auto& f, auto& v, auto& c) { c.revoke_tokens = tokens(f, v); }},
    };
    return kReaders;
}

Json status_json(const StatusFault& fault) {
    if (fault.count == 0) return nullptr;
    Json json = {{"code", fault.code}};
    if (fault.retry_after_seconds) json["retry_after"] = *fault.retry_after_seconds;
    json["count"] = fault.count;
    return json;
}

}  // namespace

std::variant<FaultChange, FieldError> parse_fault_change(std::string_view json_text) {
    const Json json = Json::parse(json_text, nullptr, false);
    if (!json.is_object()) return FieldError{"body", "a JSON object of fault switches"};
    FaultChange change;
    try {
        for (const auto& [key, value] : json.items()) {
            const auto reader = readers().find(key);
            if (reader == readers().end()) {
                std::string known;
                for (const auto& [name, unused] : readers()) {
                    known += (known.empty() ? "" : ", ") + name;
                }
                fail(key.substr(0, 64), "not known; use " + known);
            }
            reader->second(key, value, change);
        }
    } catch (const BadField& bad) {
        return bad.error;
    }
    return change;
}

void apply_switches(Faults& faults, const FaultChange& change) {
    if (change.black_hole) faults.black_hole = *change.black_hole;
    if (change.refuse) faults.refuse = *change.refuse;
    if (change.silent) faults.silent = *change.silent;
    if (change.no_pong) faults.no_pong = *change.no_pong;
    if (change.frozen_after_upgrade) faults.frozen_after_upgrade = *change.frozen_after_upgrade;
    if (change.slow_ms) faults.slow_ms = *change.slow_ms;
    if (change.status) faults.status = *change.status;
    if (change.http_status) faults.http_status = *change.http_status;
}

std::string Faults::to_json(std::size_t token_count, bool token_required) const {
    Json json;
    json["black_hole"] =
        black_hole == BlackHole::all ? Json("all") : Json(black_hole != BlackHole::off);
    json["refuse"] = refuse == Refuse::close_port ? Json("port") : Json(refuse != Refuse::off);
    json["silent"] = silent;
    json["no_pong"] = no_pong;
    json["frozen_after_upgrade"] = frozen_after_upgrade;
    json["slow_ms"] = slow_ms;
    json["status"] = status_json(status);
    json["http_status"] = status_json(http_status);
    json["token_required"] = token_required;
    json["token_count"] = token_count;
    return json.dump(2) + "\n";
}

}  // namespace graceline::devserver
