// Judges what one client was told against what the server had: lost, doubled, out of order,
// verdicts that are not true, statuses off the graph, fates. Must keep its memory small over hours.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "tests/soak/status_graph.hpp"

namespace graceline::tests {

struct Findings {
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    std::uint64_t reordered = 0;
    std::uint64_t wrong_verdicts = 0;
    std::uint64_t wrong_paths = 0;
    std::uint64_t wrong_fates = 0;
    std::uint64_t late = 0;  ///< Delivered after the window had closed.
    std::string first;       ///< What the first one was.

    std::uint64_t sum() const {
        return lost + doubled + reordered + wrong_verdicts + wrong_paths + wrong_fates + late;
    }
    void add(const Findings& other);
};

/// Messages are numbered 0, 1, 2 … in the order in which the server has them.
class Checker {
  public:
    explicit Checker(const StatusGraph& graph) : graph_(graph) {}

    // The publisher's thread.
    void published(std::uint64_t number, std::int64_t now_ms);

    // The host's thread, in the order of the events. Names are those of the C API.
    void sequence(std::uint64_t sequence);
    void message(std::uint64_t number, bool replayed);
    void status(std::string_view status, std::int64_t time_ms);
    void task_ended(std::string_view cause);
    void gap_verdict(std::string_view verdict);
    void returned();
    void return_verdict(std::string_view verdict);
    void accepted(std::uint64_t send);
    void fates(std::uint64_t first, std::uint64_t last);
    /// The app has loaded everything and said so.
    void marked();
    /// The event CLOSED was taken, after a time without faults in which all could come.
    void ended();

    // Any thread.
    Findings findings() const;
    std::uint64_t published_count() const;
    /// All before this one have been delivered.
    std::uint64_t delivered_up_to() const;
    std::uint64_t delivered() const;
    std::uint64_t replayed() const;

  private:
    void find(std::uint64_t& count, const std::string& what, std::uint64_t by = 1);
    void judge_proof();

    const StatusGraph& graph_;
    mutable std::mutex mutex_;
    Findings findings_;

    std::deque<std::int64_t> acknowledged_ms_;  ///< Of all from all_up_to_ on.
    std::uint64_t published_ = 0;
    std::uint64_t all_up_to_ = 0;
    std::set<std::uint64_t> beyond_;  ///< Delivered, behind the first that was not.
    std::uint64_t newest_live_ = 0;
    std::uint64_t newest_replayed_ = 0;
    std::uint64_t delivered_ = 0;
    std::uint64_t replayed_ = 0;
    bool any_live_ = false;
    bool any_replayed_ = false;  ///< By the catch-up that runs now.

    std::string status_ = "disconnected";
    std::int64_t last_down_ms_ = 0;
    bool hole_ = false;    ///< Down since the last good verdict.
    bool marked_ = false;  ///< The app refreshed since.
    bool dark_ = false;    ///< The window has closed and nothing was opened since.
    int returns_ = 0;      ///< Without their verdict.
    std::uint64_t sequence_ = 0;
    std::set<std::uint64_t> open_sends_;
    std::set<std::uint64_t> early_fates_;  ///< Taken before send() had returned its id.
};

}  // namespace graceline::tests
