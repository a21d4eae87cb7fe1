// Requests of the host, pages, the catch-up: between the keeper, the fetcher and the queue.
// Must give each accepted request one completion, and write replayed messages on the I/O thread.
#include <chrono>
#include <unordered_set>
#include <utility>

#include "core/client/client.hpp"
#include "core/client/event_page.hpp"

namespace graceline::client {

namespace {

namespace past = history::output;

ControlEvent completion(std::uint64_t number, std::shared_ptr<const history::Page> page,
                        history::Kind kind, history::End end) {
    auto event = control_event(EventType::request_completed);
    auto owned = std::make_shared<OwnedPage>(std::move(page), kind, end, event.time_ms);
    event.details.request_id = number;
    event.details.page = &owned->page();
    event.owner = std::move(owned);
    return event;
}

RequestStatus status_of(engine::Reason reason) {
    switch (reason) {
        case engine::Reason::client_closed:
            return RequestStatus::closed;
        case engine::Reason::background_expired:
        case engine::Reason::os_expired:
        case engine::Reason::background_refused:
        case engine::Reason::background_not_wanted:
        case engine::Reason::disconnect_called:
        case engine::Reason::terminating:
            return RequestStatus::window_over;
        case engine::Reason::history_timeout:
            return RequestStatus::timeout;
        case engine::Reason::request_cancelled:
            return RequestStatus::cancelled;
        default:
            return RequestStatus::history;
    }
}

std::string_view text_of_field(const char* text) {
    return text ? std::string_view(text) : std::string_view();
}

}  // namespace

const history::SourceOptions* Client::history_source() const {
    return keeper_.source();
}

Client::Fetched Client::fetch(const std::shared_ptr<HistoryRequest>& request,
                              history::Direction direction, std::uint64_t& out_number) {
    Fetched outcome = Fetched::ok;
    {
        Turn turn(*this);
        if (engine().closed()) return Fetched::closed;
        if (request->under_way != 0) return Fetched::under_way;
        // Completions that nobody reads are bounded too.
        if (requests_under_way_.size() + queue_->pages_unread() >= history::kMaxRequests) {
            return Fetched::full;
        }
        auto& walk = request->walk;
        auto page = direction == history::Direction::previous ? walk.previous() : walk.next();
        if (!page) {
            if (walk.at_end(direction) == history::End::no) return Fetched::unsupported;
            // The end is known, nobody need be asked: an empty page that says so.
            out_number = ++requests_;
            add_event(completion(out_number, std::make_shared<history::Page>(), walk.options().kind,
                                 walk.at_end(direction)));
            return Fetched::ok;
        }
        const auto number = ++requests_;
        requests_under_way_[number] = request;
        request->under_way = number;
        keeper::Asking asked{};
        try {
            asked = keeper_.ask(number, std::move(*page), driver::now());
        } catch (...) {
            take_request(number);  // the object can be used again
            throw;
        }
        switch (asked) {
            case keeper::Asking::ok:
                out_number = number;
                break;
            case keeper::Asking::closed:
                outcome = Fetched::closed;
                break;
            case keeper::Asking::window_over:
                outcome = Fetched::window_over;
                break;
            case keeper::Asking::full:
                outcome = Fetched::full;
                break;
            case keeper::Asking::unsupported:
                outcome = Fetched::unsupported;
                break;
        }
        if (outcome != Fetched::ok) take_request(number);
        drain(turn);
        answer(turn.end());
    }
    return outcome;
}

bool Client::cancel_fetch(HistoryRequest& request) {
    Turn turn(*this);
    if (request.under_way == 0) return false;
    keeper_.cancel_request(request.under_way, driver::now());
    drain(turn);
    return true;
}

engine::Outcome Client::provide_page(std::uint64_t fetch, std::uint16_t status,
                                     std::optional<std::uint32_t> retry_after_seconds,
                                     std::string body) {
    const std::lock_guard lock(mutex_);
    if (engine().closed()) return engine::Outcome::closed;
    const auto found = host_fetches_.find(fetch);
    if (found == host_fetches_.end()) return engine::Outcome::unknown_request;
    auto page = std::move(found->second);
    host_fetches_.erase(found);
    // Read where the mapper's buffers are, under no lock.
    loop_->post([self = shared_from_this(), fetch, status, retry_after_seconds,
                 page = std::move(page), body = std::move(body)] {
        self->set_up();
        if (!self->fetcher_) return;
        self->fetched(fetch, self->fetcher_->read(page, status, retry_after_seconds, body));
    });
    return engine::Outcome::ok;
}

std::optional<std::string> Client::last_message_id(std::string_view conversation) const {
    const std::lock_guard lock(mutex_);
    const auto id = keeper_.positions().get(conversation);
    return id ? std::optional<std::string>(*id) : std::nullopt;
}

// What the keeper wishes; under the lock.

void Client::put(past::StartFetch& start) {
    log(LogLevel::debug, std::string("fetching a page of ") + to_string(start.page.kind));
    if (!settings_.history->source.host_fetches) {
        actions_.reserve(actions_.size() + 1);  // what is moved cannot be moved again
        act(std::make_shared<const past::StartFetch>(std::move(start)));
        return;
    }
    host_fetches_[start.fetch] = start.page;
    auto event = control_event(EventType::fetch_needed);
    auto owned = std::make_shared<OwnedFetch>(
        start.page, history::url_of(settings_.history->source, start.page));
    event.details.request_id = start.fetch;
    event.details.fetch = &owned->fetch();
    event.owner = std::move(owned);
    event.text = "a page of history is needed: graceline_client_provide_page()";
    add_event(std::move(event));
}

void Client::put(const past::StopFetch& stop) {
    if (host_fetches_.erase(stop.fetch) == 0) act(stop);
}

std::shared_ptr<HistoryRequest> Client::take_request(std::uint64_t number) {
    const auto found = requests_under_way_.find(number);
    if (found == requests_under_way_.end()) return nullptr;
    auto request = std::move(found->second);
    requests_under_way_.erase(found);
    request->under_way = 0;
    return request;
}

void Client::put(past::PageReady& ready) {
    if (const auto request = take_request(ready.request)) {
        request->walk.page_came(ready.fetch, *ready.page);
    }
    add_event(completion(ready.request, ready.page, ready.fetch.kind, ready.end));
    ++statistics_.pages_fetched;
}

void Client::put(const past::RequestFailed& failed) {
    take_request(failed.request);
    auto event = control_event(EventType::request_completed);
    const auto reason = failed.failure.reason;
    event.details.request_id = failed.request;
    event.details.request_status = static_cast<std::int32_t>(status_of(reason));
    event.details.reason = static_cast<int>(reason);
    event.details.http_status = failed.failure.http_status;
    if (failed.failure.retry_after_seconds) {
        event.details.retry_in_ms = std::int64_t{*failed.failure.retry_after_seconds} * 1'000;
    }
    event.text = text_of(reason);
    if (failed.cause != engine::Reason::none && failed.cause != reason) {
        event.text += std::string(": ") + text_of(failed.cause);
    }
    log(LogLevel::warning, "a request for history failed: " + event.text);
    add_event(std::move(event));
}

/// Only ever in answer to a page, so on the I/O thread.
void Client::put(const past::Replay& replay) {
    auto& writer = queue_->replay_writer();
    const auto now_ms =
        std::chrono::floor<engine::milliseconds>(driver::now().time_since_epoch()).count();
    for (const auto& item : replay.page->items()) {
        FieldViews fields;
        const auto view = [](bool present, std::string_view text) {
            return present ? text : std::string_view{};
        };
        fields.id = view(item.fields.has_id, item.fields.id);
        fields.conversation = view(item.fields.has_conversation, item.fields.conversation);
        fields.sender = view(item.fields.has_sender, item.fields.sender);
        fields.time = view(item.fields.has_time, item.fields.time);
        writer.add(
            message_flag::kText | message_flag::kReplayed,
            {reinterpret_cast<const std::uint8_t*>(item.payload.data()), item.payload.size()},
            now_ms, &fields);
    }
    queue_->commit_replay();
    ++statistics_.pages_fetched;
    statistics_.messages_replayed += replay.page->size();
}

void Client::put(const keeper::output::HoldMessages&) {
    queue_->hold();
}

void Client::put(const keeper::output::ReleaseMessages& release) {
    if (!release.deliver) {
        queue_->release([](const Event&) { return true; });
        // Not the engine's generation: the step that drops may have begun the next attempt.
        if (held_from_) act(ForgetLive{held_from_->generation, held_from_->since, release.pages});
        held_from_.reset();
        return;
    }
    held_from_.reset();
    const bool by_conversation =
        keeper_.source() && keeper_.source()->scope == history::Scope::per_conversation;
    std::unordered_set<std::string> given;
    const auto key = [&](std::string_view conversation, std::string_view id) {
        std::string text;
        if (by_conversation) (text = conversation) += '\0';
        return text.append(id);
    };
    for (const auto& page : release.pages) {
        for (const auto& item : page->items()) {
            if (item.fields.has_id) given.insert(key(item.fields.conversation, item.fields.id));
        }
    }
    queue_->release([&](const Event& event) {
        if (given.empty() || !event.fields || !event.fields->id) return false;
        const bool twice =
            given.count(key(text_of_field(event.fields->conversation), event.fields->id)) != 0;
        if (twice) ++statistics_.duplicates_dropped;
        return twice;
    });
}

// On the I/O thread.

void Client::run(const StartFetch& start) {
    if (!fetcher_) return;
    if (start->request == 0 && !queue_->has_room_for_pages()) {
        waiting_fetch_ = start;  // resume_reading() comes when the host has taken something
        return;
    }
    std::string token;
    {
        const std::lock_guard lock(mutex_);
        token = token_;
    }
    fetcher_->start(*start, token);
}

void Client::run(const past::StopFetch& stop) {
    if (waiting_fetch_ && waiting_fetch_->fetch == stop.fetch) waiting_fetch_.reset();
    if (fetcher_) fetcher_->stop(stop.fetch);
}

void Client::run(const ForgetLive& forget) {
    keeper_.seen().forget_live(forget.generation, forget.since);
    for (const auto& page : forget.pages) {
        for (const auto& item : page->items()) {
            keeper_.seen().add(item.fields.conversation, item.fields.id, history::kNotLive);
        }
    }
}

void Client::fetched(std::uint64_t fetch, history::Answer answer) {
    Turn turn(*this);
    keeper_.answer(fetch, std::move(answer), driver::now());
    drain(turn);
    this->answer(turn.end());
}

}  // namespace graceline::client
