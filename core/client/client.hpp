// The thread-safe face of one engine: calls in, events out, queries from a snapshot.
// Must take the engine's lock for each step and call neither host nor transport callbacks under it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/client/dispatcher.hpp"
#include "core/client/event_queue.hpp"
#include "core/client/history_request.hpp"
#include "core/client/settings.hpp"
#include "core/client/snapshot.hpp"
#include "core/driver/loop.hpp"
#include "core/driver/transport.hpp"
#include "core/engine/engine.hpp"
#include "core/keeper/keeper.hpp"
#include "core/session/outgoing_id.hpp"
#include "core/session/session.hpp"

namespace graceline::client {

class Attempt;

struct ConnectionInfo {
    engine::ConnectionStatus status{};
    engine::Phase phase{};
    engine::Failure cause;
    engine::ApplicationState application_state{};
    engine::Network network{};
    engine::TaskCause task_cause{};
    bool trusted = false;
    bool gap_open = true;
    bool task_running = false;
    std::uint32_t attempt = 0;
    std::uint64_t task_number = 0;
    std::uint64_t gap_number = 0;
    std::uint64_t connection_number = 0;
    std::int64_t retry_in_ms = -1;
    std::int64_t round_trip_us = -1;
    std::int64_t last_frame_age_ms = -1;
    const char* transport = "";
    driver::Opened opened;
    std::string text;
};

struct Statistics {
    std::uint64_t messages_received = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t frames_received = 0;
    std::uint64_t messages_sent = 0;
    std::uint64_t pings_sent = 0;
    std::uint64_t connections = 0;
    std::uint64_t attempts = 0;
    std::uint64_t gaps = 0;
    std::uint64_t tasks = 0;
    std::uint64_t discarded_reads = 0;
    std::uint64_t reading_paused = 0;
    std::uint64_t queue_bytes = 0;
    std::uint64_t queue_peak_bytes = 0;
    std::uint64_t events_coalesced = 0;
    std::uint64_t slow_hooks = 0;
    std::uint64_t duplicates_dropped = 0;
    std::uint64_t messages_replayed = 0;
    std::uint64_t pages_fetched = 0;
    std::uint64_t held_bytes = 0;
    std::uint64_t held_peak_bytes = 0;
    std::uint64_t outbox_messages = 0;
    std::uint64_t outbox_bytes = 0;
};

enum class SendOutcome : std::uint8_t { accepted, closed, not_connected, window_over, full };

/// What the host wants to send, and what is wrong with it: field and rule, empty when nothing is.
struct SendRequest {
    websocket::Opcode opcode = websocket::Opcode::text;
    std::span<const std::uint8_t> payload;
    std::string_view deduplication_id;
    std::optional<engine::Duration> expires_in;
};
struct ArgumentError {
    const char* field = "";
    std::string rule;
};

class Client : public std::enable_shared_from_this<Client> {
  public:
    static std::shared_ptr<Client> create(Settings settings);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Calls of the host, any thread.
    engine::Outcome start() { return apply(engine::input::Start{}); }
    engine::Outcome connect() { return apply(engine::input::Connect{}); }
    engine::Outcome disconnect() { return apply(engine::input::Disconnect{}); }
    engine::Outcome ping() { return apply(engine::input::Ping{}); }
    engine::Outcome network_changed(engine::Network network);
    engine::Outcome mark_refreshed(std::uint64_t mark);
    std::uint64_t refresh_mark();
    /// will_terminate waits up to 250 ms (R20); everything else returns at once.
    engine::Outcome configure_services(engine::ApplicationState state);
    /// Waits up to the close time-out and a slack (R13); from a hook it aborts and does not wait.
    engine::Outcome background_time_expiring();
    SendOutcome send(const SendRequest& request, std::uint64_t& out_id, ArgumentError& out_error);
    /// False: it is on its way, has its fate, or was never accepted.
    bool cancel_send(std::uint64_t id);
    /// `token` is empty when the host has none. The rule that the token breaks, or "".
    engine::Outcome provide_token(std::uint64_t request, std::string_view token,
                                  std::string& out_rule);
    // History.
    /// Null: this client has none.
    const history::SourceOptions* history_source() const;
    /// ok, or already_under_way, or what keeper::Asking says.
    enum class Fetched : std::uint8_t { ok, closed, window_over, full, unsupported, under_way };
    Fetched fetch(const std::shared_ptr<HistoryRequest>& request, history::Direction direction,
                  std::uint64_t& out_number);
    /// False: nothing is under way.
    bool cancel_fetch(HistoryRequest& request);
    /// The host's own HTTP. unknown_request: nobody waits for it (any more).
    engine::Outcome provide_page(std::uint64_t fetch, std::uint16_t status,
                                 std::optional<std::uint32_t> retry_after_seconds,
                                 std::string body);
    std::size_t history_page_bytes() const { return settings_.history->page_bytes; }
    std::optional<std::string> last_message_id(std::string_view conversation) const;

