// The identity by which an io_context finds its buffers.
// Must not hold anything else.
#include "core/driver/shared_buffers.hpp"

namespace graceline::driver {

boost::asio::execution_context::id SharedBuffers::id;

}  // namespace graceline::driver
