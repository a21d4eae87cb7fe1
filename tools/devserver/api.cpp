// The HTTP paths of the dev server: what is answered to a request, and who may ask.
// Must not read or write a socket: requests and replies are values.
#include "tools/devserver/api.hpp"

#include <nlohmann/json.hpp>

#include "tools/devserver/limits.hpp"

namespace graceline::devserver {

namespace {

using Json = nlohmann::ordered_json;

std::string to_text(const Json& json) {
    // A field name in an error may hold any bytes; they must not turn into an exception.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

ApiReply error_text(int status, std::string_view text) {
    return {status, to_text({{"error", {{"status", status}, {"text", text}}}}), "application/json",
            std::nullopt};
}

ApiReply wrong_method(std::string_view allowed) {
    return error_text(405, "this path takes " + std::string(allowed));
}

std::optional<std::int64_t> limit_of(const Query& query, std::int64_t highest,
                                     std::int64_t otherwise) {
    const auto text = query.first("limit");
    if (!text) return otherwise;
    const auto number = parse_number(*text);
    if (!number || *number < 1 || *number > highest) return std::nullopt;
    return number;
}

std::string limit_rule(std::int64_t highest) {
    return "a whole number from 1 to " + std::to_string(highest);
}

std::string name_rule(std::size_t bytes) {
    return "1 to " + std::to_string(bytes) + " bytes of UTF-8 without control characters";
}

std::optional<FieldError> check(const NewMessage& message) {
    if (!is_name(message.conversation, kMaxRoomNameBytes)) {
        return FieldError{"conversation", name_rule(kMaxRoomNameBytes)};
    }
    if (!is_name(message.sender, kMaxSenderBytes)) {
        return FieldError{"sender", name_rule(kMaxSenderBytes)};
    }
    if (!message.client_id.empty() && !is_name(message.client_id, kMaxClientIdBytes)) {
        return FieldError{"client_id", name_rule(kMaxClientIdBytes)};
    }
    if (message.body.size() > kMaxMessageBytes || !is_utf8(message.body)) {
        return FieldError{"body",
                          "UTF-8 text of at most " + std::to_string(kMaxMessageBytes) + " bytes"};
    }
    return std::nullopt;
}

std::variant<NewMessage, FieldError> message_of_json(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) {
        return FieldError{"(whole body)", "a JSON object with conversation, sender and body"};
    }
    for (const char* field : {"conversation", "sender", "body", "client_id"}) {
        if (json.contains(field) && !json[field].is_string()) return FieldError{field, "text"};
    }
    for (const char* field : {"conversation", "body"}) {
        if (!json.contains(field)) return FieldError{field, "needed"};
    }
    return NewMessage{json["conversation"], json.value("sender", "anonymous"), json["body"],
                      json.value("client_id", "")};
}

std::string bearer_of(const ApiRequest& request) {
    constexpr std::string_view kScheme = "bearer ";
    std::string scheme = request.authorization.substr(0, kScheme.size());
    for (char& c : scheme) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    if (scheme == kScheme) return request.authorization.substr(kScheme.size());
    return request.query.first("token").value_or("");
}

ApiReply status_reply(StatusFault& fault) {
    --fault.count;
    ApiReply reply = error_text(fault.code, "as the fault switch says");
    reply.retry_after_seconds = fault.retry_after_seconds;
    return reply;
}

}  // namespace

bool is_admin_path(std::string_view path) {
    return path == "/faults" || path == "/stats" || path == "/healthz";
}

ApiReply error_reply(int status, std::string_view field, std::string_view rule) {
    return {status, to_text({{"error", {{"status", status}, {"field", field}, {"rule", rule}}}}),
            "application/json", std::nullopt};
}

std::optional<ApiReply> Api::refuse(const ApiRequest& request, bool upgrade) {
    if (request.control) return std::nullopt;
    if (context_.tokens.required() && !context_.tokens.accepts(bearer_of(request))) {
        return error_text(401, "a valid token is needed");
    }
    StatusFault& fault = upgrade ? context_.faults.status : context_.faults.http_status;
    if (fault.count > 0 && !is_admin_path(request.path)) return status_reply(fault);
    return std::nullopt;
}

ApiReply Api::handle(const ApiRequest& request) {
    const bool get = request.method == "GET" || request.method == "HEAD";
    if (request.path == "/messages") {
        if (get) return get_messages(request.query);
        if (request.method == "POST") return post_messages(request);
        return wrong_method("GET and POST");
    }
    if (request.path == "/faults") return faults(request);
    if (request.path == "/ws" || request.path == "/raw" ||
        (!context_.options.echo_path.empty() && request.path == context_.options.echo_path)) {
        return error_text(426, "this path takes a WebSocket upgrade");
    }
    const bool known = request.path == "/conversations" || request.path == "/stats" ||
                       request.path == "/healthz" || request.path == "/";
    if (!known) return error_text(404, "no such path; GET / lists them");
    if (!get) return wrong_method("GET");
    if (request.path == "/conversations") return get_conversations(request.query);
    if (request.path == "/stats") {
        return {200, context_.stats.to_json(), "application/json", std::nullopt};
    }
    if (request.path == "/healthz") return {200, "ok\n", "text/plain", std::nullopt};
    return {200, usage_page(), "text/plain; charset=utf-8", std::nullopt};
}

bool StatsWait::holds(const Stats& stats) const {
    const std::int64_t now = stats.find(field).value_or(0);
    return exact ? now == value : now >= value;
}

std::variant<std::monostate, StatsWait, ApiReply> Api::stats_wait(const ApiRequest& request) const {
    const auto field = request.query.first("wait_for");
    if (request.path != "/stats" || request.method != "GET" || !field) return std::monostate{};
    if (!context_.stats.find(*field)) return error_reply(400, "wait_for", "a number of /stats");
    const auto exact = request.query.first("equals");
    const auto value = parse_number(exact ? *exact : request.query.first("at_least").value_or(""));
    if (!value) return error_reply(400, exact ? "equals" : "at_least", "a whole number");
    const auto timeout = parse_number(request.query.first("timeout_ms").value_or("5000"));
    if (!timeout || *timeout > kMaxStatsWaitMs) {
        return error_reply(400, "timeout_ms",
                           "a whole number from 0 to " + std::to_string(kMaxStatsWaitMs));
    }
    return StatsWait{*field, *value, exact.has_value(), std::chrono::milliseconds(*timeout)};
}

ApiReply Api::get_messages(const Query& query) {
    const auto conversation = query.first("conversation");
    if (!conversation || !is_name(*conversation, kMaxRoomNameBytes)) {
        return error_reply(400, "conversation", name_rule(kMaxRoomNameBytes));
    }
    const auto limit = limit_of(query, kMaxMessagesPageCount, kDefaultMessagesPageCount);
    if (!limit) return error_reply(400, "limit", limit_rule(kMaxMessagesPageCount));
    const auto before = query.first("before");
    const auto after = query.first("after");
    const auto page =
        context_.store.messages(*conversation, before, after, static_cast<std::size_t>(*limit));
    if (!page) {
        const bool bad_after =
            after && !context_.store.messages(*conversation, std::nullopt, after, 1);
        return error_reply(404, bad_after ? "after" : "before",
                           "the id of a message that this conversation still has");
    }
    Json json;
    json["items"] = Json::array();
    for (const auto& message : page->items) {
        json["items"].push_back(Json::parse(message_json(*message)));
    }
    const bool any = !page->items.empty();
    json["next"] = any && page->newer ? Json(page->items.back()->id) : Json(nullptr);
    json["previous"] = any && page->older ? Json(page->items.front()->id) : Json(nullptr);
    json["complete"] = page->complete;
    return {200, to_text(json), "application/json", std::nullopt};
}

ApiReply Api::get_conversations(const Query& query) {
    const auto limit = limit_of(query, kMaxConversationsPageCount, kDefaultConversationsPageCount);
    if (!limit) return error_reply(400, "limit", limit_rule(kMaxConversationsPageCount));
    const auto page =
        context_.store.conversations(static_cast<std::size_t>(*limit), query.first("cursor"));
    if (!page) return error_reply(404, "cursor", "the next of an earlier page");
    Json json;
    json["items"] = Json::array();
    for (const auto& item : page->items) {
        json["items"].push_back({{"id", item.last_message->conversation},
                                 {"last_message", Json::parse(message_json(*item.last_message))},
                                 {"count", item.message_count}});
    }
    json["next"] = page->more ? Json(page->items.back().last_message->id) : Json(nullptr);
    return {200, to_text(json), "application/json", std::nullopt};
}

ApiReply Api::post_messages(const ApiRequest& request) {
    NewMessage message;
    const auto conversation = request.query.first("conversation");
    if (conversation) {
        message = {*conversation, request.query.first("sender").value_or("anonymous"), request.body,
                   request.query.first("client_id").value_or("")};
    } else {
        auto parsed = message_of_json(request.body);
        if (const auto* error = std::get_if<FieldError>(&parsed)) {
            return error_reply(400, error->field, error->rule);
        }
        message = std::move(std::get<NewMessage>(parsed));
    }
    const auto outcome = publish(std::move(message));
    if (outcome.error) return error_reply(400, outcome.error->field, outcome.error->rule);
    if (outcome.too_many_rooms) {
        return error_reply(507, "conversation",
                           "there are " + std::to_string(kMaxRoomCount) + " rooms already");
    }
    return {outcome.published->duplicate ? 200 : 201,
            message_json(*outcome.published->message) + "\n", "application/json", std::nullopt};
}

PublishOutcome Api::publish(NewMessage message) {
    PublishOutcome outcome;
    outcome.error = check(message);
    if (outcome.error) return outcome;
    outcome.published = context_.store.publish(std::move(message));
    outcome.too_many_rooms = !outcome.published;
    if (!outcome.published) return outcome;
    if (outcome.published->duplicate) {
        ++context_.stats.duplicates;
    } else {
        ++context_.stats.messages_published;
        context_.hub.push(outcome.published->message);
    }
    return outcome;
}

ApiReply Api::faults(const ApiRequest& request) {
    if (!context_.options.admin_key.empty() && request.admin_key != context_.options.admin_key) {
        return error_text(403, "the header X-Admin does not hold the admin key");
    }
    if (request.method == "GET" || request.method == "HEAD") return faults_reply();
    if (request.method == "POST") return post_faults(request.body);
    if (request.method != "DELETE") return wrong_method("GET, POST and DELETE");
    context_.faults = Faults{};
    context_.tokens.reset();
    context_.hub.thaw_all();
    context_.on_faults_changed();
    return faults_reply();
}

ApiReply Api::post_faults(const std::string& body) {
    const auto parsed = parse_fault_change(body);
    if (const auto* error = std::get_if<FieldError>(&parsed)) {
        return error_reply(400, error->field, error->rule);
    }
    const auto& change = std::get<FaultChange>(parsed);
    for (const auto& token : change.revoke_tokens) context_.tokens.revoke(token);
    for (const auto& token : change.add_tokens) {
        if (!context_.tokens.add(token)) {
            return error_reply(400, "add_token",
                               "at most " + std::to_string(kMaxTokenCount) + " tokens");
        }
    }
    apply_switches(context_.faults, change);
    context_.hub.carry_out(change);
    context_.on_faults_changed();
    return faults_reply();
}

ApiReply Api::faults_reply() const {
    return {200, context_.faults.to_json(context_.tokens.count(), context_.tokens.required()),
            "application/json", std::nullopt};
}

}  // namespace graceline::devserver
