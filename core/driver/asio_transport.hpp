// Makes the default transport: our codec on Boost.Asio, OpenSSL on the descriptor.
// Must not show an Asio or OpenSSL type.
#pragma once

#include <memory>
#include <string>

#include "core/driver/loop.hpp"
#include "core/driver/transport.hpp"

namespace graceline::driver {

/// I/O thread. Throws nothing; a bad setting ends the attempt with a failure.
std::shared_ptr<Transport> make_asio_transport(std::shared_ptr<Loop> loop,
                                               std::shared_ptr<const TransportSettings> settings,
                                               TransportListener& listener);

/// Any thread. Builds (or finds) the TLS context of these settings now, so that a bad certificate,
/// key or pin is told at the call that brought it. Returns an empty text when all is well.
std::string check_tls_settings(const TlsSettings& settings);

}  // namespace graceline::driver