    std::uint64_t max_message_bytes() const {
        return settings_.transport->limits.max_message_bytes;
    }
    void close();
    /// After it no hook starts but end and free.
    void release();

    void set_wake_hook(std::shared_ptr<std::function<void()>> hook);
    EventQueue& queue() { return *queue_; }
    const std::shared_ptr<EventQueue>& shared_queue() const { return queue_; }

    engine::Facts facts() const { return snapshot_.read(); }
    ConnectionInfo info() const;
    Statistics statistics() const;

    /// R20 for every client of the process.
    static void shut_down_all();

  private:
    friend class Attempt;

    explicit Client(Settings settings);

    struct Question {
        std::uint64_t number;
        bool begin;
    };
    using Questions = std::vector<Question>;

    /// The client's lock for one step. What the step leaves for the I/O thread is posted when the
    /// lock has been given back: woken earlier, that thread would only find it taken.
    class Turn {
      public:
        explicit Turn(Client& client) : client_(client), lock_(client.mutex_) {}
        ~Turn() {
            if (has_actions_ || arms_timer_) end();  // else unlocking is all, also for each send
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

        /// Gives the lock back. What remains to be asked of the host, under none.
        Questions end();

      private:
        friend class Client;

        Client& client_;
        std::unique_lock<std::mutex> lock_;
        Questions questions_;
        bool has_actions_ = false;
        bool arms_timer_ = false;
    };

    /// Messages of this connection were dropped before anybody saw them.
    struct ForgetLive {
        engine::Generation generation;
        std::uint64_t since;  ///< Ids that were seen before it have been delivered.
        std::vector<std::shared_ptr<const history::Page>> pages;  ///< And so have these.
    };
    /// Large, and most clients never have one.
    using StartFetch = std::shared_ptr<const history::output::StartFetch>;
    using Action =
        std::variant<engine::output::OpenTransport, engine::output::CloseTransport,
                     engine::output::AbortTransport, engine::output::SendPing,
                     engine::output::Closed, StartFetch, history::output::StopFetch, ForgetLive>;

    // client.cpp
    engine::Outcome apply(const engine::Input& input);
    engine::Outcome step(const engine::Input& input, engine::Instant now, Turn& turn);
    void answer(Questions questions);
    engine::OsAnswer ask_host(bool begin);
    void wait_until_settled(std::chrono::steady_clock::time_point until);
    bool settled() const;

    // client_outputs.cpp: under the lock
    void drain(Turn& turn);
    void drain_keeper(Questions& questions);
    void put(const engine::Output& output, Questions& questions);
    void act(Action action);
    void add_event(ControlEvent event);
    void report_status(const engine::output::StatusChanged& changed);
    void put(const engine::FateRange& fates);
    void put(history::output::StartFetch& start);
    void put(const history::output::StopFetch& stop);
    void put(history::output::PageReady& ready);
    void put(const history::output::RequestFailed& failed);
    void put(const history::output::Replay& replay);
    void put(const keeper::output::HoldMessages&);
    void put(const keeper::output::ReleaseMessages& release);
    std::shared_ptr<HistoryRequest> take_request(std::uint64_t number);
    void ask_for_token(std::uint64_t request);
    void end_background_time(std::uint64_t id);
    void log(LogLevel level, std::string text);
    void plan_wake_up(Turn& turn);

