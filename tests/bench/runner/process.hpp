// Facts about the measuring process: CPU time, threads, memory, context switches.
// Must not depend on any client library.
#pragma once

#include <cstdint>

namespace graceline::bench {

std::int64_t now_ns();          // Monotonic.
std::int64_t process_cpu_ns();  // User and system time of all threads.
std::uint64_t thread_count();
std::uint64_t resident_kib();
std::uint64_t socket_count();
// Voluntary context switches of every thread but the calling one: each is one sleep that ended.
std::uint64_t wakeups_of_other_threads();
void raise_descriptor_limit();

}  // namespace graceline::bench
