// One pool a thread: no lock, and nothing that an idle connection would have to keep.
// Must not have a destructor: threads end in any order at the end of the process.
#include "core/driver/mask_source.hpp"

#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "core/driver/exit_gate.hpp"
#include "core/driver/platform/platform.hpp"

namespace graceline::driver {
namespace {

constexpr std::size_t kPoolBytes = 4096;

struct Pool {
    std::array<std::uint8_t, kPoolBytes> bytes;
    std::size_t used;
};

constinit thread_local Pool pool{{}, kPoolBytes};

}  // namespace

std::uint32_t next_mask() {
    Pool& mine = pool;
    if (mine.used == kPoolBytes) {
        // OpenSSL's generator is seeded by the system too, and for a flood several times as fast.
        // Behind the gate, as the host's threads come here while the process may be ending.
        const ExitGuard inside;
        if (!inside || RAND_bytes(mine.bytes.data(), static_cast<int>(mine.bytes.size())) != 1) {
            platform::fill_random(mine.bytes);
        }
        mine.used = 0;
    }
    std::uint32_t mask = 0;
    std::memcpy(&mask, mine.bytes.data() + mine.used, sizeof(mask));
    mine.used += sizeof(mask);
    return mask;
}

}  // namespace graceline::driver
