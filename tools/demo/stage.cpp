// The app of the demo: one client, the states that are reported for it, and all that is seen of it.
// Must not know the scenes, and shows nothing that does not happen.
#include "tools/demo/stage.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "tools/demo/publisher.hpp"
#include "tools/graceline/duration.hpp"
#include "tools/graceline/final_reason.hpp"
#include "tools/graceline/interrupt.hpp"
#include "tools/graceline/terminal_text.hpp"

namespace graceline::demo {

namespace {

// How often the queries are asked, and the lanes drawn.
constexpr Milliseconds kTick{20};
constexpr Ms kDrawEvery = 100;
constexpr Ms kCloseWithin = 3'000;
constexpr std::uint32_t kMaxBatchCount = 256;
constexpr std::size_t kMaxShownBytes = 60;

std::string seconds(Ms ms) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f s", static_cast<double>(ms) / 1'000.0);
    return text;
}

std::string because(Reason reason) {
    return reason == Reason::none ? "" : std::string(" (") + name_of(reason) + ")";
}

}  // namespace

void Stage::HookNotes::add(std::string text) {
    const std::lock_guard lock(mutex);
    notes.emplace_back(now(), std::move(text));
}

Options Stage::with_hooks(Options options, const std::shared_ptr<HookNotes>& notes) {
    options.begin_background_time = [notes] {
        std::uint64_t id = 0;
        {
            const std::lock_guard lock(notes->mutex);
            id = ++notes->last_id;
        }
        notes->add("the library asks for background time; granted, id " + std::to_string(id));
        return BackgroundTime{id, std::nullopt};
    };
    options.end_background_time = [notes](std::uint64_t id) {
        notes->add("the library gives background time back, id " + std::to_string(id));
    };
    return options;
}

