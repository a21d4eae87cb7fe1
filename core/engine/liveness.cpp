// Times of pings and probes of one socket.
// Must not count bytes that wait in the kernel as proof of anything.
#include "core/engine/liveness.hpp"

#include <algorithm>
#include <utility>

namespace graceline::engine {

PingPayload ping_payload(PingKind kind, std::uint64_t number) {
    PingPayload payload{};
    constexpr std::array<std::uint8_t, 3> kTags = {'k', 'p', 'u'};
    payload[0] = kTags[static_cast<std::size_t>(kind)];
    for (std::size_t i = 0; i < 8; ++i) {
        payload[i + 1] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return payload;
}

void Liveness::reset(Instant now) {
    const auto number = next_number_;
    *this = Liveness{};
    next_number_ = number;
    trusted_ = true;
    last_frame_at_ = now;
}

void Liveness::frame_read(Instant now, Duration probe_timeout) {
    last_frame_at_ = now;
    pong_due_.reset();
    if (probe_) probe_->due = std::min(now + probe_timeout, probe_->last_due);
}

void Liveness::excuse_silence(Instant now, Duration pong_timeout) {
    if (reached(pong_due_, now)) pong_due_ = now + pong_timeout;
    if (user_ && now >= user_->due) user_->due = now + pong_timeout;
}

PingPayload Liveness::send_keepalive(Instant now, Duration pong_timeout) {
    keepalive_ = Outstanding{next_number_++, now, now + pong_timeout, now + pong_timeout};
    pong_due_ = now + pong_timeout;
    return ping_payload(PingKind::keepalive, keepalive_->number);
}

PingPayload Liveness::send_probe(Instant now, Duration timeout, Duration in_all) {
    pong_due_.reset();
    probe_ = Outstanding{next_number_++, now, now + timeout, now + in_all};
    return ping_payload(PingKind::probe, probe_->number);
}

PingPayload Liveness::send_user_ping(Instant now, Duration timeout) {
    user_ = Outstanding{next_number_++, now, now + timeout, now + timeout};
    return ping_payload(PingKind::user, user_->number);
}

Liveness::PongOf Liveness::pong_read(std::span<const std::uint8_t> payload, Instant now) {
    const auto answers = [&](const std::optional<Outstanding>& ping, PingKind kind) {
        return ping && std::ranges::equal(payload, ping_payload(kind, ping->number));
    };
    const auto settle = [&](std::optional<Outstanding>& ping, PongOf of) {
        round_trip_ = now - std::exchange(ping, std::nullopt)->sent_at;
        return of;
    };
    if (answers(probe_, PingKind::probe)) {
        trusted_ = true;
        return settle(probe_, PongOf::probe);
    }
    if (answers(user_, PingKind::user)) return settle(user_, PongOf::user);
    if (answers(keepalive_, PingKind::keepalive)) return settle(keepalive_, PongOf::keepalive);
    return PongOf::nothing;
}

Deadline Liveness::ping_due(std::optional<Duration> interval) const {
    if (paused_ || !interval || pong_due_ || probe_) return std::nullopt;
    return last_frame_at_ + *interval;
}

Deadline Liveness::probe_due() const {
    if (paused_ || !probe_) return std::nullopt;
    return probe_->due;
}

Deadline Liveness::user_ping_due() const {
    if (paused_ || !user_) return std::nullopt;
    return user_->due;
}

}  // namespace graceline::engine
