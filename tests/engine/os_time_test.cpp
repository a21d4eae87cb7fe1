// SPEC section 3: the operating system's share (R2, R13, R14) and its hooks' ids.
// Must not test the window without the system (window_test.cpp).
#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

TEST_CASE("hooks: will_resign_active -> begin is asked, did_background -> remaining is asked",
          "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.resign();
    CHECK(h.one<output::AskBackgroundTime>().begin);
    h.forget();
    h.background();
    CHECK_FALSE(h.one<output::AskBackgroundTime>().begin);
    CHECK(h.os_ids_held() == 1);
}

TEST_CASE("hooks: the host has none -> nothing is asked", "[engine]") {
    Harness h;
    h.connect_up();
    h.leave();
    h.ping();
    CHECK(h.count<output::AskBackgroundTime>() == 0);
}

TEST_CASE("R2: the system grants less than the window -> closed a margin before it ends",
          "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.os_remaining = seconds(20);
    h.leave();
    // Margin: close time-out 1,000 ms + 500 ms.
    CHECK(h.remaining_ms() == 18'500);
    h.advance(milliseconds(18'500));
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
    CHECK(h.os_ids_held() == 0);
}

TEST_CASE("R2: the system grants more than the window -> the window counts", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.os_remaining = seconds(170);
    h.leave();
    CHECK(h.remaining_ms() == 30'000);
}

TEST_CASE("R2: unlimited grace -> the system's time less the margin", "[engine]") {
    auto options = with_os_hooks();
    options.grace = std::nullopt;
    Harness h(options);
    h.connect_up();
    h.os_remaining = seconds(60);
    h.leave();
    CHECK(h.remaining_ms() == 58'500);
}

TEST_CASE("R2: less than the margin is left -> no window at all, never one in the past",
          "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.os_remaining = milliseconds(1'200);
    h.leave();
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);
    CHECK(h.os_ids_held() == 0);
}

TEST_CASE("R2: absurd answers of the system -> clamped", "[engine]") {
    CHECK(clamp_os_remaining(-1) == std::nullopt);
    CHECK(clamp_os_remaining(INT64_MAX) == std::nullopt);
    CHECK(clamp_os_remaining(86'400'000) == std::nullopt);
    CHECK(clamp_os_remaining(86'399'999) == milliseconds(86'399'999));
    CHECK(clamp_os_remaining(INT64_MIN) == Duration::zero());
    CHECK(clamp_os_remaining(-5) == Duration::zero());
    CHECK(clamp_os_remaining(0) == Duration::zero());
    CHECK(clamp_os_remaining(25'000) == seconds(25));
}

TEST_CASE("R4: resign and back -> the system's time is given back", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.resign();
    CHECK(h.os_ids_held() == 1);
    h.active();
    CHECK(h.count<output::EndBackgroundTime>() == 1);
    CHECK(h.os_ids_held() == 0);
}

TEST_CASE("R6: the end hook -> when the socket is gone, not while the close runs", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.answers_close = false;
    h.leave();
    h.advance(seconds(30));
    CHECK(h.count<output::EndBackgroundTime>() == 0);
    h.advance(milliseconds(1'000));
    CHECK(h.count<output::EndBackgroundTime>() == 1);
}

TEST_CASE("R11 and R12: connect() and ping() in background -> within what the system grants",
          "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.os_remaining = seconds(40);
    h.leave();
    CHECK(h.remaining_ms() == 30'000);
    h.advance(seconds(20));
    h.os_remaining = seconds(20);
    h.ping();
    CHECK(h.remaining_ms() == 18'500);
    h.connect();
    CHECK(h.remaining_ms() == 18'500);
    h.advance(milliseconds(18'499));
    CHECK(h.state() == ConnectionState::open);
    h.advance(milliseconds(1));
    CHECK(h.state() == ConnectionState::idle);
}

TEST_CASE("R13: background_time_expiring without a task -> nothing", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    CHECK(h.handle(input::BackgroundTimeExpiring{}) == Outcome::ok);
    CHECK(h.seen.empty());
    CHECK(h.state() == ConnectionState::open);
}

TEST_CASE("R13: before did_background -> the time is given back, the task stays, asked again",
          "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.resign();
    h.forget();
    h.handle(input::BackgroundTimeExpiring{});
    CHECK(h.count<output::EndBackgroundTime>() == 1);
    CHECK(h.count<output::BackgroundTaskEnded>() == 0);
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.os_ids_held() == 0);
    h.background();
    CHECK(h.one<output::AskBackgroundTime>().begin);
    CHECK(h.os_ids_held() == 1);
    CHECK(h.os_ids_granted() == 2);
}

TEST_CASE("R13: in the window -> os_expired, closed, the end hook once", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.leave();
    h.advance(seconds(5));
    h.forget();
    h.handle(input::BackgroundTimeExpiring{});
    CHECK(h.one<output::CloseTransport>().code == 1001);
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::os_expired);
    CHECK(h.reason() == Reason::os_expired);
    CHECK(h.count<output::EndBackgroundTime>() == 1);
    CHECK(h.status() == ConnectionStatus::disconnected);
    // Auto mode: an expiry like the others, so the return revives.
    h.come_back();
    CHECK(h.state() == ConnectionState::opening);
}

TEST_CASE("R13: the close hangs -> aborted after the close time-out, the end hook then",
          "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.answers_close = false;
    h.leave();
    h.advance(seconds(5));
    h.handle(input::BackgroundTimeExpiring{});
    CHECK(h.count<output::EndBackgroundTime>() == 0);
    CHECK(h.until_deadline() == milliseconds(1'000));
    h.advance(milliseconds(1'000));
    CHECK(h.count<output::AbortTransport>() == 1);
    CHECK(h.count<output::EndBackgroundTime>() == 1);
}

TEST_CASE("R13: from a hook -> aborts without waiting", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.answers_close = false;
    h.leave();
    h.handle(input::BackgroundTimeExpiring{false});
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.count<output::AbortTransport>() == 1);
    CHECK(h.os_ids_held() == 0);
}

TEST_CASE("R13: from a hook while the deadline's close runs -> that is aborted", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.answers_close = false;
    h.leave();
    h.advance(seconds(30));
    REQUIRE(h.state() == ConnectionState::closing);
    h.handle(input::BackgroundTimeExpiring{false});
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.os_ids_held() == 0);
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::expired);  // The first stands.
}

TEST_CASE("R14: refused at resign -> remembered only; asked again at did_background", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.os_refuses = true;
    h.resign();
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.count<output::BackgroundTaskEnded>() == 0);
    h.os_refuses = false;
    h.forget();
    h.background();
    CHECK(h.one<output::AskBackgroundTime>().begin);
    CHECK(h.state() == ConnectionState::open);
    CHECK(h.remaining_ms() == 30'000);
    CHECK(h.os_ids_held() == 1);
}

TEST_CASE("R14: refused at did_background too -> closed with the cause refused", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.os_refuses = true;
    h.leave();
    CHECK(h.one<output::BackgroundTaskEnded>().cause == TaskCause::refused);
    CHECK(h.one<output::CloseTransport>().code == 1001);
    CHECK(h.reason() == Reason::background_refused);
    CHECK(h.os_ids_granted() == 0);
    h.come_back();
    CHECK(h.state() == ConnectionState::opening);  // Auto mode revives.
}

TEST_CASE("R14: connect() in background after a refusal -> asks again", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.os_refuses = true;
    h.leave();
    h.os_refuses = false;
    h.forget();
    h.connect();
    CHECK(h.one<output::AskBackgroundTime>().begin);
    CHECK(h.count<output::BackgroundTaskBegan>() == 1);
    CHECK(h.state() == ConnectionState::opening);
}

TEST_CASE("hooks: an answer that comes after its task ended -> given back at once", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.os_answers = false;
    h.resign();
    const auto question = h.one<output::AskBackgroundTime>();
    h.active();
    h.forget();
    h.answer_os(question, 7);
    CHECK(h.one<output::EndBackgroundTime>().id == 7);
}

TEST_CASE("hooks: an answer to an older question -> given back, the newer one counts", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.os_answers = false;
    h.resign();
    h.background();
    const auto asked = h.unanswered();
    REQUIRE(asked.size() == 2);
    h.forget();
    h.answer_os(asked[1], 8);
    h.answer_os(asked[0], 7);
    CHECK(h.one<output::EndBackgroundTime>().id == 7);
    CHECK(h.os_ids_held() == 1);
    h.active();
    CHECK(h.os_ids_held() == 0);
}

TEST_CASE("hooks: an answer after close() -> given back", "[engine]") {
    Harness h(with_os_hooks());
    h.connect_up();
    h.os_answers = false;
    h.resign();
    const auto question = h.one<output::AskBackgroundTime>();
    h.close();
    h.answer_os(question, 9);
    CHECK(h.os_ids_held() == 0);
}

TEST_CASE("hooks: every way that a task can end -> each id ended exactly once", "[engine]") {
    using Act = std::function<void(Harness&)>;
    const std::vector<std::pair<const char*, Act>> ends = {
        {"return", [](Harness& h) { h.come_back(); }},
        {"deadline", [](Harness& h) { h.advance(seconds(40)); }},
        {"frozen past the deadline",
         [](Harness& h) {
             h.freeze(seconds(90));
             h.tick();
         }},
        {"os expiring", [](Harness& h) { h.handle(input::BackgroundTimeExpiring{}); }},
        {"os expiring in a hook",
         [](Harness& h) { h.handle(input::BackgroundTimeExpiring{false}); }},
        {"disconnect", [](Harness& h) { h.disconnect(); }},
        {"close", [](Harness& h) { h.close(); }},
        {"terminate", [](Harness& h) { h.terminate(); }},
        {"terminal cause", [](Harness& h) { h.refused_with(404); }},
        {"resign without return",
         [](Harness& h) {
             h.resign();
             h.disconnect();
         }},
    };
    for (const bool answers_close : {true, false}) {
        for (const auto& [name, end] : ends) {
            INFO(name << (answers_close ? "" : ", the close hangs"));
            Harness h(with_os_hooks());
            h.answers_close = answers_close;
            h.connect_up();
            h.leave();
            REQUIRE(h.os_ids_held() == 1);
            end(h);
            h.advance(seconds(2));
            CHECK(h.os_ids_held() == 0);
            CHECK(h.os_ids_granted() >= 1);
        }
    }
}
