// The text of a CONNECT request (RFC 9110 9.3.6, RFC 7617).
// Must not let a setting add lines of its own.
#include "core/driver/proxy_tunnel.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <string_view>

namespace graceline::driver {
namespace {

constexpr int kProxyAuthenticationRequired = 407;

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char character) {
        return static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
    });
}

std::string base64(const std::string& text) {
    std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return encoded;
}

std::string authority(const TransportSettings& settings) {
    const bool ipv6 = settings.host.find(':') != std::string::npos;
    return (ipv6 ? "[" + settings.host + "]" : settings.host) + ":" + std::to_string(settings.port);
}

}  // namespace

std::string proxy_error(const TransportSettings& settings) {
    const ProxySettings& proxy = settings.proxy;
    if (proxy.port == 0) return "the proxy's port is 0";
    if (proxy.user.size() + proxy.password.size() > kMaxProxyCredentialBytes) {
        return "the proxy's credentials are above 1,024 bytes";
    }
    if (proxy.user.find(':') != std::string::npos) return "the proxy's user name holds a colon";
    if (has_control(proxy.user) || has_control(proxy.password) || has_control(settings.host)) {
        return "the proxy's credentials or the host hold a control character";
    }
    return {};
}

std::string write_connect_request(const TransportSettings& settings) {
    const std::string target = authority(settings);
    std::string request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
    if (!settings.proxy.user.empty()) {
        request += "Proxy-Authorization: Basic " +
                   base64(settings.proxy.user + ":" + settings.proxy.password) + "\r\n";
    }
    return request + "\r\n";
}

TransportFailure proxy_refusal(int status) {
    TransportFailure failure;
    failure.cause.reason = status == kProxyAuthenticationRequired
                               ? engine::Reason::proxy_auth_refused
                               : engine::Reason::proxy_failed;
    failure.text = "the proxy answered CONNECT with status " + std::to_string(status);
    return failure;
}

}  // namespace graceline::driver
