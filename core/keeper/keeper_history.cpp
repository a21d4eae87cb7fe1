// The history's side of a client: questions of the host, the catch-up, what is held meanwhile.
// Must give every question one answer, and every held message its place behind the pages.
#include <algorithm>
#include <utility>

#include "core/keeper/keeper.hpp"

namespace graceline::keeper {

namespace in = engine::input;
namespace past = history::output;
using history::Direction;
using history::Kind;

Asking Keeper::ask(std::uint64_t number, history::Fetch page, Instant now) {
    handle(in::FramesRead{}, now);  // an expiry that nobody carried out yet comes first
    if (engine_.closed()) return Asking::closed;
    if (!desk_) return Asking::unsupported;
    if (!may_fetch()) return Asking::window_over;
    Refresh refresh{number, {}, false};
    const bool newest = page.direction != Direction::previous;
    if (is_open()) {
        if (newest) refresh.mark = engine_.continuity().mark();
        refresh.holds = newest && has_ids_ && page.kind == Kind::messages;
    }
    // Once it is begun, nothing may fail.
    refreshes_.reserve(refreshes_.size() + 1);
    sent_.reserve(sent_.size() + 1);
    outputs_.reserve(outputs_.size() + engine::kOutputsOfAStep);
    desk_outputs_.reserve(desk_outputs_.size() + engine::kOutputsOfAStep);
    switch (desk_->begin(number, std::move(page), known(), now_)) {
        case history::Desk::Begun::ok:
            break;
        case history::Desk::Begun::too_many:
            return Asking::full;
        case history::Desk::Begun::number_used:
        case history::Desk::Begun::not_offered:
            return Asking::unsupported;
    }
    refreshes_.push_back(refresh);
    if (refresh.holds) hold();
    settle();
    return Asking::ok;
}

void Keeper::cancel_request(std::uint64_t number, Instant now) {
    now_ = std::max(now_, now);
    if (desk_) desk_->cancel(number, engine::Reason::request_cancelled);
    settle();
}

void Keeper::answer(std::uint64_t fetch, history::Answer&& answer, Instant now) {
    handle(in::FramesRead{}, now);
    if (desk_) desk_->answer(fetch, std::move(answer), known(), now_);
    settle();
}

void Keeper::on(past::StartFetch& start) {
    sent_.push_back({start.fetch, engine_.token().number()});
    put_of_desk(std::move(start));
}

void Keeper::on(past::StopFetch& stop) {
    std::erase_if(sent_, [&](const Sent& each) { return each.fetch == stop.fetch; });
    put_of_desk(stop);
}

void Keeper::on(past::NeedToken& need) {
    const auto sent = std::find_if(sent_.begin(), sent_.end(),
                                   [&](const Sent& each) { return each.fetch == need.fetch; });
    const auto token = sent == sent_.end() ? engine_.token().number() : sent->token;
    engine_.handle(in::TokenRefused{token}, now_);
    drain_engine();
}

void Keeper::on(past::PageReady& ready) {
    const auto refresh = take_refresh(ready.request);
    // Whatever was asked for: what is held must not follow what its page has given.
    if (holding_ && ready.fetch.kind == Kind::messages) pages_of_hold_.push_back(ready.page);
    if (refresh) refreshed_by(ready, *refresh);
    put_of_desk(std::move(ready));
    release(true);
}

void Keeper::on(past::RequestFailed& failed) {
    take_refresh(failed.request);
    put_of_desk(std::move(failed));
    release(true);
}

void Keeper::on(past::Replay& replay) {
    put_of_desk(std::move(replay));
}

void Keeper::on(past::CatchUpEnded& ended) {
    catching_up_ = false;
    auto reason = ended.result.reason;
    if (reason == engine::Reason::none) reason = engine::Reason::missed_messages_fetched;
    engine_.handle(in::CatchUpEnded{engine_.generation(), ended.result.verdict, reason}, now_);
    drain_engine();
    release(true);
}

/// SPEC section 3: a successful first page marks what is on screen as refreshed. Newer pages do so
/// when they reach the end; where the history is one a conversation, so does the list of them only
/// together with a page of messages, and alone when nothing else is open.
void Keeper::refreshed_by(const past::PageReady& ready, const Refresh& refresh) {
    const auto& fetch = ready.fetch;
    const bool first = fetch.anchor_id.empty() && fetch.anchor_time.empty() && fetch.cursor.empty();
    const bool to_the_end = fetch.direction == Direction::next && ready.end == history::End::proven;
    const bool reaches_now = first || (fetch.kind == Kind::messages && to_the_end);
    if (!refresh_by_fetch_ || !refresh.mark || !reaches_now) return;
    if (ready.fetch.kind == Kind::messages) {
        messages_mark_ = std::max(messages_mark_.value_or(0), *refresh.mark);
        // The newest of one conversation says nothing of the one list of all.
        const bool of_the_list = ready.fetch.conversation.empty() ||
                                 desk_->source().scope == history::Scope::per_conversation;
        if (has_ids_ && of_the_list && positions_.hole()) {
            for (const auto& item : ready.page->items()) {
                positions_.refreshed(item.fields.conversation, item.fields.id);
            }
        }
    } else {
        conversations_mark_ = std::max(conversations_mark_.value_or(0), *refresh.mark);
    }
    auto mark = messages_mark_;
    if (desk_->source().scope == history::Scope::per_conversation) {
        const bool only_conversations =
            engine_.continuity().last_reason() == engine::Reason::conversations_not_fetched;
        if (only_conversations) {
            mark = conversations_mark_;
        } else if (messages_mark_ && conversations_mark_) {
            mark = std::min(*messages_mark_, *conversations_mark_);
        } else {
            mark.reset();
        }
    }
    if (!mark) return;
    engine_.handle(in::MarkRefreshed{*mark}, now_);
    drain_engine();
}

std::optional<Keeper::Refresh> Keeper::take_refresh(std::uint64_t number) {
    const auto found = std::find_if(refreshes_.begin(), refreshes_.end(),
                                    [&](const Refresh& each) { return each.number == number; });
    if (found == refreshes_.end()) return std::nullopt;
    const auto refresh = *found;
    refreshes_.erase(found);
    return refresh;
}

void Keeper::hold() {
    if (std::exchange(holding_, true)) return;
    outputs_.emplace_back(output::HoldMessages{});
}

/// What was held was read on a connection that is gone: no page that is still to come could put it
/// into its place, and it must not wait for those of the next one.
void Keeper::stop_holding() {
    for (auto& refresh : refreshes_) refresh.holds = false;
    if (!catching_up_) release(true);  // else StopCatchUp follows
}

/// When nobody holds any more. What may not be delivered is dropped at once, whoever holds.
void Keeper::release(bool deliver) {
    if (!holding_) return;
    deliver = deliver && may_fetch();  // R6: in background without a task nothing is delivered
    const bool wanted = catching_up_ || std::any_of(refreshes_.begin(), refreshes_.end(),
                                                    [](const Refresh& each) { return each.holds; });
    if (deliver && wanted) return;
    if (!wanted) holding_ = false;
    outputs_.emplace_back(output::ReleaseMessages{deliver, std::move(pages_of_hold_)});
    pages_of_hold_.clear();
    for (const auto& held : std::exchange(positions_of_hold_, {})) {
        if (deliver) positions_.live(held.conversation, held.id);
    }
    if (wanted) outputs_.emplace_back(output::HoldMessages{});
}

void Keeper::hold_position(std::string_view conversation, std::string_view id) {
    const auto found =
        std::find_if(positions_of_hold_.begin(), positions_of_hold_.end(),
                     [&](const Position& each) { return each.conversation == conversation; });
    if (found == positions_of_hold_.end()) {
        positions_of_hold_.push_back({std::string(conversation), std::string(id)});
    } else {
        found->id.assign(id);
    }
}

}  // namespace graceline::keeper
