// SPEC section 3: leaving the foreground, the window, its deadline (R0 to R4, R6, R8 to R12, R19).
// Must not test what a return finds (return_test.cpp).
#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

namespace {
/// One begun task is running, its window open with this much left.
void check_window(const Harness& h, milliseconds left) {
    CHECK(h.engine.task().window_started());
    CHECK(h.remaining_ms() == left.count());
}

}  // namespace

TEST_CASE("R0: a host that reports no states -> no task ever, the query stays false", "[engine]") {
    Harness h;
    h.connect_up();
    h.advance(std::chrono::hours(1));
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.count<output::BackgroundTaskBegan>() == 0);
    CHECK_FALSE(h.enabled());
    CHECK_FALSE(h.must_refresh());
    CHECK(h.remaining_ms() == 0);
}

TEST_CASE("R1: will_resign_active while wanted -> the task begins without a deadline", "[engine]") {
    Harness h;
    h.connect_up();
    h.resign();
    CHECK(h.one<output::BackgroundTaskBegan>().number == 1);
    CHECK(h.remaining_ms() == -1);
    CHECK(h.enabled());
    h.advance(std::chrono::hours(2));
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.count<output::BackgroundTaskEnded>() == 0);
}

TEST_CASE("R1: will_resign_active while not wanted -> no task", "[engine]") {
    Harness h(manual());
    h.start();
    h.resign();
    CHECK(h.count<output::BackgroundTaskBegan>() == 0);
    CHECK_FALSE(h.enabled());
}

TEST_CASE("R1: will_resign_active twice -> one task", "[engine]") {
    Harness h;
    h.connect_up();
    h.resign();
    h.resign();
    CHECK(h.count<output::BackgroundTaskBegan>() == 1);
}

TEST_CASE("R1: the socket has lost its trust -> it is pinged", "[engine]") {
    Harness h;
    h.connect_up();
    // A jump while our own back-pressure stands loses the trust but cannot probe.
    h.pause();
    h.freeze(seconds(60));
    h.clock_jumped();
    REQUIRE_FALSE(h.engine.liveness().trusted());
    h.forget();
    h.resign();
    CHECK(h.count<output::SendPing>() == 1);
}

