// One value for each prefix: it is copied, and each copy hears another word.
// Must answer what an input asks (OS time, an abort) at once, as the driver does.
#include "tests/simulation/every_sequence.hpp"

#include <algorithm>
#include <variant>
#include <vector>

#include "tests/simulation/oracle.hpp"

namespace graceline::simulation {

namespace in = engine::input;
namespace out = engine::output;
using engine::ApplicationState;
using engine::ConnectionState;

namespace {

constexpr std::array<const char*, kWords> kWordNames = {"will_resign_active",
                                                        "did_background",
                                                        "will_enter_foreground",
                                                        "will_terminate",
                                                        "connect",
                                                        "disconnect",
                                                        "background_time_expiring",
                                                        "peer_answers",
                                                        "peer_is_lost",
                                                        "next_timer",
                                                        "time_passes",
                                                        "time_stands"};
constexpr std::array<const char*, kKinds> kKindNames = {"automatic", "manual", "with OS time"};

constexpr std::chrono::seconds kGrace{30};
constexpr std::chrono::seconds kLonger{35};
constexpr std::chrono::seconds kOsTime{20};
constexpr int kMostTimers = 200;

keeper::Options options_of(Kind kind) {
    keeper::Options options;
    options.engine.grace = kGrace;
    options.engine.auto_establish_socket_connection = kind != Kind::manual;
    options.engine.host_grants_time = kind == Kind::with_os_time;
    options.engine.host_tells_remaining = kind == Kind::with_os_time;
    options.has_ids = false;
    return options;
}

/// A client without its transport: the engine, and who judges it.
class Listener {
  public:
    explicit Listener(const keeper::Options& options)
        : engine_(options.engine, Instant{}), oracle_(options, Instant{}) {
        hear(in::Start{});
    }

    void hear(Word word);
    std::uint64_t steps() const { return steps_; }

  private:
    void hear(const engine::Input& input);
    void report(ApplicationState state) { hear(in::ReportState{state}); }
    void peer_answers();
    void peer_is_lost();
    void fire_timers_until(Instant until);

