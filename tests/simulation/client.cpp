// The keeper's outputs carried out, the host's calls, and the questions to the host.
// Must carry actions out after a step, never within it.
#include "tests/simulation/client.hpp"

#include <algorithm>
#include <utility>

namespace graceline::simulation {

namespace in = engine::input;
namespace out = engine::output;
namespace past = history::output;

Client::Client(const Plan& plan, std::shared_ptr<session::JsonReader> reader, Truth& truth,
               Outside& outside, Trace* trace)
    : plan_(plan),
      truth_(truth),
      outside_(outside),
      trace_(trace),
      keeper_(plan.keeper, Instant{}),
      session_(plan.session, std::move(reader)),
      oracle_(plan.keeper, Instant{}) {}

engine::Outcome Client::apply(const engine::Input& input, Instant now) {
    now_ = now;
    const auto outcome = step(input);
    answer_questions();
    run_acts();
    return outcome;
}

engine::Outcome Client::step(const engine::Input& input) {
    if (trace_) trace_->input(now_, input);
    oracle_.before(input, now_, keeper_.engine());
    const auto outcome = keeper_.handle(input, now_);
    drain();
    oracle_.after(outcome, keeper_);
    check();
    return outcome;
}

void Client::check() {
    keeper_.check_invariants();
    require(queue_ <= plan_.queue_messages + 512, Invariant::memory_is_bounded,
            "the queue grows beyond its bound");
    check_positions();
    require(!held_now_ || !requests_.empty() || oracle_.verdict_pending(), Invariant::refresh_ends,
            "messages wait for a page that nobody fetches");
    if (!held_now_ && !oracle_.needs_refresh() && oracle_.up() && !oracle_.closed()) {
        // Nothing that was published before what was last read here may be missing.
        const auto proven = outside_.proven_before();
        if (!truth_.complete_before(proven)) {
            violated(Invariant::not_fresh_before_proof,
                     "fresh, and message " + std::to_string(truth_.first_missing()) + " of " +
                         std::to_string(proven) + " is missing");
        }
    }
}

/// They stand over nothing that is missing.
void Client::check_positions() {
    const auto& positions = keeper_.positions();
    const bool one_list = !plan_.keeper.source || plan_.keeper.source->scope == history::Scope::all;
    const auto conversations = one_list ? 1 : plan_.conversations;
    for (std::uint32_t i = 0; i < conversations; ++i) {
        const char name = static_cast<char>('a' + i);
        const auto position = positions.get({&name, 1});
        if (!position) continue;
        const auto place = outside_.place_of_id(*position);
        if (std::exchange(positions_[i], place) != place) truth_.check_position({&name, 1}, place);
    }
}

void Client::drain() {
    outputs_.clear();
    while (auto output = keeper_.poll_output()) {
        // A page that marks a refresh is told after what the mark has changed.
        if (const auto* ready = std::get_if<past::PageReady>(&*output)) oracle_.saw_page(*ready);
        if (const auto* of_engine = std::get_if<engine::Output>(&*output)) {
            const auto* judged = std::get_if<out::GapJudged>(of_engine);
            // A catch-up that proved nothing: what is given next may be older.
            if (judged && !engine::closes_gap(judged->verdict)) truth_.order_is_void();
        }
        outputs_.push_back(std::move(*output));
    }
    for (auto& one : outputs_) {
        auto* output = &one;
        if (const auto* of_engine = std::get_if<engine::Output>(&*output)) {
            put(*of_engine);
            continue;
        }
        std::visit(
            [this](auto& each) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(each)>, engine::Output>) {
                    put(each);
                }
            },
            *output);
    }
    // What was held back comes after the verdict, and counts.
    if (std::exchange(said_complete_, false)) {
        const auto all = outside_.subscribed();
        if (!held_now_ && !truth_.complete_before(all)) {
            violated(Invariant::no_message_lost, "complete or recovered, and message " +
                                                     std::to_string(truth_.first_missing()) +
                                                     " of " + std::to_string(all) + " is missing");
        }
    }
    send_waiting();
}

void Client::put(const engine::Output& output) {
    if (trace_) trace_->output(now_, output);
    oracle_.saw(output);
    if (const auto* open = std::get_if<out::OpenTransport>(&output)) {
        acts_.push_back({Act::Kind::open, open->generation, 0, {}, {}});
    } else if (const auto* close = std::get_if<out::CloseTransport>(&output)) {
        acts_.push_back({Act::Kind::close, close->generation, close->code, {}, {}});
    } else if (const auto* abort = std::get_if<out::AbortTransport>(&output)) {
        sender_ = 0;
        acts_.push_back({Act::Kind::abort, abort->generation, 0, {}, {}});
    } else if (const auto* ping = std::get_if<out::SendPing>(&output)) {
        acts_.push_back({Act::Kind::ping, ping->generation, 0, ping->payload, {}});
    } else if (const auto* ask = std::get_if<out::AskBackgroundTime>(&output)) {
        questions_.push_back({ask->question, ask->begin});
    } else if (const auto* token = std::get_if<out::AskToken>(&output)) {
        outside_.token_needed(token->request);
    } else if (const auto* judged = std::get_if<out::GapJudged>(&output)) {
        if (engine::closes_gap(judged->verdict)) {
            said_complete_ = true;
        }
    }
}

