// The wire and the server: what is sent arrives late, in its order, or not at all.
// Must keep a server's habits real ones (SERVERS.md).
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "tests/simulation/world.hpp"

namespace graceline::simulation {

using engine::Failure;
using engine::Reason;
using Step = engine::input::TransportProgress::Step;

namespace {

constexpr std::size_t kSocketBufferBytes = 1'500;
constexpr milliseconds kSlowStep{9'000};
constexpr milliseconds kSlowSession{12'000};
/// One message in so many has a length at which a frame's header changes its form.
constexpr std::uint32_t kEdgeEvery = 100;
constexpr std::array<std::size_t, 6> kEdges = {125, 126, 127, 65'535, 65'536, 65'537};
/// So that a place can be read without a parser: {"at":123,
constexpr std::size_t kPlaceAt = 6;

std::uint32_t number_at(std::string_view text, std::size_t begin) {
    std::uint32_t number = 0;
    std::from_chars(text.data() + begin, text.data() + text.size(), number);
    return number;
}

}  // namespace

// The truth.

std::uint32_t World::place_of(std::string_view payload) const {
    return number_at(payload, kPlaceAt);
}

std::uint32_t World::place_of_id(std::string_view id) const {
    return number_at(id, id.rfind('-') + 1);
}

std::string_view World::id_of(std::uint32_t place) const {
    return server_.messages()[place].id;
}

bool World::server_has(std::string_view sent) const {
    return received_.count(std::string(sent)) != 0;
}

std::uint32_t World::subscribed() const {
    const auto generation = client_->engine().generation();
    return generation == 0 ? 0 : lines_[generation - 1]->subscribed;
}

std::uint32_t World::proven_before() const {
    const auto generation = client_->engine().generation();
    if (generation == 0) return 0;
    const auto& its_line = *lines_[generation - 1];
    return std::max(its_line.subscribed, its_line.read_upto);
}

void World::read_here(std::uint32_t before) {
    auto& its_line = line(client_->engine().generation());
    its_line.read_upto = std::max(its_line.read_upto, before);
}

// The wire.

Line* World::newest_line() {
    for (auto each = lines_.rbegin(); each != lines_.rend(); ++each) {
        if (!(*each)->gone && (*each)->accepted) return each->get();
    }
    return nullptr;
}

void World::open(std::uint64_t generation) {
    lines_.push_back(std::make_unique<Line>());
    auto& fresh = *lines_.back();
    fresh.generation = generation;
    websocket::Limits limits;
    limits.max_message_bytes = plan_.max_message_bytes;
    fresh.reader = websocket::Reader(limits);
    require(generation == lines_.size(), Invariant::one_connection, "attempts are not counted");
    fresh.latency = chance_.between(milliseconds(1), plan_.server.slowest);
    fresh.pongs = !chance_.per_mille(plan_.server.ignores_pings);
    fresh.answers_close = !chance_.per_mille(plan_.server.ignores_close);
    const auto id = static_cast<std::uint32_t>(generation);
    auto when = now_ + chance_.between(milliseconds(0), milliseconds(20));
    const bool refused = chance_.per_mille(plan_.server.refuses) || !server_takes_;
    const bool slow = chance_.per_mille(plan_.server.slow_steps);
    for (const auto each : {Step::connecting, Step::securing, Step::upgrading}) {
        if (refused && chance_.one_in(4)) break;
        at(when, What::progress, id, static_cast<std::uint64_t>(each));
        when += chance_.between(milliseconds(0), slow ? kSlowStep : plan_.server.slowest);
    }
    if (refused) {
        if (chance_.one_in(10)) return;  // never an answer
        fresh.why_eof = some_refusal();
        at(when, What::refused, id);
        return;
    }
    at(when + fresh.latency, What::opened, id);
    fresh.last_down = when + fresh.latency;
    if (!chance_.per_mille(plan_.server.slow_session)) {
        at(when, What::accepts, id);
        return;
    }
    // A session that needs an answer of the server before messages flow (XMPP, STOMP).
    fresh.session_by_server = true;
}

/// The client has said its first words on a new connection.
void World::open_session(std::uint64_t generation) {
    auto& fresh = line(generation);
    if (!fresh.session_by_server) return client_->session_opened(generation, now_);
    if (chance_.one_in(4)) return;  // never an answer
    const auto id = static_cast<std::uint32_t>(generation);
    const auto when = now_ + chance_.between(milliseconds(0), kSlowSession);
    at(when, What::accepts, id);
    at(when + fresh.latency, What::session_opened, id);
    fresh.last_down = std::max(fresh.last_down, when + fresh.latency);
}

Failure World::some_refusal() {
    const auto status = [](std::uint16_t code, std::optional<std::uint32_t> wait = {}) {
        return Failure{Reason::http_status, 0, code, wait};
    };
    if (!server_takes_) return status(chance_.one_in(2) ? 401 : 403);
    switch (chance_.below(16)) {
        case 0:
            return status(429, chance_.below(20));
        case 1:
            return status(503);
        case 2:
            return status(503, chance_.one_in(4) ? 1'000 : chance_.below(60));
        case 3:
            return status(500);
        case 4:
            return chance_.one_in(3) ? status(404) : status(502, 3);
        case 5:
            return {Reason::resolve_failed, 0, 0, {}};
        case 6:
            return {Reason::tls_failed, 0, 0, {}};
        case 7:
            return {Reason::certificate_refused, 0, 0, {}};
        case 8:
            return chance_.one_in(4) ? Failure{Reason::pin_mismatch, 0, 0, {}}
                                     : Failure{Reason::connect_failed, 0, 0, {}};
        case 9:
            return chance_.one_in(4) ? Failure{Reason::handshake_invalid, 0, 0, {}}
                                     : Failure{Reason::proxy_failed, 0, 0, {}};
        case 10:
            return status(401);
        default:
            return {Reason::connect_failed, 0, 0, {}};
    }
}

void World::close(std::uint64_t generation, std::uint16_t code) {
    auto& its_line = line(generation);
    its_line.last_up = std::max(its_line.last_up, now_ + its_line.latency);
    at(its_line.last_up, What::up_close, static_cast<std::uint32_t>(generation), code);
}

void World::abort(std::uint64_t generation) {
    auto& its_line = line(generation);
    its_line.gone = true;
    // A half-open socket stays in the server's table.
    if (!its_line.mute) its_line.server_gone = true;
}

void World::line_ended(std::uint64_t generation) {
    line(generation).gone = true;
    line(generation).server_gone = true;
}

void World::ping(std::uint64_t generation, const engine::PingPayload& payload) {
    auto& its_line = line(generation);
    its_line.last_up = std::max(its_line.last_up, now_ + its_line.latency);
    at(its_line.last_up, What::up_ping, static_cast<std::uint32_t>(generation), 0, payload);
}

bool World::write(std::uint64_t generation, std::string_view id, std::size_t size,
                  std::uint64_t& out_offset) {
    auto& its_line = line(generation);
    if (its_line.gone || its_line.written - its_line.flushed > kSocketBufferBytes) return false;
    its_line.written += size + 6;
    out_offset = its_line.written;
    const auto number = static_cast<std::uint32_t>(generation);
    if (!its_line.mute || its_line.written < kSocketBufferBytes) {
        at(now_ + chance_.between(milliseconds(0), milliseconds(5)), What::flushed, number,
           its_line.written);
    }
    sent_.emplace_back(id);
    its_line.last_up = std::max(its_line.last_up, now_ + its_line.latency);
    at(its_line.last_up, What::up_text, number, sent_.size() - 1);
    return true;
}

void World::plan_read(std::uint64_t generation) {
    auto& its_line = line(generation);
    its_line.reading_paused = false;
    if (its_line.gone || its_line.read_planned) return;
    if (its_line.kernel.empty() && !its_line.eof) return;
    its_line.read_planned = true;
    at(now_ + chance_.between(milliseconds(0), milliseconds(chance_.one_in(8) ? 30 : 1)),
       What::read, static_cast<std::uint32_t>(generation));
}

void World::down(Line& to, What what, std::uint64_t value, const engine::PingPayload& payload) {
    if (to.gone || to.deaf) return;
    const auto jitter = chance_.between(milliseconds(0), milliseconds(5));
    to.last_down = std::max(to.last_down, now_ + to.latency + jitter);
    at(to.last_down, what, static_cast<std::uint32_t>(to.generation), value, payload);
}

void World::arrive(const Event& event) {
    auto& its_line = line(event.line);
    switch (event.what) {
        case What::accepts:
            if (!its_line.gone) server_accepts(its_line);
            return;
        case What::heartbeat:
            if (!acting_ || its_line.gone || its_line.server_gone) return;
            at(now_ + plan_.server.heartbeat, What::heartbeat, event.line);
            return down(its_line, What::down_ping);
        case What::up_ping:
            if (its_line.mute || its_line.server_gone || !its_line.pongs) return;
            return down(its_line, What::down_pong, 0, event.payload);
        case What::up_text:
            if (its_line.mute || its_line.server_gone) return;
            received_.insert(sent_[event.value]);
            if (!plan_.keeper.has_acks || chance_.per_mille(plan_.server.loses_acks)) return;
            down(its_line, What::down_ack, event.value);
            if (chance_.per_mille(plan_.server.doubles_acks)) {
                down(its_line, What::down_ack, event.value);
            }
            return;
        case What::up_close:
            note(Lane::server, "close " + std::to_string(event.value) + " arrives");
            if (its_line.mute || its_line.server_gone) return;
            if (its_line.answers_close) down(its_line, What::down_close, event.value);
            its_line.server_gone = true;
            return;
        default:
            break;
    }
    if (its_line.gone || (its_line.deaf && event.what != What::down_reset)) return;
    switch (event.what) {
        case What::down_text:
            its_line.arrive_text(texts_[event.value]);
            break;
        case What::down_too_much:
            its_line.arrive_too_much(plan_.max_message_bytes);
            break;
        case What::down_ack:
            its_line.arrive_text(R"({"ack":")" + sent_[event.value] + "\"}");
            break;
        case What::down_ping:
            its_line.arrive(websocket::Opcode::ping, {});
            break;
        case What::down_pong:
            its_line.arrive(websocket::Opcode::pong, event.payload);
            break;
        case What::down_close: {
            const std::array<std::uint8_t, 2> code{static_cast<std::uint8_t>(event.value >> 8U),
                                                   static_cast<std::uint8_t>(event.value)};
            its_line.closes_with = static_cast<std::uint16_t>(event.value);
            its_line.arrive(websocket::Opcode::close, code);
            break;
        }
        case What::down_reset:
            its_line.eof = true;
            break;
        case What::down_end:
            its_line.eof = true;
            if (event.value == 1) its_line.kernel.clear();  // RST: what was not read is lost
            break;
        default:
            break;
    }
    if (!its_line.reading_paused) plan_read(event.line);
}

// The server.

void World::server_accepts(Line& fresh) {
    fresh.accepted = true;
    fresh.subscribed = truth_.count();
    if (plan_.server.heartbeat > milliseconds{}) {
        at(now_ + plan_.server.heartbeat, What::heartbeat,
           static_cast<std::uint32_t>(fresh.generation));
    }
    note(Lane::server, "accepts " + std::to_string(fresh.generation) + ", " +
                           std::to_string(fresh.subscribed) + " published before");
    if (!chance_.per_mille(plan_.server.sends_backlog)) return;
    const auto all = fresh.subscribed;
    fresh.subscribed = all - std::min(all, 1 + chance_.below(6));  // from there on they come live
    for (auto i = fresh.subscribed; i < all; ++i) down(fresh, What::down_text, i);
}

void World::publish(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string room(1, static_cast<char>('a' + chance_.below(plan_.conversations)));
        const auto place = server_.publish(room);
        truth_.published();
        auto text = R"({"at":)" + std::to_string(place) + R"(,"id":")" +
                    server_.messages()[place].id + R"(","room":")" + room + R"(","text":"t"})";
        if (chance_.one_in(kEdgeEvery)) {
            const auto edge = kEdges[chance_.below(chance_.one_in(4) ? 6 : 3)];
            const auto spare = edge - std::min(edge, text.size());
            if (edge <= plan_.max_message_bytes) text.insert(text.size() - 2, spare, 't');
        }
        texts_.push_back(std::move(text));
        for (auto& each : lines_) {
            if (!each->accepted || each->gone || each->server_gone) continue;
            down(*each, What::down_text, place);
            if (chance_.per_mille(plan_.server.sends_twice)) down(*each, What::down_text, place);
        }
    }
}

