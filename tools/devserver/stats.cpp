// Counters that tests and curious people read through GET /stats.
// Must not hold tokens, headers or message bodies.
#include "tools/devserver/stats.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "tools/devserver/limits.hpp"

namespace graceline::devserver {

namespace {

struct NamedCounter {
    std::string_view name;
    std::int64_t Stats::*counter;
};

constexpr std::array kCounters = {
    NamedCounter{"connections_now", &Stats::connections_now},
    NamedCounter{"connections_total", &Stats::connections_total},
    NamedCounter{"connections_refused", &Stats::connections_refused},
    NamedCounter{"websockets_now", &Stats::websockets_now},
    NamedCounter{"websockets_total", &Stats::websockets_total},
    NamedCounter{"upgrades_refused", &Stats::upgrades_refused},
    NamedCounter{"messages_published", &Stats::messages_published},
    NamedCounter{"messages_pushed", &Stats::messages_pushed},
    NamedCounter{"messages_dropped", &Stats::messages_dropped},
    NamedCounter{"frames_received", &Stats::frames_received},
    NamedCounter{"duplicates", &Stats::duplicates},
    NamedCounter{"pings_received", &Stats::pings_received},
    NamedCounter{"pongs_received", &Stats::pongs_received},
    NamedCounter{"pongs_withheld", &Stats::pongs_withheld},
    NamedCounter{"slow_clients_closed", &Stats::slow_clients_closed},
    NamedCounter{"tls_handshakes", &Stats::tls_handshakes},
    NamedCounter{"tls_resumed", &Stats::tls_resumed},
    NamedCounter{"closes_total", &Stats::closes_total},
};

}  // namespace

void Stats::add_close(CloseRecord record) {
    ++closes_total;
    closes.push_back(std::move(record));
    if (closes.size() > kMaxKeptCloseCount) closes.pop_front();
}

std::optional<std::int64_t> Stats::find(std::string_view name) const {
    for (const auto& entry : kCounters) {
        if (entry.name == name) return this->*entry.counter;
    }
    return std::nullopt;
}

std::string Stats::to_json() const {
    nlohmann::ordered_json json;
    for (const auto& entry : kCounters) json[std::string(entry.name)] = this->*entry.counter;
    json["closes"] = nlohmann::ordered_json::array();
    for (const auto& close : closes) {
        json["closes"].push_back({{"time", close.time},
                                  {"code", close.code},
                                  {"reason", close.reason},
                                  {"by_server", close.by_server}});
    }
    return json.dump(2) + "\n";
}

}  // namespace graceline::devserver
