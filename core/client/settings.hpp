// What a client is made of, validated.
// Must not hold a C type: capi turns its options into this.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/client/fetcher.hpp"
#include "core/client/limits.hpp"
#include "core/client/token_rule.hpp"
#include "core/driver/transport.hpp"
#include "core/engine/options.hpp"
#include "core/engine/outbox.hpp"
#include "core/keeper/keeper.hpp"
#include "core/session/plain.hpp"

namespace graceline::client {

/// The host's side of background time. Its destructor frees the host's data, so that this happens
/// once, after the last call.
struct BackgroundTimeHooks {
    /// Returns the id, 0 when refused; `remaining_ms` is preset to -1 (no limit).
    std::function<std::uint64_t(std::int64_t& remaining_ms)> begin;
    std::function<void(std::uint64_t id)> end;
    std::function<std::int64_t()> remaining;
    std::shared_ptr<void> owner;
};

enum class LogLevel : std::uint8_t { error, warning, info, debug };

struct LogHook {
    LogLevel level = LogLevel::warning;
    std::function<void(LogLevel, const char* text)> write;
    std::shared_ptr<void> owner;
};

enum class TransportKind : std::uint8_t { standard, cpprest };

/// What a client looks at for as long as it lives.
struct LastingSettings {
    std::shared_ptr<const driver::TransportSettings> transport;
    TransportKind transport_kind = TransportKind::standard;
    TokenRule token_rule;
    std::shared_ptr<const HistorySettings> history;  ///< Null: none.
    std::size_t receive_queue_bytes = kDefaultReceiveQueueBytes;
    std::string id_prefix;  ///< Of the de-duplication ids that we choose; random.
    std::shared_ptr<BackgroundTimeHooks> hooks;
    std::shared_ptr<LogHook> log;
};

/// And what its parts take over when it is made: nobody keeps a second copy.
struct Settings : LastingSettings {
    engine::Options engine;
    engine::OutboxLimits outbox;
    session::PlainOptions session;
    std::string token;               ///< A fixed one; empty: none, or the host provides it.
    std::string outgoing_id_member;  ///< Empty: the host writes de-duplication ids itself.
    std::vector<keeper::Position> positions;
    bool refresh_by_fetch = true;
};

}  // namespace graceline::client