void World::server_closes(std::uint16_t code) {
    auto* its_line = newest_line();
    if (its_line == nullptr || its_line->server_gone) return;
    note(Lane::server, "closes with " + std::to_string(code));
    down(*its_line, What::down_close, code);
    its_line->server_gone = true;
}

/// One message in two fragments that are too much together only.
void World::server_says_too_much() {
    auto* its_line = newest_line();
    if (its_line == nullptr || its_line->server_gone) return;
    note(Lane::server, "says too much");
    down(*its_line, What::down_too_much);
    its_line->server_gone = true;
}

void World::fetch(const history::output::StartFetch& start) {
    auto reply = server_.answer(start.page);
    answers_.push_back(
        {start.fetch, start.request, start.page, std::move(reply.result), truth_.count()});
    if (reply.delay > start.timeout && chance_.one_in(2)) return;
    at(now_ + reply.delay, What::answer, 0, answers_.size() - 1);
}

/// An answer may be on its way already, and must change nothing.
void World::stop_fetch(std::uint64_t fetch) {
    if (chance_.one_in(2)) return;
    for (auto& each : answers_) {
        if (each.fetch == fetch) each.fetch = 0;
    }
}

void World::answer_fetch(std::uint64_t index) {
    auto& answer = answers_[index];
    if (answer.fetch == 0) return;
    history::Answer parsed = Failure{Reason::history_unreadable, 0, 0, {}};
    if (const auto* failure = std::get_if<Failure>(&answer.result)) {
        parsed = *failure;
    } else {
        auto reading = workbench_.pages.read(
            answer.page.kind == history::Kind::messages ? *messages_plan_ : *conversations_plan_,
            std::get<std::string>(answer.result), answer.page.conversation);
        if (auto* page = std::get_if<std::shared_ptr<history::Page>>(&reading)) parsed = *page;
    }
    if (answer.request != 0) published_at_answer_[answer.request] = answer.published;
    const auto* refusal = std::get_if<Failure>(&answer.result);
    if (answer.request != 0 && refusal && refusal->http_status == 401) {
        require(++refusals_of_[answer.request] <= 2, Invariant::token_is_asked_by_rule,
                "a page asks for one fresh token after the other");
    }
    const auto fetch = std::exchange(answer.fetch, 0);
    client_->answered(fetch, std::move(parsed), now_);
}

