// One row for each member of "create", so that what is not in a table is a slip of the pen.
// Must give no default of its own.
#include "tests/scenarios/cpp/options.hpp"

#include <functional>
#include <map>
#include <string>

#include "tests/scenarios/cpp/names.hpp"

namespace graceline::scenarios {

namespace {

using nlohmann::json;

template <class Target>
using Table = std::map<std::string, std::function<void(Target&, const json&)>>;

template <class Target>
void fill(Target& target, const Table<Target>& table, const json& from, const std::string& of) {
    for (const auto& [name, value] : from.items()) {
        const auto found = table.find(name);
        if (found == table.end()) throw Unknown("unknown member of " + of + ": " + name);
        found->second(target, value);
    }
}

template <class Target>
auto time_in(std::optional<Milliseconds> Target::*field) {
    return [field](Target& to, const json& from) {
        to.*field = Milliseconds(from.get<std::int64_t>());
    };
}

template <class Target, class Value>
auto value_in(std::optional<Value> Target::*field) {
    return [field](Target& to, const json& from) { to.*field = from.get<Value>(); };
}

const Table<HistoryOptions>& history_members() {
    using H = HistoryOptions;
    static const auto& table = *new Table<H>{
        {"host_fetches", value_in(&H::host_fetches)},
        {"scope", [](H& to, const json& from) { to.scope = scope_named(from.get<std::string>()); }},
        {"refuses_unknown_ids", value_in(&H::refuses_unknown_ids)},
        {"json_items_pointer", value_in(&H::json_items_pointer)},
        {"json_id_pointer", value_in(&H::json_id_pointer)},
        {"json_complete_pointer", value_in(&H::json_complete_pointer)},
        {"json_next_cursor_pointer", value_in(&H::json_next_cursor_pointer)},
    };
    return table;
}

const Table<Options>& members() {
    using O = Options;
    static const auto& table = *new Table<O>{
        {"url", [](O& to, const json& from) { to.url = from.get<std::string>(); }},
        {"auto_establish_socket_connection", value_in(&O::auto_establish_socket_connection)},
        {"initial_application_state",
         [](O& to, const json& from) {
             to.initial_application_state =
                 named(from.get<std::string>(), ApplicationState::will_terminate);
         }},
        {"grace_ms", time_in(&O::grace)},
        {"trust_time_ms", time_in(&O::trust_time)},
        {"token", value_in(&O::token)},
        {"host_provides_token", value_in(&O::host_provides_token)},
        {"ping_interval_ms", time_in(&O::ping_interval)},
        {"pong_timeout_ms", time_in(&O::pong_timeout)},
        {"probe_timeout_ms", time_in(&O::probe_timeout)},
        {"close_timeout_ms", time_in(&O::close_timeout)},
        {"backoff_initial_ms", time_in(&O::backoff_initial)},
        {"backoff_max_ms", time_in(&O::backoff_max)},
        {"retry_attempts", value_in(&O::retry_attempts)},
        {"outbox_messages", value_in(&O::outbox_messages)},
        {"connect_frames",
         [](O& to, const json& from) { to.connect_frames = from.get<std::vector<std::string>>(); }},
        {"json_id_pointer", value_in(&O::json_id_pointer)},
        {"json_conversation_pointer", value_in(&O::json_conversation_pointer)},
        {"json_sender_pointer", value_in(&O::json_sender_pointer)},
        {"json_time_pointer", value_in(&O::json_time_pointer)},
        {"json_ack_pointer", value_in(&O::json_ack_pointer)},
        {"json_outgoing_id_member", value_in(&O::json_outgoing_id_member)},
        {"last_message_id", value_in(&O::last_message_id)},
        {"initial_refresh_required", value_in(&O::initial_refresh_required)},
        {"refresh_by_fetch", value_in(&O::refresh_by_fetch)},
        {"history",
         [](O& to, const json& from) {
             fill(to.history.emplace(), history_members(), from, "history");
         }},
    };
    return table;
}

void install_hooks(Options& options, const std::shared_ptr<HostTime>& time) {
    options.begin_background_time = [time] {
        const std::lock_guard lock(time->mutex);
        if (!time->grants) return BackgroundTime{};
        return BackgroundTime{++time->begun, Milliseconds(time->remaining_ms)};
    };
    options.end_background_time = [time](std::uint64_t) {
        const std::lock_guard lock(time->mutex);
        ++time->ended;
    };
    options.remaining_background_time = [time] {
        const std::lock_guard lock(time->mutex);
        return Milliseconds(time->remaining_ms);
    };
}

}  // namespace

void set_host_time(HostTime& time, const json& from) {
    const std::lock_guard lock(time.mutex);
    for (const auto& [name, value] : from.items()) {
        if (name == "grants") {
            time.grants = value.get<bool>();
        } else if (name == "remaining_ms") {
            time.remaining_ms = value.get<std::int64_t>();
        } else {
            throw Unknown("unknown member of background_time: " + name);
        }
    }
}

Options options_from(const json& from, const std::shared_ptr<HostTime>& time) {
    Options options;
    json fields = from;
    if (fields.contains("background_time")) {
        set_host_time(*time, fields["background_time"]);
        fields.erase("background_time");
        install_hooks(options, time);
    }
    fill(options, members(), fields, "create");
    return options;
}

}  // namespace graceline::scenarios
