// macOS and iOS. Never compiled here: written from the documentation, to be tried before use.
// Must not be compiled for any other system.
#include <Security/Security.h>
#include <TargetConditionals.h>
#include <errno.h>
#include <fcntl.h>
#include <mach/mach_time.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/driver/platform/platform.hpp"
#include "core/driver/platform/posix_signals.hpp"

namespace graceline::driver::platform {
namespace {

std::int64_t to_nanoseconds(std::uint64_t ticks) {
    static const mach_timebase_info_data_t base = [] {
        mach_timebase_info_data_t info{};
        mach_timebase_info(&info);
        return info;
    }();
    return static_cast<std::int64_t>(static_cast<__uint128_t>(ticks) * base.numer / base.denom);
}

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

engine::Instant boot_time() {
    return engine::Instant(engine::Duration(to_nanoseconds(mach_continuous_time())));
}

engine::Duration time_asleep() {
    const std::uint64_t awake = mach_absolute_time();
    const std::uint64_t total = mach_continuous_time();
    return engine::Duration(to_nanoseconds(total) - to_nanoseconds(awake));
}

void fill_random(std::span<std::uint8_t> out) {
    ::arc4random_buf(out.data(), out.size());
}

void prepare_own_thread(const char* name) {
    keep_host_signals_off();
    pthread_setname_np(name);
}

bool load_system_trust(ssl_ctx_st* context) {
#if TARGET_OS_OSX
    CFArrayRef anchors = nullptr;
    if (SecTrustCopyAnchorCertificates(&anchors) != errSecSuccess) return false;
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    bool any = false;
    for (CFIndex i = 0; i < CFArrayGetCount(anchors); ++i) {
        const auto anchor = reinterpret_cast<SecCertificateRef>(
            const_cast<void*>(CFArrayGetValueAtIndex(anchors, i)));
        const CFDataRef der = SecCertificateCopyData(anchor);
        if (der == nullptr) continue;
        const unsigned char* bytes = CFDataGetBytePtr(der);
        X509* const certificate = d2i_X509(nullptr, &bytes, CFDataGetLength(der));
        any = (certificate != nullptr && X509_STORE_add_cert(store, certificate) == 1) || any;
        X509_free(certificate);
        CFRelease(der);
    }
    CFRelease(anchors);
    return any;
#else
    // iOS shows its roots to nobody: a CA bundle is needed.
    static_cast<void>(context);
    return false;
#endif
}

NativeSocket open_stream_socket(bool ipv6, int& out_error) {
    const int socket = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (socket < 0) {
        out_error = errno;
        return kNoSocket;
    }
    const int on = 1;
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);
    if (::setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on)) != 0 ||
        ::fcntl(socket, F_SETFL, O_NONBLOCK) != 0) {
        out_error = errno;
        ::close(socket);
        return kNoSocket;
    }
    return socket;
}

Transfer send_some(NativeSocket socket, const std::uint8_t* bytes, std::size_t size) noexcept {
    for (;;) {
        const ssize_t sent = ::send(static_cast<int>(socket), bytes, size, 0);
        if (sent >= 0) return {TransferStatus::moved, static_cast<std::size_t>(sent), 0};
        if (errno == EINTR) continue;
        if (would_block(errno)) return {TransferStatus::would_block, 0, 0};
        return {TransferStatus::failed, 0, errno};
    }
}

Transfer receive_some(NativeSocket socket, std::uint8_t* bytes, std::size_t size) noexcept {
    for (;;) {
        const ssize_t got = ::recv(static_cast<int>(socket), bytes, size, 0);
        if (got > 0) return {TransferStatus::moved, static_cast<std::size_t>(got), 0};
        if (got == 0) return {TransferStatus::end_of_stream, 0, 0};
        if (errno == EINTR) continue;
        if (would_block(errno)) return {TransferStatus::would_block, 0, 0};
        // A socket that iOS has reclaimed ends up here with ENOTCONN or EPIPE.
        return {TransferStatus::failed, 0, errno};
    }
}

}  // namespace graceline::driver::platform
