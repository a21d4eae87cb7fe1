// Work that follows from a step that was taken already, and so must not be lost to a failed
// allocation. Must only be given work that changes nothing before it may fail.
#pragma once

#include <exception>
#include <new>
#include <utility>

namespace graceline::client {

inline constexpr int kMemoryTries = 100;

/// Tries again when memory was not to be had. Where there is none at all the process ends: going on
/// without an event, a timer or a close would be a lie that nobody can find.
template <class Work>
void surely(Work&& work) {
    for (int tries = 0;; ++tries) {
        try {
            return std::forward<Work>(work)();
        } catch (const std::bad_alloc&) {
            if (tries == kMemoryTries) std::terminate();
        }
    }
}

}  // namespace graceline::client
