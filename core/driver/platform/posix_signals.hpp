// The signal mask of the library's own threads, on POSIX systems.
// Must not change what the process does with a signal: that is the host's.
#pragma once

namespace graceline::driver::platform {

/// Keeps the host's signals off the calling thread, but for those that a runtime sends to a thread.
void keep_host_signals_off();

}  // namespace graceline::driver::platform
