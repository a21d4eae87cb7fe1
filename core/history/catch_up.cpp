// The walk from the position to the present, and the proofs that nothing was left out.
// Must not believe an empty answer, or a first page, of a server that promises nothing.
#include "core/history/catch_up.hpp"

#include <algorithm>
#include <utility>

namespace graceline::history {

using engine::GapVerdict;
using engine::Reason;

namespace {

/// Index behind the item with this id; 0 where there is none.
std::size_t index_behind(const Page& page, std::string_view id) {
    const auto items = page.items();
    for (auto i = items.size(); i > 0; --i) {
        if (items[i - 1].fields.id == id) return i;
    }
    return 0;
}

std::string place_of(std::string_view id, std::string_view cursor) {
    std::string place(id);
    place.append(1, '\0').append(cursor);
    return place;
}

}  // namespace

CatchUp::CatchUp(const SourceOptions& source, const CatchUpLimits& limits, const Known& known)
    : source_(&source), limits_(limits), epoch_(known.epoch) {
    conversations_ = known.positions.conversations();
    std::ranges::reverse(conversations_);
}

CatchUp::Step CatchUp::begin(const Known& known) {
    return next_conversation(known);
}

CatchUp::Step CatchUp::page_came(std::shared_ptr<Page> page, const Known& known) {
    switch (phase_) {
        case Phase::forward:
            return forward_came(std::move(page), known);
        case Phase::joint:
            return joint_came(*page, known);
        case Phase::latest:
        case Phase::further_back:
            return latest_came(std::move(page), known);
    }
    return {};
}

CatchUp::Step CatchUp::anchor_unknown(const Known& known) {
    return conversation_ended(Reason::history_cut, known);
}

CatchUpResult CatchUp::stop(Reason reason) const {
    return {GapVerdict::gap, reason, pages_, messages_};
}

CatchUp::Step CatchUp::unreadable() const {
    Step step;
    step.ended = stop(Reason::history_unreadable);
    return step;
}

CatchUp::Step CatchUp::next_conversation(const Known& known) {
    while (!conversations_.empty()) {
        conversation_ = std::move(conversations_.back());
        conversations_.pop_back();
        const auto position = known.positions.get(conversation_);
        if (!position) continue;
        anchor_.assign(*position);
        cursor_.clear();
        visited_.clear();
        joint_.reset();
        pages_behind_joint_ = 0;
        reached_.clear();
        held_page_.reset();
        after_proof_.reset();
        asked_twice_ = false;
        return ask_forward();
    }
    Step step;
    if (gap_ != Reason::none) {
        step.ended = stop(gap_);
    } else if (source_->scope == Scope::per_conversation) {
        step.ended = stop(Reason::conversations_not_fetched);
    } else if (messages_ > 0) {
        step.ended = {GapVerdict::recovered, Reason::missed_messages_fetched, pages_, messages_};
    } else {
        step.ended = {GapVerdict::complete, Reason::none, pages_, messages_};
    }
    return step;
}

CatchUp::Step CatchUp::conversation_ended(Reason gap, const Known& known) {
    if (gap_ == Reason::none) gap_ = gap;
    held_page_.reset();
    if (gap == Reason::catch_up_limit) conversations_.clear();
    return next_conversation(known);
}

// What is asked.

CatchUp::Step CatchUp::ask(Phase phase, Direction direction, std::string_view anchor,
                           std::uint32_t limit) {
    phase_ = phase;
    Fetch fetch;
    fetch.direction = direction;
    fetch.conversation = conversation_;
    fetch.anchor_id.assign(anchor);
    fetch.limit = limit;
    fetch.anchor_from_source = !visited_.empty();
    Step step;
    step.fetch = std::move(fetch);
    return step;
}

CatchUp::Step CatchUp::ask_forward() {
    auto step = ask(Phase::forward, Direction::next, anchor_, limits_.page_items);
    step.fetch->cursor = cursor_;
    return step;
}

CatchUp::Step CatchUp::ask_joint() {
    return ask(Phase::joint, Direction::previous, joint_->first, 1);
}

// What came.

CatchUp::Step CatchUp::forward_came(std::shared_ptr<Page> page, const Known& known) {
    if (!page->all_have_ids()) return unreadable();
    const auto from = index_behind(*page, anchor_);
    if (from == page->size()) return nothing_came(*page, known);
    if (loops(*page)) return conversation_ended(Reason::history_failed, known);
    if (pages_ == limits_.pages) {
        if (!joint_) return conversation_ended(Reason::catch_up_limit, known);
        after_proof_ = Reason::catch_up_limit;
        return ask_joint();
    }
    ++pages_;

    const bool proves_itself = from > 0 || source_->refuses_unknown_ids;
    if (!proves_itself && !joint_) {
        joint_ = Joint{anchor_, std::string(page->items()[from].fields.id)};
        pages_behind_joint_ = 0;
        if (visited_.empty()) {
            // Of a server that begins anew for an id that it has lost, this may be what the app
            // was given long ago.
            held_page_ = std::move(page);
            return ask_joint();
        }
    }
    Step replay;
    const auto ending = absorb(std::move(page), from, known, replay);
    ++pages_behind_joint_;
    auto step = Step{};
    if (!joint_) {
        step = proven(ending, known);
    } else if (ending || pages_behind_joint_ >= kPagesPerProof) {
        after_proof_ = ending;
        step = ask_joint();
    } else {
        step = ask_forward();
    }
    step.replay = std::move(replay.replay);
    return step;
}

/// Nothing behind the anchor: the end, if the server knew the anchor.
CatchUp::Step CatchUp::nothing_came(const Page& page, const Known& known) {
    const bool by_cursor = takes(*source_, Kind::messages, Direction::next, "cursor");
    if (by_cursor && !page.next_cursor().empty() && page.complete() != true) {
        // A page in which all was left out.
        auto place = place_of(anchor_, page.next_cursor());
        if (std::ranges::find(visited_, place) != visited_.end()) {
            return conversation_ended(Reason::history_failed, known);
        }
        if (pages_++ == limits_.pages) return conversation_ended(Reason::catch_up_limit, known);
        visited_.push_back(std::move(place));
        cursor_.assign(page.next_cursor());
        return ask_forward();
    }
    if (joint_) {
        // Servers forget their oldest first: if the older end of the joint is still there, so was
        // the anchor.
        after_proof_ = Reason::none;
        return ask_joint();
    }
    if (!page.empty() || source_->refuses_unknown_ids) return proven(Reason::none, known);
    if (asked_twice_) return conversation_ended(Reason::history_cut, known);
    return ask(Phase::latest, Direction::latest, {}, kLatestCheckItems);
}

CatchUp::Step CatchUp::joint_came(const Page& page, const Known& known) {
    if (page.empty() || page.items().back().fields.id != joint_->anchor) {
        return conversation_ended(Reason::history_cut, known);
    }
    joint_.reset();
    if (!held_page_) return proven(std::exchange(after_proof_, std::nullopt), known);
    Step replay;
    const auto ending = absorb(std::move(held_page_), 0, known, replay);
    auto step = proven(ending, known);
    step.replay = std::move(replay.replay);
    return step;
}

/// The newest messages, because nothing came behind the anchor: it must be among them.
CatchUp::Step CatchUp::latest_came(std::shared_ptr<Page> page, const Known& known) {
    if (!page->all_have_ids()) return unreadable();
    const auto from = index_behind(*page, anchor_);
    if (from > 0) {
        Step replay;
        auto ending = absorb(std::move(page), from, known, replay);
        if (ending != Reason::catch_up_limit) ending = Reason::none;
        auto step = proven(ending, known);
        step.replay = std::move(replay.replay);
        return step;
    }
    const auto is_live = [&](const PageItem& item) {
        return known.seen.epoch_of(conversation_of(item), item.fields.id) == epoch_;
    };
    if (!page->empty() && std::ranges::all_of(page->items(), is_live)) {
        if (pages_++ == limits_.pages) return conversation_ended(Reason::catch_up_limit, known);
        return ask(Phase::further_back, Direction::previous, page->items().front().fields.id,
                   limits_.page_items);
    }
    // Messages may have come between the two answers; then there is something behind it now.
    asked_twice_ = true;
    return ask_forward();
}

CatchUp::Step CatchUp::proven(Ending ending, const Known& known) {
    if (!reached_.empty()) known.positions.recovered(conversation_, reached_);
    return ending ? conversation_ended(*ending, known) : ask_forward();
}

// Pages.

bool CatchUp::loops(const Page& page) const {
    const auto id = page.items().back().fields.id;
    return std::ranges::any_of(visited_, [id](std::string_view place) {
        return place.size() > id.size() && place.starts_with(id) && place[id.size()] == '\0';
    });
}

std::string_view CatchUp::conversation_of(const PageItem& item) const {
    return item.fields.has_conversation ? item.fields.conversation
                                        : std::string_view(conversation_);
}

/// What was seen live on this connection is held back by the client, and what stands behind it
/// will come live as well; it must not overtake. Between two live ones the socket left it out.
CatchUp::Cut CatchUp::cut(const Page& page, std::size_t from, const Known& known) const {
    const auto items = page.items();
    Cut cut;
    for (auto i = from; i < items.size(); ++i) {
        if (known.seen.epoch_of(conversation_of(items[i]), items[i].fields.id) != epoch_) continue;
        if (!cut.meets_live && i > from) cut.last = i - 1;
        cut.meets_live = true;
        cut.to = i;
    }
    if (!cut.meets_live) {
        cut.to = items.size();
        if (items.size() > from) cut.last = items.size() - 1;
    }
    return cut;
}

CatchUp::Ending CatchUp::absorb(std::shared_ptr<Page> page, std::size_t from, const Known& known,
                                Step& step) {
    auto now = cut(*page, from, known);
    const auto items = page->items();
    std::vector<bool> fresh(items.size(), false);
    bool full = false;
    for (auto i = from; i < now.to && !full; ++i) {
        const auto conversation = conversation_of(items[i]);
        if (known.seen.epoch_of(conversation, items[i].fields.id)) continue;
        full = messages_ == limits_.messages;
        if (full) {
            const auto before = i > from ? std::optional(i - 1) : std::nullopt;
            if (now.last && *now.last >= i) now.last = before;
            break;
        }
        known.seen.add(conversation, items[i].fields.id, kNotLive);
        fresh[i] = true;
        ++messages_;
    }
    if (now.last) reached_.assign(items[*now.last].fields.id);
    anchor_.assign(items.empty() ? std::string_view(anchor_) : items.back().fields.id);
    cursor_.assign(page->next_cursor());
    visited_.push_back(place_of(anchor_, cursor_));
    asked_twice_ = false;
    const bool complete = page->complete() == true;

    page->keep_only([&](std::size_t index) { return fresh[index]; });
    if (!page->empty()) step.replay = std::move(page);
    if (full) return Reason::catch_up_limit;
    return now.meets_live || complete ? Ending(Reason::none) : std::nullopt;
}

}  // namespace graceline::history
