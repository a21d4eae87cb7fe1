// One row for each option, so that nothing can be passed over.
// Must give no default of its own and check no rule: graceline_client_create() does both.
#include "options.hpp"

#include <pybind11/stl.h>

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "process.hpp"

namespace py = pybind11;
using namespace graceline;

namespace graceline_python {

namespace {

template <class Target>
using Table = std::map<std::string, std::function<void(Target&, py::handle)>>;

template <class Target, class Value>
auto value_in(std::optional<Value> Target::*field) {
    return [field](Target& to, py::handle from) { to.*field = from.cast<Value>(); };
}
template <class Target>
auto time_in(std::optional<Milliseconds> Target::*field) {
    return
        [field](Target& to, py::handle from) { to.*field = Milliseconds(from.cast<long long>()); };
}
template <class Target, class Enum>
auto enum_in(std::optional<Enum> Target::*field) {
    return
        [field](Target& to, py::handle from) { to.*field = static_cast<Enum>(from.cast<int>()); };
}
template <class Target>
auto texts_in(std::vector<std::string> Target::*field) {
    return
        [field](Target& to, py::handle from) { to.*field = from.cast<std::vector<std::string>>(); };
}
template <class Target>
auto headers_in(std::vector<Header> Target::*field) {
    return [field](Target& to, py::handle from) {
        for (const auto& [name, value] :
             from.cast<std::vector<std::pair<std::string, std::string>>>()) {
            (to.*field).push_back({name, value});
        }
    };
}

template <class Target>
void fill(Target& target, const Table<Target>& table, const py::dict& values, const char* of) {
    for (const auto& [key, value] : values) {
        const auto name = key.template cast<std::string>();
        const auto row = table.find(name);
        if (row == table.end()) throw py::type_error(of + name + ": there is no such option");
        try {
            row->second(target, value);
        } catch (const py::cast_error&) {
            throw py::value_error(of + name + ": is out of range");
        }
    }
}

// A Python object that hooks share; its last reference is dropped inside a visit.
std::shared_ptr<py::object> share(py::handle from) {
    return {new py::object(py::reinterpret_borrow<py::object>(from)), [](py::object* object) {
                const Visit visit;
                if (visit) {
                    delete object;
                } else {
                    object->release();
                    delete object;
                }
            }};
}

// What went wrong in a hook is said to whoever listens to sys.unraisablehook.
template <class Answer, class Call>
Answer ask(Answer otherwise, const char* hook, Call&& call) {
    const Visit visit;
    if (!visit) return otherwise;
    try {
        return call();
    } catch (py::error_already_set& error) {
        error.discard_as_unraisable(hook);
    } catch (const py::cast_error&) {
        PyErr_SetString(PyExc_TypeError, "a background_time hook gave an answer of the wrong type");
        PyErr_WriteUnraisable(nullptr);
    }
    return otherwise;
}

// An object with begin() -> (id, remaining_ms or None), end(id), remaining() -> ms.
void install_background_time(Options& to, py::handle from) {
    const auto host = share(from);
    to.begin_background_time = [host] {
        return ask(BackgroundTime{}, "begin", [&] {
            const py::tuple answer = host->attr("begin")();
            BackgroundTime time;
            time.id = answer[0].cast<std::uint64_t>();
            if (!answer[1].is_none()) time.remaining = Milliseconds(answer[1].cast<long long>());
            return time;
        });
    };
    to.end_background_time = [host](std::uint64_t id) {
        ask(0, "end", [&] {
            host->attr("end")(id);
            return 0;
        });
    };
    to.remaining_background_time = [host] {
        // No answer must not keep the app awake longer than the system allows.
        return ask(Milliseconds(0), "remaining",
                   [&] { return Milliseconds(host->attr("remaining")().cast<long long>()); });
    };
}

const Table<HistoryOptions>& history_rows() {
    using H = HistoryOptions;
    static const auto& table = *new Table<H>{
        {"host_fetches", value_in(&H::host_fetches)},
        {"messages_url", value_in(&H::messages_url)},
        {"messages_previous_url", value_in(&H::messages_previous_url)},
        {"messages_next_url", value_in(&H::messages_next_url)},
        {"conversations_url", value_in(&H::conversations_url)},
        {"headers", headers_in(&H::headers)},
        {"scope", enum_in(&H::scope)},
        {"newest_first", value_in(&H::newest_first)},
        {"refuses_unknown_ids", value_in(&H::refuses_unknown_ids)},
        {"sends_token", value_in(&H::sends_token)},
        {"positions",
         [](H& to, py::handle from) {
             using Pair = std::pair<std::optional<std::string>, std::string>;
             for (const auto& [conversation, id] : from.cast<std::vector<Pair>>()) {
                 to.positions.push_back({conversation, id});
             }
         }},
        {"json_items_pointer", value_in(&H::json_items_pointer)},
        {"json_id_pointer", value_in(&H::json_id_pointer)},
        {"json_conversation_pointer", value_in(&H::json_conversation_pointer)},
        {"json_sender_pointer", value_in(&H::json_sender_pointer)},
        {"json_time_pointer", value_in(&H::json_time_pointer)},
        {"json_body_pointer", value_in(&H::json_body_pointer)},
        {"json_next_cursor_pointer", value_in(&H::json_next_cursor_pointer)},
        {"json_previous_cursor_pointer", value_in(&H::json_previous_cursor_pointer)},
        {"json_complete_pointer", value_in(&H::json_complete_pointer)},
        {"json_conversations_items_pointer", value_in(&H::json_conversations_items_pointer)},
        {"json_conversations_id_pointer", value_in(&H::json_conversations_id_pointer)},
        {"json_conversations_time_pointer", value_in(&H::json_conversations_time_pointer)},
        {"json_conversations_next_cursor_pointer",
         value_in(&H::json_conversations_next_cursor_pointer)},
        {"json_conversations_complete_pointer", value_in(&H::json_conversations_complete_pointer)},
        {"timeout_ms", time_in(&H::timeout)},
        {"page_bytes", value_in(&H::page_bytes)},
    };
    return table;
}

void add_connection_rows(Table<Options>& table) {
    using O = Options;
    table.insert({
        {"url", [](O& to, py::handle from) { to.url = from.cast<std::string>(); }},
        {"auto_establish_socket_connection", value_in(&O::auto_establish_socket_connection)},
        {"allow_insecure_ws_beyond_loopback", value_in(&O::allow_insecure_ws_beyond_loopback)},
        {"transport", enum_in(&O::transport)},
        {"session", enum_in(&O::session)},
        {"initial_application_state", enum_in(&O::initial_application_state)},
        {"grace_ms", time_in(&O::grace)},
        {"trust_time_ms", time_in(&O::trust_time)},
        {"token", value_in(&O::token)},
        {"token_placement", enum_in(&O::token_placement)},
        {"token_name", value_in(&O::token_name)},
        {"host_provides_token", value_in(&O::host_provides_token)},
        {"token_timeout_ms", time_in(&O::token_timeout)},
        {"headers", headers_in(&O::headers)},
        {"subprotocols", texts_in(&O::subprotocols)},
        {"connect_frames", texts_in(&O::connect_frames)},
        {"permessage_deflate", value_in(&O::permessage_deflate)},
        {"deflate_no_context_takeover", value_in(&O::deflate_no_context_takeover)},
        {"resolve_timeout_ms", time_in(&O::resolve_timeout)},
        {"connect_timeout_ms", time_in(&O::connect_timeout)},
        {"session_timeout_ms", time_in(&O::session_timeout)},
        {"close_timeout_ms", time_in(&O::close_timeout)},
        {"ping_interval_ms", time_in(&O::ping_interval)},
        {"pong_timeout_ms", time_in(&O::pong_timeout)},
        {"probe_timeout_ms", time_in(&O::probe_timeout)},
        {"backoff_initial_ms", time_in(&O::backoff_initial)},
        {"backoff_max_ms", time_in(&O::backoff_max)},
        {"retry_total_ms", time_in(&O::retry_total)},
        {"retry_attempts", value_in(&O::retry_attempts)},
        {"dispositions",
         [](O& to, py::handle from) {
             using Row = std::tuple<std::uint16_t, std::uint16_t, int>;
             for (const auto& [code, status, disposition] : from.cast<std::vector<Row>>()) {
                 to.dispositions.push_back({code, status, static_cast<Disposition>(disposition)});
             }
         }},
    });
}

void add_other_rows(Table<Options>& table) {
    using O = Options;
    table.insert({
        {"max_message_bytes", value_in(&O::max_message_bytes)},
        {"receive_queue_bytes", value_in(&O::receive_queue_bytes)},
        {"outbox_bytes", value_in(&O::outbox_bytes)},
        {"outbox_messages", value_in(&O::outbox_messages)},
        {"max_fragments", value_in(&O::max_fragments)},
        {"tls_ca_pem", value_in(&O::tls_ca_pem)},
        {"tls_client_certificate_pem", value_in(&O::tls_client_certificate_pem)},
        {"tls_client_key_pem", value_in(&O::tls_client_key_pem)},
        {"tls_server_name", value_in(&O::tls_server_name)},
        {"tls_pins", texts_in(&O::tls_pins)},
        {"tls_use_system_store", value_in(&O::tls_use_system_store)},
        {"tls_insecure_skip_verification", value_in(&O::tls_insecure_skip_verification)},
        {"tls_resume_sessions", value_in(&O::tls_resume_sessions)},
        {"proxy_url", value_in(&O::proxy_url)},
        {"proxy_user", value_in(&O::proxy_user)},
        {"proxy_password", value_in(&O::proxy_password)},
        {"json_id_pointer", value_in(&O::json_id_pointer)},
        {"json_conversation_pointer", value_in(&O::json_conversation_pointer)},
        {"json_sender_pointer", value_in(&O::json_sender_pointer)},
        {"json_time_pointer", value_in(&O::json_time_pointer)},
        {"json_ack_pointer", value_in(&O::json_ack_pointer)},
        {"json_outgoing_id_member", value_in(&O::json_outgoing_id_member)},
        {"history",
         [](O& to, py::handle from) {
             fill(to.history.emplace(), history_rows(), from.cast<py::dict>(), "history.");
         }},
        {"refresh_by_fetch", value_in(&O::refresh_by_fetch)},
        {"last_message_id", value_in(&O::last_message_id)},
        {"initial_refresh_required", value_in(&O::initial_refresh_required)},
        {"log_level", enum_in(&O::log_level)},
        {"background_time", &install_background_time},
    });
}

const Table<Options>& rows() {
    static const auto& table = *[] {
        auto* const made = new Table<Options>;
        add_connection_rows(*made);
        add_other_rows(*made);
        return made;
    }();
    return table;
}

}  // namespace

Options options_from(const py::dict& values) {
    Options options;
    fill(options, rows(), values, "");
    return options;
}

py::list option_names() {
    py::list names;
    for (const auto& row : rows()) names.append(row.first);
    for (const auto& row : history_rows()) names.append("history." + row.first);
    return names;
}

py::dict default_options() {
    graceline_options c;
    detail::check(graceline_options_init(&c, sizeof(c)));
    graceline_history_options h;
    detail::check(graceline_history_options_init(&h, sizeof(h)));
    using namespace py::literals;
    return py::dict(
        "auto_establish_socket_connection"_a = c.auto_establish_socket_connection != 0,
        "allow_insecure_ws_beyond_loopback"_a = c.allow_insecure_ws_beyond_loopback != 0,
        "grace_ms"_a = c.grace_ms, "trust_time_ms"_a = c.trust_time_ms,
        "token_timeout_ms"_a = c.token_timeout_ms,
        "permessage_deflate"_a = c.permessage_deflate != 0,
        "resolve_timeout_ms"_a = c.resolve_timeout_ms,
        "connect_timeout_ms"_a = c.connect_timeout_ms,
        "session_timeout_ms"_a = c.session_timeout_ms, "close_timeout_ms"_a = c.close_timeout_ms,
        "ping_interval_ms"_a = c.ping_interval_ms, "pong_timeout_ms"_a = c.pong_timeout_ms,
        "probe_timeout_ms"_a = c.probe_timeout_ms, "backoff_initial_ms"_a = c.backoff_initial_ms,
        "backoff_max_ms"_a = c.backoff_max_ms, "retry_total_ms"_a = c.retry_total_ms,
        "retry_attempts"_a = c.retry_attempts, "max_message_bytes"_a = c.max_message_bytes,
        "receive_queue_bytes"_a = c.receive_queue_bytes, "outbox_bytes"_a = c.outbox_bytes,
        "outbox_messages"_a = c.outbox_messages, "max_fragments"_a = c.max_fragments,
        "tls_use_system_store"_a = c.tls_use_system_store != 0,
        "tls_resume_sessions"_a = c.tls_resume_sessions != 0,
        "refresh_by_fetch"_a = c.refresh_by_fetch != 0, "log_level"_a = c.log_level,
        "history.sends_token"_a = h.sends_token != 0, "history.timeout_ms"_a = h.timeout_ms,
        "history.page_bytes"_a = h.page_bytes);
}

}  // namespace graceline_python
