// One client with its reporter, and the loop that takes its events.
// Must not know the commands.
#pragma once

#include <functional>
#include <optional>

#include "tools/graceline/client_arguments.hpp"
#include "tools/graceline/final_reason.hpp"
#include "tools/graceline/reporter.hpp"

namespace graceline::cli {

// The exit codes; --help lists them.
inline constexpr int kExitDone = 0;
inline constexpr int kExitNoConnection = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotSent = 3;
inline constexpr int kExitLibrary = 4;
inline constexpr int kExitNoHistory = 5;
inline constexpr int kExitInterrupted = 130;

/// With the library's log on standard error, when a level was chosen.
Options with_log(Options options);

class Run {
  public:
    explicit Run(ClientArguments arguments);

    /// Also in manual mode, where nothing connects before it is told to.
    void start_and_connect();
    Client& client() { return client_; }
    Reporter& reporter() { return reporter_; }
    std::uint64_t message_count() const { return message_count_; }
    /// Those of them that a catch-up brought.
    std::uint64_t replayed_count() const { return replayed_count_; }
    bool was_connected() const { return was_connected_; }
    bool was_wanted() const { return was_wanted_; }
    /// Why nothing will be tried again, when that is so.
    std::optional<Reason> final_reason() const { return final_reason_; }
    std::optional<SendFateEvent> last_fate() const { return last_fate_; }

    /// Takes and shows events until `done` says so, the time is over (nothing: no bound), nothing
    /// can come any more, or the user interrupts. True when `done` said so.
    bool take_events(std::optional<Milliseconds> duration, const std::function<bool()>& done);
    /// Ends the client in order, showing what it has to say; bounded.
    void finish();

  private:
    void note(const Event& event);

    bool is_manual_;
    Reporter reporter_;
    Client client_;
    std::uint64_t message_count_ = 0;
    std::uint64_t replayed_count_ = 0;
    bool was_connected_ = false;
    bool was_wanted_ = false;
    bool is_closed_ = false;
    std::optional<Reason> final_reason_;
    std::optional<SendFateEvent> last_fate_;
};

}  // namespace graceline::cli
