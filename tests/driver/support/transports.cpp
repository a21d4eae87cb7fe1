// The table of transports.
// Must not hold expectations: those are in known_limits.cpp.
#include "tests/driver/support/transports.hpp"

#include "core/driver/asio_transport.hpp"

namespace graceline::tests {

const std::vector<TransportKind>& transport_kinds() {
    static const std::vector<TransportKind> kinds = {
        {"asio", driver::make_asio_transport},
    };
    return kinds;
}

const KnownLimit* find_known_limit(std::string_view transport, std::string_view case_name) {
    for (const KnownLimit& limit : known_limits()) {
        if (limit.transport == transport && limit.case_name == case_name) return &limit;
    }
    return nullptr;
}

}  // namespace graceline::tests
