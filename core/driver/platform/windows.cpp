// Windows 10 and later. Never compiled here: written from the documentation, to be tried before
// use. Must not be compiled for any other system.
#include <winsock2.h>
//
#include <windows.h>
//
#include <bcrypt.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <realtimeapiset.h>
#include <wincrypt.h>

#include <algorithm>
#include <climits>
#include <exception>
#include <string>

#include "core/driver/platform/platform.hpp"

namespace graceline::driver::platform {
namespace {

// The interrupt-time functions count in steps of 100 ns.
constexpr std::int64_t kNanosecondsPerTick = 100;

int clamp_to_int(std::size_t size) {
    return static_cast<int>((std::min)(size, static_cast<std::size_t>(INT_MAX)));
}

}  // namespace

engine::Instant boot_time() {
    ULONGLONG ticks = 0;
    QueryInterruptTimePrecise(&ticks);
    return engine::Instant(
        engine::Duration(static_cast<std::int64_t>(ticks) * kNanosecondsPerTick));
}

engine::Duration time_asleep() {
    ULONGLONG awake = 0;
    ULONGLONG total = 0;
    QueryUnbiasedInterruptTimePrecise(&awake);
    QueryInterruptTimePrecise(&total);
    return engine::Duration(static_cast<std::int64_t>(total - awake) * kNanosecondsPerTick);
}

void fill_random(std::span<std::uint8_t> out) {
    const NTSTATUS status = BCryptGenRandom(nullptr, out.data(), static_cast<ULONG>(out.size()),
                                            BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    if (status < 0) std::terminate();
}

void prepare_own_thread(const char* name) {
    const std::string narrow = name;
    const std::wstring wide(narrow.begin(), narrow.end());
    SetThreadDescription(GetCurrentThread(), wide.c_str());
}

bool load_system_trust(ssl_ctx_st* context) {
    const HCERTSTORE roots = CertOpenSystemStoreW(0, L"ROOT");
    if (roots == nullptr) return false;
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    bool any = false;
    PCCERT_CONTEXT root = nullptr;
    while ((root = CertEnumCertificatesInStore(roots, root)) != nullptr) {
        const unsigned char* bytes = root->pbCertEncoded;
        X509* const certificate = d2i_X509(nullptr, &bytes, static_cast<long>(root->cbCertEncoded));
        any = (certificate != nullptr && X509_STORE_add_cert(store, certificate) == 1) || any;
        X509_free(certificate);
    }
    CertCloseStore(roots, 0);
    return any;
}

NativeSocket open_stream_socket(bool ipv6, int& out_error) {
    const SOCKET socket = WSASocketW(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, IPPROTO_TCP, nullptr,
                                     0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    u_long on = 1;
    if (socket == INVALID_SOCKET || ioctlsocket(socket, FIONBIO, &on) != 0) {
        out_error = WSAGetLastError();
        if (socket != INVALID_SOCKET) closesocket(socket);
        return kNoSocket;
    }
    return static_cast<NativeSocket>(socket);
}

Transfer send_some(NativeSocket socket, const std::uint8_t* bytes, std::size_t size) noexcept {
    const int sent = ::send(static_cast<SOCKET>(socket), reinterpret_cast<const char*>(bytes),
                            clamp_to_int(size), 0);
    if (sent >= 0) return {TransferStatus::moved, static_cast<std::size_t>(sent), 0};
    const int error = WSAGetLastError();
    if (error == WSAEWOULDBLOCK) return {TransferStatus::would_block, 0, 0};
    return {TransferStatus::failed, 0, error};
}

Transfer receive_some(NativeSocket socket, std::uint8_t* bytes, std::size_t size) noexcept {
    const int got =
        ::recv(static_cast<SOCKET>(socket), reinterpret_cast<char*>(bytes), clamp_to_int(size), 0);
    if (got > 0) return {TransferStatus::moved, static_cast<std::size_t>(got), 0};
    if (got == 0) return {TransferStatus::end_of_stream, 0, 0};
    const int error = WSAGetLastError();
    if (error == WSAEWOULDBLOCK) return {TransferStatus::would_block, 0, 0};
    return {TransferStatus::failed, 0, error};
}

/// Windows hands a loopback connection's port to one process at a time, but tells its owner only
/// through a table of the whole machine; nobody has needed it there yet.
bool owns_loopback_port(std::uint16_t) {
    return false;
}

}  // namespace graceline::driver::platform
