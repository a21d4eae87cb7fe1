// One accepted connection: TLS, HTTP requests, and the WebSocket it may become.
// Must not be included by more than the server: its source file is the one that compiles Beast.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "tools/devserver/api.hpp"

namespace graceline::devserver {

// The connection keeps itself alive until it ends. `tls` may be null; `control` marks the control
// port, which faults, tokens and TLS do not touch.
void start_connection(
    Context& context,
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>
        socket,
    boost::asio::ssl::context* tls, bool control);

}  // namespace graceline::devserver
