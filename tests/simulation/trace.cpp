// Names the inputs and outputs of a life.
// Must not show what a schedule does not hold: texts are made of names and numbers alone.
#include "tests/simulation/trace.hpp"

#include <array>
#include <cstdio>

namespace graceline::simulation {

namespace {

namespace in = engine::input;
namespace out = engine::output;

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string failure(const engine::Failure& why) {
    std::string text = engine::to_string(why.reason);
    if (why.close_code != 0) text += " close " + number(why.close_code);
    if (why.http_status != 0) text += " http " + number(why.http_status);
    if (why.retry_after_seconds) text += " retry-after " + number(*why.retry_after_seconds);
    return text;
}

struct InputName {
    std::string operator()(const in::Start&) const { return "start()"; }
    std::string operator()(const in::Connect&) const { return "connect()"; }
    std::string operator()(const in::Disconnect&) const { return "disconnect()"; }
    std::string operator()(const in::Close&) const { return "close()"; }
    std::string operator()(const in::ReportState& report) const {
        constexpr std::array<const char*, 5> kNames = {"did_become_active", "will_resign_active",
                                                       "did_background", "will_enter_foreground",
                                                       "will_terminate"};
        return kNames[static_cast<std::size_t>(report.state)];
    }
    std::string operator()(const in::BackgroundTimeExpiring&) const { return "time expiring"; }
    std::string operator()(const in::BackgroundTimeAnswer& told) const {
        return "OS time: id " + number(told.answer.id);
    }
    std::string operator()(const in::NetworkChanged& change) const {
        return "network " + number(static_cast<unsigned>(change.network));
    }
    std::string operator()(const in::Ping&) const { return "ping()"; }
    std::string operator()(const in::MarkRefreshed& mark) const {
        return "mark_refreshed(" + number(mark.mark) + ")";
    }
    std::string operator()(const in::TransportProgress& step) const {
        return "progress " + number(step.generation);
    }
    std::string operator()(const in::TransportOpened& opened) const {
        return "transport " + number(opened.generation) + " is open";
    }
    std::string operator()(const in::TransportEnded& ended) const {
        return "transport " + number(ended.generation) + " ended: " + failure(ended.why);
    }
    std::string operator()(const in::SessionOpened& opened) const {
        return "session " + number(opened.generation) + " is open";
    }
    std::string operator()(const in::CatchUpEnded&) const { return "catch-up ended"; }
    std::string operator()(const in::TokenProvided& provided) const {
        return provided.ok ? "token provided" : "no token";
    }
    std::string operator()(const in::TokenRefused&) const { return "token refused"; }
    std::string operator()(const in::FramesRead& read) const {
        return read.frames == 0 ? "" : number(read.frames) + " frames";
    }
    std::string operator()(const in::PongRead&) const { return "pong"; }
    std::string operator()(const in::ReadingPaused&) const { return "reading pauses"; }
    std::string operator()(const in::ReadingResumed&) const { return "reading goes on"; }
    std::string operator()(const in::ClockJumped&) const { return "the clock jumped"; }
    std::string operator()(const in::Tick&) const { return ""; }
};

struct OutputName {
    std::string operator()(const out::OpenTransport& open) const {
        return "opens transport " + number(open.generation);
    }
    std::string operator()(const out::OpenSession&) const { return ""; }
    std::string operator()(const out::CloseTransport& close) const {
        return "closes with " + number(close.code);
    }
    std::string operator()(const out::AbortTransport& abort) const {
        return "aborts transport " + number(abort.generation);
    }
    std::string operator()(const out::SendPing& ping) const {
        const auto kind = static_cast<char>(ping.payload[0]);
        return kind == 'p' ? "probe" : kind == 'u' ? "ping of the host" : "ping";
    }
    std::string operator()(const out::AskBackgroundTime&) const { return "asks for OS time"; }
    std::string operator()(const out::EndBackgroundTime& end) const {
        return "gives back OS time " + number(end.id);
    }
    std::string operator()(const out::CatchUp&) const { return "catches up"; }
    std::string operator()(const out::StopCatchUp&) const { return "stops catching up"; }
    std::string operator()(const out::AskToken&) const { return "asks for a token"; }
    std::string operator()(const out::TokenSettled&) const { return ""; }
    std::string operator()(const out::StatusChanged& changed) const {
        return std::string("STATUS ") + engine::to_string(changed.status) + " (" +
               engine::to_string(changed.state) + ", " + failure(changed.cause) + ")";
    }
    std::string operator()(const out::BackgroundTaskBegan& began) const {
        return "TASK " + number(began.number) + " began";
    }
    std::string operator()(const out::BackgroundTaskEnded& ended) const {
        return "TASK " + number(ended.number) + " ended: " + engine::to_string(ended.cause);
    }
    std::string operator()(const out::GapJudged& judged) const {
        return "GAP " + number(judged.gap.number) + ": " + engine::to_string(judged.verdict) +
               " (" + engine::to_string(judged.reason) + ")";
    }
    std::string operator()(const out::ReturnJudged& judged) const {
        const bool skip = judged.advice == engine::ReturnAdvice::skip;
        return std::string("RETURN: ") + (skip ? "skip" : "refresh") + " (" +
               engine::to_string(judged.reason) + ")";
    }
    std::string operator()(const out::RefreshNeeded&) const { return "REFRESH NEEDED"; }
    std::string operator()(const out::PingCompleted&) const { return "ping completed"; }
    std::string operator()(const out::Closed&) const { return "CLOSED"; }
};

bool of_the_app(const engine::Input& input) {
    return input.index() <= 9;  // Start to MarkRefreshed
}

}  // namespace

void Trace::input(Instant at, const engine::Input& input) {
    auto text = std::visit(InputName{}, input);
    if (!text.empty()) add(at, of_the_app(input) ? Lane::app : Lane::connection, std::move(text));
}

void Trace::output(Instant at, const engine::Output& output) {
    auto text = std::visit(OutputName{}, output);
    if (text.empty()) return;
    const bool verdict = text[0] >= 'A' && text[0] <= 'Z';
    add(at, verdict ? Lane::verdict : Lane::client, std::move(text));
}

std::string Trace::text() const {
    constexpr std::array<const char*, 5> kLanes = {"app       ", "  client  ", "    conn  ",
                                                   "server    ", "  =>      "};
    std::string text;
    std::array<char, 32> time{};
    for (const auto& entry : entries_) {
        const auto ms = std::chrono::duration<double, std::milli>(entry.at.time_since_epoch());
        std::snprintf(time.data(), time.size(), "%12.3f s  ", ms.count() / 1'000);
        text += std::string(time.data()) + kLanes[static_cast<std::size_t>(entry.lane)] +
                entry.text + "\n";
    }
    return text;
}

}  // namespace graceline::simulation
