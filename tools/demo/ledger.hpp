// The account of every published message: what became of it, by its id.
// Must not ask the library anything: it is told what the app published, saw and was told.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/demo/record.hpp"

namespace graceline::demo {

enum class Outcome {
    live,      // delivered as it came
    replayed,  // delivered by a catch-up
    reported,  // not delivered, and the app was told in time to refresh
    lost       // neither
};

struct Entry {
    std::string id;
    Ms published_begin = 0;  // the server was asked to take it
    Ms published_end = 0;    // the server had taken it
    std::optional<Ms> delivered_at;
    bool is_replayed = false;
    int delivery_count = 0;
    bool fetched_by_app = false;
    Outcome outcome = Outcome::lost;
};

struct Account {
    std::vector<Entry> entries;  // in the order of publishing
    int live_count = 0;
    int replayed_count = 0;
    int reported_count = 0;
    int reported_and_fetched_count = 0;
    int lost_count = 0;
    int delivered_again_count = 0;
    int out_of_order_count = 0;
    int foreign_count = 0;  // delivered, and not published by the demo
    /// The list of published ids is the list of delivered ids: each once, in the same order.
    bool published_is_delivered = false;

    bool is_clean() const {
        return lost_count == 0 && delivered_again_count == 0 && out_of_order_count == 0;
    }
};

class Ledger {
  public:
    void published(std::string id, Ms begin, Ms end);
    void delivered(const std::string& id, Ms at, bool replayed);
    bool was_delivered(const std::string& id) const { return deliveries_.count(id) != 0; }
    /// needs_refresh() was 1, or an event said that a refresh is needed.
    void told_to_refresh(Ms at);
    /// needs_refresh() was 0: whatever was told before is done with.
    void told_all_is_well(Ms at);
    /// The app got this message by a refresh of its own.
    void fetched_by_app(const std::string& id) { fetched_[id] = true; }

    /// A message that was not delivered counts as reported only when the app was told to refresh
    /// after the message was published and before it saw a newer one (or before the end).
    Account close(Ms end) const;

  private:
    struct Delivery {
        Ms at = 0;
        bool replayed = false;
        int count = 0;
        std::size_t order = 0;
    };
    struct Stretch {
        Ms begin = 0;
        std::optional<Ms> end;
    };

    bool was_told(Ms published, Ms seen_newer) const;

    std::vector<Entry> entries_;
    std::map<std::string, Delivery> deliveries_;
    std::vector<std::string> delivered_ids_;  // as they came, each time
    std::map<std::string, bool> fetched_;
    std::vector<Stretch> stretches_;
};

}  // namespace graceline::demo
