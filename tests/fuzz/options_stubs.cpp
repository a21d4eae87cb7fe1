// What the validation of options asks of the driver, without the driver.
// Must not be linked beside it.
#include <algorithm>

#include "core/client/fetcher.hpp"
#include "core/driver/asio_transport.hpp"
#include "core/driver/platform/platform.hpp"

namespace graceline::driver {

/// Certificates are OpenSSL's to read, and loading the system's takes longer than all the rest.
std::string check_tls_settings(const TlsSettings& settings) {
    return settings.server_name.size() > 255 ? "the TLS server name cannot be used" : "";
}

namespace platform {

/// The same each time, or a seed would not repeat a fault.
void fill_random(std::span<std::uint8_t> bytes) {
    std::ranges::fill(bytes, std::uint8_t{0x5A});
}

}  // namespace platform
}  // namespace graceline::driver

namespace graceline::client {

bool has_http_client() {
    return true;
}

}  // namespace graceline::client
