// What the host is told: queries, fates, answers to its requests, and that nothing is left at the
// end. Must judge by the oracle's own state alone.
#include "tests/simulation/oracle.hpp"

#include <algorithm>

namespace graceline::simulation {

using engine::TaskCause;

namespace {
/// And a little, because timers fire a little late.
constexpr Duration kRequestTime = std::chrono::milliseconds(30'100);
}  // namespace

void Oracle::check_queries(const engine::Facts& facts, Instant at) const {
    const bool over_by_then = engine::reached(task_.deadline(), at);
    bool enabled = !closed_ && up_ && !needs_refresh() && !over_by_then;
    if (presence_ == Presence::foreground) {
        enabled = enabled && task_.last == TaskCause::returned && facts.trusted;
        require(!facts.trusted || trusted_ || !up_, Invariant::query_is_true,
                "a socket is trusted without proof");
    } else {
        enabled = enabled && task_.running;
    }
    require(engine::background_task_enabled(facts, at) == enabled, Invariant::query_is_true,
            "background_task_enabled is not what SPEC defines");
    const bool stale = closed_ || needs_refresh() || over_by_then;
    require(engine::needs_refresh(facts, at) == stale, Invariant::query_is_true,
            "needs_refresh is not what SPEC defines");
    std::int64_t left = 0;
    if (task_.running && !closed_) {
        const auto deadline = task_.deadline();
        left = !deadline ? -1 : at >= *deadline ? 0 : engine::ceil_ms(*deadline - at);
    }
    require(engine::background_time_remaining_ms(facts, at) == left, Invariant::query_is_true,
            "background_time_remaining is not what is left");
    const auto status = engine::connection_status(facts, at);
    require(status == (closed_ || over_by_then ? engine::ConnectionStatus::disconnected : status_),
            Invariant::query_is_true, "connection_status is not what was told last");
}

void Oracle::accepted_message(std::uint64_t id) {
    require(id == ++accepted_, Invariant::one_fate, "ids are not 1, 2, 3");
    if (fates_.size() < id) fates_.push_back(0);
}

void Oracle::saw_fate(const engine::FateRange& fates) {
    for (auto id = fates.first; id <= fates.last; ++id) {
        // An accepted message may have its fate within the call that accepts it.
        if (id == fates_.size() + 1) fates_.push_back(0);
        require(id >= 1 && id <= fates_.size(), Invariant::one_fate, "a fate of no message");
        require(fates_[id - 1]++ == 0, Invariant::one_fate, "a second fate");
        const bool of_its_own = fates.reason == engine::Reason::message_expired ||
                                fates.reason == engine::Reason::send_cancelled ||
                                fates.reason == engine::Reason::probe_failed ||
                                fates.reason == engine::Reason::pong_timeout;
        require(fates.fate != engine::Fate::failed || of_its_own || !up_ || failed_now_ ||
                    expired_now_ || !wanted_ || fates.reason == engine::Reason::network_off,
                Invariant::one_fate, "a message fails while its connection is up");
        const bool acks = options_.has_acks;
        require(fates.fate != (acks ? engine::Fate::sent : engine::Fate::acknowledged),
                Invariant::one_fate, "a fate that this session cannot tell");
    }
}

void Oracle::mark(std::uint64_t mark) {
    marked_ = std::max(marked_, mark);
    std::erase_if(unclosed_, [&](auto each) { return each <= marked_; });
}

void Oracle::accepted_request(std::uint64_t number, const history::Fetch& page, Instant now) {
    const bool marks = up_ && page.direction != history::Direction::previous;
    requests_[number] = {now, marks ? std::optional(gaps_ended_) : std::nullopt};
}

/// The first page, or newer ones up to the end; where the history is one a conversation, messages
/// and conversations both, or conversations alone where nothing else was missing.
void Oracle::saw_page(const history::output::PageReady& ready) {
    marked_by_page_ = false;
    const auto found = requests_.find(ready.request);
    if (found == requests_.end() || !found->second.mark || !options_.refresh_by_fetch) return;
    const auto& fetch = ready.fetch;
    const bool of_messages = fetch.kind == history::Kind::messages;
    const bool first = fetch.anchor_id.empty() && fetch.anchor_time.empty() && fetch.cursor.empty();
    const bool to_the_end = of_messages && fetch.direction == history::Direction::next &&
                            ready.end == history::End::proven;
    if (!first && !to_the_end) return;
    auto& newest = of_messages ? messages_mark_ : conversations_mark_;
    newest = std::max(newest.value_or(0), *found->second.mark);
    std::optional<std::uint64_t> both = messages_mark_;
    if (options_.source->scope == history::Scope::per_conversation) {
        if (last_verdict_ == engine::Reason::conversations_not_fetched) {
            both = conversations_mark_;
        } else if (messages_mark_ && conversations_mark_) {
            both = std::min(*messages_mark_, *conversations_mark_);
        } else {
            both.reset();
        }
    }
    if (!both) return;
    marked_by_page_ = true;
    mark(*both);
}

void Oracle::completed_request(std::uint64_t number, Instant now, bool with_page) {
    const auto found = requests_.find(number);
    require(found != requests_.end(), Invariant::refresh_ends, "a request completes twice");
    const auto since = std::max(found->second.since, still_until_);
    require(now - since <= kRequestTime, Invariant::refresh_ends, "a request took too long");
    require(!with_page || !over(), Invariant::nothing_after_the_deadline, "a page is delivered");
    requests_.erase(found);
}

void Oracle::fetch_started() const {
    require(!over(), Invariant::nothing_after_the_deadline, "a page is fetched");
}

void Oracle::message_shown(Instant now) const {
    const bool late = engine::reached(task_.deadline(), now);
    // What was held when the host ended it by its own word is still given.
    require(!(over() && window_ran_out_) && !late, Invariant::nothing_after_the_deadline,
            "a message is delivered");
}

void Oracle::check_end() const {
    require(!task_.running, Invariant::exactly_one, "a task runs on after the end");
    require(os_ids_.empty(), Invariant::exactly_one, "background time was not given back");
    require(returns_owed_ == 0, Invariant::exactly_one, "a return never got its verdict");
    require(requests_.empty(), Invariant::refresh_ends, "a request never ended");
    require(!user_ping_, Invariant::exactly_one, "a ping never completed");
    require(fates_.size() == accepted_, Invariant::one_fate, "a fate of no message");
    for (const auto fate : fates_) require(fate == 1, Invariant::one_fate, "a message has no fate");
    require(alive_ == 0 && closing_ == 0, Invariant::one_connection, "a socket is left");
}

}  // namespace graceline::simulation
