// The model client: what a real one does with the desk's outputs, and the checks of its promises.
// Must not help the desk: it knows the truth only to judge.
#include "tests/history/world.hpp"

#include <algorithm>

namespace graceline::history::testing {

World::World(const Habits& habits, std::uint64_t seed, DeskOptions its_options)
    : World(habits, source_of(habits), seed, its_options) {}

World::World(const Habits& habits, const SourceOptions& source, std::uint64_t seed,
             DeskOptions its_options)
    : server(habits, seed),
      options(its_options),
      seen(source.scope),
      positions(source.scope),
      desk(source, its_options),
      // A cursor that leads back makes a server give what is older than all we asked for.
      checks_order(!habits.loops),
      messages_plan_(source, Kind::messages),
      conversations_plan_(source, Kind::conversations) {
    REQUIRE_FALSE(error_in(source).has_value());
}

// What happens.

void World::publish(std::size_t count, const std::string& conversation) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto place = server.publish(conversation);
        was_delivered_.push_back(0);
        if (connected) {
            at(now + live_delay, [this, place, connection = epoch] { live(place, connection); });
        }
    }
}

bool World::connect() {
    connected = true;
    ++epoch;
    subscribed_ = server.messages().size();
    if (epoch == 1) base_ = checked_ = subscribed_;
    if (epoch == 1 && positions.size() == 0) return false;
    catch_up_began_ = now;
    const bool began = desk.begin_catch_up(known(), now);
    drain();
    return began;
}

void World::disconnect() {
    connected = false;
    desk.cancel_catch_up();
    drain();
    release_held();
    positions.set_hole(true);
}

void World::pass(Duration time) {
    const auto until = now + time;
    while (step(until)) {
    }
}

void World::settle() {
    const auto until = now + std::chrono::hours(3);
    while (desk.catching_up() || desk.requests() > 0) REQUIRE(step(until));
}

bool World::request(std::uint64_t number, const Fetch& fetch) {
    const auto begun = desk.begin(number, fetch, known(), now);
    drain();
    return begun == Desk::Begun::ok;
}

std::shared_ptr<Page> World::page_of(const Fetch& fetch) {
    const auto number = next_request_++;
    REQUIRE(request(number, fetch));
    settle();
    const auto found = std::ranges::find(pages, number, &output::PageReady::request);
    return found == pages.end() ? nullptr : found->page;
}

void World::cancel(std::uint64_t number, Reason reason) {
    desk.cancel(number, reason);
    drain();
}

void World::cancel_all(Reason reason) {
    desk.cancel_all(reason);
    drain();
}

std::vector<std::size_t> World::delivered_now(bool replayed_only) const {
    std::vector<std::size_t> places;
    for (const auto& each : delivered) {
        if (each.epoch == epoch && (each.replayed || !replayed_only)) places.push_back(each.place);
    }
    return places;
}

std::string World::position(const std::string& conversation) const {
    return std::string(positions.get(conversation).value_or(""));
}

std::size_t World::position_place() const {
    return server.index_of(position());
}

// Time.

void World::at(Instant when, std::function<void()> act, std::uint64_t fetch) {
    events_.emplace(when, Event{fetch, std::move(act)});
}

/// The next thing that happens until then; false: nothing, and it is then.
bool World::step(Instant until) {
    const auto due = desk.next_deadline();
    const bool event_first = !events_.empty() && (!due || events_.begin()->first < *due);
    const auto next = event_first ? engine::Deadline(events_.begin()->first) : due;
    if (!next || *next > until) {
        now = std::max(now, until);
        return false;
    }
    now = std::max(now, *next);
    if (event_first) {
        const auto event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        event.act();
    } else {
        desk.tick(now);
        drain();
        const auto later = desk.next_deadline();
        REQUIRE((!later || *later > now));
    }
    check();
    return true;
}

// Messages.

void World::live(std::size_t place, std::uint64_t connection) {
    if (!connected || connection != epoch) return;
    const auto& message = server.messages()[place];
    if (!seen.add(message.conversation, message.id, epoch)) return;
    if (desk.catching_up()) {
        held_.push_back(place);
    } else {
        deliver(place, false);
    }
}