TEST_CASE("R2: did_background -> the deadline is a grace window from then", "[engine]") {
    Harness h;
    h.connect_up();
    h.resign();
    h.advance(seconds(7));
    h.background();
    check_window(h, milliseconds(30'000));
    CHECK(h.enabled());
    h.advance(milliseconds(29'999));
    CHECK(h.remaining_ms() == 1);
    CHECK(h.enabled());
    CHECK(h.status() == ConnectionStatus::connected);
    h.advance(milliseconds(1));
    CHECK(h.status() == ConnectionStatus::disconnected);
    CHECK_FALSE(h.enabled());
}

TEST_CASE("R2: did_background without will_resign_active -> the task begins there", "[engine]") {
    Harness h;
    h.connect_up();
    h.background();
    CHECK(h.count<output::BackgroundTaskBegan>() == 1);
    check_window(h, milliseconds(30'000));
}

TEST_CASE("R2: the window is configured -> it is kept to the millisecond", "[engine]") {
    for (const auto grace : {milliseconds(1), milliseconds(300), milliseconds(86'400'000)}) {
        Options options;
        options.grace = grace;
        Harness h(options);
        h.connect_up();
        h.leave();
        check_window(h, grace);
        h.advance(grace - milliseconds(1));
        CHECK(h.state() == ConnectionState::open);
        h.advance(milliseconds(1));
        CHECK(h.state() == ConnectionState::idle);
        CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
    }
}

TEST_CASE("R3: did_background after disconnect() -> no task, nothing is kept", "[engine]") {
    Harness h(manual());
    h.connect_up();
    h.disconnect();
    h.forget();
    h.leave();
    CHECK(h.count<output::BackgroundTaskBegan>() == 0);
    CHECK(h.state() == ConnectionState::idle);
    CHECK_FALSE(h.enabled());
    CHECK_FALSE(h.engine.next_deadline());
}

TEST_CASE("R3: did_background and connect() never came -> no task", "[engine]") {
    Harness h(manual());
    h.start();
    h.leave();
    CHECK(h.count<output::BackgroundTaskBegan>() == 0);
    CHECK(h.count<output::OpenTransport>() == 0);
}

TEST_CASE("R3: disconnect() after will_resign_active -> the task ends, background keeps nothing",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.resign();
    h.disconnect();
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::disconnected);
    h.background();
    CHECK(h.count<output::BackgroundTaskBegan>() == 1);
    CHECK(h.state() == ConnectionState::idle);
}

TEST_CASE("R4: resign, then active -> the task ends returned, the socket stays", "[engine]") {
    Harness h;
    h.connect_up();
    h.resign();
    h.advance(seconds(2));
    h.frame();
    h.forget();
    h.active();
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::returned);
    CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::skip);
    CHECK(h.count<output::SendPing>() == 0);
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.engine.connections() == 1);
}

TEST_CASE("R4: resign, then active over a socket silent for long -> it is probed", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.resign();
    h.advance(seconds(6));
    h.forget();
    h.active();
    CHECK(h.count<output::SendPing>() == 1);
    CHECK(h.engine.phase() == Phase::probing);
    CHECK(h.status() == ConnectionStatus::connected);
}

TEST_CASE("R6: the deadline -> 1001, disconnected with its reason, task ended expired, once",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_close = false;
    h.leave();
    h.forget();
    h.advance(seconds(30));
    const auto closing = h.one<output::CloseTransport>();
    CHECK(closing.code == 1001);
    CHECK(closing.suspend);
    const auto change = h.one<output::StatusChanged>();
    CHECK(change.status == ConnectionStatus::disconnected);
    CHECK(change.cause.reason == Reason::background_expired);
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
    CHECK(h.one<output::BackgroundTaskEnded>().reason == Reason::background_expired);
    CHECK(h.state() == ConnectionState::closing);
    CHECK(h.remaining_ms() == 0);
    CHECK(h.must_refresh());

    h.advance(milliseconds(999));
    CHECK(h.count<output::AbortTransport>() == 0);
    h.advance(milliseconds(1));
    CHECK(h.count<output::AbortTransport>() == 1);
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.reason() == Reason::background_expired);
    CHECK_FALSE(h.engine.next_deadline());
    h.advance(std::chrono::hours(10));
    CHECK(h.count<output::BackgroundTaskEnded>() == 1);
    CHECK(h.count<output::OpenTransport>() == 0);
}

TEST_CASE("R6: bytes after the deadline -> not taken", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_close = false;
    h.leave();
    const auto generation = h.engine.generation();
    CHECK(h.engine.takes_frames(generation));
    h.advance(seconds(30));
    CHECK_FALSE(h.engine.takes_frames(generation));
    const auto before = h.engine.liveness().last_frame_at();
    h.frame();
    CHECK(h.engine.liveness().last_frame_at() == before);
}

TEST_CASE("R8: did_background twice -> the second changes nothing", "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.advance(seconds(10));
    h.forget();
    h.background();
    CHECK(h.seen.empty());
    check_window(h, milliseconds(20'000));
    h.advance(seconds(20));
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
    // Nor after the window.
    h.forget();
    h.background();
    CHECK(h.seen.empty());
}

TEST_CASE("R9: background, foreground, background -> a fresh full window each time", "[engine]") {
    Harness h;
    h.connect_up();
    for (std::uint64_t round = 1; round <= 3; ++round) {
        h.forget();
        h.leave();
        CHECK(h.one<output::BackgroundTaskBegan>().number == round);
        check_window(h, milliseconds(30'000));
        h.advance(seconds(25));
        h.come_back();
        CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::returned);
        CHECK(h.one<output::ReturnJudged>().advice == ReturnAdvice::skip);
    }
    CHECK(h.engine.connections() == 1);
}

TEST_CASE("R9: a fresh task over an untrusted socket -> no more trusted than that", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_pings = false;
    h.leave();
    h.advance(seconds(6));
    h.come_back();
    REQUIRE_FALSE(h.engine.liveness().trusted());
    h.leave();
    CHECK_FALSE(h.engine.liveness().trusted());
    h.active();
    CHECK_FALSE(h.enabled());
}

TEST_CASE("R10: disconnect() in the window -> 1000, task ended disconnected, for good",
          "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.advance(seconds(5));
    h.forget();
    h.disconnect();
    CHECK(h.one<output::CloseTransport>().code == 1000);
    CHECK_FALSE(h.one<output::CloseTransport>().suspend);
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::disconnected);
    CHECK(h.status() == ConnectionStatus::disconnected);
    CHECK(h.reason() == Reason::disconnect_called);
    h.advance(std::chrono::hours(1));
    h.forget();
    h.come_back();
    CHECK(h.count<output::OpenTransport>() == 0);
}

TEST_CASE("R11: connect() inside the window -> the same task, a fresh full window", "[engine]") {
    for (const auto& options : {Options{}, manual()}) {
        Harness h(options);
        h.connect_up();
        h.leave();
        h.advance(seconds(20));
        h.forget();
        CHECK(h.connect() == Outcome::ok);
        CHECK(h.count<output::BackgroundTaskBegan>() == 0);
        CHECK(h.count<output::OpenTransport>() == 0);
        check_window(h, milliseconds(30'000));
    }
}

TEST_CASE("R11: connect() after the window, still in background -> a fresh task and connection",
          "[engine]") {
    for (const auto& options : {Options{}, manual()}) {
        Harness h(options);
        h.connect_up();
        h.leave();
        h.advance(seconds(100));
        h.forget();
        CHECK(h.connect() == Outcome::ok);
        CHECK(h.one<output::BackgroundTaskBegan>().number == 2);
        CHECK(h.count<output::OpenTransport>() == 1);
        check_window(h, milliseconds(30'000));
        h.finish_opening();
        h.advance(seconds(30));
        CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
        CHECK(h.state() == ConnectionState::idle);
    }
}

TEST_CASE("R11: connect() while the old socket still closes -> that is aborted first", "[engine]") {
    Harness h;
    h.connect_up();
    h.answers_close = false;
    h.leave();
    h.advance(seconds(30));
    REQUIRE(h.state() == ConnectionState::closing);
    h.forget();
    h.connect();
    // Abort before open: the harness refuses a second socket.
    CHECK(h.count<output::AbortTransport>() == 1);
    CHECK(h.count<output::OpenTransport>() == 1);
}

TEST_CASE("R11: no connect() in background after the window -> nothing reconnects", "[engine]") {
    for (const auto& options : {Options{}, manual()}) {
        Harness h(options);
        h.connect_up();
        h.leave();
        h.advance(seconds(30));
        h.forget();
        h.network(Network::off);
        h.network(Network::available);
        h.clock_jumped();
        h.tick();
        h.advance(std::chrono::hours(24));
        CHECK(h.count<output::OpenTransport>() == 0);
        CHECK(h.state() == ConnectionState::idle);
    }
}

TEST_CASE("R11: a process that a push starts in background -> a task from the start", "[engine]") {
    Options options;
    options.initial_application_state = ApplicationState::did_background;
    Harness h(options);
    h.start();
    CHECK(h.count<output::BackgroundTaskBegan>() == 1);
    check_window(h, milliseconds(30'000));
    h.finish_opening();
    CHECK(h.enabled());
    h.advance(seconds(30));
    CHECK(h.state() == ConnectionState::idle);

    options.auto_establish_socket_connection = false;
    Harness m(options);
    m.start();
    CHECK(m.count<output::BackgroundTaskBegan>() == 0);
    m.connect();
    check_window(m, milliseconds(30'000));
}

TEST_CASE("R12: ping() in background -> measures the round trip and restarts the window",
          "[engine]") {
    for (const auto& options : {Options{}, manual()}) {
        Harness h(options);
        h.connect_up();
        h.answers_pings = false;
        h.leave();
        h.advance(seconds(4));
        h.forget();
        CHECK(h.ping() == Outcome::ok);
        check_window(h, milliseconds(30'000));
        const auto sent = h.one<output::SendPing>();
        h.freeze(milliseconds(42));
        h.pong(sent.payload);
        const auto done = h.one<output::PingCompleted>();
        CHECK(done.round_trip == milliseconds(42));
        CHECK(done.reason == Reason::none);
    }
}

TEST_CASE("R12: ping() again and again -> the life in background goes on", "[engine]") {
    Harness h(manual());
    h.connect_up();
    h.leave();
    for (int i = 0; i < 20; ++i) {
        h.advance(seconds(25));
        REQUIRE(h.ping() == Outcome::ok);
    }
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.count<output::BackgroundTaskEnded>() == 0);
    h.advance(seconds(30));
    CHECK(h.state() == ConnectionState::idle);
}

TEST_CASE("R12: ping() once the deadline has passed -> an error, nothing is revived", "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.freeze(seconds(30));  // Nobody has carried the expiry out yet.
    CHECK(h.ping() == Outcome::window_over);
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
    CHECK(h.ping() == Outcome::window_over);
    CHECK(h.remaining_ms() == 0);
}

TEST_CASE("R12: ping() in the foreground and after resign -> no window is started", "[engine]") {
    Harness h;
    h.connect_up();
    CHECK(h.ping() == Outcome::ok);
    h.resign();
    CHECK(h.ping() == Outcome::ok);
    CHECK(h.remaining_ms() == -1);
    CHECK(h.count<output::PingCompleted>() == 2);
}

TEST_CASE("R12: ping() without a connection -> an error", "[engine]") {
    Harness h;
    CHECK(h.ping() == Outcome::not_connected);
    h.start();
    CHECK(h.ping() == Outcome::not_connected);
}

TEST_CASE("R19: grace 0 -> closed at did_background", "[engine]") {
    Options options;
    options.grace = Duration::zero();
    Harness h(options);
    h.connect_up();
    h.resign();
    CHECK(h.enabled());
    h.background();
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.one<output::CloseTransport>().code == 1001);
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
    CHECK_FALSE(h.enabled());
    CHECK(h.remaining_ms() == 0);
    h.come_back();
    CHECK(h.state() == ConnectionState::opening);
}

TEST_CASE("R19: unlimited -> only a call ends it", "[engine]") {
    Options options;
    options.grace = std::nullopt;
    Harness h(options);
    h.connect_up();
    h.leave();
    CHECK(h.remaining_ms() == -1);
    h.advance(std::chrono::hours(48));
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.enabled());
    h.disconnect();
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::disconnected);
}

TEST_CASE("window: the ping interval inside it -> no longer than trust_time", "[engine]") {
    Harness h;
    h.connect_up();
    h.resign();
    h.background();
    h.forget();
    h.advance(seconds(29));
    // 5 s after the connect, then each 5 s after the pong before.
    CHECK(h.count<output::SendPing>() == 5);
}

TEST_CASE("window: pings are switched off -> inside the window they are sent all the same",
          "[engine]") {
    Options options;
    options.ping_interval = std::nullopt;
    Harness h(options);
    h.connect_up();
    h.advance(std::chrono::hours(1));
    CHECK(h.count<output::SendPing>() == 0);
    h.leave();
    h.advance(seconds(12));
    CHECK(h.count<output::SendPing>() >= 2);
}

TEST_CASE("window: entered after a long silence -> a ping at once, but no suspect event",
          "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.answers_pings = false;
    h.advance(seconds(20));
    h.leave();
    CHECK(h.until_deadline() <= Duration::zero());  // Older than trust_time: the ping is due.
    h.tick();
    CHECK(h.count<output::SendPing>() == 1);
    CHECK(h.engine.phase() == Phase::open);
    CHECK(h.engine.liveness().trusted());
    // A slow answer is an answer: a keepalive has ten seconds, a probe would have had two.
    h.advance(seconds(9));
    CHECK(h.state() == ConnectionState::open);
    h.frame();
    CHECK(h.enabled());
}
