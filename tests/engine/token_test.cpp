// SPEC section 4, "Token": the host's provider is asked once at a time, anew after a refusal.
// Must not test where a token is put into a request (tests/client, tests/capi).
#include "tests/engine/harness.hpp"

using namespace graceline::engine;
using namespace graceline::engine::testing;

namespace {

Options with_provider(Options options = {}) {
    options.host_provides_token = true;
    return options;
}

}  // namespace

TEST_CASE("token: a provider, before the first attempt -> asked, and nothing is opened before",
          "[engine]") {
    Harness h(with_provider());
    h.answers_token = false;
    h.start();
    CHECK(h.state() == ConnectionState::awaiting_token);
    CHECK(h.engine.phase() == Phase::awaiting_token);
    CHECK(h.status() == ConnectionStatus::connecting);
    CHECK(h.count<output::AskToken>() == 1);
    CHECK(h.count<output::OpenTransport>() == 0);
    CHECK((h.token(true) == Outcome::ok));
    CHECK(h.state() == ConnectionState::opening);
    CHECK(h.engine.attempt() == 1);
}

TEST_CASE("token: a reconnect -> the same token, nobody is asked", "[engine]") {
    Harness h(with_provider());
    h.connect_up();
    h.lost();
    h.connect();
    h.finish_opening();
    CHECK(h.count<output::AskToken>() == 0);
}

TEST_CASE("token: refused by 401, 403, 4401, 4403, 1008 -> asked once more, then terminal",
          "[engine]") {
    const auto refusals = {Failure{Reason::http_status, 0, 401, {}},
                           Failure{Reason::http_status, 0, 403, {}},
                           Failure{Reason::closed_by_server, 4401, 0, {}},
                           Failure{Reason::closed_by_server, 4403, 0, {}},
                           Failure{Reason::closed_by_server, 1008, 0, {}}};
    for (const auto& refusal : refusals) {
        INFO(refusal.http_status << ' ' << refusal.close_code);
        Harness h(with_provider());
        h.start();
        h.transport_opened();
        h.forget();
        h.transport_ended(refusal);
        CHECK(h.count<output::AskToken>() == 1);
        CHECK(h.state() == ConnectionState::opening);  // at once, with the fresh one
        h.transport_ended(refusal);
        CHECK(h.state() == ConnectionState::idle);
        CHECK(h.reason() == Reason::auth_refused);
        CHECK(h.count<output::AskToken>() == 1);
    }
}

TEST_CASE("token: a refusal right after the connection came up, again and again -> terminal",
          "[engine]") {
    Harness h(with_provider());
    h.connect_up();
    h.closed_by_server(4401);
    h.finish_opening();
    h.closed_by_server(4401);
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.reason() == Reason::auth_refused);
}

TEST_CASE("token: refusals an hour apart -> a fresh token each time", "[engine]") {
    Harness h(with_provider());
    h.connect_up();
    for (int i = 0; i < 3; ++i) {
        h.advance(std::chrono::hours(1));
        h.closed_by_server(4401);
        h.finish_opening();
    }
    CHECK(h.count<output::AskToken>() == 3);
}

TEST_CASE("token: another failure between two refusals -> they are not in a row", "[engine]") {
    Harness h(with_provider());
    h.connect_up();
    h.closed_by_server(4401);
    h.finish_opening();
    h.lost();
    h.connect();
    h.finish_opening();
    h.closed_by_server(4401);
    CHECK(h.state() == ConnectionState::opening);
}

TEST_CASE("token: a fixed one refused -> terminal, nobody to ask", "[engine]") {
    Harness h;
    h.start();
    h.refused_with(401);
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.reason() == Reason::auth_refused);
    CHECK(h.count<output::AskToken>() == 0);
}

TEST_CASE("token: terminal, then connect() -> asked again", "[engine]") {
    Harness h(with_provider());
    h.start();
    h.refused_with(401);
    h.refused_with(401);
    REQUIRE(h.state() == ConnectionState::idle);
    h.forget();
    h.connect();
    CHECK(h.count<output::AskToken>() == 1);
    h.refused_with(401);
    CHECK(h.state() == ConnectionState::opening);
}

TEST_CASE("token: no answer in 15 s -> retry with backoff; the late answer is refused",
          "[engine]") {
    Harness h(with_provider());
    h.answers_token = false;
    h.start();
    const auto request = h.engine.token().request();
    CHECK(h.until_deadline() == seconds(15));
    CHECK((h.engine.next_deadline_reason() == Timer::token));
    h.now += seconds(15);
    h.tick();
    CHECK(h.state() == ConnectionState::backoff);
    CHECK(h.reason() == Reason::token_timeout);
    CHECK((h.handle(input::TokenProvided{request, true}) == Outcome::unknown_request));
    h.advance(seconds(1));
    CHECK(h.state() == ConnectionState::awaiting_token);
    CHECK(h.count<output::AskToken>() == 2);
    CHECK(h.engine.attempt() == 2);
}

