// One simulated life: a client, a server, the network between them, and a host that does anything.
// Must take all chance from the seed, and must let everything happen at its own virtual time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/history/page.hpp"
#include "tests/simulation/client.hpp"
#include "tests/simulation/line.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/truth.hpp"

namespace graceline::simulation {

/// What a thread keeps between lives: buffers, so that a life costs no setting up.
struct Workbench {
    std::shared_ptr<session::JsonReader> json = std::make_shared<session::JsonReader>();
    history::PageReader pages;
};

class World final : private Outside {
  public:
    World(const Plan& plan, Workbench& workbench, Trace* trace = nullptr);
    ~World() override;

    /// Throws a Violation. Returns the steps that the client took.
    std::uint64_t live(std::uint64_t steps);

  private:
    enum class What : std::uint8_t {
        act,
        // The server's side and the wire; they go on while the process stands still.
        accepts,
        heartbeat,
        up_ping,
        up_text,
        up_close,
        down_text,
        down_ack,
        down_ping,
        down_pong,
        down_close,
        down_end,
        down_too_much,
        down_reset,  ///< Gets through whatever else does not.
        // The client's side.
        progress,
        opened,
        session_opened,
        refused,
        read,
        flushed,
        answer,
        token,
        clock_jump,
    };
    struct Event {
        Instant at;
        std::uint64_t order = 0;
        What what{};
        std::uint32_t line = 0;
        std::uint64_t value = 0;
        engine::PingPayload payload{};
        bool operator<(const Event& other) const {  // For a heap whose front is the earliest.
            return at != other.at ? at > other.at : order > other.order;
        }
    };

    // world.cpp
    void at(Instant when, What what, std::uint32_t line = 0, std::uint64_t value = 0,
            const engine::PingPayload& payload = {});
    void step();
    void happen(const Event& event);
    void settle();
    void end();
    void note(Lane lane, std::string text);

    // world_network.cpp: the wire and the server
    void open(std::uint64_t generation) override;
    void close(std::uint64_t generation, std::uint16_t code) override;
    void abort(std::uint64_t generation) override;
    void ping(std::uint64_t generation, const engine::PingPayload& payload) override;
    bool write(std::uint64_t generation, std::string_view id, std::size_t size,
               std::uint64_t& out_offset) override;
    void fetch(const history::output::StartFetch& start) override;
    void stop_fetch(std::uint64_t fetch) override;
    void token_needed(std::uint64_t request) override;
    engine::OsAnswer ask_os(bool begin) override;
    void plan_read(std::uint64_t generation) override;
    void page_came(const history::output::PageReady& ready) override;
    void line_ended(std::uint64_t generation) override;
    std::uint32_t place_of(std::string_view payload) const override;
    std::uint32_t place_of_id(std::string_view id) const override;
    std::string_view id_of(std::uint32_t place) const override;
    void open_session(std::uint64_t generation) override;
    bool server_has(std::string_view sent) const override;
    void read_here(std::uint32_t before) override;
    std::uint32_t subscribed() const override;
    std::uint32_t proven_before() const override;
    void publish(std::uint32_t count);
    void down(Line& line, What what, std::uint64_t value = 0,
              const engine::PingPayload& payload = {});
    void arrive(const Event& event);
    void server_accepts(Line& line);
    void server_closes(std::uint16_t code);
    void server_says_too_much();
    void check_end_of(const history::output::PageReady& ready, std::uint32_t published) const;
    void answer_fetch(std::uint64_t index);
    engine::Failure some_refusal();
    Line& line(std::uint64_t generation) { return *lines_[generation - 1]; }
    Line* newest_line();

    // world_acts.cpp: what the host and the world do
    void act();
    void act(Act act);
    void report_state();
    void send();
    void request_page();
    void black_hole();
    void old_news();
    void app_refresh(bool whole);

    Plan plan_;  ///< Its server changes its mood.
    Workbench& workbench_;
    Trace* trace_;
    Chance chance_;
    history::testing::SimulatedServer server_;
    Truth truth_;
    std::unique_ptr<Client> client_;
    std::unique_ptr<history::PagePlan> messages_plan_;
    std::unique_ptr<history::PagePlan> conversations_plan_;

    Instant now_{};
    Instant frozen_until_{};
    Duration timers_late_{};
    std::vector<Event> events_;
    std::uint64_t order_ = 0;
    std::uint64_t steps_ = 0;
    bool acting_ = true;
    bool server_takes_ = true;

    std::vector<std::unique_ptr<Line>> lines_;
    std::vector<std::string> texts_;  ///< Live messages, by their place.
    std::vector<std::string> sent_;   ///< De-duplication ids, by number.
    std::unordered_set<std::string> received_;
    struct Answer {
        std::uint64_t fetch = 0;
        std::uint64_t request = 0;
        history::Fetch page;
        std::variant<std::string, engine::Failure> result;
        std::uint32_t published = 0;  ///< When the server answered.
    };
    std::vector<Answer> answers_;
    std::unordered_map<std::uint64_t, std::uint32_t> published_at_answer_;
    std::unordered_map<std::uint64_t, unsigned> refusals_of_;  ///< Of a token, by request.

    engine::ApplicationState app_ = engine::ApplicationState::did_become_active;
    std::uint64_t mark_ = 0;
    std::uint32_t marked_before_ = 0;
    std::uint64_t next_os_id_ = 1;
    std::uint64_t sends_ = 0;
};

}  // namespace graceline::simulation
