// What the demo plays: the scenes, and the pace that is in proportion to the window.
// Must not show anything itself.
#include "tools/demo/scenes.hpp"

#include <algorithm>
#include <string>

#include "tools/demo/publisher.hpp"

namespace graceline::demo {

namespace {

class Play {
  public:
    Play(Stage& stage, Ms grace, const std::optional<Backstage>& backstage)
        : stage_(stage), grace_(grace), backstage_(backstage) {}

    void foreground() {
        stage_.begin_scene("Foreground", "Foreground", part(65));
        stage_.play(part(65));
        stage_.end_scene();
    }

    void quick_switch() {
        stage_.begin_scene("A quick look at another app", "Quick look away", part(120));
        leave();
        stage_.play(part(55));
        come_back();
        stage_.play(part(45));
        refresh_if_told();
        stage_.end_scene();
    }

    void window_over() {
        stage_.begin_scene("Away for longer than the window", "Window over", part(225));
        leave();
        stage_.play(part(160));
        come_back();
        stage_.play(part(20));
        refresh_if_told();
        stage_.play(part(25));
        stage_.end_scene();
    }

    // The server keeps the socket and says nothing, as a network does that goes away. The silence
    // is found by the ping of the window, and the client tries until the network is back.
    void cable_pulled() {
        stage_.begin_scene("The cable is pulled inside the window", "Cable pulled", part(158));
        leave();
        stage_.play(part(10));
        set_fault(backstage_->control_port, R"({"black_hole":true})");
        stage_.mark(MarkKind::fault, "cable", "pulled: nothing goes through any more");
        stage_.play(part(58));
        set_fault(backstage_->control_port, R"({"black_hole":false})");
        stage_.mark(MarkKind::fault, "cable", "back in its place");
        stage_.play(part(20));
        come_back();
        stage_.play(part(25));
        refresh_if_told();
        stage_.play(part(25));
        stage_.end_scene();
    }

  private:
    // A share of the window, in hundredths.
    Ms part(Ms hundredths) const { return grace_ * hundredths / 100; }

    void leave() {
        stage_.play(part(8));
        stage_.report(ApplicationState::will_resign_active);
        stage_.play(part(5));
        stage_.report(ApplicationState::did_background);
    }

    void come_back() {
        stage_.report(ApplicationState::will_enter_foreground);
        stage_.play(part(5));
        stage_.report(ApplicationState::did_become_active);
    }

    // What an app does when it is told to refresh; after a catch-up it is not. Against a server
    // that is not ours there is nothing to fetch from, and nothing is marked as done that was not
    // done.
    void refresh_if_told() {
        if (!backstage_ || !stage_.needs_refresh()) return;
        stage_.refresh([this] {
            const auto ids = fetch_ids(backstage_->control_port);
            for (const auto& id : ids) stage_.ledger().fetched_by_app(id);
            stage_.mark(MarkKind::app_refresh, "app",
                        "the demo fetches the history itself, over HTTP: " +
                            std::to_string(ids.size()) + " messages");
        });
    }

    Stage& stage_;
    Ms grace_;
    const std::optional<Backstage>& backstage_;
};

}  // namespace

void set_pace(Options& options, std::chrono::milliseconds grace) {
    // The library's own defaults belong to a window of 30 s.
    const auto scaled = [grace](std::int64_t default_ms, std::int64_t lowest_ms) {
        return Milliseconds(std::max(lowest_ms, default_ms * grace.count() / 30'000));
    };
    options.grace = grace;
    options.trust_time = scaled(5'000, 100);
    options.pong_timeout = scaled(10'000, 100);
    options.probe_timeout = scaled(2'000, 100);
    options.close_timeout = scaled(1'000, 50);
    options.backoff_initial = scaled(500, 10);
    options.backoff_max = scaled(3'000, 100);
}

std::chrono::milliseconds publish_interval(std::chrono::milliseconds grace) {
    return grace / 12;
}

void play_scenes(Stage& stage, std::chrono::milliseconds grace,
                 const std::optional<Backstage>& backstage) {
    Play play(stage, grace.count(), backstage);
    try {
        play.foreground();
        play.quick_switch();
        play.window_over();
        if (backstage) play.cable_pulled();
    } catch (const Interrupted&) {
        stage.end_scene();
    }
}

}  // namespace graceline::demo
