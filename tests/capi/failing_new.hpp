// Lets the n-th allocation of one thread fail, counted only where a test says so.
// Must not be linked into anything but a test program: it replaces operator new.
#pragma once

#include <cstdint>

namespace graceline::tests {

/// From now on the `number`-th allocation (from 1) of this thread inside a FailingScope throws
/// std::bad_alloc, once. 0: none does.
void fail_allocation(std::uint64_t number);
/// It has thrown.
bool allocation_failed();

/// A call of the host may have ended with this graceline_status for that reason alone.
bool may_have_failed_with(int status);

/// The calling thread is a host in a call of the library.
class FailingScope {
  public:
    FailingScope();
    ~FailingScope();
    FailingScope(const FailingScope&) = delete;
    FailingScope& operator=(const FailingScope&) = delete;
};

}  // namespace graceline::tests
