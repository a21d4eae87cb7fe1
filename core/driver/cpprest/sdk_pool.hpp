// Starts the thread pool of cpprestsdk, once a process, for HTTP and WebSocket alike.
// Must not show a cpprest type, and must not be called before something needs the pool.
#pragma once

namespace graceline::driver::cpprest {

/// Any thread. With kPoolThreads threads; a pool that the host's program has started is left alone.
/// Throws when the system has no thread left, or the process ends.
void start_sdk_pool();

/// A short stay of one of our threads, in which it may give work to the pool. When the process
/// ends, the pool is destroyed before our I/O thread stops: from then on nobody gets in.
class PoolStay {
  public:
    PoolStay();
    ~PoolStay();
    PoolStay(const PoolStay&) = delete;
    PoolStay& operator=(const PoolStay&) = delete;

    explicit operator bool() const { return entered_; }

  private:
    bool entered_;
};

}  // namespace graceline::driver::cpprest