void Client::put(const engine::FateRange& fates) {
    if (trace_) {
        trace_->add(now_, Lane::client,
                    "fate of " + std::to_string(fates.first) + " to " + std::to_string(fates.last) +
                        ": " + std::to_string(static_cast<int>(fates.fate)) + " " +
                        engine::to_string(fates.reason));
    }
    unread_fates_ += fates.count();
    oracle_.saw_fate(fates);
}

void Client::put(past::StartFetch& start) {
    oracle_.fetch_started();
    acts_.push_back({Act::Kind::fetch, start.fetch, 0, {}, std::move(start)});
}

void Client::put(const past::StopFetch& stop) {
    acts_.push_back({Act::Kind::stop_fetch, stop.fetch, 0, {}, {}});
}

void Client::put(const past::PageReady& ready) {
    if (trace_) {
        trace_->add(now_, Lane::client,
                    "page of request " + std::to_string(ready.request) + ", " +
                        std::to_string(ready.page->size()) + " items");
    }
    oracle_.completed_request(ready.request, now_, true);
    std::erase(requests_, ready.request);
    outside_.page_came(ready);
}

void Client::put(const past::RequestFailed& failed) {
    if (trace_) {
        trace_->add(now_, Lane::client,
                    "request " + std::to_string(failed.request) +
                        " failed: " + engine::to_string(failed.failure.reason));
    }
    oracle_.completed_request(failed.request, now_, false);
    std::erase(requests_, failed.request);
}

void Client::put(const past::Replay& replay) {
    for (const auto& item : replay.page->items()) {
        show(outside_.place_of_id(item.fields.id), true);
    }
}

void Client::put(const keeper::output::HoldMessages&) {
    held_now_ = true;
}

void Client::put(const keeper::output::ReleaseMessages& release) {
    held_now_ = false;
    const auto held = std::exchange(held_, {});
    const auto from = std::exchange(held_from_, std::nullopt);
    if (!release.deliver) {
        if (from) {
            forget_since_ = from->since;
            forget_but_ = release.pages;
            acts_.push_back({Act::Kind::forget, from->generation, 0, {}, {}});
        }
        return;
    }
    for (const auto place : held) {
        const auto id = outside_.id_of(place);
        const bool given =
            std::any_of(release.pages.begin(), release.pages.end(), [&](const auto& page) {
                return std::any_of(page->items().begin(), page->items().end(),
                                   [&](const auto& item) { return item.fields.id == id; });
            });
        if (given) {
            truth_.in_a_page(place);  // the host has it from there
        } else {
            show(place, false);
        }
    }
}

void Client::show(std::uint32_t place, bool replayed) {
    oracle_.message_shown(now_);
    truth_.delivered(place, replayed, line_);
    ++queue_;
    if (trace_) {
        trace_->add(now_, Lane::client,
                    std::string(replayed ? "replayed " : "live ") + std::to_string(place));
    }
}

void Client::answer_questions() {
    while (!questions_.empty()) {
        const auto open = std::exchange(questions_, {});
        for (const auto& question : open) {
            const auto told = outside_.ask_os(question.begin);
            if (question.begin) oracle_.os_id_given(told.id);
            step(in::BackgroundTimeAnswer{question.number, question.begin, told});
        }
    }
}

void Client::run_acts() {
    if (std::exchange(running_acts_, true)) return;
    while (!acts_.empty()) {
        running_.swap(acts_);
        for (auto& act : running_) run(act);
        running_.clear();
    }
    running_acts_ = false;
}

void Client::run(Act& act) {
    switch (act.kind) {
        case Act::Kind::open:
            line_ = act.number;
            outside_.open(act.number);
            break;
        case Act::Kind::close:
            if (line_ == act.number) outside_.close(act.number, act.code);
            break;
        case Act::Kind::abort:
            outside_.abort(act.number);
            if (line_ == act.number) line_ = 0;
            break;
        case Act::Kind::ping:
            outside_.ping(act.number, act.payload);
            break;
        case Act::Kind::fetch:
            if (act.start->request == 0 && queue_ >= plan_.queue_messages) {
                waiting_fetch_ = std::move(act.start);
                break;
            }
            outside_.fetch(*act.start);
            break;
        case Act::Kind::stop_fetch:
            if (waiting_fetch_ && waiting_fetch_->fetch == act.number) waiting_fetch_.reset();
            outside_.stop_fetch(act.number);
            break;
        case Act::Kind::forget:
            keeper_.seen().forget_live(act.number, forget_since_);
            for (const auto& page : std::exchange(forget_but_, {})) {
                for (const auto& item : page->items()) {
                    keeper_.seen().add(item.fields.conversation, item.fields.id, history::kNotLive);
                }
            }
            break;
    }
}

// Sending.

