// Draws a life: most are sound clients with one or two bad habits around them, some are chaos.
// Must keep to options that capi would accept.
#include "tests/simulation/plan.hpp"

#include <numeric>

namespace graceline::simulation {

namespace {

using history::testing::UnknownAnchor;

constexpr std::array<const char*, kActs> kActNames = {
    "publish",       "app_state",      "host_poll",   "send",         "cancel_send",    "connect",
    "disconnect",    "ping",           "expiring",    "network",      "clock_jump",     "freeze",
    "refresh_begin", "mark_refreshed", "app_refresh", "request_page", "cancel_request", "old_news",
    "server_ping",   "server_close",   "cut",         "black_hole",   "server_mood",    "os_mood"};

/// How often each is done where a life does not say otherwise.
constexpr std::array<std::uint32_t, kActs> kUsualWeights = {
    300, 160, 120, 50, 6, 10, 5, 12, 3, 12, 6, 10, 12, 12, 14, 20, 3, 12, 12, 8, 22, 6, 10, 6};

void draw_engine(engine::Options& options, Chance& chance) {
    options.auto_establish_socket_connection = !chance.one_in(4);
    switch (chance.below(8)) {
        case 0:
            options.grace = std::nullopt;
            break;
        case 1:
            options.grace = milliseconds(0);
            break;
        case 2:
            options.grace = chance.between(milliseconds(1), milliseconds(3'000));
            break;
        default:
            options.grace = chance.between(milliseconds(3'000), milliseconds(40'000));
    }
    if (chance.one_in(3))
        options.trust_time = chance.between(milliseconds(100), milliseconds(12'000));
    if (chance.one_in(5))
        options.close_timeout = chance.between(milliseconds(0), milliseconds(3'000));
    if (chance.one_in(6)) options.ping_interval = std::nullopt;
    if (chance.one_in(4))
        options.ping_interval = chance.between(milliseconds(1'000), milliseconds(9'000));
    if (chance.one_in(5))
        options.pong_timeout = chance.between(milliseconds(100), milliseconds(15'000));
    if (chance.one_in(5))
        options.probe_timeout = chance.between(milliseconds(100), milliseconds(4'000));
    if (chance.one_in(6)) options.backoff.attempts = 1 + chance.below(6);
    if (chance.one_in(10))
        options.backoff.total = chance.between(milliseconds(1), milliseconds(60'000));
    if (chance.one_in(4)) {
        options.backoff.initial = chance.between(milliseconds(10), milliseconds(2'000));
        options.backoff.maximum =
            options.backoff.initial + chance.between(milliseconds(0), milliseconds(20'000));
    }
    options.host_grants_time = chance.one_in(2);
    options.host_tells_remaining = options.host_grants_time && chance.one_in(2);
    options.host_provides_token = chance.one_in(4);
    options.initial_refresh_required = chance.one_in(12);
    if (chance.one_in(10))
        options.initial_application_state = engine::ApplicationState::did_background;
    options.seed = chance.next();
}

history::testing::Habits draw_history(Chance& chance) {
    history::testing::Habits habits;
    const auto maybe = [&] { return chance.below(5) < 2; };
    const auto some = [&] { return maybe() ? chance.below(150) : 0U; };
    habits.unknown = static_cast<UnknownAnchor>(chance.below(4));
    if (maybe()) habits.keeps = 5 + chance.below(60);
    if (maybe()) habits.most_items = 1 + chance.below(20);
    habits.inclusive = maybe();
    habits.newest_first = maybe();
    habits.tells_complete = maybe();
    habits.never_complete = !habits.tells_complete && maybe();
    habits.cursors = maybe();
    habits.ignores_anchors = chance.one_in(25);
    habits.fastest = milliseconds(1);
    habits.slowest = chance.between(milliseconds(2), milliseconds(maybe() ? 3'000 : 200));
    habits.repeats = some();
    habits.garbage = some() / 4;
    habits.cut_short = some() / 4;
    habits.lost = some();
    habits.errors = some();
    habits.throttles = some();
    habits.hangs = some() / 4;
    return habits;
}

/// The simulated server's pages and live messages: {"id","room","at","text"}.
void draw_session(Plan& plan, Chance& chance) {
    plan.has_ids = !chance.one_in(5);
    auto& keeper = plan.keeper;
    keeper.has_acks = chance.one_in(3);
    if (keeper.has_acks) plan.session.ack_pointer = "/ack";
    plan.session.pointers.id = plan.has_ids ? std::optional<std::string>("/id") : std::nullopt;
    if (plan.has_ids) plan.session.pointers.conversation = "/room";
    keeper.has_ids = plan.has_ids;
    keeper.outbox.messages = chance.one_in(3) ? 1 + chance.below(8) : 1'000;
    keeper.outbox.bytes = chance.one_in(4) ? 1'024 : 1U << 20U;
    keeper.refresh_by_fetch = !chance.one_in(3);
    plan.conversations = chance.one_in(2) ? 1 : 1 + chance.below(4);
    plan.history = draw_history(chance);
    if (chance.one_in(3)) return;
    auto source = history::testing::source_of(plan.history);
    if (chance.one_in(3)) {
        source.scope = history::Scope::per_conversation;
    } else if (chance.one_in(8)) {
        source.conversations_url.clear();
    }
    keeper.source = std::move(source);
    keeper.desk.seed = chance.next();
    if (chance.one_in(5)) keeper.desk.catch_up.pages = 1 + chance.below(5);
    if (chance.one_in(5)) keeper.desk.catch_up.messages = 1 + chance.below(30);
    keeper.engine.session.has_history = plan.has_ids && history::can_catch_up(*keeper.source);
}

void draw_world(Plan& plan, Chance& chance) {
    const auto some = [&](unsigned most) { return chance.below(5) < 2 ? chance.below(most) : 0U; };
    auto& server = plan.server;
    server.refuses = some(500);
    server.ignores_pings = some(400);
    server.ignores_close = some(600);
    server.loses_acks = some(300);
    server.doubles_acks = some(300);
    server.sends_backlog = plan.has_ids ? some(500) : 0;
    server.sends_twice = plan.has_ids ? some(200) : 0;
    server.slow_steps = some(200);
    server.slow_session = some(300);
    if (chance.one_in(6)) {
        server.heartbeat = milliseconds(50 + chance.below(5'000));
        // A server that talks on and never answers a ping.
        if (chance.one_in(3)) {
            server.ignores_pings = 900;
            plan.keeper.engine.trust_time = server.heartbeat / 2;
        }
    }
    server.slowest = milliseconds(1 + chance.below(chance.one_in(4) ? 1'500 : 120));
    auto& host = plan.host;
    host.knows_two_states = chance.one_in(6);
    host.reports_in_order = !chance.one_in(4);
    host.polls = !chance.one_in(10);
    host.token_fails = some(500);
    host.token_silent = some(300);
    host.refuses_time = some(400);
    host.absurd_time = some(300);
    host.short_time = some(500);
    for (std::size_t i = 0; i < kActs; ++i) {
        // Each life does some things a lot and others not at all.
        const auto factor = chance.below(8);
        plan.weights[i] = factor == 0 ? 0 : kUsualWeights[i] * (factor == 7 ? 6U : 2U);
    }
    plan.weights[static_cast<std::size_t>(Act::publish)] += 100;
    plan.weights[static_cast<std::size_t>(Act::app_state)] += 40;
    plan.all_weights = std::accumulate(plan.weights.begin(), plan.weights.end(), 0U);
    constexpr std::array<int, 5> kPauses = {40, 300, 1'500, 5'000, 20'000};
    plan.longest_pause = milliseconds(kPauses[chance.below(5)]);
    plan.queue_messages = chance.one_in(3) ? 2 + chance.below(10) : 200;
}

}  // namespace

const char* to_string(Act act) {
    return kActNames[static_cast<std::size_t>(act)];
}

Plan make_plan(std::uint64_t seed) {
    Chance chance(seed * 0x9E3779B97F4A7C15ULL + 1);
    Plan plan;
    plan.seed = seed;
    draw_engine(plan.keeper.engine, chance);
    draw_session(plan, chance);
    draw_world(plan, chance);
    plan.starts = !chance.one_in(10);
    if (chance.one_in(3)) plan.max_message_bytes = 2'000;
    if (plan.keeper.engine.host_provides_token && chance.one_in(3)) {
        plan.session.token_frame = session::TokenFrame{"token ", ""};
    }
    plan.known_at_start = chance.below(12);
    plan.gives_position =
        plan.keeper.engine.session.has_history && plan.known_at_start > 0 && chance.one_in(3);
    plan.keeper.engine.has_cursor = plan.gives_position;
    return plan;
}

}  // namespace graceline::simulation
