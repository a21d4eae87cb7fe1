// Validation of graceline_history_options, and of where the app stands.
// Must name the field and the rule, and never repeat a URL: its query may hold a secret.
#include <cstring>
#include <string>
#include <string_view>

#include "capi/src/checks.hpp"
#include "capi/src/options.hpp"
#include "core/client/url.hpp"
#include "core/session/json_pointer.hpp"

namespace graceline::capi {

namespace {

constexpr int32_t kMaxPositions = static_cast<int32_t>(history::kMaxPositions);
constexpr std::size_t kMaxIdBytes = session::kMaxFieldBytes;

/// The caller's options in today's size.
graceline_history_options whole(const graceline_history_options& options) {
    graceline_history_options all{};
    if (options.struct_size < sizeof(uint32_t) || options.struct_size > sizeof all) {
        invalid("history.struct_size", "must be set by graceline_history_options_init()");
    }
    graceline_history_options_init(&all, sizeof all);
    std::memcpy(static_cast<void*>(&all), &options, options.struct_size);
    return all;
}

/// http:// goes where ws:// goes.
void check_plain_http(const char* field, std::string_view url, bool anywhere) {
    constexpr std::string_view kPlain = "http://";
    if (anywhere || url.substr(0, kPlain.size()) != kPlain) return;
    auto host = url.substr(kPlain.size());
    host = host.substr(0, host.find_first_of("/?{#"));
    if (!host.empty() && host.front() == '[') {
        host = host.substr(1, host.find(']') - 1);
    } else {
        host = host.substr(0, host.find(':'));
    }
    if (client::is_loopback(host)) return;
    invalid(field,
            "http:// is for loopback only; use https://, or set "
            "allow_insecure_ws_beyond_loopback");
}

std::optional<std::string> pointer(const char* field, const char* text,
                                   const std::optional<std::string>& otherwise = {}) {
    if (!text) return otherwise;
    if (const auto error = session::pointer_error(text)) invalid(field, *error);
    return text;
}

void read_pointers(const graceline_history_options& h, const session::FieldPointers& live,
                   history::SourceOptions& source) {
    auto& m = source.messages;
    m.items = pointer("history.json_items_pointer", h.json_items_pointer, "").value();
    m.id = pointer("history.json_id_pointer", h.json_id_pointer, live.id);
    m.conversation = pointer("history.json_conversation_pointer", h.json_conversation_pointer,
                             live.conversation);
    m.sender = pointer("history.json_sender_pointer", h.json_sender_pointer, live.sender);
    m.time = pointer("history.json_time_pointer", h.json_time_pointer, live.time);
    m.body = pointer("history.json_body_pointer", h.json_body_pointer);
    m.next_cursor = pointer("history.json_next_cursor_pointer", h.json_next_cursor_pointer);
    m.previous_cursor =
        pointer("history.json_previous_cursor_pointer", h.json_previous_cursor_pointer);
    m.complete = pointer("history.json_complete_pointer", h.json_complete_pointer);
    auto& c = source.conversations;
    c.items = pointer("history.json_conversations_items_pointer",
                      h.json_conversations_items_pointer, m.items)
                  .value();
    c.id = pointer("history.json_conversations_id_pointer", h.json_conversations_id_pointer, "/id");
    c.time = pointer("history.json_conversations_time_pointer", h.json_conversations_time_pointer);
    c.next_cursor = pointer("history.json_conversations_next_cursor_pointer",
                            h.json_conversations_next_cursor_pointer, m.next_cursor);
    c.complete = pointer("history.json_conversations_complete_pointer",
                         h.json_conversations_complete_pointer, m.complete);
}

void read_positions(const graceline_options& o, const graceline_history_options* h,
                    client::Settings& settings) {
    const auto checked = [](const std::string& field, const char* text) {
        const std::string id = text_or_empty(text);
        if (id.empty() || id.size() > kMaxIdBytes) invalid(field, "must be 1 to 1024 bytes long");
        return id;
    };
    if (o.last_message_id && *o.last_message_id) {
        settings.positions.push_back({"", checked("last_message_id", o.last_message_id)});
    }
    if (h) {
        std::size_t index = 0;
        for (const auto& each :
             array("history.positions", h->positions, h->positions_count, kMaxPositions)) {
            const auto field = element("history.positions", index++);
            settings.positions.push_back(
                {text_or_empty(each.conversation),
                 checked(field + ".last_message_id", each.last_message_id)});
        }
    }
    settings.engine.has_cursor = !settings.positions.empty();
}

}  // namespace

void read_history(const graceline_options& o, const driver::TransportSettings& transport,
                  client::Settings& settings) {
    settings.refresh_by_fetch = flag("refresh_by_fetch", o.refresh_by_fetch);
    if (!o.history) return read_positions(o, nullptr, settings);
    const auto h = whole(*o.history);
    const auto made = std::make_shared<client::HistorySettings>();
    settings.history = made;
    auto& history = *made;
    auto& source = history.source;
    source.host_fetches = flag("history.host_fetches", h.host_fetches);
    source.messages_url = text_or_empty(h.messages_url);
    source.messages_previous_url = text_or_empty(h.messages_previous_url);
    source.messages_next_url = text_or_empty(h.messages_next_url);
    source.conversations_url = text_or_empty(h.conversations_url);
    source.scope = static_cast<history::Scope>(in_range("history.scope", h.scope, 0, 1));
    source.newest_first = flag("history.newest_first", h.newest_first);
    source.refuses_unknown_ids = flag("history.refuses_unknown_ids", h.refuses_unknown_ids);
    read_pointers(h, settings.session.pointers, source);
    if (const auto error = history::error_in(source)) {
        invalid("history." + error->field, error->rule);
    }
    const bool anywhere = o.allow_insecure_ws_beyond_loopback != 0;
    check_plain_http("history.messages_url", source.messages_url, anywhere);
    check_plain_http("history.messages_previous_url", source.messages_previous_url, anywhere);
    check_plain_http("history.messages_next_url", source.messages_next_url, anywhere);
    check_plain_http("history.conversations_url", source.conversations_url, anywhere);
    read_headers("history.headers", h.headers, h.headers_count, history.headers);
    history.sends_token = flag("history.sends_token", h.sends_token);
    history.http.timeout = duration("history.timeout_ms", h.timeout_ms, 100, 120'000);
    history.page_bytes =
        static_cast<std::size_t>(in_range("history.page_bytes", h.page_bytes, 1'024, 16'777'216));
    history.http.max_body_bytes = history.page_bytes;
    history.http.tls = transport.tls;
    history.http.tls.server_name.clear();  // it names the WebSocket's host
    history.http.proxy = transport.proxy;
    if (!source.host_fetches && !client::has_http_client()) {
        throw ApiError(GRACELINE_E_UNSUPPORTED,
                       "history: this build has no HTTP of its own (GRACELINE_WITH_CPPREST=OFF); "
                       "set host_fetches");
    }
    read_positions(o, &h, settings);
}

}  // namespace graceline::capi
