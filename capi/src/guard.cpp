// The thread's last error text, in memory that needs no allocation.
// Must be usable when memory has run out.
#include "capi/src/guard.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace graceline::capi {

namespace {

thread_local std::array<char, 512> t_last_error{};

}  // namespace

void set_last_error(const char* text) noexcept {
    const std::size_t size = std::min(std::strlen(text), t_last_error.size() - 1);
    std::memcpy(t_last_error.data(), text, size);
    t_last_error[size] = 0;
}

}  // namespace graceline::capi

extern "C" const char* graceline_last_error_text(void) {
    return graceline::capi::t_last_error.data();
}