void World::deliver(std::size_t place, bool replayed) {
    INFO("message " << place);
    REQUIRE(was_delivered_[place] != 1);
    if (checks_order && !delivered.empty() && delivered.back().epoch == epoch) {
        REQUIRE(delivered.back().place < place);
    }
    was_delivered_[place] = 1;
    delivered.push_back({place, replayed, epoch});
    const auto& message = server.messages()[place];
    if (!replayed) positions.live(message.conversation, message.id);
}

void World::release_held() {
    for (const auto place : std::exchange(held_, {})) deliver(place, false);
}

// The desk's outputs.

void World::drain() {
    while (auto output = desk.poll_output()) {
        std::visit([this](const auto& each) { on(each); }, *output);
    }
    desk.check_invariants();
    check();
}

void World::on(const output::StartFetch& start) {
    fetches.push_back(start);
    REQUIRE(start.timeout > Duration{});
    REQUIRE_FALSE(url_of(desk.source(), start.page).empty());
    auto reply = server.answer(start.page);
    const auto answer = [this, start, result = std::move(reply.result)] {
        if (at_answer) at_answer(start.page);
        Answer parsed = engine::Failure{Reason::history_unreadable, 0, 0, std::nullopt};
        if (const auto* failure = std::get_if<engine::Failure>(&result)) {
            parsed = *failure;
        } else {
            auto reading = reader_.read(
                start.page.kind == Kind::messages ? messages_plan_ : conversations_plan_,
                std::get<std::string>(result), start.page.conversation);
            if (auto* page = std::get_if<std::shared_ptr<Page>>(&reading)) parsed = *page;
        }
        desk.answer(start.fetch, std::move(parsed), known(), now);
        drain();
    };
    at(now + reply.delay, answer, start.fetch);
}

void World::on(const output::StopFetch& stop) {
    stopped.push_back(stop.fetch);
    // An answer may be on its way already, and must change nothing.
    if (stop.fetch % 2 == 0) return;
    std::erase_if(events_, [&](const auto& each) { return each.second.fetch == stop.fetch; });
}

void World::on(const output::NeedToken&) {
    ++tokens_asked;
    at(now + milliseconds(50), [this] {
        server.takes_token = server.takes_token || (token_arrives && fresh_token_works);
        desk.token_settled(token_arrives, now);
        drain();
    });
}

void World::on(const output::PageReady& ready) {
    pages.push_back(ready);
    if (ready.fetch.kind != Kind::messages) return;
    for (const auto& item : ready.page->items()) {
        auto& delivered_so = was_delivered_[server.index_of(item.fields.id)];
        if (delivered_so == 0) delivered_so = 2;  // The app has it.
    }
}

void World::on(const output::RequestFailed& failed) {
    failures.push_back(failed);
}

void World::on(const output::Replay& replay) {
    REQUIRE_FALSE(replay.page->empty());
    for (const auto& item : replay.page->items()) {
        const auto place = server.index_of(item.fields.id);
        REQUIRE(item.payload == "t\n" + std::to_string(place));
        REQUIRE(seen.epoch_of(item.fields.conversation, item.fields.id).has_value());
        deliver(place, true);
    }
}

void World::on(const output::CatchUpEnded& ended) {
    verdicts.push_back(ended);
    REQUIRE(now - catch_up_began_ <= options.catch_up_time);
    REQUIRE(ended.result.pages <= options.catch_up.pages + 1);
    REQUIRE(ended.result.messages <= options.catch_up.messages);
    REQUIRE(ended.result.messages == delivered_now(true).size());
    if (ended.result.verdict == GapVerdict::gap) {
        REQUIRE(ended.result.reason != Reason::none);
    } else {
        REQUIRE((ended.result.verdict == GapVerdict::recovered) == (ended.result.messages > 0));
        // The truth: what was there when this connection began is all with the app.
        for (auto i = base_; i < subscribed_; ++i) {
            INFO("message " << i << " of " << subscribed_ << " was lost");
            REQUIRE(was_delivered_[i] != 0);
        }
        positions.set_hole(false);
    }
    release_held();
}

void World::check() {
    while (checked_ < was_delivered_.size() && was_delivered_[checked_] != 0) ++checked_;
    if (positions.size() == 0 || desk.source().scope != Scope::all || !positions.get("")) return;
    const auto place = position_place();
    if (place < base_) return;
    INFO("position " << place << ", delivered without a hole up to " << checked_);
    REQUIRE(place < checked_);
}

}  // namespace graceline::history::testing
