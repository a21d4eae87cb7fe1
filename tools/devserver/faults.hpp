// The fault switches: their state, and a change of them as posted to /faults.
// Must not act on sockets: the hub and the connections do what the switches say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/devserver/text.hpp"

namespace graceline::devserver {

enum class BlackHole { off, sockets, all };
enum class Refuse { off, close_accepted, close_port };
enum class CutKind { reset, fin };

struct StatusFault {
    int code = 0;
    std::optional<std::int64_t> retry_after_seconds;
    std::int64_t count = 0;  // requests still to be answered with it
};

struct Faults {
    BlackHole black_hole = BlackHole::off;
    Refuse refuse = Refuse::off;
    bool silent = false;
    bool no_pong = false;
    bool frozen_after_upgrade = false;
    std::int64_t slow_ms = 0;
    StatusFault status;
    StatusFault http_status;

    std::string to_json(std::size_t token_count, bool token_required) const;
};

struct CloseOrder {
    int code = 1000;
    std::string reason;
};

// What one POST /faults asks for: new values of switches and orders carried out once.
struct FaultChange {
    std::optional<BlackHole> black_hole;
    std::optional<Refuse> refuse;
    std::optional<bool> silent;
    std::optional<bool> no_pong;
    std::optional<bool> frozen_after_upgrade;
    std::optional<std::int64_t> slow_ms;
    std::optional<StatusFault> status;
    std::optional<StatusFault> http_status;
    std::optional<CutKind> cut;
    std::optional<CloseOrder> close;
    bool ping = false;
    std::optional<std::string> room;  // limits cut, close and ping to one room
    std::vector<std::string> add_tokens;
    std::vector<std::string> revoke_tokens;
};

std::variant<FaultChange, FieldError> parse_fault_change(std::string_view json_text);
void apply_switches(Faults& faults, const FaultChange& change);

}  // namespace graceline::devserver
