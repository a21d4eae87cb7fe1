// An engine in virtual time with a small model of driver, server and operating system around it.
// Must not decide what is right beyond what holds always: the tests say the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/engine/engine.hpp"
#include "tests/support/catch.hpp"

namespace graceline::engine::testing {

using std::chrono::seconds;

inline Options manual() {
    Options options;
    options.auto_establish_socket_connection = false;
    return options;
}

inline Options with_os_hooks(Options options = {}) {
    options.host_grants_time = true;
    options.host_tells_remaining = true;
    return options;
}

/// A session that proves what it resumes.
inline Options telling_loss(Options options = {}) {
    options.session.keeps_session = true;
    options.session.tells_loss = true;
    return options;
}

class Harness {
  public:
    explicit Harness(const Options& options = {}) : engine(options, Instant{}), options_(options) {}

    // The model's behaviour; a test changes it as it goes.
    bool answers_pings = true;  ///< The server answers each ping at once.
    bool answers_close = true;  ///< The server answers a close at once.
    bool os_answers = true;     ///< Hooks answer at once.
    bool os_refuses = false;
    bool answers_token = true;             ///< The token provider answers at once.
    bool can_catch_up = false;             ///< What a session that opens says of the history.
    std::optional<Duration> os_remaining;  ///< What the hooks say; nullopt: no limit.

    Engine engine;
    Instant now{};
    std::vector<Output> seen;  ///< Everything since the last forget().

    Outcome handle(const Input& input);

    // What the host does.
    Outcome start() { return handle(input::Start{}); }
    Outcome connect() { return handle(input::Connect{}); }
    Outcome disconnect() { return handle(input::Disconnect{}); }
    Outcome close() { return handle(input::Close{}); }
    Outcome ping() { return handle(input::Ping{}); }
    Outcome report(ApplicationState state) { return handle(input::ReportState{state}); }
    Outcome resign() { return report(ApplicationState::will_resign_active); }
    Outcome background() { return report(ApplicationState::did_background); }
    Outcome foreground() { return report(ApplicationState::will_enter_foreground); }
    Outcome active() { return report(ApplicationState::did_become_active); }
    Outcome terminate() { return report(ApplicationState::will_terminate); }
    Outcome network(Network network) { return handle(input::NetworkChanged{network}); }
    void leave() {
        resign();
        background();
    }
    void come_back() {
        foreground();
        active();
    }

    // What the transport says, of the newest attempt.
    void progress(input::TransportProgress::Step step) {
        handle(input::TransportProgress{engine.generation(), step});
    }
    void transport_opened() { handle(input::TransportOpened{engine.generation()}); }
    void session_opened(input::SessionStart start = input::SessionStart::fresh) {
        handle(input::SessionOpened{engine.generation(), start, can_catch_up});
    }
    void caught_up(GapVerdict verdict, Reason reason) {
        handle(input::CatchUpEnded{engine.generation(), verdict, reason});
    }
    Outcome token(bool ok) { return handle(input::TokenProvided{engine.token().request(), ok}); }
    void transport_ended(const Failure& why) {
        handle(input::TransportEnded{engine.generation(), why});
    }
    void lost() { transport_ended({Reason::connection_lost, 0, 0, {}}); }
    void closed_by_server(std::uint16_t code) {
        transport_ended({Reason::closed_by_server, code, 0, {}});
    }
    void refused_with(std::uint16_t status, std::optional<std::uint32_t> retry_after = {}) {
        transport_ended({Reason::http_status, 0, status, retry_after});
    }
    void frame() { handle(input::FramesRead{engine.generation(), 1}); }
    void pong(const PingPayload& payload) { handle(input::PongRead{engine.generation(), payload}); }
    void pause() { handle(input::ReadingPaused{engine.generation()}); }
    void resume() { handle(input::ReadingResumed{engine.generation()}); }
    void clock_jumped() { handle(input::ClockJumped{}); }
    void tick() { handle(input::Tick{}); }

    /// The attempt under way succeeds.
    void finish_opening(input::SessionStart start = input::SessionStart::fresh) {
        REQUIRE(engine.state() == ConnectionState::opening);
        transport_opened();
        session_opened(start);
        REQUIRE(engine.state() == ConnectionState::open);
    }
    /// start() (auto) or connect() (manual), then success.
    void connect_up() {
        if (options_.auto_establish_socket_connection) {
            start();
        } else {
            connect();
        }
        finish_opening();
        forget();
    }

