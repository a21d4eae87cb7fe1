// Linux and Android: CLOCK_BOOTTIME, timerfd, MSG_NOSIGNAL, getrandom, OpenSSL's default paths.
// Must not be compiled for any other system.
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <exception>
#include <utility>

#include "core/driver/platform/platform.hpp"
#include "core/driver/platform/posix_signals.hpp"

namespace graceline::driver::platform {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
// Year 2242: a timer on the wall clock that never fires, only ever gets cancelled.
constexpr time_t kFarFutureSeconds = 8'589'934'592;

// Where distributions keep their bundle, for an OpenSSL that was built with another prefix.
constexpr const char* kBundleFiles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};
constexpr const char* kAndroidStore = "/system/etc/security/cacerts";

std::int64_t read_clock(clockid_t id) {
    timespec value{};
    clock_gettime(id, &value);
    return value.tv_sec * kNanosecondsPerSecond + value.tv_nsec;
}

timespec to_timespec(engine::Instant when) {
    // Zero would disarm the timer; the first nanosecond of the clock is as much in the past.
    const std::int64_t count = std::max<std::int64_t>(when.time_since_epoch().count(), 1);
    timespec value{};
    value.tv_sec = static_cast<time_t>(count / kNanosecondsPerSecond);
    value.tv_nsec = static_cast<long>(count % kNanosecondsPerSecond);
    return value;
}

class TimerDescriptors final : public WakeTimer {
  public:
    TimerDescriptors(boost::asio::io_context& context, std::function<void()> woken)
        : timer_(context), resume_(context), woken_(std::move(woken)) {
        timer_.assign(::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC));
        wait(timer_);
        // Setting the wall clock, which resuming does, cancels this one: the kernel's own signal.
        const int resume = ::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
        if (resume < 0) return;
        resume_.assign(resume);
        arm_resume();
        wait(resume_);
    }

    void set(engine::Instant when) override {
        itimerspec value{};
        value.it_value = to_timespec(when);
        ::timerfd_settime(timer_.native_handle(), TFD_TIMER_ABSTIME, &value, nullptr);
    }

    void clear() override {
        const itimerspec value{};
        ::timerfd_settime(timer_.native_handle(), 0, &value, nullptr);
    }

  private:
    using Descriptor =
        boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

    void arm_resume() {
        itimerspec value{};
        value.it_value.tv_sec = kFarFutureSeconds;
        ::timerfd_settime(resume_.native_handle(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
                          &value, nullptr);
    }

    void wait(Descriptor& descriptor) {
        descriptor.async_wait(
            Descriptor::wait_read, [this, &descriptor](const boost::system::error_code& error) {
                if (error) return;
                std::uint64_t expirations = 0;
                const ssize_t got =
                    ::read(descriptor.native_handle(), &expirations, sizeof(expirations));
                if (got < 0 && errno == ECANCELED && &descriptor == &resume_) arm_resume();
                wait(descriptor);
                woken_();
            });
    }

    Descriptor timer_;
    Descriptor resume_;
    std::function<void()> woken_;
};

}  // namespace

engine::Instant boot_time() {
    return engine::Instant(engine::Duration(read_clock(CLOCK_BOOTTIME)));
}

engine::Duration time_asleep() {
    // Read twice around, so that being preempted between the two clocks does not look like sleep.
    const std::int64_t awake = read_clock(CLOCK_MONOTONIC);
    const std::int64_t total = read_clock(CLOCK_BOOTTIME);
    const std::int64_t awake_after = read_clock(CLOCK_MONOTONIC);
    return engine::Duration(total - awake - (awake_after - awake) / 2);
}

void fill_random(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        if (got > 0) {
            out = out.subspan(static_cast<std::size_t>(got));
        } else if (errno != EINTR) {
            std::terminate();
        }
    }
}

void prepare_own_thread(const char* name) {
    keep_host_signals_off();
    pthread_setname_np(pthread_self(), name);
}

bool load_system_trust(ssl_ctx_st* context) {
    SSL_CTX_set_default_verify_paths(context);
    const char* const file = ::secure_getenv(X509_get_default_cert_file_env());
    const char* const directory = ::secure_getenv(X509_get_default_cert_dir_env());
    if (file != nullptr || directory != nullptr) return true;
    if (::access(X509_get_default_cert_file(), R_OK) == 0) return true;
    for (const char* bundle : kBundleFiles) {
        if (::access(bundle, R_OK) != 0) continue;
        if (SSL_CTX_load_verify_locations(context, bundle, nullptr) == 1) return true;
    }
    if (::access(kAndroidStore, R_OK) == 0) {
        return SSL_CTX_load_verify_locations(context, nullptr, kAndroidStore) == 1;
    }
    return ::access(X509_get_default_cert_dir(), R_OK) == 0;
}

NativeSocket open_stream_socket(bool ipv6, int& out_error) {
    const int socket = ::socket(ipv6 ? AF_INET6 : AF_INET,
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (socket >= 0) return socket;
    out_error = errno;
    return kNoSocket;
}

Transfer send_some(NativeSocket socket, const std::uint8_t* bytes, std::size_t size) noexcept {
    for (;;) {
        const ssize_t sent = ::send(static_cast<int>(socket), bytes, size, MSG_NOSIGNAL);
        if (sent >= 0) return {TransferStatus::moved, static_cast<std::size_t>(sent), 0};
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return {TransferStatus::would_block, 0, 0};
        return {TransferStatus::failed, 0, errno};
    }
}

Transfer receive_some(NativeSocket socket, std::uint8_t* bytes, std::size_t size) noexcept {
    for (;;) {
        const ssize_t got = ::recv(static_cast<int>(socket), bytes, size, 0);
        if (got > 0) return {TransferStatus::moved, static_cast<std::size_t>(got), 0};
        if (got == 0) return {TransferStatus::end_of_stream, 0, 0};
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return {TransferStatus::would_block, 0, 0};
        return {TransferStatus::failed, 0, errno};
    }
}

bool is_connection_gone(int error) noexcept {
    switch (error) {
        case ECONNRESET:
        case ECONNABORTED:
        case ENOTCONN:
        case EPIPE:
        case ETIMEDOUT:
        case EBADF:
            return true;
        default:
            return false;
    }
}

std::unique_ptr<WakeTimer> make_wake_timer(boost::asio::io_context& context,
                                           std::function<void()> woken) {
    return std::make_unique<TimerDescriptors>(context, std::move(woken));
}

}  // namespace graceline::driver::platform
