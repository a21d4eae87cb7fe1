// Who hears of what: the order in which the parts of a client are told of one step.
// Must hold no policy of its own; it asks the engine.
#include "core/keeper/keeper.hpp"

#include <algorithm>
#include <cassert>
#include <type_traits>
#include <utility>

namespace graceline::keeper {

namespace in = engine::input;
namespace out = engine::output;

namespace {

/// Ranges of ids that usually meet their fate at once; more of them make room for themselves.
constexpr std::size_t kFatesOfAStep = 4;

}  // namespace

Keeper::Keeper(const Options& options, Instant now)
    : refresh_by_fetch_(options.refresh_by_fetch),
      has_ids_(options.has_ids),
      now_(now),
      engine_(options.engine, now),
      outbox_(options.outbox, options.has_acks),
      seen_(options.source ? options.source->scope : history::Scope::all),
      positions_(options.source ? options.source->scope : history::Scope::all) {
    // An idle client is made of little else, so there is no more room than steps need: those of the
    // engine and a few fates; with a history several steps of the engine may follow on each other.
    outputs_.reserve(engine::kOutputsOfAStep + kFatesOfAStep);
    if (options.source) {
        desk_ = std::make_unique<history::Desk>(*options.source, options.desk);
        outputs_.reserve(3 * engine::kOutputsOfAStep);
        desk_outputs_.reserve(engine::kOutputsOfAStep);
    }
    for (const auto& [conversation, id] : options.positions) positions_.given(conversation, id);
    positions_.set_hole(engine_.continuity().needs_refresh());
}

Outcome Keeper::handle(const engine::Input& input, Instant now) {
    now_ = std::max(now_, now);
    // What was on its way has its fate before the change that it follows from is told.
    if (const auto* ended = std::get_if<in::TransportEnded>(&input)) {
        if (ended->generation == engine_.generation()) {
            outbox_.connection_ended(ended->why.reason);
            drain_fates();
        }
    }
    const auto* opened = std::get_if<in::SessionOpened>(&input);
    const auto outcome =
        opened ? engine_.handle(completed(*opened), now_) : engine_.handle(input, now_);
    if (std::holds_alternative<in::Tick>(input) && desk_) {
        drain_engine();  // the window first, as always
        cancel_what_may_not_run();
        drain_desk();
        desk_->tick(now_);
    }
    settle();
    return outcome;
}

/// Only here is it known whether a connection that comes up can catch up.
engine::Input Keeper::completed(in::SessionOpened opened) const {
    opened.can_catch_up = desk_ && has_ids_ && history::can_catch_up(desk_->source()) &&
                          !positions_.conversations().empty();
    return opened;
}

std::optional<Output> Keeper::poll_output() {
    if (drained_ == outputs_.size()) {
        outputs_.clear();
        desk_outputs_.clear();
        drained_ = desk_drained_ = 0;
        return std::nullopt;
    }
    return std::visit(
        [this](auto& said) -> Output {
            if constexpr (std::is_same_v<std::decay_t<decltype(said)>, OfDesk>) {
                return std::move(desk_outputs_[desk_drained_++]);
            } else {
                return std::move(said);
            }
        },
        outputs_[drained_++]);
}

void Keeper::put_of_desk(Output output) {
    // Both or neither.
    if (outputs_.size() == outputs_.capacity()) outputs_.reserve(2 * outputs_.size() + 1);
    desk_outputs_.push_back(std::move(output));
    outputs_.emplace_back(OfDesk{});
}

Deadline Keeper::next_deadline() const {
    const auto next = engine::earlier(engine_.next_deadline(), outbox_.next_deadline());
    return desk_ ? engine::earlier(next, desk_->next_deadline()) : next;
}

/// Until nobody has anything more to say to the others.
void Keeper::settle() {
    drain_engine();
    if (desk_) {
        cancel_what_may_not_run();
        drain_desk();
    }
    outbox_.expire(now_);
    if (outbox_.front() != nullptr && !engine_.keeps_outgoing()) {
        outbox_.fail_waiting(engine_.cause().reason);
    }
    drain_fates();
}

void Keeper::drain_engine() {
    if (engine_.continuity().gap_open() && !gap_was_open_) stop_holding();
    while (const auto output = engine_.poll_output()) route(*output);
    follow_gaps();
    // Only now: what else the same step had for the history (the end of the catch-up or of the
    // client) comes first, and an answer of the history may speak to the engine.
    if (const auto settled = std::exchange(token_settled_, std::nullopt); settled && desk_) {
        desk_->token_settled(*settled, now_);
        drain_desk();
    }
}

void Keeper::drain_desk() {
    while (auto output = desk_->poll_output()) {
        std::visit([this](auto& each) { on(each); }, *output);
    }
}

void Keeper::drain_fates() {
    for (;;) {
        // Before it is taken: without memory it stays where it is, and the caller may come again.
        if (outputs_.size() == outputs_.capacity()) outputs_.reserve(2 * outputs_.size() + 1);
        const auto fate = outbox_.poll_fate();
        if (!fate) return;
        outputs_.emplace_back(*fate);
    }
}

/// The position must not move past a hole, and each loss of the connection is a new one.
void Keeper::follow_gaps() {
    const bool open = engine_.continuity().gap_open();
    const bool hole = engine_.continuity().needs_refresh();
    const bool lost = open && !gap_was_open_;
    gap_was_open_ = open;
    // Opened once more, it forgets what came between the last hole and this one.
    if (lost || hole != positions_.hole()) positions_.set_hole(hole);
}

void Keeper::route(const engine::Output& output) {
    if (std::holds_alternative<out::AbortTransport>(output)) {
        outbox_.connection_ended(engine_.cause().reason);
        drain_fates();
    } else if (std::holds_alternative<out::Closed>(output)) {
        outbox_.fail_all(engine::Reason::client_closed);
        drain_fates();
        if (desk_) {
            desk_->cancel_all(engine::Reason::client_closed);
            drain_desk();
        }
    } else if (const auto* stop = std::get_if<out::StopCatchUp>(&output)) {
        if (desk_) {
            desk_->cancel_catch_up();
            drain_desk();
        }
        catching_up_ = false;
        release(stop->deliver);
        return;
    } else if (const auto* settled = std::get_if<out::TokenSettled>(&output)) {
        token_settled_ = settled->ok;
        return;
    } else if (const auto* catch_up = std::get_if<out::CatchUp>(&output)) {
        begin_catch_up(catch_up->generation);
        return;
    }
    outputs_.emplace_back(output);
}

void Keeper::begin_catch_up(engine::Generation generation) {
    assert(desk_ && generation == engine_.generation());
    (void)generation;
    catching_up_ = desk_->begin_catch_up(known(), now_);
    // completed() has asked for what it needs.
    assert(catching_up_);
    hold();
}

bool Keeper::may_fetch() const {
    if (engine_.closed()) return false;
    const auto presence = engine_.presence();
    const bool behind =
        presence == engine::Presence::background || presence == engine::Presence::terminated;
    return !behind || engine_.task().running();
}

/// From the deadline on nothing is opened (R6), a page neither.
void Keeper::cancel_what_may_not_run() {
    if (desk_->requests() == 0 || may_fetch()) return;
    release(false);  // what waited behind those pages is not delivered either
    const auto reason = engine_.cause().reason;
    desk_->cancel_all(reason == engine::Reason::none ? engine::Reason::background_expired : reason);
}

Sending Keeper::may_send(std::size_t bytes, std::uint64_t unread) const {
    if (engine_.closed()) return Sending::closed;
    if (!is_open()) {
        const bool over = engine_.presence() != engine::Presence::foreground &&
                          engine_.task().last_cause() == engine::TaskCause::expired &&
                          !engine_.wanted();
        if (over) return Sending::window_over;
        if (!engine_.keeps_outgoing()) return Sending::not_connected;
    }
    if (!outbox_.has_room(bytes, unread)) return Sending::full;
    const bool at_once = is_open() && outbox_.front() == nullptr && !outbox_.has_acks();
    return at_once ? Sending::now : Sending::wait;
}

void Keeper::flushed(std::uint64_t offset) {
    outbox_.flushed(offset);
    drain_fates();
}

bool Keeper::acknowledged(std::string_view deduplication_id) {
    const bool known = outbox_.acknowledged(deduplication_id);
    drain_fates();
    return known;
}

bool Keeper::cancel_send(std::uint64_t id) {
    const bool cancelled = outbox_.cancel(id);
    drain_fates();
    return cancelled;
}

void Keeper::check_invariants() const {
    engine_.check_invariants();
    outbox_.check_invariants();
    if (desk_) desk_->check_invariants();
    assert((engine_.keeps_outgoing() || outbox_.front() == nullptr) &&
           "nothing waits for a connection that will not come");
    assert(catching_up_ == engine_.continuity().verdict_pending() &&
           "a catch-up runs while a verdict waits for it");
    assert((!catching_up_ || holding_) && "live messages wait for what was missed");
    assert((!engine_.closed() || !holding_ || refreshes_.empty()) &&
           "a closed client asks nothing");
}

}  // namespace graceline::keeper
