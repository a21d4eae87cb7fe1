// The wrapped functions: resolver, sockets, TLS. Each fails as its manual page says it may.
// Must leave errno and OpenSSL's queue of errors as a real failure does.
#include "tests/capi/failing_system.hpp"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <mutex>
#include <thread>

namespace graceline::tests {

namespace {

struct State {
    std::mutex mutex;
    std::thread::id host;  ///< The test's own thread, and with it the helpers of the test.
    std::uint64_t left = 0;
    bool failed = false;
    std::string name;
};

State& state() {
    static auto& state = *new State;
    return state;
}

thread_local int t_in_call = 0;

bool fails(const char* name) {
    auto& all = state();
    const std::lock_guard lock(all.mutex);
    if (all.left == 0 || all.name != name) return false;
    if (std::this_thread::get_id() == all.host && t_in_call == 0) return false;
    if (--all.left != 0) return false;
    all.failed = true;
    return true;
}

int fail_with(int error) {
    errno = error;
    return -1;
}

int fail_in_ssl() {
    ERR_put_error(ERR_LIB_SSL, 0, ERR_R_MALLOC_FAILURE, __FILE__, __LINE__);
    return -1;
}

}  // namespace

void fail_system_call(const std::string& name, std::uint64_t number) {
    auto& all = state();
    const std::lock_guard lock(all.mutex);
    all.host = std::this_thread::get_id();
    all.left = number;
    all.failed = false;
    all.name = name;
}

bool system_call_failed() {
    const std::lock_guard lock(state().mutex);
    return state().failed;
}

FailingScope::FailingScope() {
    ++t_in_call;
}

FailingScope::~FailingScope() {
    --t_in_call;
}

/// Of the calls only create meets one by itself: it makes the loop and the TLS context.
bool may_have_failed_with(int status) {
    constexpr int kNoMemory = -2;  // GRACELINE_E_NO_MEMORY
    const std::lock_guard lock(state().mutex);
    const auto& call = state().name;
    if (!state().failed) return false;
    const bool of_loop = call == "epoll_create1" || call == "eventfd" || call == "timerfd_create";
    return (of_loop && status == kNoMemory) || (call == "SSL_CTX_new" && status != 0);
}

}  // namespace graceline::tests

using graceline::tests::fail_in_ssl;
using graceline::tests::fail_with;
using graceline::tests::fails;

extern "C" {

// NOLINTBEGIN: the names are the linker's.
int __real_getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**);
int __real_socket(int, int, int);
int __real_connect(int, const sockaddr*, socklen_t);
int __real_setsockopt(int, int, int, const void*, socklen_t);
int __real_getsockopt(int, int, int, void*, socklen_t*);
ssize_t __real_recv(int, void*, size_t, int);
ssize_t __real_send(int, const void*, size_t, int);
int __real_epoll_ctl(int, int, int, epoll_event*);
int __real_epoll_create1(int);
int __real_eventfd(unsigned int, int);
int __real_timerfd_create(int, int);
SSL_CTX* __real_SSL_CTX_new(const SSL_METHOD*);
SSL* __real_SSL_new(SSL_CTX*);
BIO* __real_BIO_new(const BIO_METHOD*);
int __real_SSL_do_handshake(SSL*);
int __real_SSL_read(SSL*, void*, int);
int __real_SSL_write(SSL*, const void*, int);

int __wrap_getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                       addrinfo** result) {
    if (fails("getaddrinfo")) return EAI_AGAIN;
    return __real_getaddrinfo(node, service, hints, result);
}
int __wrap_socket(int domain, int type, int protocol) {
    if (fails("socket")) return fail_with(EMFILE);
    return __real_socket(domain, type, protocol);
}
int __wrap_connect(int socket, const sockaddr* address, socklen_t size) {
    if (fails("connect")) return fail_with(ECONNREFUSED);
    return __real_connect(socket, address, size);
}
int __wrap_setsockopt(int socket, int level, int name, const void* value, socklen_t size) {
    if (fails("setsockopt")) return fail_with(ENOBUFS);
    return __real_setsockopt(socket, level, name, value, size);
}
int __wrap_getsockopt(int socket, int level, int name, void* value, socklen_t* size) {
    if (fails("getsockopt")) return fail_with(ENOBUFS);
    return __real_getsockopt(socket, level, name, value, size);
}
ssize_t __wrap_recv(int socket, void* bytes, size_t size, int flags) {
    if (fails("recv")) return fail_with(ECONNRESET);
    return __real_recv(socket, bytes, size, flags);
}
ssize_t __wrap_send(int socket, const void* bytes, size_t size, int flags) {
    if (fails("send")) return fail_with(EPIPE);
    return __real_send(socket, bytes, size, flags);
}
/// Of sockets only: Asio does not look at the answer for the descriptors of its own reactor.
int __wrap_epoll_ctl(int epoll, int operation, int handle, epoll_event* event) {
    int type = 0;
    socklen_t size = sizeof type;
    const bool is_socket = __real_getsockopt(handle, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    if (operation == EPOLL_CTL_ADD && is_socket && fails("epoll_ctl")) return fail_with(ENOSPC);
    return __real_epoll_ctl(epoll, operation, handle, event);
}
int __wrap_epoll_create1(int flags) {
    if (fails("epoll_create1")) return fail_with(EMFILE);
    return __real_epoll_create1(flags);
}
int __wrap_eventfd(unsigned int first, int flags) {
    if (fails("eventfd")) return fail_with(EMFILE);
    return __real_eventfd(first, flags);
}
int __wrap_timerfd_create(int clock, int flags) {
    if (fails("timerfd_create")) return fail_with(EMFILE);
    return __real_timerfd_create(clock, flags);
}
SSL_CTX* __wrap_SSL_CTX_new(const SSL_METHOD* method) {
    if (fails("SSL_CTX_new")) return fail_in_ssl(), nullptr;
    return __real_SSL_CTX_new(method);
}
SSL* __wrap_SSL_new(SSL_CTX* context) {
    if (fails("SSL_new")) return fail_in_ssl(), nullptr;
    return __real_SSL_new(context);
}
BIO* __wrap_BIO_new(const BIO_METHOD* method) {
    if (fails("BIO_new")) return fail_in_ssl(), nullptr;
    return __real_BIO_new(method);
}
int __wrap_SSL_do_handshake(SSL* ssl) {
    if (fails("SSL_do_handshake")) return fail_in_ssl();
    return __real_SSL_do_handshake(ssl);
}
int __wrap_SSL_read(SSL* ssl, void* bytes, int size) {
    if (fails("SSL_read")) return fail_in_ssl();
    return __real_SSL_read(ssl, bytes, size);
}
int __wrap_SSL_write(SSL* ssl, const void* bytes, int size) {
    if (fails("SSL_write")) return fail_in_ssl();
    return __real_SSL_write(ssl, bytes, size);
}
// NOLINTEND

}  // extern "C"
