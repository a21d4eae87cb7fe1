// Turns the engine's outputs into events for the host and actions for the I/O thread.
// Must run under the client's lock, so that both keep the engine's order.
#include <chrono>
#include <type_traits>
#include <utility>

#include "core/client/client.hpp"
#include "core/client/surely.hpp"

namespace graceline::client {

namespace {

std::int64_t clock_ms() {
    return std::chrono::floor<engine::milliseconds>(driver::now().time_since_epoch()).count();
}

}  // namespace

ControlEvent control_event(EventType type) {
    ControlEvent event;
    event.type = type;
    event.time_ms = clock_ms();
    return event;
}

Client::Questions Client::Turn::end() {
    const bool acts = std::exchange(has_actions_, false);
    const bool arms = std::exchange(arms_timer_, false);
    const auto self = acts || arms ? client_.shared_from_this() : nullptr;
    lock_.unlock();
    if (self) {
        surely([&] {
            client_.loop_->post([self, acts, arms] {
                self->set_up();
                if (acts) self->run_actions();
                if (arms) self->arm_timer();
            });
        });
    }
    return std::move(questions_);
}

void Client::drain(Turn& turn) {
    // First what the queries say, then the events: a host that acts on an event must find it true.
    if (const auto facts = engine().facts(); facts != published_) {
        published_ = facts;
        snapshot_.publish(facts);
        settled_.notify_all();
    }
    drain_keeper(turn.questions_);
    send_waiting();
    plan_wake_up(turn);
    if (!actions_.empty() && !actions_posted_) actions_posted_ = turn.has_actions_ = true;
}

void Client::drain_keeper(Questions& questions) {
    while (auto output = keeper_.poll_output()) {
        if (const auto* of_engine = std::get_if<engine::Output>(&*output)) {
            surely([&] { put(*of_engine, questions); });
            continue;
        }
        std::visit(
            [this](auto& each) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(each)>, engine::Output>) {
                    // Replayed messages cannot be written twice; that thread is ours.
                    if constexpr (std::is_same_v<std::decay_t<decltype(each)>,
                                                 history::output::Replay>) {
                        put(each);
                    } else {
                        surely([&] { put(each); });
                    }
                }
            },
            *output);
    }
}

void Client::put(const engine::Output& output, Questions& questions) {
    namespace out = engine::output;
    struct Visitor {
        Client& client;
        Questions& questions;

        void operator()(const out::OpenTransport& open) const { client.act(open); }
        // The attempt opens its session itself, on the I/O thread, in on_opened.
        void operator()(const out::OpenSession&) const {}
        void operator()(const out::CloseTransport& close) const { client.act(close); }
        void operator()(const out::AbortTransport& abort) const {
            client.sender_.reset();
            client.act(abort);
        }
        void operator()(const out::SendPing& ping) const { client.act(ping); }
        void operator()(const out::AskBackgroundTime& ask) const {
            questions.push_back({ask.question, ask.begin});
        }
        void operator()(const out::EndBackgroundTime& end) const {
            client.end_background_time(end.id);
        }
        void operator()(const out::CatchUp&) const {}
        void operator()(const out::StopCatchUp&) const {}
        void operator()(const out::AskToken& ask) const { client.ask_for_token(ask.request); }
        void operator()(const out::TokenSettled&) const {}
        void operator()(const out::StatusChanged& changed) const { client.report_status(changed); }
        void operator()(const out::BackgroundTaskBegan& began) const {
            auto event = control_event(EventType::background_task_began);
            event.details.task_number = began.number;
            client.log(LogLevel::info, "background task began");
            client.add_event(std::move(event));
        }
        void operator()(const out::BackgroundTaskEnded& ended) const {
            auto event = control_event(EventType::background_task_ended);
            event.details.task_number = ended.number;
            event.details.task_cause = static_cast<int>(ended.cause);
            event.details.reason = static_cast<int>(ended.reason);
            event.text = std::string("background task ended: ") + to_string(ended.cause);
            client.log(LogLevel::info, event.text);
            client.add_event(std::move(event));
        }
        void operator()(const out::GapJudged& judged) const {
            auto event = control_event(EventType::gap_verdict);
            event.details.gap_number = judged.gap.number;
            event.details.gap_verdict = static_cast<int>(judged.verdict);
            event.details.reason = static_cast<int>(judged.reason);
            event.details.gap_ms = engine::ceil_ms(judged.length);
            event.text = text_of(judged.reason);
            client.log(LogLevel::info, std::string("gap judged: ") + to_string(judged.verdict));
            client.add_event(std::move(event));
        }
        void operator()(const out::ReturnJudged& judged) const {
            auto event = control_event(EventType::return_verdict);
            event.details.return_verdict = static_cast<int>(judged.advice);
            event.details.reason = static_cast<int>(judged.reason);
            event.text = text_of(judged.reason);
            client.add_event(std::move(event));
        }
        void operator()(const out::RefreshNeeded& needed) const {
            auto event = control_event(EventType::refresh_needed);
            event.details.reason = static_cast<int>(needed.reason);
            event.text = text_of(needed.reason);
            if (const auto since = client.keeper_.positions().get({})) {
                auto owner = std::make_shared<std::string>(*since);
                event.details.since_id = owner->c_str();
                event.owner = std::move(owner);
            }
            client.add_event(std::move(event));
        }
        void operator()(const out::PingCompleted& ping) const {
            using std::chrono::microseconds;
            auto event = control_event(EventType::ping_completed);
            if (ping.round_trip) {
                event.details.round_trip_us =
                    std::chrono::duration_cast<microseconds>(*ping.round_trip).count();
            }
            event.details.reason = static_cast<int>(ping.reason);
            if (!ping.round_trip) event.text = text_of(ping.reason);
            client.add_event(std::move(event));
        }
        void operator()(const out::Closed& closed) const {
            client.sender_.reset();
            client.queue_->add_last(control_event(EventType::closed));
            client.act(closed);
        }
    };
    std::visit(Visitor{*this, questions}, output);
}