/// Newer pages end where the server has nothing newer, not where it knows nothing.
void World::check_end_of(const history::output::PageReady& ready, std::uint32_t published) const {
    const auto& fetch = ready.fetch;
    if (fetch.kind != history::Kind::messages || ready.end != history::End::proven) return;
    if (fetch.direction != history::Direction::next || server_.habits.ignores_anchors) return;
    std::uint32_t last = ready.page->empty() ? place_of_id(fetch.anchor_id) : 0;
    for (const auto& item : ready.page->items()) {
        last = std::max(last, place_of_id(item.fields.id));
    }
    for (auto place = last + 1; place < published; ++place) {
        const auto& conversation = server_.messages()[place].conversation;
        require(!fetch.conversation.empty() && conversation != fetch.conversation,
                Invariant::refresh_ends, "an end is proven before the newest message");
    }
}

/// The app has the page; where it marks a refresh, the app takes it for all there is.
void World::page_came(const history::output::PageReady& ready) {
    const auto published = published_at_answer_[ready.request];
    check_end_of(ready, published);
    if (client_->oracle().marked_by_page()) truth_.app_saw_all_before(published);
    if (ready.fetch.kind != history::Kind::messages) return;
    const bool newest = ready.fetch.direction != history::Direction::previous;
    note(Lane::app,
         "the page: " +
             std::to_string(
                 ready.page->empty() ? 0 : place_of_id(ready.page->items().front().fields.id)) +
             " to " +
             std::to_string(
                 ready.page->empty() ? 0 : place_of_id(ready.page->items().back().fields.id)) +
             (client_->oracle().marked_by_page() ? ", marks" : "") + ", published " +
             std::to_string(published));
    // What lies further back may still come live, unless it has been read and waits.
    const bool all = newest || client_->keeper().positions().hole();
    for (const auto& item : ready.page->items()) {
        const auto place = place_of_id(item.fields.id);
        if (all || client_->holds(place)) {
            truth_.in_a_page(place);
        } else {
            truth_.app_saw(place);
        }
    }
    const bool per_conversation = plan_.keeper.source->scope == history::Scope::per_conversation;
    if (newest && per_conversation) {
        truth_.app_saw_of(ready.fetch.conversation, published);
    }
}

