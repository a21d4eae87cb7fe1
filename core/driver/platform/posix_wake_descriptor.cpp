// The wake descriptor of POSIX systems: a pipe with at most one byte in it.
// Must never block: both ends are non-blocking.
#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "core/driver/platform/wake_descriptor.hpp"

namespace graceline::driver::platform {

WakeDescriptor::WakeDescriptor() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return;
    for (const int end : ends) {
        ::fcntl(end, F_SETFL, O_NONBLOCK);
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    read_end_ = ends[0];
    write_end_ = ends[1];
}

WakeDescriptor::~WakeDescriptor() {
    if (read_end_ < 0) return;
    ::close(read_end_);
    ::close(write_end_);
}

void WakeDescriptor::set(bool readable) {
    if (read_end_ < 0 || readable == readable_) return;
    readable_ = readable;
    char byte = 1;
    [[maybe_unused]] const auto moved =
        readable ? ::write(write_end_, &byte, 1) : ::read(read_end_, &byte, 1);
}

}  // namespace graceline::driver::platform