void Client::act(Action action) {
    actions_.push_back(std::move(action));
}

void Client::add_event(ControlEvent event) {
    queue_->add(std::move(event));
}

void Client::report_status(const engine::output::StatusChanged& changed) {
    auto event = control_event(EventType::connection_status);
    event.details.connection_status = static_cast<int>(changed.status);
    // One step may move on from what it reports: the event tells of its own state then.
    const bool stays = changed.state == engine().state();
    event.details.phase =
        static_cast<int>(stays ? engine().phase() : engine::phase_of(changed.state));
    event.details.reason = static_cast<int>(changed.cause.reason);
    event.details.attempt = static_cast<int>(changed.attempt);
    event.details.close_code = changed.cause.close_code;
    event.details.http_status = changed.cause.http_status;
    if (changed.retry_in) event.details.retry_in_ms = engine::ceil_ms(*changed.retry_in);
    status_text_ = cause_text_.empty() ? text_of(changed.cause.reason) : cause_text_;
    if (changed.cause.reason == engine::Reason::none) status_text_ = to_string(changed.status);
    event.text = status_text_;
    const bool bad_news = changed.status == engine::ConnectionStatus::connecting &&
                          changed.cause.reason != engine::Reason::none;
    log(bad_news ? LogLevel::warning : LogLevel::info,
        std::string(to_string(changed.status)) + ": " + event.text);
    if (changed.state != engine::ConnectionState::open) sender_.reset();
    deadline_stale_ = true;
    add_event(std::move(event));
}

void Client::put(const engine::FateRange& fates) {
    auto event = control_event(EventType::send_fate);
    event.details.fate = static_cast<int>(fates.fate);
    event.details.first_id = fates.first;
    event.details.last_id = fates.last;
    event.details.reason = static_cast<int>(fates.reason);
    if (fates.fate == engine::Fate::failed) event.text = text_of(fates.reason);
    add_event(std::move(event));
    if (fates.fate != engine::Fate::failed) statistics_.messages_sent += fates.count();
}

void Client::ask_for_token(std::uint64_t request) {
    auto event = control_event(EventType::token_needed);
    event.details.request_id = request;
    event.text = "a token is needed: graceline_client_provide_token()";
    log(LogLevel::debug, "a token is needed");
    add_event(std::move(event));
}

void Client::end_background_time(std::uint64_t id) {
    dispatcher_->post([self = shared_from_this(), hooks = settings_.hooks, id] {
        const auto begun = std::chrono::steady_clock::now();
        hooks->end(id);
        const bool slow = std::chrono::steady_clock::now() - begun > kSlowHook;
        const std::lock_guard lock(self->mutex_);
        --self->ends_pending_;
        if (slow) ++self->statistics_.slow_hooks;
        self->settled_.notify_all();
    });
    ++ends_pending_;  // under the lock, so before its end
}

void Client::log(LogLevel level, std::string text) {
    const auto& hook = settings_.log;
    if (!hook || released_ || level > hook->level) return;
    dispatcher_->post([self = shared_from_this(), level, text = std::move(text)] {
        {
            const std::lock_guard lock(self->mutex_);
            if (self->released_) return;
        }
        self->settings_.log->write(level, text.c_str());
    });
}

/// Only an earlier deadline is worth a wake-up; a later one is armed when the timer fires, so that
/// a busy connection does not arm it for each read. After a change of status the old one is stale
/// (a time-out of an attempt that is over) and would wake an idle client for nothing.
void Client::plan_wake_up(Turn& turn) {
    if (wake_up_planned_) return;
    const bool stale = deadline_stale_;
    const auto next = keeper_.next_deadline();
    if (stale ? armed_ == next : (!next || (armed_ && *armed_ <= *next))) {
        deadline_stale_ = false;
        return;
    }
    deadline_stale_ = false;
    wake_up_planned_ = turn.arms_timer_ = true;
}

}  // namespace graceline::client
