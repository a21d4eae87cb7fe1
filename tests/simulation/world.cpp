// The scheduler: what is due next happens next, and a process that stands still is late for it.
// Must end every life in order: faults stop, all is well again, the client closes.
#include "tests/simulation/world.hpp"

#include <algorithm>
#include <utility>

namespace graceline::simulation {

namespace in = engine::input;
using engine::ApplicationState;

namespace {

constexpr Duration kAllWellWithin = std::chrono::seconds(60);
/// A settled life has no more to do than this; more is a circle.
constexpr std::uint64_t kMostSettlingSteps = 20'000;

bool of_the_client(auto what) {
    return what >= decltype(what)::progress;
}

}  // namespace

World::World(const Plan& plan, Workbench& workbench, Trace* trace)
    : plan_(plan),
      workbench_(workbench),
      trace_(trace),
      chance_(plan.seed ^ 0x5DEECE66DULL),
      server_(plan.history, plan.seed + 7),
      truth_(server_, plan.has_ids,
             !plan.keeper.source || plan.keeper.source->scope == history::Scope::all) {
    publish(plan_.known_at_start);
    truth_.app_saw_all_before(plan_.known_at_start);
    if (plan_.gives_position) {
        const auto& last = server_.messages().back();
        plan_.keeper.positions.push_back({last.conversation, last.id});
    }
    if (plan_.keeper.source) {
        using history::Kind;
        messages_plan_ = std::make_unique<history::PagePlan>(*plan_.keeper.source, Kind::messages);
        conversations_plan_ =
            std::make_unique<history::PagePlan>(*plan_.keeper.source, Kind::conversations);
    }
    server_takes_ = !plan_.server.rejects_token;
    app_ = plan_.keeper.engine.initial_application_state;
    client_ = std::make_unique<Client>(plan_, workbench.json, truth_, static_cast<Outside&>(*this),
                                       trace);
}

World::~World() = default;

void World::note(Lane lane, std::string text) {
    if (trace_) trace_->add(now_, lane, std::move(text));
}

std::uint64_t World::live(std::uint64_t steps) {
    if (plan_.starts) client_->apply(in::Start{}, now_);
    at(now_, What::act);
    while (steps_ < steps) step();
    const auto lived = steps_;
    settle();
    end();
    return lived;
}

void World::at(Instant when, What what, std::uint32_t line, std::uint64_t value,
               const engine::PingPayload& payload) {
    events_.push_back({std::max(when, now_), ++order_, what, line, value, payload});
    std::push_heap(events_.begin(), events_.end());
}

/// The next thing that happens.
void World::step() {
    const auto deadline = client_->keeper().next_deadline();
    const auto due =
        deadline
            ? engine::Deadline(std::max(now_, std::max(*deadline, frozen_until_) + timers_late_))
            : std::nullopt;
    if (due && (events_.empty() || *due <= events_.front().at)) {
        now_ = std::max(now_, *due);
        timers_late_ =
            chance_.one_in(8) ? chance_.between(milliseconds(0), milliseconds(40)) : Duration{};
        ++steps_;
        client_->apply(in::Tick{}, now_);
        return;
    }
    if (events_.empty()) {  // nothing is planned, and time passes all the same
        now_ += std::chrono::seconds(1);
        return;
    }
    std::pop_heap(events_.begin(), events_.end());
    auto event = events_.back();
    events_.pop_back();
    if (of_the_client(event.what) && event.at < frozen_until_) {
        at(frozen_until_, event.what, event.line, event.value, event.payload);
        return;
    }
    now_ = std::max(now_, event.at);
    happen(event);
}

void World::happen(const Event& event) {
    const auto gone = [&] { return event.line != 0 && line(event.line).gone; };
    switch (event.what) {
        case What::act:
            ++steps_;
            act();
            return;
        case What::accepts:
        case What::heartbeat:
        case What::up_ping:
        case What::up_text:
        case What::up_close:
        case What::down_text:
        case What::down_ack:
        case What::down_ping:
        case What::down_pong:
        case What::down_close:
        case What::down_end:
        case What::down_too_much:
        case What::down_reset:
            return arrive(event);
        case What::progress:
            ++steps_;
            client_->apply(
                in::TransportProgress{event.line,
                                      static_cast<in::TransportProgress::Step>(event.value)},
                now_);
            return;
        case What::opened:
            if (gone()) return;
            ++steps_;
            return client_->opened(event.line, now_);
        case What::session_opened:
            if (gone()) return;
            ++steps_;
            return client_->session_opened(event.line, now_);
        case What::refused:
            if (gone()) return;
            ++steps_;
            line(event.line).gone = true;
            return client_->ended(event.line, line(event.line).why_eof, now_);
        case What::read: {
            auto& its_line = line(event.line);
            its_line.read_planned = false;
            if (its_line.gone || its_line.reading_paused) return;
            ++steps_;
            const auto most = chance_.one_in(6) ? 1 + chance_.below(80) : 65'536U;
            client_->readable(its_line, most, now_);
            if (!its_line.gone && !its_line.kernel.empty()) plan_read(event.line);
            return;
        }
        case What::flushed:
            if (gone()) return;
            ++steps_;
            line(event.line).flushed = std::max(line(event.line).flushed, event.value);
            return client_->flushed(event.value, now_);
        case What::answer:
            ++steps_;
            return answer_fetch(event.value);
        case What::token:
            ++steps_;
            client_->apply(in::TokenProvided{event.value, event.line == 1}, now_);
            return;
        case What::clock_jump:
            ++steps_;
            switch (event.value) {
                case 1:
                    client_->apply(in::Ping{}, now_);
                    return;
                case 2:
                    return act(Act::send);
                case 3:
                    return act(Act::request_page);
                default:
                    client_->apply(in::ClockJumped{}, now_);
                    return;
            }
    }
}

/// The faults stop. What is wanted in the foreground must be up, and judged, a minute later.
void World::settle() {
    acting_ = false;
    plan_.server = ServerHabits{};
    plan_.host.token_fails = plan_.host.token_silent = 0;
    server_takes_ = server_.takes_token = true;
    auto& habits = server_.habits;
    habits.garbage = habits.cut_short = habits.lost = habits.errors = habits.throttles =
        habits.hangs = 0;
    habits.slowest = milliseconds(300);
    for (auto& each : lines_) {
        // What is broken stays broken, but the server's machine answers again: RST.
        if (!each->gone && (each->deaf || each->mute || !each->pongs || !each->accepted)) {
            each->why_eof = {engine::Reason::connection_lost, 0, 0, {}};
            at(std::max(each->last_down, now_ + each->latency), What::down_reset,
               static_cast<std::uint32_t>(each->generation));
        }
    }
    client_->poll(1'000'000, now_);
    client_->apply(in::NetworkChanged{engine::Network::available}, now_);
    client_->apply(in::ReportState{ApplicationState::will_enter_foreground}, now_);
    client_->apply(in::ReportState{ApplicationState::did_become_active}, now_);
    client_->apply(in::Connect{}, now_);
    note(Lane::app, "the faults stop");
    auto until = std::max(now_, frozen_until_) + kAllWellWithin;
    if (const auto held = client_->oracle().held_until()) {
        until = std::max(until, *held + std::chrono::minutes(1) + kAllWellWithin);
    }
    auto& oracle = client_->oracle();
    const auto well = [&] {
        return oracle.up() && !oracle.verdict_pending() && !oracle.return_owed();
    };
    std::uint64_t steps = 0;
    while (!well() && now_ <= until && ++steps < kMostSettlingSteps) {
        step();
        client_->poll(1'000'000, now_);
        // What the server had said before is heard now; the host does not give up.
        if (!oracle.wanted()) client_->apply(in::Connect{}, now_);
    }
    const auto& policy = plan_.keeper.engine.backoff;
    if (!oracle.wanted() && (policy.attempts || policy.total)) return;  // the host's own limit
    require(well(), Invariant::comes_back,
            !oracle.up()               ? "not connected"
            : oracle.verdict_pending() ? "no verdict"
                                       : "no answer to a return");
    // The app refreshes, and then all is well.
    app_refresh(true);
    require(!oracle.needs_refresh() || !oracle.up(), Invariant::comes_back,
            "a refresh that was marked is asked for again");
}

void World::end() {
    client_->apply(in::Close{}, now_);
    std::uint64_t steps = 0;
    while (client_->keeper().next_deadline() && ++steps < kMostSettlingSteps) step();
    require(steps < kMostSettlingSteps, Invariant::no_idle_wake_up, "a closed client has timers");
    client_->oracle().check_end();
}

}  // namespace graceline::simulation
