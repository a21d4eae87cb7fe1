// What proves that a socket is alive: frames, pings, and the probe after a suspect event.
// Must not send or close: it keeps times and answers questions about one socket.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "core/engine/time.hpp"

namespace graceline::engine {

enum class PingKind : std::uint8_t { keepalive, probe, user };

/// Payload of our pings: kind and number, so that only its own pong answers a probe.
using PingPayload = std::array<std::uint8_t, 9>;

PingPayload ping_payload(PingKind kind, std::uint64_t number);

class Liveness {
  public:
    /// A fresh socket: trusted, since its handshake has just been answered.
    void reset(Instant now);

    bool trusted() const { return trusted_; }
    void distrust() { trusted_ = false; }
    Instant last_frame_at() const { return last_frame_at_; }
    bool frame_within(Duration time, Instant now) const { return now - last_frame_at_ <= time; }
    std::optional<Duration> round_trip() const { return round_trip_; }

    void frame_read(Instant now, Duration probe_timeout);

    bool paused() const { return paused_; }
    void set_paused(bool paused) { paused_ = paused; }

    PingPayload send_keepalive(Instant now, Duration pong_timeout);
    /// What is overdue because we stood still gets its time again.
    void excuse_silence(Instant now, Duration pong_timeout);
    /// Supersedes a ping under way; a probe under way is asked anew.
    PingPayload send_probe(Instant now, Duration timeout, Duration in_all);
    PingPayload send_user_ping(Instant now, Duration timeout);

    enum class PongOf : std::uint8_t { nothing, keepalive, probe, user };
    PongOf pong_read(std::span<const std::uint8_t> payload, Instant now);

    bool probing() const { return probe_.has_value(); }
    bool user_ping_open() const { return user_.has_value(); }
    void drop_user_ping() { user_.reset(); }

    /// nullopt while reading is paused (R25): nobody can be blamed for a silence that is ours.
    Deadline ping_due(std::optional<Duration> interval) const;
    Deadline pong_due() const { return paused_ ? std::nullopt : pong_due_; }
    Deadline probe_due() const;
    Deadline user_ping_due() const;

  private:
    struct Outstanding {
        std::uint64_t number;
        Instant sent_at;
        Instant due;
        Instant last_due;
    };

    bool trusted_ = false;
    bool paused_ = false;
    Instant last_frame_at_{};
    Deadline pong_due_;
    std::optional<Outstanding> keepalive_;
    std::optional<Outstanding> probe_;
    std::optional<Outstanding> user_;
    std::optional<Duration> round_trip_;
    std::uint64_t next_number_ = 1;
};

}  // namespace graceline::engine
