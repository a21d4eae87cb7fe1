// The transports that the same cases run through, each with the cases it is known to fail.
// Must not name a transport's types: a row is a name and a function.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/driver/loop.hpp"
#include "core/driver/transport.hpp"

namespace graceline::tests {

struct TransportKind {
    const char* name;
    std::shared_ptr<driver::Transport> (*make)(
        std::shared_ptr<driver::Loop> loop,
        std::shared_ptr<const driver::TransportSettings> settings,
        driver::TransportListener& listener);
};

struct KnownLimit {
    std::string_view transport;
    std::string_view case_name;
    std::string_view reason;
};

/// Defined in transports.cpp: to be tested also, a transport adds a row there.
const std::vector<TransportKind>& transport_kinds();

/// The one committed list (known_limits.cpp). An entry whose case passes fails the run.
const std::vector<KnownLimit>& known_limits();

/// The reason, or null when the transport must pass.
const KnownLimit* find_known_limit(std::string_view transport, std::string_view case_name);

}  // namespace graceline::tests
