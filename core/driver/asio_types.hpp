// The Asio types of the driver: bound to the one io_context, without type erasure.
// Must not be included by anything outside of core/driver.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace graceline::driver {

using Tcp = boost::asio::ip::tcp;
using Socket = boost::asio::basic_stream_socket<Tcp, boost::asio::io_context::executor_type>;
using ErrorCode = boost::system::error_code;

}  // namespace graceline::driver
