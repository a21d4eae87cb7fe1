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

#include <exception>
#include <mutex>

#include "core/driver/cpprest/limits.hpp"

namespace graceline::driver::cpprest {

void start_sdk_pool() {
    static std::once_flag once;
    std::call_once(once, [] {
        // Exit handlers run in reverse order: the pool's threads end before OpenSSL cleans up.
        OPENSSL_init_ssl(0, nullptr);
        try {
            crossplat::threadpool::initialize_with_threads(kPoolThreads);
        } catch (const std::exception&) {
            // The host's program was first: its pool is used as it is.
        }
        crossplat::threadpool::shared_instance();
    });
}

}  // namespace graceline::driver::cpprest
