// One visitor: each kind of event as an object of its members.
// Must name members as tests/scenarios/README.md does.
#include "tests/scenarios/cpp/journal.hpp"

#include <string>
#include <type_traits>
#include <utility>

#include "tests/scenarios/cpp/names.hpp"

namespace graceline::scenarios {

namespace {

using nlohmann::json;

json json_of(const std::optional<std::string_view>& text) {
    return text ? json(std::string(*text)) : json();
}

json json_of(const std::optional<Milliseconds>& time) {
    return time ? json(time->count()) : json();
}

json json_of(const MessageEvent& message) {
    return {{"text", std::string(message.payload)},          {"id", json_of(message.id)},
            {"conversation", json_of(message.conversation)}, {"sender", json_of(message.sender)},
            {"time", json_of(message.server_time)},          {"replayed", message.is_replayed}};
}

json json_of(const std::optional<Page>& page) {
    if (!page) return {};
    json items = json::array();
    for (const auto item : *page) items.push_back(json_of(item));
    return {{"end", name_of_page_end(page->last())}, {"items", std::move(items)}};
}

json json_of(const ConnectionStatusEvent& event) {
    return {{"connection_status", name_of(event.status)},
            {"phase", name_of(event.phase)},
            {"reason", name_of(event.reason)},
            {"attempt", event.attempt},
            {"retry_in_ms", json_of(event.retry_in)},
            {"close_code", event.close_code},
            {"http_status", event.http_status}};
}

json json_of(const BackgroundTaskBeganEvent&) {
    return json::object();
}
json json_of(const BackgroundTaskEndedEvent& event) {
    return {{"task_cause", name_of(event.cause)}, {"reason", name_of(event.reason)}};
}
json json_of(const GapVerdictEvent& event) {
    return {{"gap_verdict", name_of(event.verdict)},
            {"gap_ms", event.length.count()},
            {"reason", name_of(event.reason)}};
}
json json_of(const ReturnVerdictEvent& event) {
    return {{"return_verdict", name_of(event.verdict)}, {"reason", name_of(event.reason)}};
}
json json_of(const RefreshNeededEvent& event) {
    return {{"reason", name_of(event.reason)}, {"since_id", json_of(event.since_id)}};
}
json json_of(const SendFateEvent& event) {
    return {{"fate", name_of_fate(event.fate)},
            {"first_id", event.first_id},
            {"last_id", event.last_id},
            {"reason", name_of(event.reason)}};
}
json json_of(const PingCompletedEvent& event) {
    return {{"reason", name_of(event.reason)}};
}
json json_of(const TokenNeededEvent&) {
    return json::object();
}
json json_of(const FetchNeededEvent& event) {
    static constexpr const char* kDirections[] = {"latest", "previous", "next"};
    return {{"kind", event.kind == PageKind::messages ? "messages" : "conversations"},
            {"direction", kDirections[static_cast<int>(event.direction)]},
            {"limit", event.limit},
            {"conversation", json_of(event.conversation)},
            {"anchor_id", json_of(event.anchor_id)},
            {"cursor", json_of(event.cursor)}};
}
json json_of(const RequestCompletedEvent& event) {
    return {{"request_status", name_of_status(event.status)},
            {"reason", name_of(event.reason)},
            {"http_status", event.http_status},
            {"retry_in_ms", json_of(event.retry_in)},
            {"page", json_of(event.page)}};
}
json json_of(const ClosedEvent&) {
    return json::object();
}
json json_of(const UnknownEvent&) {
    return json::object();
}

bool same_in(const json& a, const json& b, std::initializer_list<const char*> members) {
    for (const char* member : members) {
        if (a[member] != b[member]) return false;
    }
    return true;
}

}  // namespace

void Journal::add(const Event& event) {
    if (const auto message = event.as<MessageEvent>()) {
        messages_.push_back(json_of(*message));
        return;
    }
    if (const auto token = event.as<TokenNeededEvent>()) token_question_ = token->request_id;
    if (const auto fetch = event.as<FetchNeededEvent>()) {
        page_questions_.push_back(fetch->request_id);
    }
    json object = event.visit([](const auto& each) { return json_of(each); });
    object["type"] = name_of(event.type());
    add_event(std::move(object));
}

void Journal::add_event(json event) {
    if (!events_.empty() && events_.back()["type"] == event["type"]) {
        json& last = events_.back();
        if (event["type"] == "connection_status" && same_in(last, event, {"connection_status"})) {
            last = std::move(event);
            return;
        }
        if (event["type"] == "send_fate" && same_in(last, event, {"fate", "reason"}) &&
            last["last_id"].get<std::uint64_t>() + 1 == event["first_id"].get<std::uint64_t>()) {
            last["last_id"] = event["last_id"];
            return;
        }
    }
    events_.push_back(std::move(event));
}

std::uint64_t Journal::take_page_question() {
    if (page_questions_.empty()) return 0;
    const auto question = page_questions_.front();
    page_questions_.pop_front();
    return question;
}

}  // namespace graceline::scenarios
