// What a transport cannot do: the case it fails, and why. The default transport has no entry.
// Must not hold an entry that passes: the run says so.
#include "tests/driver/support/transports.hpp"

namespace graceline::tests {

const std::vector<KnownLimit>& known_limits() {
    static const std::vector<KnownLimit> limits = {};
    return limits;
}

}  // namespace graceline::tests
