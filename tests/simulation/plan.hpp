// One simulated life as figures: the client's options, the server's and the network's habits.
// Must be drawn from the seed alone, before anything happens.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/keeper/keeper.hpp"
#include "core/session/plain.hpp"
#include "tests/history/simulated_server.hpp"
#include "tests/simulation/chance.hpp"

namespace graceline::simulation {

/// What the host, the server or the world does next. The order is that of the weights.
enum class Act : std::uint8_t {
    publish,
    app_state,
    host_poll,
    send,
    cancel_send,
    connect,
    disconnect,
    ping,
    expiring,
    network,
    clock_jump,
    freeze,
    refresh_begin,
    mark_refreshed,
    app_refresh,
    request_page,
    cancel_request,
    old_news,
    server_ping,
    server_close,
    cut,
    black_hole,
    server_mood,
    os_mood,
};
inline constexpr int kActs = 24;
const char* to_string(Act act);

/// Chances in a thousand where nothing else is said.
struct ServerHabits {
    unsigned refuses = 0;        ///< An attempt fails: HTTP, TCP, TLS or never answers.
    unsigned ignores_pings = 0;  ///< Each connection.
    unsigned ignores_close = 0;  ///< Each connection.
    unsigned loses_acks = 0;     ///< Each ack.
    unsigned doubles_acks = 0;   ///< Each ack.
    unsigned sends_backlog = 0;  ///< A new connection begins with what was sent lately.
    unsigned sends_twice = 0;    ///< Each message.
    unsigned slow_steps = 0;     ///< An attempt: TCP, TLS and upgrade take seconds each.
    unsigned slow_session = 0;   ///< An attempt: the session opens late, or never.
    milliseconds heartbeat{};    ///< Between its own pings; 0: none.
    milliseconds slowest{40};    ///< One way.
    bool rejects_token = false;  ///< Until a fresh one comes.
};

/// How the host behaves.
struct HostHabits {
    bool knows_two_states = false;  ///< Only will_resign_active and did_background.
    bool reports_in_order = true;
    bool polls = true;
    unsigned token_fails = 0;  ///< Each question.
    unsigned token_silent = 0;
    unsigned refuses_time = 0;  ///< Each begin hook.
    unsigned absurd_time = 0;
    unsigned short_time = 0;
};

struct Plan {
    std::uint64_t seed = 0;
    keeper::Options keeper;
    session::PlainOptions session;
    history::testing::Habits history;
    ServerHabits server;
    HostHabits host;
    std::array<std::uint32_t, kActs> weights{};
    std::uint32_t all_weights = 0;
    milliseconds longest_pause{2'000};  ///< Between two acts.
    std::size_t max_message_bytes = 70'000;
    std::uint32_t queue_messages = 64;  ///< Back-pressure beyond.
    std::uint32_t conversations = 1;
    std::uint32_t known_at_start = 0;  ///< Messages that the app has from its last life.
    bool gives_position = false;
    bool has_ids = true;
    bool starts = true;  ///< Else only connect() starts it.
};

Plan make_plan(std::uint64_t seed);

}  // namespace graceline::simulation
