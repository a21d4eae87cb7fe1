// The server's TLS context: from PEM files, or with a certificate made at start.
// Must not touch connections.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "tools/devserver/options.hpp"

namespace graceline::devserver {

// Null without TLS options. Throws std::runtime_error when a file is not usable.
std::unique_ptr<boost::asio::ssl::context> make_tls_context(const Options& options);

}  // namespace graceline::devserver