TEST_CASE("token: the provider fails -> retry with backoff", "[engine]") {
    Harness h(with_provider());
    h.answers_token = false;
    h.start();
    h.token(false);
    CHECK(h.state() == ConnectionState::backoff);
    CHECK(h.reason() == Reason::token_failed);
}

TEST_CASE("token: disconnect(), close(), the deadline while it is asked -> the question is over",
          "[engine]") {
    const std::vector<std::function<void(Harness&)>> ends = {[](Harness& h) { h.disconnect(); },
                                                             [](Harness& h) { h.close(); },
                                                             [](Harness& h) { h.terminate(); },
                                                             [](Harness& h) {
                                                                 h.leave();
                                                                 h.now += seconds(30);
                                                                 h.tick();
                                                             }};
    for (const auto& end : ends) {
        auto options = with_provider();
        options.token_timeout = std::chrono::minutes(2);
        Harness h(options);
        h.answers_token = false;
        h.start();
        const auto request = h.engine.token().request();
        end(h);
        CHECK(h.state() == ConnectionState::idle);
        CHECK_FALSE(h.engine.token().asking());
        CHECK(h.count<output::TokenSettled>() == 1);
        CHECK((h.handle(input::TokenProvided{request, true}) != Outcome::ok));
        CHECK(h.count<output::OpenTransport>() == 0);
    }
}

TEST_CASE("token: asked in background, no answer -> retried inside the window (R22)", "[engine]") {
    Harness h(with_provider());
    h.connect_up();
    h.leave();
    h.answers_token = false;
    h.closed_by_server(4401);
    CHECK(h.state() == ConnectionState::awaiting_token);
    h.now += seconds(15);
    h.tick();
    CHECK(h.state() == ConnectionState::backoff);
    h.advance(seconds(30));
    CHECK(h.state() == ConnectionState::idle);
    CHECK(h.reason() == Reason::background_expired);
}

TEST_CASE("token: a page of history refuses it while connected -> one question, the socket stays",
          "[engine]") {
    Harness h(with_provider());
    h.connect_up();
    h.answers_token = false;
    const auto held = h.engine.token().number();
    h.handle(input::TokenRefused{held});
    h.handle(input::TokenRefused{held});
    CHECK(h.count<output::AskToken>() == 1);
    CHECK(h.state() == ConnectionState::open);
    h.token(true);
    CHECK(h.one<output::TokenSettled>().ok);
    h.forget();
    h.handle(input::TokenRefused{held});  // an older one: the newer is there
    CHECK(h.one<output::TokenSettled>().ok);
    CHECK(h.count<output::AskToken>() == 0);
}

TEST_CASE("token: history and connection need one at once -> one question serves both",
          "[engine]") {
    Harness h(with_provider(manual()));
    h.answers_token = false;
    h.handle(input::TokenRefused{0});
    h.connect();
    CHECK(h.count<output::AskToken>() == 1);
    CHECK(h.state() == ConnectionState::awaiting_token);
    h.token(true);
    CHECK(h.state() == ConnectionState::opening);
}

TEST_CASE("token: the network goes off and on while it is asked -> the same question", "[engine]") {
    Harness h(with_provider());
    h.answers_token = false;
    h.start();
    h.network(Network::off);
    CHECK(h.state() == ConnectionState::network_off);
    h.network(Network::available);
    CHECK(h.state() == ConnectionState::awaiting_token);
    CHECK(h.count<output::AskToken>() == 1);
    h.network(Network::off);
    h.token(true);
    CHECK(h.state() == ConnectionState::network_off);
    h.network(Network::available);
    CHECK(h.state() == ConnectionState::opening);
}

TEST_CASE(
    "token: refused, then up for long, then the window ran out -> the next refusal is a first",
    "[engine]") {
    Harness h(with_provider());
    h.start();
    h.refused_with(401);
    h.finish_opening();
    h.advance(seconds(60));
    h.leave();
    h.advance(seconds(31));
    h.come_back();
    h.forget();
    h.refused_with(401);
    CHECK(h.count<output::AskToken>() == 1);
    CHECK(h.state() == ConnectionState::opening);
}

TEST_CASE("token: refused twice, connect() in a window of no length -> asked again on return",
          "[engine]") {
    auto options = with_provider();
    options.grace = Duration{};
    Harness h(options);
    h.start();
    h.refused_with(401);
    h.refused_with(401);
    REQUIRE(h.reason() == Reason::auth_refused);
    h.background();
    h.connect();
    h.foreground();
    h.forget();
    h.refused_with(401);
    CHECK(h.count<output::AskToken>() == 1);
}
