// What is said to an HTTP proxy to get through it, and what its answer means.
// Must not repeat credentials in an error.
#pragma once

#include <string>

#include "core/driver/transport.hpp"

namespace graceline::driver {

/// The head of a proxy's answer; there is no body in front of a tunnel.
inline constexpr std::size_t kMaxProxyHeadBytes = 16 * 1024;
inline constexpr std::size_t kMaxProxyCredentialBytes = 1024;

/// A rule that the settings break, or an empty text.
std::string proxy_error(const TransportSettings& settings);

/// CONNECT, with Basic credentials when there is a user.
std::string write_connect_request(const TransportSettings& settings);

/// For an answer that is not 2xx.
TransportFailure proxy_refusal(int status);

}  // namespace graceline::driver
