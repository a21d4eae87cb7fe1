// What core/client does around the keeper, without threads: actions, the queue, what is held.
// Must stay as close to core/client as virtual time allows (client_outputs.cpp, attempt.cpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/keeper/keeper.hpp"
#include "core/session/plain.hpp"
#include "tests/simulation/line.hpp"
#include "tests/simulation/oracle.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/truth.hpp"

namespace graceline::simulation {

/// What lies outside of a client: the network, the operating system, the host.
class Outside {
  public:
    virtual ~Outside() = default;
    virtual void open(std::uint64_t generation) = 0;
    /// The client's first words are said; its session_opened() follows, now, later or never.
    virtual void open_session(std::uint64_t generation) = 0;
    virtual void close(std::uint64_t generation, std::uint16_t code) = 0;
    virtual void abort(std::uint64_t generation) = 0;
    virtual void ping(std::uint64_t generation, const engine::PingPayload& payload) = 0;
    /// False: full, or not open.
    virtual bool write(std::uint64_t generation, std::string_view id, std::size_t size,
                       std::uint64_t& out_offset) = 0;
    virtual void fetch(const history::output::StartFetch& start) = 0;
    virtual void stop_fetch(std::uint64_t fetch) = 0;
    virtual void token_needed(std::uint64_t request) = 0;
    virtual engine::OsAnswer ask_os(bool begin) = 0;
    virtual void plan_read(std::uint64_t generation) = 0;
    virtual void line_ended(std::uint64_t generation) = 0;

    // The truth.
    virtual std::uint32_t place_of(std::string_view payload) const = 0;
    virtual std::uint32_t place_of_id(std::string_view id) const = 0;
    virtual std::string_view id_of(std::uint32_t place) const = 0;
    virtual bool server_has(std::string_view sent) const = 0;
    /// All before it that came on the present connection has been read.
    virtual void read_here(std::uint32_t before) = 0;
    /// What was published before the present connection began at the server.
    virtual std::uint32_t subscribed() const = 0;
    /// What was published before the last message that was read on it.
    virtual std::uint32_t proven_before() const = 0;
    virtual void page_came(const history::output::PageReady& ready) = 0;
};

class Client {
  public:
    Client(const Plan& plan, std::shared_ptr<session::JsonReader> reader, Truth& truth,
           Outside& outside, Trace* trace);

    // Calls of the host; each is one step of the engine, and what follows from it.
    engine::Outcome apply(const engine::Input& input, Instant now);
    void send(std::string_view id, std::size_t size, std::optional<Duration> expires_in,
              Instant now);
    void cancel_send(std::uint64_t id, Instant now);
    void ask(const history::Fetch& page, Instant now);
    void cancel_request(Instant now);
    /// Takes that many events at most.
    void poll(std::size_t count, Instant now);

    // What comes from outside.
    void opened(std::uint64_t generation, Instant now);
    void session_opened(std::uint64_t generation, Instant now);
    void readable(Line& line, std::size_t most_bytes, Instant now);
    void ended(std::uint64_t generation, const engine::Failure& why, Instant now);
    void flushed(std::uint64_t offset, Instant now);
    void answered(std::uint64_t fetch, history::Answer answer, Instant now);

    const keeper::Keeper& keeper() const { return keeper_; }
    const engine::Engine& engine() const { return keeper_.engine(); }
    Oracle& oracle() { return oracle_; }
    bool holds(std::uint32_t place) const {
        return std::find(held_.begin(), held_.end(), place) != held_.end();
    }

  private:
    struct Question {
        std::uint64_t number = 0;
        bool begin = false;
    };
    struct Act {
        enum class Kind : std::uint8_t { open, close, abort, ping, fetch, stop_fetch, forget } kind;
        std::uint64_t number = 0;
        std::uint16_t code = 0;
        engine::PingPayload payload{};
        std::optional<history::output::StartFetch> start;
    };

    engine::Outcome step(const engine::Input& input);
    void drain();
    void put(const engine::Output& output);
    void put(const engine::FateRange& fates);
    void put(history::output::StartFetch& start);
    void put(const history::output::StopFetch& stop);
    void put(const history::output::PageReady& ready);
    void put(const history::output::RequestFailed& failed);
    void put(const history::output::Replay& replay);
    void put(const keeper::output::HoldMessages&);
    void put(const keeper::output::ReleaseMessages& release);
    void run_acts();
    void run(Act& act);
    void answer_questions();
    void send_waiting();
    void note_news();
    void show(std::uint32_t place, bool replayed);
    bool full() const { return queue_ + held_.size() >= plan_.queue_messages; }
    void resume_reading();
    void take_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload);
    void carry_out_session_actions();
    void check();
    void check_positions();

    const Plan& plan_;
    Truth& truth_;
    Outside& outside_;
    Trace* trace_;
    keeper::Keeper keeper_;
    session::Plain session_;
    Oracle oracle_;
    Instant now_{};

    std::vector<keeper::Output> outputs_;
    std::vector<Act> acts_;
    std::vector<Act> running_;
    bool running_acts_ = false;
    std::vector<Question> questions_;
    std::uint64_t sender_ = 0;  ///< The open one.
    std::uint64_t line_ = 0;    ///< The attempt.

    // The queue of events: how many messages stand in it, and those that wait behind pages, by
    // their place in the server's list.
    std::size_t queue_ = 0;
    std::uint64_t unread_fates_ = 0;
    std::vector<std::uint32_t> held_;
    bool held_now_ = false;
    bool said_complete_ = false;
    std::uint64_t forget_since_ = 0;
    std::vector<std::shared_ptr<const history::Page>> forget_but_;
    struct HeldFrom {
        std::uint64_t generation;
        std::uint64_t since;
    };
    std::optional<HeldFrom> held_from_;  ///< As in core/client.
    bool paused_ = false;
    /// Went to the connection as it came, and the place in its stream where each ends.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> given_;
    std::unordered_map<std::string, std::uint64_t> number_of_;  ///< By de-duplication id.
    std::array<std::uint32_t, 5> positions_{};
    std::vector<std::uint64_t> requests_;
    std::uint64_t next_request_ = 0;
    std::optional<history::output::StartFetch> waiting_fetch_;

    // One read.
    std::vector<std::uint32_t> pending_;
    std::string parts_;
    std::uint64_t reading_ = 0;
    std::uint32_t newest_read_ = 0;  ///< And one more.
    std::uint64_t seen_before_read_ = 0;
    std::vector<std::pair<std::string, std::string>> newest_;
    std::size_t newest_count_ = 0;
};

}  // namespace graceline::simulation