void Client::send(std::string_view id, std::size_t size, std::optional<Duration> expires_in,
                  Instant now) {
    now_ = now;
    if (engine().task().deadline()) step(in::FramesRead{engine().generation(), 0});
    const auto may = keeper_.may_send(size, unread_fates_);
    const bool wanted = oracle_.wanted() || keeper_.engine().keeps_outgoing();
    require((may != keeper::Sending::now && may != keeper::Sending::wait) || wanted,
            Invariant::one_fate, "a message is taken although no connection is wanted");
    require(may != keeper::Sending::now || keeper_.outbox().front() == nullptr, Invariant::one_fate,
            "a message overtakes those that wait");
    const auto& limits = plan_.keeper.outbox;
    require(keeper_.outbox().open_count() + unread_fates_ < limits.messages ||
                (may != keeper::Sending::now && may != keeper::Sending::wait),
            Invariant::memory_is_bounded, "a message is taken beyond the outbox's limit");
    require(may != keeper::Sending::now || oracle_.up(), Invariant::one_fate,
            "a message goes to a connection that is not up");
    switch (may) {
        case keeper::Sending::closed:
        case keeper::Sending::not_connected:
        case keeper::Sending::window_over:
        case keeper::Sending::full:
            run_acts();
            return;
        case keeper::Sending::now:
        case keeper::Sending::wait:
            break;
    }
    std::uint64_t offset = 0;
    if (may == keeper::Sending::now && sender_ != 0 && outside_.write(sender_, id, size, offset)) {
        const auto number = keeper_.passed(offset);
        oracle_.accepted_message(number);
        given_.emplace_back(number, offset);
    } else if (!keeper_.outbox().has_acks() || !keeper_.outbox().knows(id)) {
        engine::Outgoing message;
        message.payload.assign(size, 'x');
        message.deduplication_id = id;
        if (expires_in) message.expires_at = now_ + *expires_in;
        const auto number = keeper_.keep(std::move(message));
        oracle_.accepted_message(number);
        number_of_[std::string(id)] = number;
        send_waiting();
    }
    answer_questions();
    run_acts();
}

void Client::send_waiting() {
    while (sender_ != 0) {
        const auto* message = keeper_.to_send();
        if (message == nullptr) return;
        std::uint64_t offset = 0;
        if (!outside_.write(sender_, message->deduplication_id, message->payload.size(), offset)) {
            return;
        }
        given_.emplace_back(number_of_.at(message->deduplication_id), offset);
        keeper_.given(offset);
    }
}

void Client::cancel_send(std::uint64_t id, Instant now) {
    now_ = now;
    keeper_.cancel_send(id);
    drain();
    check();
    run_acts();
}

void Client::flushed(std::uint64_t offset, Instant now) {
    now_ = now;
    keeper_.flushed(offset);
    drain();
    check();
    if (!keeper_.outbox().has_acks()) {
        for (const auto& [number, end] : given_) {
            require(end > offset || oracle_.has_fate(number), Invariant::one_fate,
                    "the kernel has a message, and it has no fate");
        }
    }
    std::erase_if(given_, [&](const auto& each) { return each.second <= offset; });
    run_acts();
}

// History.

void Client::ask(const history::Fetch& page, Instant now) {
    now_ = now;
    const auto number = ++next_request_;
    // The keeper looks at the deadline first, as a step of its own.
    step(in::FramesRead{});
    oracle_.accepted_request(number, page, now);
    if (trace_) trace_->add(now_, Lane::app, "asks for a page: request " + std::to_string(number));
    requests_.push_back(number);
    const auto asked = keeper_.ask(number, page, now);
    if (asked != keeper::Asking::ok) {
        oracle_.completed_request(number, now, false);
        std::erase(requests_, number);
    }
    drain();
    check();
    answer_questions();
    run_acts();
}

void Client::cancel_request(Instant now) {
    now_ = now;
    if (requests_.empty()) return;
    keeper_.cancel_request(requests_.front(), now);
    drain();
    check();
    run_acts();
}

void Client::answered(std::uint64_t fetch, history::Answer answer, Instant now) {
    now_ = now;
    step(in::FramesRead{});
    // What the answer leads to is an input of the engine too, which only the keeper sees.
    oracle_.before(in::FramesRead{}, now_, keeper_.engine());
    keeper_.answer(fetch, std::move(answer), now);
    drain();
    oracle_.after(engine::Outcome::ok, keeper_);
    check();
    answer_questions();
    run_acts();
}

void Client::poll(std::size_t count, Instant now) {
    now_ = now;
    queue_ -= std::min(queue_, count);
    unread_fates_ = 0;
    if (!full()) resume_reading();
    run_acts();
}

void Client::resume_reading() {
    if (waiting_fetch_) outside_.fetch(*std::exchange(waiting_fetch_, std::nullopt));
    if (line_ == 0 || !std::exchange(paused_, false)) return;
    const auto generation = line_;
    apply(in::ReadingResumed{generation}, now_);
    outside_.plan_read(generation);
}

}  // namespace graceline::simulation