    /// Lets time pass; every deadline on the way gets its tick in time.
    void advance(Duration time);
    /// Time passes and nobody runs.
    void freeze(Duration time) { now += time; }

    // What was seen.
    void forget() { seen.clear(); }
    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const auto& output : seen) {
            if (const auto* one = std::get_if<T>(&output)) found.push_back(*one);
        }
        return found;
    }
    template <class T>
    std::size_t count() const {
        return all<T>().size();
    }
    /// The only one of its kind.
    template <class T>
    T one() const {
        const auto found = all<T>();
        REQUIRE(found.size() == 1);
        return found.front();
    }
    template <class T>
    T last() const {
        const auto found = all<T>();
        REQUIRE_FALSE(found.empty());
        return found.back();
    }

    // Queries, by the clock at the call.
    bool enabled() const { return background_task_enabled(engine.facts(), now); }
    bool must_refresh() const { return needs_refresh(engine.facts(), now); }
    std::int64_t remaining_ms() const { return background_time_remaining_ms(engine.facts(), now); }
    ConnectionStatus status() const { return connection_status(engine.facts(), now); }
    ConnectionState state() const { return engine.state(); }
    Reason reason() const { return engine.cause().reason; }
    Duration until_deadline() const { return engine.next_deadline().value() - now; }

    void refresh() { handle(input::MarkRefreshed{engine.continuity().mark()}); }

    std::size_t os_ids_granted() const { return granted_.size(); }
    std::size_t os_ids_held() const { return granted_.size() - ended_.size(); }
    std::uint64_t new_os_id() { return ++next_os_id_; }
    const std::vector<output::AskBackgroundTime>& unanswered() const { return unanswered_; }
    void answer_os(const output::AskBackgroundTime& question, std::uint64_t id,
                   std::optional<Duration> remaining = {});

  private:
    void observe(const Output& output);
    void react(const Output& output);
    void on(const output::OpenTransport& open);
    void on(const output::OpenSession&) {}
    void on(const output::CloseTransport& closing);
    void on(const output::AbortTransport& abort);
    void on(const output::SendPing& ping);
    void on(const output::AskBackgroundTime&) {}
    void on(const output::EndBackgroundTime& end);
    void on(const output::CatchUp& catch_up);
    void on(const output::StopCatchUp&);
    void on(const output::AskToken& ask);
    void on(const output::TokenSettled&);
    void on(const output::StatusChanged& change);
    void on(const output::BackgroundTaskBegan& began);
    void on(const output::BackgroundTaskEnded& ended);
    void on(const output::GapJudged& judged);
    void on(const output::ReturnJudged&);
    void on(const output::RefreshNeeded&) {}
    void on(const output::PingCompleted&) {}
    void on(const output::Closed&);

    Options options_;
    ConnectionStatus status_ = ConnectionStatus::disconnected;
    std::optional<Generation> socket_;
    std::set<Generation> closing_;
    std::uint64_t task_ = 0;
    bool task_running_ = false;
    std::uint64_t gap_ = 0;
    std::uint64_t returns_ = 0;
    std::uint64_t verdicts_ = 0;
    bool closed_ = false;
    bool catching_up_ = false;
    bool token_asked_ = false;
    std::uint64_t next_os_id_ = 100;
    std::set<std::uint64_t> granted_;
    std::set<std::uint64_t> ended_;
    std::vector<output::AskBackgroundTime> unanswered_;
};

}  // namespace graceline::engine::testing

namespace Catch {

#define GRACELINE_NAMED(TYPE)                                       \
    template <>                                                     \
    struct StringMaker<graceline::engine::TYPE> {                   \
        static std::string convert(graceline::engine::TYPE value) { \
            return graceline::engine::to_string(value);             \
        }                                                           \
    }
GRACELINE_NAMED(ConnectionState);
GRACELINE_NAMED(ConnectionStatus);
GRACELINE_NAMED(Phase);
GRACELINE_NAMED(Reason);
GRACELINE_NAMED(TaskCause);
GRACELINE_NAMED(GapVerdict);
#undef GRACELINE_NAMED

}  // namespace Catch