    engine::Engine engine_;
    Oracle oracle_;
    engine::Outbox nothing_to_send_{{}, false};
    Instant now_{};
    std::uint64_t steps_ = 0;
    std::uint64_t os_ids_ = 0;
    std::uint64_t closing_ = 0;  ///< Its close handshake is under way.
    std::optional<engine::PingPayload> asked_;
};

void Listener::hear(const engine::Input& input) {
    ++steps_;
    oracle_.before(input, now_, engine_);
    const auto outcome = engine_.handle(input, now_);
    std::optional<out::AskBackgroundTime> question;
    while (const auto output = engine_.poll_output()) {
        oracle_.saw(*output);
        if (const auto* ask = std::get_if<out::AskBackgroundTime>(&*output)) question = *ask;
        if (const auto* ping = std::get_if<out::SendPing>(&*output)) asked_ = ping->payload;
        if (const auto* close = std::get_if<out::CloseTransport>(&*output)) {
            closing_ = close->generation;
        }
        if (std::holds_alternative<out::AbortTransport>(*output)) closing_ = 0;
        if (std::holds_alternative<out::OpenTransport>(*output)) asked_.reset();
    }
    engine_.check_invariants();
    oracle_.after(outcome, engine_, nothing_to_send_, engine_.next_deadline());
    if (!question) return;
    engine::OsAnswer told;
    if (question->begin) told.id = ++os_ids_;
    told.remaining = kOsTime;
    if (question->begin) oracle_.os_id_given(told.id);
    hear(in::BackgroundTimeAnswer{question->question, question->begin, told});
}

void Listener::peer_answers() {
    if (closing_ != 0) return peer_is_lost();
    const auto generation = engine_.generation();
    switch (engine_.state()) {
        case ConnectionState::opening:
            hear(in::TransportProgress{generation, in::TransportProgress::Step::upgrading});
            if (engine_.state() == ConnectionState::opening) hear(in::TransportOpened{generation});
            if (engine_.state() == ConnectionState::opening_session) {
                hear(in::SessionOpened{generation, in::SessionStart::fresh, false});
            }
            return;
        case ConnectionState::open: {
            const auto asked = asked_;
            hear(in::FramesRead{generation, 0});  // before a read is walked, as in the driver
            if (!engine_.takes_frames(generation)) return;
            if (asked) hear(in::PongRead{generation, *asked});
            return hear(in::FramesRead{generation, 1});
        }
        default:
            return hear(in::FramesRead{generation, 0});
    }
}

void Listener::peer_is_lost() {
    closing_ = 0;
    hear(in::TransportEnded{engine_.generation(), {engine::Reason::connection_lost, 0, 0, {}}});
}

void Listener::fire_timers_until(Instant until) {
    for (int i = 0; i < kMostTimers; ++i) {
        const auto due = engine_.next_deadline();
        if (!due || *due > until) {
            now_ = until;
            return;
        }
        now_ = std::max(now_, *due);
        hear(in::Tick{});
    }
    violated(Invariant::no_idle_wake_up, "timers fire without end");
}

void Listener::hear(Word word) {
    switch (word) {
        case Word::will_resign_active:
            return report(ApplicationState::will_resign_active);
        case Word::did_background:
            return report(ApplicationState::did_background);
        case Word::will_enter_foreground:
            return report(ApplicationState::will_enter_foreground);
        case Word::will_terminate:
            return report(ApplicationState::will_terminate);
        case Word::connect:
            return hear(in::Connect{});
        case Word::disconnect:
            return hear(in::Disconnect{});
        case Word::background_time_expiring:
            return hear(in::BackgroundTimeExpiring{false});
        case Word::peer_answers:
            return peer_answers();
        case Word::peer_is_lost:
            return peer_is_lost();
        case Word::next_timer:
            if (const auto due = engine_.next_deadline()) fire_timers_until(std::max(now_, *due));
            return;
        case Word::time_passes:
            return fire_timers_until(now_ + kLonger);
        case Word::time_stands:
            now_ += kLonger;
            oracle_.stood_still(now_);
            oracle_.check_queries(engine_.facts(), now_);
            return;
    }
}

struct Walk {
    unsigned length;
    std::vector<Word> words;
    std::uint64_t sequences = 0;
    std::uint64_t steps = 0;

    void on(const Listener& prefix) {
        if (words.size() == length) {
            ++sequences;
            return;
        }
        for (std::size_t i = 0; i < kWords; ++i) {
            words.push_back(static_cast<Word>(i));
            Listener next(prefix);
            next.hear(words.back());
            steps += next.steps() - prefix.steps();
            on(next);
            words.pop_back();
        }
    }
};

std::string told(Kind kind, const std::vector<Word>& words) {
    std::string text = to_string(kind);
    for (const auto word : words)
        text += std::string(text.back() == ' ' ? "" : "; ") + to_string(word);
    return text;
}

}  // namespace

const char* to_string(Word word) {
    return kWordNames[static_cast<std::size_t>(word)];
}

const char* to_string(Kind kind) {
    return kKindNames[static_cast<std::size_t>(kind)];
}

void EverySequence::work() {
    for (;;) {
        const auto beginning = next_.fetch_add(1);
        if (beginning >= kKinds * kWords * kWords) return;
        const auto kind = static_cast<Kind>(beginning / (kWords * kWords));
        const auto options = options_of(kind);
        Walk walk{length_, {}, 0, 0};
        try {
            Listener listener(options);
            for (const auto word : {beginning / kWords % kWords, beginning % kWords}) {
                walk.words.push_back(static_cast<Word>(word));
                listener.hear(walk.words.back());
            }
            walk.on(listener);
        } catch (const Violation& violation) {
            const std::lock_guard lock(mutex_);
            if (!broken_)
                broken_ = told(kind, walk.words) + "\nbroke invariant " + violation.what();
            next_ = kKinds * kWords * kWords;
        }
        sequences_ += walk.sequences;
        steps_ += walk.steps;
    }
}

}  // namespace graceline::simulation
