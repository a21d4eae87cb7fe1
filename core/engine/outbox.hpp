// What the host wants to send: kept while there is no connection, watched until it has its fate.
// Must give each accepted message exactly one fate, and must not send anything itself.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/engine/reason.hpp"
#include "core/engine/time.hpp"

namespace graceline::engine {

/// graceline_fate, same values.
enum class Fate : std::uint8_t { none, sent, failed, acknowledged };

/// Ids first to last, both included, met the same fate.
struct FateRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    Fate fate = Fate::none;
    Reason reason = Reason::none;

    std::uint64_t count() const { return last - first + 1; }
    friend bool operator==(const FateRange&, const FateRange&) = default;
};

/// A message that waits here.
struct Outgoing {
    bool binary = false;
    std::string payload;
    std::string deduplication_id;  ///< Empty: none. By it the server's ack is recognised.
    Deadline expires_at;           ///< Not sent (with acks: not acknowledged) by then: failed.
};

struct OutboxLimits {
    std::uint64_t messages = 1'000;
    std::size_t bytes = std::size_t{1024} * 1024;
};

/// Ids are 1, 2, 3 … in the order of acceptance. Without acks a message is done when the operating
/// system has it; with acks when the server has said so, and what is unacknowledged when a
/// connection ends waits here for the next one, under the same deduplication id.
class Outbox {
  public:
    Outbox(const OutboxLimits& limits, bool has_acks) : limits_(limits), has_acks_(has_acks) {}

    std::uint64_t next_id() const { return next_id_; }
    /// Accepted, and without a fate.
    std::uint64_t open_count() const { return open_count_; }
    /// Payload bytes that are kept here.
    std::size_t kept_bytes() const { return kept_bytes_; }
    bool has_acks() const { return has_acks_; }
    const OutboxLimits& limits() const { return limits_; }

    /// `more`: what counts against the limit of messages besides (fates that nobody has read).
    bool has_room(std::size_t bytes, std::uint64_t more) const {
        const bool first = kept_bytes_ == 0;  // one alone may be as large as a message may be
        return open_count_ + more < limits_.messages &&
               (first || kept_bytes_ + bytes <= limits_.bytes);
    }
    bool knows(std::string_view deduplication_id) const;

    /// The next pass() allocates nothing.
    void make_room() {
        if (next_id_ - first_open_ == ring_.size()) grow();
    }
    /// The message went to the connection as it came; nothing is kept. Nothing may wait, or it
    /// would overtake. Returns its id.
    std::uint64_t pass(std::uint64_t end_offset) {
        assert(front() == nullptr);
        Entry& entry = append();
        entry.state = State::on_its_way;
        entry.end_offset = end_offset;
        first_waiting_ = ++next_id_;
        return next_id_ - 1;
    }
    /// The message waits here. Returns its id.
    std::uint64_t keep(Outgoing message);

    /// The oldest message that waits; valid until the next call. Null: none.
    const Outgoing* front() const;
    /// The front was given to the connection and ends at this offset of its stream.
    void front_given(std::uint64_t end_offset);

    /// Everything up to this offset of the connection's stream is in the kernel.
    void flushed(std::uint64_t offset);
    /// False: no message of this id waits for it (a second ack, or one of another life).
    bool acknowledged(std::string_view deduplication_id);
    /// The connection is gone. Offsets start anew with the next one.
    void connection_ended(Reason reason);
    /// False: it is on its way, or has its fate.
    bool cancel(std::uint64_t id);
    void expire(Instant now);
    /// There will be no connection for what waits.
    void fail_waiting(Reason reason);
    /// Whatever is still open.
    void fail_all(Reason reason);

    Deadline next_deadline() const { return next_expiry_; }
    std::optional<FateRange> poll_fate();

    /// Asserts what must always hold; for tests, the simulator and fuzzers.
    void check_invariants() const;

  private:
    enum class State : std::uint8_t { done, waiting, on_its_way, unacknowledged };
    static constexpr std::uint32_t kNoRecord = ~std::uint32_t{0};

    struct Entry {
        std::uint64_t end_offset = 0;
        std::uint32_t record = kNoRecord;  ///< Into records_: what is kept.
        State state = State::done;
    };

    Entry& at(std::uint64_t id) { return ring_[id & (ring_.size() - 1)]; }
    const Entry& at(std::uint64_t id) const { return ring_[id & (ring_.size() - 1)]; }
    bool is_open(std::uint64_t id) const {
        return id >= first_open_ && id < next_id_ && at(id).state != State::done;
    }
    Entry& append() {
        make_room();
        ++open_count_;
        return at(next_id_) = Entry{};
    }
    void grow();
    void finish(std::uint64_t id, Fate fate, Reason reason);
    std::uint64_t finish_passed(std::uint64_t offset);
    void skip_done();
    void note_fate(const FateRange& one);
    void release_record(Entry& entry);
    void find_waiting();

    OutboxLimits limits_;
    bool has_acks_;
    std::uint64_t next_id_ = 1;
    std::uint64_t first_open_ = 1;     ///< No older one is open.
    std::uint64_t first_waiting_ = 1;  ///< No older one waits.
    std::uint64_t flush_from_ = 1;     ///< No older one is on its way.
    std::uint64_t open_count_ = 0;
    std::size_t kept_bytes_ = 0;
    Deadline next_expiry_;
    std::vector<Entry> ring_;
    std::vector<Outgoing> records_;
    std::vector<std::uint32_t> free_records_;
    std::unordered_map<std::string, std::uint64_t> by_deduplication_id_;
    std::vector<FateRange> fates_;
    std::size_t fates_taken_ = 0;
};

}  // namespace graceline::engine
