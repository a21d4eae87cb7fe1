// What the host, the server and the world do of their own accord.
// Must do anything that a real host could, in any order.
#include "tests/simulation/world.hpp"

namespace graceline::simulation {

namespace in = engine::input;
using engine::ApplicationState;

/// One act, and the next is planned.
void World::act() {
    if (!acting_) return;
    const auto longest = chance_.one_in(3) ? milliseconds(5) : plan_.longest_pause;
    at(now_ + chance_.between(milliseconds(0), longest), What::act);
    auto drawn = chance_.below(plan_.all_weights);
    std::size_t i = 0;
    while (drawn >= plan_.weights[i]) drawn -= plan_.weights[i++];
    const auto what = static_cast<Act>(i);
    const bool of_the_process = what != Act::publish && what < Act::server_ping;
    if (of_the_process && now_ < frozen_until_) return;
    if (trace_ && what != Act::publish) note(Lane::app, std::string("[") + to_string(what) + "]");
    act(what);
}

void World::act(Act what) {
    switch (what) {
        case Act::publish:
            return publish(1 + (chance_.one_in(5) ? chance_.below(12) : 0));
        case Act::app_state:
            return report_state();
        case Act::host_poll:
            if (plan_.host.polls) client_->poll(chance_.one_in(3) ? 3 : 1'000, now_);
            return;
        case Act::send:
            return send();
        case Act::cancel_send:
            if (sends_ > 0)
                client_->cancel_send(1 + chance_.below(static_cast<std::uint32_t>(sends_)), now_);
            return;
        case Act::connect:
            client_->apply(in::Connect{}, now_);
            return;
        case Act::disconnect:
            client_->apply(in::Disconnect{}, now_);
            return;
        case Act::ping:
            client_->apply(in::Ping{}, now_);
            return;
        case Act::expiring:
            client_->apply(in::BackgroundTimeExpiring{chance_.one_in(2)}, now_);
            return;
        case Act::network:
            client_->apply(in::NetworkChanged{static_cast<engine::Network>(chance_.below(4))},
                           now_);
            return;
        case Act::clock_jump:
            if (chance_.one_in(2)) {
                frozen_until_ = now_ + chance_.between(milliseconds(0), milliseconds(120'000));
                client_->oracle().stood_still(frozen_until_);
            }
            at(frozen_until_, What::clock_jump);
            return;
        case Act::freeze: {
            const auto longest = chance_.one_in(3) ? 90'000 : 12'000;
            frozen_until_ = now_ + chance_.between(milliseconds(1), milliseconds(longest));
            timers_late_ = chance_.between(milliseconds(0), milliseconds(50));
            client_->oracle().stood_still(frozen_until_ + timers_late_);
            // A call may be what comes first afterwards.
            if (chance_.one_in(3)) at(frozen_until_, What::clock_jump, 0, 1 + chance_.below(3));
            // Another thread may still ask, by the clock of its call.
            client_->oracle().check_queries(client_->engine().facts(), frozen_until_);
            return;
        }
        case Act::refresh_begin:
            mark_ = client_->engine().continuity().mark();
            marked_before_ = truth_.count();
            return;
        case Act::mark_refreshed: {
            const auto mark = chance_.one_in(12) ? mark_ + 1 + chance_.below(3) : mark_;
            const bool known = mark <= client_->engine().continuity().mark();
            if (mark == mark_) truth_.app_saw_all_before(marked_before_);
            if (mark != mark_ && known) return;  // a host that invents marks gets what it asks for
            client_->apply(in::MarkRefreshed{mark}, now_);
            return;
        }
        case Act::app_refresh:
            return app_refresh(false);
        case Act::request_page:
            return request_page();
        case Act::cancel_request:
            return client_->cancel_request(now_);
        case Act::old_news:
            return old_news();
        case Act::server_ping:
            if (auto* its_line = newest_line(); its_line && !its_line->server_gone) {
                down(*its_line, What::down_ping);
            }
            return;
        case Act::server_close: {
            if (chance_.one_in(12)) return server_says_too_much();
            constexpr std::array<std::uint16_t, 15> kUsual = {4403, 3000, 3003, 1000, 1001,
                                                              1011, 1012, 1013, 1001, 4000,
                                                              4401, 1008, 1014, 1000, 1011};
            constexpr std::array<std::uint16_t, 5> kTerminal = {1002, 1003, 1007, 1009, 1010};
            const auto code =
                chance_.one_in(6) ? kTerminal[chance_.below(5)] : kUsual[chance_.below(15)];
            return server_closes(code);
        }
        case Act::cut:
            if (auto* its_line = newest_line()) {
                its_line->server_gone = true;
                its_line->why_eof = {engine::Reason::connection_lost, 0, 0, {}};
                down(*its_line, What::down_end, chance_.below(2));
            }
            return;
        case Act::black_hole:
            return black_hole();
        case Act::server_mood:
            server_takes_ = !plan_.keeper.engine.host_provides_token || !chance_.one_in(4);
            server_.takes_token = server_takes_ || chance_.one_in(2);
            plan_.server.refuses = chance_.one_in(2) ? 0 : chance_.below(900);
            return;
        case Act::os_mood:
            plan_.host.refuses_time = chance_.one_in(2) ? 0 : chance_.below(900);
            plan_.host.short_time = chance_.one_in(2) ? 0 : chance_.below(900);
            return;
    }
}

void World::report_state() {
    using State = ApplicationState;
    auto next = State::did_become_active;
    const bool active = app_ == State::did_become_active || app_ == State::will_enter_foreground;
    if (plan_.host.knows_two_states) {
        next =
            app_ == State::will_resign_active ? State::did_background : State::will_resign_active;
    } else if (!plan_.host.reports_in_order || chance_.one_in(30)) {
        next = static_cast<State>(chance_.below(chance_.one_in(4) ? 5 : 4));
    } else if (app_ == State::will_enter_foreground) {
        next = State::did_become_active;
    } else if (active) {
        next = State::will_resign_active;
    } else if (app_ == State::will_resign_active) {
        next = chance_.one_in(4) ? State::did_become_active : State::did_background;
    } else {
        next = State::will_enter_foreground;
    }
    app_ = next;
    const bool twice = chance_.one_in(10);
    client_->apply(in::ReportState{next}, now_);
    if (twice) client_->apply(in::ReportState{next}, now_);
}

void World::send() {
    const auto size = chance_.one_in(5) ? 1 + chance_.below(1'200) : 20;
    std::optional<Duration> expires;
    if (chance_.one_in(4)) expires = chance_.between(milliseconds(1), milliseconds(10'000));
    ++sends_;
    client_->send("s" + std::to_string(sends_), size, expires, now_);
}

void World::request_page() {
    if (!plan_.keeper.source) return;
    history::Fetch page;
    page.kind = chance_.one_in(4) ? history::Kind::conversations : history::Kind::messages;
    page.limit = 1 + chance_.below(40);
    if (page.kind == history::Kind::messages) {
        const bool needs = plan_.keeper.source->scope == history::Scope::per_conversation;
        if (needs || chance_.one_in(5)) {
            page.conversation =
                std::string(1, static_cast<char>('a' + chance_.below(plan_.conversations)));
        }
        if (truth_.count() > 0 && chance_.one_in(3)) {
            page.direction =
                chance_.one_in(2) ? history::Direction::previous : history::Direction::next;
            page.anchor_id = id_of(chance_.below(truth_.count()));
        }
    }
    client_->ask(page, now_);
}

/// Nothing on this connection gets through any more, on one way or on both, and nobody is told.
void World::black_hole() {
    auto* its_line = newest_line();
    if (its_line == nullptr) return;
    const auto ways = chance_.below(4);
    its_line->deaf = its_line->deaf || ways != 0;
    its_line->mute = its_line->mute || ways != 1;
    note(Lane::server, std::string("black hole:") + (its_line->deaf ? " down" : "") +
                           (its_line->mute ? " up" : ""));
}

/// What an old attempt still says changes nothing.
void World::old_news() {
    if (lines_.size() < 2) return;
    const auto old = 1 + chance_.below(static_cast<std::uint32_t>(lines_.size() - 1));
    switch (chance_.below(6)) {
        case 0:
            client_->apply(in::TransportEnded{old, {engine::Reason::connection_lost, 0, 0, {}}},
                           now_);
            return;
        case 1:
            client_->apply(in::TransportOpened{old}, now_);
            return;
        case 2:
            client_->apply(in::SessionOpened{old, in::SessionStart::fresh, false}, now_);
            return;
        case 3:
            client_->apply(in::FramesRead{old, 3}, now_);
            return;
        case 4:
            client_->apply(in::ReadingPaused{old}, now_);
            return;
        default:
            client_->apply(in::TransportEnded{old, {engine::Reason::protocol_error, 1002, 0, {}}},
                           now_);
            return;
    }
}

/// With its own HTTP, all between a mark and its use.
void World::app_refresh(bool whole) {
    mark_ = client_->engine().continuity().mark();
    marked_before_ = truth_.count();
    if (!whole && chance_.one_in(4)) return;  // and the app dies in the middle
    truth_.app_saw_all_before(marked_before_);
    client_->apply(in::MarkRefreshed{mark_}, now_);
}

}  // namespace graceline::simulation
