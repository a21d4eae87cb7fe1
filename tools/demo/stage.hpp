// The app of the demo: one client, the states that are reported for it, and all that is seen of it.
// Must not know the scenes, and shows nothing that does not happen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tools/demo/ledger.hpp"
#include "tools/demo/record.hpp"
#include "tools/demo/screen.hpp"

namespace graceline::demo {

/// Ends the scenes early; what was seen until then still counts.
struct Interrupted {};

class Stage {
  public:
    Stage(Options options, Screen& screen);

    /// Any thread.
    Ms clock() const { return (now() - start_).count(); }
    const Record& record() const { return record_; }
    Ledger& ledger() { return ledger_; }
    std::uint64_t message_count() const { return deliveries_.size(); }
    const std::vector<Ms>& deliveries() const { return deliveries_; }
    bool needs_refresh() const { return client_.needs_refresh(); }
    bool is_connected() const { return client_.connection_status() == ConnectionStatus::connected; }
    /// Why nothing will be tried again, when that is so.
    std::optional<Reason> final_reason() const { return final_reason_; }

    void begin_scene(const std::string& title, const std::string& short_title, Ms planned);
    void end_scene();
    void start() { client_.start(); }
    void report(ApplicationState state);
    /// Takes events for a while; throws Interrupted when the user wants the end.
    void play(Ms duration);
    /// True when `done` said so in time; false also when the user interrupts.
    bool play_until(Ms duration, const std::function<bool()>& done);
    /// Something the demo did, not the library.
    void mark(MarkKind kind, const std::string& about, const std::string& what);
    /// Does `fetch` between a mark and its use, as an app refreshes.
    void refresh(const std::function<void()>& fetch);
    /// Ends the client in order.
    void finish();

  private:
    // What hooks of other threads have to say, until the stage shows it.
    struct HookNotes {
        std::mutex mutex;
        std::vector<std::pair<Milliseconds, std::string>> notes;
        std::uint64_t last_id = 0;

        void add(std::string text);
    };
    struct Teller;

    static Options with_hooks(Options options, const std::shared_ptr<HookNotes>& notes);
    void take_events(Milliseconds wait);
    void show_hook_notes();
    void sample();
    void draw();

    Screen& screen_;
    Milliseconds start_;
    std::shared_ptr<HookNotes> hook_notes_ = std::make_shared<HookNotes>();
    Client client_;
    Record record_;
    Ledger ledger_;
    std::vector<Ms> deliveries_;
    ApplicationState state_ = ApplicationState::did_become_active;
    std::optional<Reason> final_reason_;
    std::string last_message_;
    int replayed_count_ = 0;  // since the last verdict about a gap
    Ms scene_begin_ = 0;
    Ms scene_planned_ = 0;
    Ms last_drawn_ = -1'000;
    bool was_away_ = false;
    bool is_in_scene_ = false;
    bool is_closed_ = false;
};

}  // namespace graceline::demo
