// The start of cpprestsdk's thread pool.
// Must not include more of cpprestsdk than the pool.
#define _TURN_OFF_PLATFORM_STRING
// Its headers use names of Asio that the rest of the driver does without.
#undef BOOST_ASIO_NO_DEPRECATED
#include "core/driver/cpprest/sdk_pool.hpp"

// Boost 1.74 uses it without including it.
#include <utility>

#include <openssl/ssl.h>
#include <pplx/threadpool.h>

#include <cstdlib>
#include <exception>
#include <mutex>
#include <stdexcept>

#include "core/driver/cpprest/limits.hpp"
#include "core/driver/exit_gate.hpp"

namespace graceline::driver::cpprest {
namespace {

/// Never destroyed.
ExitGate& pool_gate() {
    static ExitGate* const gate = new ExitGate;
    return *gate;
}

void shut_at_exit() {
    pool_gate().shut_now();
    pool_gate().wait_empty(0, kLeavePoolLimit);
}

}  // namespace

void start_sdk_pool() {
    static std::once_flag once;
    const PoolStay stay;
    if (!stay) throw std::runtime_error("the process ends");
    std::call_once(once, [] {
        // Exit handlers run in reverse order: first the gate is shut, then the pool's threads end,
        // then OpenSSL cleans up.
        OPENSSL_init_ssl(0, nullptr);
        // Twice, because the pool's own handler is registered before the pool is there: an exit in
        // between leaves the pool alone, and then nothing may be given to it.
        std::atexit(shut_at_exit);
        try {
            crossplat::threadpool::initialize_with_threads(kPoolThreads);
        } catch (const std::exception&) {
            // The host's program was first: its pool is used as it is.
        }
        crossplat::threadpool::shared_instance();
        std::atexit(shut_at_exit);
    });
}

PoolStay::PoolStay() : entered_(pool_gate().enter()) {}

PoolStay::~PoolStay() {
    if (entered_) pool_gate().leave();
}

}  // namespace graceline::driver::cpprest