Stage::Stage(Options options, Screen& screen)
    : screen_(screen), start_(now()), client_(with_hooks(options, hook_notes_)) {
    record_.grace = options.grace.value_or(Milliseconds(30'000)).count();
}

// Tells one event to the screen, the record and the ledger.
struct Stage::Teller {
    Stage& stage;
    const Event& event;

    Ms at() const { return (event.time() - stage.start_).count(); }
    void log(std::string_view about, const std::string& what, Tone tone = Tone::plain) const {
        stage.screen_.log(at(), about, what, tone);
    }

    void operator()(const MessageEvent& m) const {
        stage.deliveries_.push_back(at());
        if (m.id) stage.ledger_.delivered(std::string(*m.id), at(), m.is_replayed);
        std::string text = m.id ? "[" + cli::terminal_text(*m.id, kMaxShownBytes) + "] " : "";
        if (m.sender) text += cli::terminal_text(*m.sender, kMaxShownBytes) + ": ";
        text += m.is_text ? cli::terminal_text(body_of(m.payload), kMaxShownBytes)
                          : std::to_string(m.payload.size()) + " bytes";
        stage.last_message_ = std::move(text);
        if (m.is_replayed) {
            stage.record_.replays.push_back(at());
            ++stage.replayed_count_;
        }
        if (!stage.screen_.is_live()) {
            log("message", (m.is_replayed ? "replayed " : "live ") + stage.last_message_,
                m.is_replayed ? Tone::replayed : Tone::plain);
        }
    }
    void operator()(const ConnectionStatusEvent& s) const {
        const bool up = s.status == ConnectionStatus::connected;
        std::string text = name_of(s.status) + because(s.reason);
        if (s.retry_in) text += ", again in " + cli::duration_text(*s.retry_in);
        if (!s.text.empty()) text += ": " + cli::terminal_text(s.text, 2 * kMaxShownBytes);
        log("connection", text, up ? Tone::good : Tone::warning);
        const bool final = s.status == ConnectionStatus::disconnected && cli::is_final(s.reason);
        stage.final_reason_ = final ? std::optional(s.reason) : std::nullopt;
    }
    void operator()(const BackgroundTaskBeganEvent& t) const {
        log("task", "background task " + std::to_string(t.task_number) + " began", Tone::info);
    }
    void operator()(const BackgroundTaskEndedEvent& t) const {
        log("task",
            "background task " + std::to_string(t.task_number) + " ended: " + name_of(t.cause),
            Tone::info);
    }
    void operator()(const GapVerdictEvent& g) const {
        if (g.verdict == GapVerdict::gap || g.verdict == GapVerdict::unknown) {
            stage.ledger_.told_to_refresh(at());
        }
        log("gap",
            "of " + seconds(g.length.count()) + ": " + name_of(g.verdict) + because(g.reason));
        const int replayed = std::exchange(stage.replayed_count_, 0);
        if (replayed == 0) return;
        const std::string text =
            std::to_string(replayed) + " missed messages were fetched over HTTP and delivered";
        log("catch-up", text, Tone::replayed);
        stage.record_.marks.push_back({MarkKind::catch_up, at(), text});
    }
    void operator()(const ReturnVerdictEvent& v) const {
        const bool skip = v.verdict == ReturnVerdict::skip;
        if (!skip) stage.ledger_.told_to_refresh(at());
        const std::string text = skip ? "skip the refresh" : "refresh messages and conversations";
        log("VERDICT", text + because(v.reason), skip ? Tone::good : Tone::bad);
        stage.record_.marks.push_back({skip ? MarkKind::verdict_skip : MarkKind::verdict_refresh,
                                       at(), skip ? "skip" : "refresh"});
        // The verdict belongs to the newest return; without one it would be a bug worth seeing.
        if (stage.record_.returns.empty() ||
            stage.record_.returns.back().verdict != ReturnVerdict::none) {
            stage.record_.returns.push_back({"no return was reported", at()});
        }
        Return& last = stage.record_.returns.back();
        last.verdict = v.verdict;
        last.reason = v.reason;
        last.task_enabled = stage.client_.background_task_enabled();
        last.needs_refresh = stage.client_.needs_refresh();
        log("queries", std::string("background_task_enabled ") + (last.task_enabled ? "1" : "0") +
                           ", needs_refresh " + (last.needs_refresh ? "1" : "0"));
    }
    void operator()(const RefreshNeededEvent& r) const {
        stage.ledger_.told_to_refresh(at());
        log("refresh", std::string("needed") + because(r.reason), Tone::bad);
    }
    void operator()(const SendFateEvent&) const {}
    void operator()(const PingCompletedEvent&) const {}
    void operator()(const TokenNeededEvent&) const {}
    void operator()(const FetchNeededEvent&) const {}
    void operator()(const RequestCompletedEvent&) const {}
    void operator()(const ClosedEvent&) const { stage.is_closed_ = true; }
    void operator()(const UnknownEvent& u) const {
        log("event", "of the unknown type " + std::to_string(u.type));
    }
};

void Stage::begin_scene(const std::string& title, const std::string& short_title, Ms planned) {
    scene_begin_ = clock();
    scene_planned_ = planned;
    is_in_scene_ = true;
    record_.scenes.push_back({title, short_title, scene_begin_, scene_begin_});
    screen_.text();
    screen_.text(title, Tone::strong);
}

void Stage::end_scene() {
    sample();
    is_in_scene_ = false;
    const Ms end = std::max(scene_begin_ + scene_planned_, record_.end);
    screen_.keep(lanes_of(record_, deliveries_, scene_begin_, end, screen_.lane_columns(),
                          screen_.glyphs()));
}

void Stage::report(ApplicationState state) {
    screen_.log(clock(), "app state", name_of(state), Tone::info);
    const bool returns = state == ApplicationState::will_enter_foreground ||
                         state == ApplicationState::did_become_active;
    if (was_away_ && returns) {
        record_.returns.push_back(
            {record_.scenes.empty() ? "" : record_.scenes.back().title, clock()});
    }
    was_away_ = !returns;
    sample();
    client_.configure_services(state);
    state_ = state;
    sample();
}

void Stage::play(Ms duration) {
    play_until(duration, [] { return false; });
    if (cli::interrupted()) throw Interrupted{};
}

bool Stage::play_until(Ms duration, const std::function<bool()>& done) {
    const Ms end = clock() + duration;
    while (!cli::interrupted() && !is_closed_) {
        const Ms left = end - clock();
        if (done()) return true;
        if (left <= 0) return false;
        take_events(std::min(kTick, Milliseconds(left)));
        sample();
        draw();
    }
    return done();
}

void Stage::mark(MarkKind kind, const std::string& about, const std::string& what) {
    record_.marks.push_back({kind, clock(), what});
    screen_.log(clock(), about, what, kind == MarkKind::fault ? Tone::bad : Tone::plain);
}

void Stage::refresh(const std::function<void()>& fetch) {
    const std::uint64_t taken = client_.refresh_begin();
    fetch();
    client_.mark_refreshed(taken);
    sample();
}

void Stage::finish() {
    client_.close();
    const Ms end = clock() + kCloseWithin;
    while (!is_closed_ && clock() < end) take_events(kTick);
    show_hook_notes();
}

void Stage::take_events(Milliseconds wait) {
    for (const Event event : client_.poll(wait, kMaxBatchCount)) {
        show_hook_notes();
        event.visit(Teller{*this, event});
    }
    show_hook_notes();
}

void Stage::show_hook_notes() {
    std::vector<std::pair<Milliseconds, std::string>> notes;
    {
        const std::lock_guard lock(hook_notes_->mutex);
        notes.swap(hook_notes_->notes);
    }
    for (const auto& [time, text] : notes) screen_.log((time - start_).count(), "host", text);
}

void Stage::sample() {
    const Sample seen{clock(),
                      state_,
                      client_.connection_status(),
                      client_.background_time_remaining().count(),
                      client_.background_task_enabled(),
                      client_.needs_refresh()};
    record_.add(seen);
    if (seen.needs_refresh) {
        ledger_.told_to_refresh(seen.at);
    } else {
        ledger_.told_all_is_well(seen.at);
    }
}

void Stage::draw() {
    const Ms at = clock();
    if (!screen_.is_live() || !is_in_scene_) return;
    if (at - last_drawn_ < kDrawEvery) return;
    last_drawn_ = at;
    const Ms end = std::max(scene_begin_ + scene_planned_, at);
    const auto rows =
        lanes_of(record_, deliveries_, scene_begin_, end, screen_.lane_columns(), screen_.glyphs());
    const Ms left = client_.background_time_remaining().count();
    std::string status = " " + seconds(at) + "  " + name_of(state_) + "  " +
                         name_of(client_.connection_status()) + "  window " +
                         (left > 0 ? seconds(left) + " left" : "-") + "  messages " +
                         std::to_string(deliveries_.size());
    if (!last_message_.empty()) status += "  " + last_message_;
    screen_.draw(rows, status);
}

}  // namespace graceline::demo
