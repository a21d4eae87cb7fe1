// Makes the second transport: cpprestsdk's websocket_callback_client behind our guard rails.
// Must not show a cpprest, Asio or OpenSSL type: the archived library stays inside this folder.
#pragma once

#include <cstddef>
#include <memory>

#include "core/driver/loop.hpp"
#include "core/driver/transport.hpp"

namespace graceline::driver {

/// I/O thread. Throws nothing; a setting that cpprestsdk cannot honour ends the attempt with a
/// failure that names it. The first call starts cpprestsdk's thread pool with two threads, unless
/// the host's program started it before.
std::shared_ptr<Transport> make_cpprest_transport(std::shared_ptr<Loop> loop,
                                                  std::shared_ptr<const TransportSettings> settings,
                                                  TransportListener& listener);

/// Any thread. cpprestsdk objects that were given up and are not destroyed yet. At the cap of
/// cpprest::kMaxUnreapedObjects new attempts fail at once.
std::size_t cpprest_unreaped_objects();

}  // namespace graceline::driver
