// Whether a local TCP port belongs to this process, from its own list of descriptors (/dev/fd).
// Must not look at other processes, nor keep a descriptor.
#include <dirent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <memory>

#include "core/driver/platform/platform.hpp"

namespace graceline::driver::platform {

namespace {

bool is_bound_to(int descriptor, std::uint16_t loopback_port) {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size) != 0) return false;
    return name.sin_family == AF_INET && ntohs(name.sin_port) == loopback_port &&
           ntohl(name.sin_addr.s_addr) == INADDR_LOOPBACK;
}

}  // namespace

bool owns_loopback_port(std::uint16_t port) {
    const auto close = [](DIR* folder) { ::closedir(folder); };
    const std::unique_ptr<DIR, decltype(close)> folder(::opendir("/dev/fd"), close);
    if (!folder) return false;
    while (const dirent* entry = ::readdir(folder.get())) {
        char* end = nullptr;
        const auto descriptor = ::strtol(entry->d_name, &end, 10);
        if (end == entry->d_name || *end != '\0') continue;
        if (is_bound_to(static_cast<int>(descriptor), port)) return true;
    }
    return false;
}

}  // namespace graceline::driver::platform
