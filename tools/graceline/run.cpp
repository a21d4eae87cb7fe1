// One client with its reporter, and the loop that takes its events.
// Must not know the commands.
#include "tools/graceline/run.hpp"

#include <algorithm>
#include <utility>

#include "tools/graceline/interrupt.hpp"
#include "tools/graceline/terminal_text.hpp"

namespace graceline::cli {

namespace {

// How long an interrupt may go unnoticed.
constexpr Milliseconds kInterruptCheck{100};
// Bounds the number of events shown between two looks at the clock.
constexpr std::uint32_t kMaxBatchCount = 256;
constexpr Milliseconds kFinishWithin{12'000};
constexpr std::size_t kMaxLogLineBytes = 2'000;

void write_log(LogLevel level, std::string_view text) {
    constexpr const char* kNames[] = {"error", "warning", "info", "debug"};
    const auto index = std::clamp(static_cast<int>(level), 0, 3);
    std::fprintf(stderr, "%s: %s\n", kNames[index], terminal_text(text, kMaxLogLineBytes).c_str());
}

}  // namespace

Options with_log(Options options) {
    if (options.log_level) options.log = write_log;
    return options;
}

Run::Run(ClientArguments arguments)
    : is_manual_(!arguments.options.auto_establish_socket_connection.value_or(true)),
      reporter_(arguments.json, stdout),
      client_(with_log(std::move(arguments.options))) {}

void Run::start_and_connect() {
    client_.start();
    if (is_manual_) client_.connect();
}

bool Run::take_events(std::optional<Milliseconds> duration, const std::function<bool()>& done) {
    const Milliseconds end = now() + duration.value_or(Milliseconds(0));
    while (!is_closed_) {
        if (done()) return true;
        if (interrupted()) return false;
        Milliseconds wait = kInterruptCheck;
        if (duration) {
            const Milliseconds left = end - now();
            if (left <= Milliseconds(0)) return false;
            wait = std::min(wait, left);
        }
        for (const Event event : client_.poll(wait, kMaxBatchCount)) {
            reporter_.show(event);
            note(event);
        }
    }
    return done();
}

void Run::finish() {
    client_.close();
    const Milliseconds end = now() + kFinishWithin;
    while (!is_closed_ && now() < end) {
        for (const Event event : client_.poll(kInterruptCheck, kMaxBatchCount)) {
            reporter_.show(event);
            note(event);
        }
    }
}

void Run::note(const Event& event) {
    if (const auto message = event.as<MessageEvent>()) {
        ++message_count_;
        if (message->is_replayed) ++replayed_count_;
    }
    if (event.type() == EventType::closed) is_closed_ = true;
    if (const auto fate = event.as<SendFateEvent>()) last_fate_ = fate;
    if (const auto change = event.as<ConnectionStatusEvent>()) {
        if (change->status == ConnectionStatus::connected) was_connected_ = true;
        if (change->status != ConnectionStatus::disconnected) {
            was_wanted_ = true;
            final_reason_.reset();
        } else if (is_final(change->reason)) {
            was_wanted_ = true;
            final_reason_ = change->reason;
        }
    }
}

}  // namespace graceline::cli
