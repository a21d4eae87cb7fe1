// The one thread on which hooks run (end of background time, log lines).
// Must not be waited for by the I/O thread, and never waits for it.
#pragma once

#include <functional>
#include <memory>

namespace graceline::client {

class Dispatcher {
  public:
    /// Shared by all clients; the thread starts with the first work and ends after the last
    /// reference is gone and all work is done.
    static std::shared_ptr<Dispatcher> acquire();

    virtual ~Dispatcher() = default;
    virtual void post(std::function<void()> work) = 0;  ///< Any thread; in order.

    /// Is this call made from a hook? Then nothing may wait for the dispatcher.
    static bool on_dispatcher_thread();

  protected:
    Dispatcher() = default;
};

}  // namespace graceline::client