    // client_send.cpp: under the lock
    SendOutcome keep_and_send(const SendRequest& request, std::uint64_t& out_id,
                              ArgumentError& out_error, Turn& turn);
    bool prepare(const SendRequest& request, engine::Outgoing& message, ArgumentError& out_error);
    void send_waiting();
    void settle(std::uint64_t flushed);
    void acknowledged(std::string_view deduplication_id);
    std::shared_ptr<const driver::TransportSettings> transport_settings() const;
    /// For a token that goes into the first frame; else empty.
    std::string session_token() const;
    const engine::Engine& engine() const { return keeper_.engine(); }

    // client_actions.cpp: on the I/O thread
    void set_up();
    void run_actions();
    void arm_timer();
    void run(const engine::output::OpenTransport& open);
    void run(const engine::output::CloseTransport& close);
    void run(const engine::output::AbortTransport& abort);
    void run(const engine::output::SendPing& ping);
    void run(const engine::output::Closed&);
    void run(const StartFetch& start);
    void run(const history::output::StopFetch& stop);
    void run(const ForgetLive& forget);
    void fetched(std::uint64_t fetch, history::Answer answer);
    void timer_fired();
    void drop_attempt(engine::Generation generation);
    void resume_reading();
    void wake_host();

    const LastingSettings settings_;
    const engine::Duration close_timeout_;
    const std::shared_ptr<driver::Loop> loop_;
    const std::shared_ptr<Dispatcher> dispatcher_;
    std::shared_ptr<EventQueue> queue_;

    /// The engine's owner is whoever holds it. The transport's sending half has it too, and may
    /// live a moment longer.
    const std::shared_ptr<std::mutex> mutex_owner_ = std::make_shared<std::mutex>();
    std::mutex& mutex_ = *mutex_owner_;
    std::condition_variable settled_;
    keeper::Keeper keeper_;
    Snapshot snapshot_;
    engine::Facts published_;
    std::vector<Action> actions_;
    bool actions_posted_ = false;
    engine::Deadline armed_;
    bool wake_up_planned_ = false;
    bool deadline_stale_ = false;
    unsigned ends_pending_ = 0;
    bool released_ = false;
    std::shared_ptr<const driver::TransportSettings> transport_settings_;  ///< With the token.
    std::string token_;
    std::optional<session::OutgoingId> outgoing_id_;
    std::uint64_t ids_chosen_ = 0;
    std::uint64_t requests_ = 0;
    std::map<std::uint64_t, std::shared_ptr<HistoryRequest>> requests_under_way_;
    std::map<std::uint64_t, history::Fetch> host_fetches_;
    std::shared_ptr<driver::Transport> sender_;  ///< The open one.
    driver::Opened opened_;
    std::string cause_text_;   ///< What the transport said of the failure being handled.
    std::string status_text_;  ///< Of the last change.
    /// The first read whose messages are held back: its connection, and the ids seen before it.
    struct HeldFrom {
        engine::Generation generation;
        std::uint64_t since;
    };
    std::optional<HeldFrom> held_from_;
    Statistics statistics_;
    std::shared_ptr<std::function<void()>> wake_hook_;
    std::atomic<bool> has_wake_hook_{false};
    std::shared_ptr<Client> self_;  ///< Until the last action is done.

    // I/O thread only.
    bool is_set_up_ = false;
    std::unique_ptr<driver::Timer> timer_;
    std::shared_ptr<void> sleep_watch_;
    std::shared_ptr<Attempt> attempt_;
    std::unique_ptr<session::Session> session_;
    std::unique_ptr<Fetcher> fetcher_;
    StartFetch waiting_fetch_;  ///< Until the queue has room.
    std::vector<Action> running_actions_;
};

}  // namespace graceline::client