// The host's answers.

void World::token_needed(std::uint64_t request) {
    note(Lane::app, "a token is asked for");
    if (chance_.per_mille(plan_.host.token_silent)) return;
    const bool fails = chance_.per_mille(plan_.host.token_fails);
    if (!fails) {
        server_takes_ = server_takes_ || !chance_.one_in(5);
        server_.takes_token = server_takes_;
    }
    const auto slow = chance_.one_in(6) ? milliseconds(20'000) : milliseconds(300);
    at(now_ + chance_.between(milliseconds(0), slow), What::token, fails ? 0 : 1, request);
}

engine::OsAnswer World::ask_os(bool begin) {
    engine::OsAnswer answer;
    const bool refuses = begin && chance_.per_mille(plan_.host.refuses_time);
    if (begin) answer.id = refuses ? 0 : next_os_id_++;
    std::int64_t remaining = -1;
    if (chance_.per_mille(plan_.host.absurd_time)) {
        constexpr std::array<std::int64_t, 4> kAbsurd = {-5, 0, 90'000'000, INT64_MAX};
        remaining = kAbsurd[chance_.below(4)];
    } else if (chance_.per_mille(plan_.host.short_time)) {
        remaining = chance_.below(30'000);
    }
    answer.remaining = engine::clamp_os_remaining(remaining);
    if (remaining == -1) answer.remaining.reset();
    note(Lane::app, std::string(begin ? "begin hook: " : "remaining hook: ") +
                        (refuses ? "refused" : std::to_string(remaining) + " ms"));
    return answer;
}

}  // namespace graceline::simulation
