// Lets the n-th call of the operating system or of OpenSSL fail that the library makes.
// Must ship nothing: it stands on the linker's --wrap, in one test program.
#pragma once

#include <cstdint>
#include <string>

#include "tests/capi/failing_new.hpp"

namespace graceline::tests {

/// From now on the `number`-th call (from 1) of that function fails once: calls of the library's
/// threads count, and of this one inside a FailingScope. 0: none does.
void fail_system_call(const std::string& name, std::uint64_t number);
/// It has failed.
bool system_call_failed();

}  // namespace graceline::tests
