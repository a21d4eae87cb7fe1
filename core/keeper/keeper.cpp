// Who hears of what: the order in which the parts of a client are told of one step.
// Must hold no policy of its own; it asks the engine.
#include "core/keeper/keeper.hpp"

#include <cassert>
#include <utility>

namespace graceline::keeper {

namespace in = engine::input;
namespace out = engine::output;

Keeper::Keeper(const Options& options, Instant now)
    : engine_(options.engine, now), outbox_(options.outbox, options.has_acks) {}

Outcome Keeper::handle(const engine::Input& input, Instant now) {
    // What was on its way has its fate before the change that it follows from is told.
    if (const auto* ended = std::get_if<in::TransportEnded>(&input)) {
        if (ended->generation == engine_.generation()) {
            outbox_.connection_ended(ended->why.reason);
            collect_fates();
        }
    }
    const auto outcome = engine_.handle(input, now);
    settle(now);
    return outcome;
}

std::optional<Output> Keeper::poll_output() {
    if (drained_ == outputs_.size()) {
        outputs_.clear();
        drained_ = 0;
        return std::nullopt;
    }
    return std::move(outputs_[drained_++]);
}

void Keeper::settle(Instant now) {
    while (const auto output = engine_.poll_output()) route(*output);
    outbox_.expire(now);
    if (outbox_.front() != nullptr && !engine_.keeps_outgoing()) {
        outbox_.fail_waiting(engine_.cause().reason);
    }
    collect_fates();
}

void Keeper::route(const engine::Output& output) {
    if (std::holds_alternative<out::AbortTransport>(output)) {
        outbox_.connection_ended(engine_.cause().reason);
        collect_fates();
    } else if (std::holds_alternative<out::Closed>(output)) {
        outbox_.fail_all(engine::Reason::client_closed);
        collect_fates();
    }
    outputs_.emplace_back(output);
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
    collect_fates();
}

bool Keeper::acknowledged(std::string_view deduplication_id) {
    const bool known = outbox_.acknowledged(deduplication_id);
    collect_fates();
    return known;
}

bool Keeper::cancel_send(std::uint64_t id) {
    const bool cancelled = outbox_.cancel(id);
    collect_fates();
    return cancelled;
}

void Keeper::collect_fates() {
    while (const auto fate = outbox_.poll_fate()) outputs_.emplace_back(*fate);
}

void Keeper::check_invariants() const {
    engine_.check_invariants();
    outbox_.check_invariants();
    assert((engine_.keeps_outgoing() || outbox_.front() == nullptr) &&
           "nothing waits for a connection that will not come");
}

}  // namespace graceline::keeper
