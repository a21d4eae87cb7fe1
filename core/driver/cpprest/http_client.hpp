// Makes the HTTP client that stands on cpprestsdk.
// Must not show a cpprest, Asio or OpenSSL type: the archived library stays inside this folder.
#pragma once

#include <cstddef>
#include <memory>

#include "core/driver/http.hpp"
#include "core/driver/loop.hpp"

namespace graceline::driver {

/// Any thread. Starts nothing: cpprestsdk's pool, with two threads unless the host's program had
/// started it before, begins with the first fetch.
std::unique_ptr<HttpClient> make_cpprest_http_client(std::shared_ptr<Loop> loop,
                                                     HttpSettings settings);

/// Any thread. Lines that were given up and that cpprestsdk has not let go of yet.
std::size_t cpprest_unreleased_http_lines();

}  // namespace graceline::driver
