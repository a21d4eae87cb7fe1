// Starts the thread pool of cpprestsdk, once a process, for HTTP and WebSocket alike.
// Must not show a cpprest type, and must not be called before something needs the pool.
#pragma once

namespace graceline::driver::cpprest {

/// Any thread. With kPoolThreads threads; a pool that the host's program has started is left alone.
void start_sdk_pool();

}  // namespace graceline::driver::cpprest
