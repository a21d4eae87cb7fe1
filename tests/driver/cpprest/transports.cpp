// The table of transports of this program: the common cases, run over cpprestsdk.
// Must not hold expectations: those are in known_limits.hpp.
#include "tests/driver/support/transports.hpp"

#include "core/driver/cpprest/cpprest_transport.hpp"
#include "tests/driver/cpprest/known_limits.hpp"

namespace graceline::tests {

const std::vector<TransportKind>& transport_kinds() {
    static const std::vector<TransportKind> kinds = {
        {"cpprest", driver::make_cpprest_transport},
    };
    return kinds;
}

const std::vector<KnownLimit>& known_limits() {
    static const std::vector<KnownLimit> limits(kCpprestLimits.begin(), kCpprestLimits.end());
    return limits;
}

const KnownLimit* find_known_limit(std::string_view transport, std::string_view case_name) {
    for (const KnownLimit& limit : known_limits()) {
        if (limit.transport == transport && limit.case_name == case_name) return &limit;
    }
    return nullptr;
}

}  // namespace graceline::tests
