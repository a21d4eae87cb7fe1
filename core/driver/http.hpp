// The seam between a client and HTTP: whole GET exchanges, bounded in time and size.
// Must not name Asio, OpenSSL or cpprestsdk: another library can take the place of the present one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/driver/transport.hpp"
#include "core/engine/time.hpp"
#include "core/websocket/handshake.hpp"

namespace graceline::driver {

/// What all requests of one client share; immutable.
struct HttpSettings {
    /// `server_name` holds for every host that is asked: leave it empty unless there is only one.
    TlsSettings tls;
    ProxySettings proxy;
    /// Of one answer; a request may ask for less.
    std::size_t max_body_bytes = 4 * 1024 * 1024;
    /// Of one exchange, for requests that name none.
    engine::Duration timeout = std::chrono::seconds(15);
};

struct HttpRequest {
    std::string url;                         ///< Absolute, http or https, already expanded.
    std::vector<websocket::Header> headers;  ///< Host, Connection and their like are ours.
    engine::Duration timeout{};      ///< From start() to the last byte; 0 = the settings' one.
    std::size_t max_body_bytes = 0;  ///< 0, or above the settings' one: the settings' one.
};

enum class HttpFailure : std::uint8_t {
    none,                 ///< There is a whole answer, of whatever status.
    timeout,              ///< The exchange was not over in its time.
    cancelled,            ///< For callers; never reported: a cancelled fetch is silent.
    unreachable,          ///< No name, no connection, or the proxy refused.
    tls,                  ///< The handshake failed, or a TLS setting cannot be honoured.
    certificate_refused,  ///< Chain, name or pin.
    redirected,           ///< 3xx, which is not followed.
    too_large,            ///< The body (or what came in its place) is above the limit.
    protocol,             ///< What came is not HTTP, or is encoded in a way nobody asked for.
    connection_lost,      ///< The connection ended before the answer did.
    invalid_request,      ///< Nothing was sent; the text names the rule.
    overloaded            ///< Nothing was sent; too many fetches wait already.
};

/// "too_large" and so on, for logs.
constexpr std::string_view to_string(HttpFailure failure) {
    switch (failure) {
        case HttpFailure::none:
            return "none";
        case HttpFailure::timeout:
            return "timeout";
        case HttpFailure::cancelled:
            return "cancelled";
        case HttpFailure::unreachable:
            return "unreachable";
        case HttpFailure::tls:
            return "tls";
        case HttpFailure::certificate_refused:
            return "certificate_refused";
        case HttpFailure::redirected:
            return "redirected";
        case HttpFailure::too_large:
            return "too_large";
        case HttpFailure::protocol:
            return "protocol";
        case HttpFailure::connection_lost:
            return "connection_lost";
        case HttpFailure::invalid_request:
            return "invalid_request";
        case HttpFailure::overloaded:
            return "overloaded";
    }
    return "unknown";
}

struct HttpResult {
    HttpFailure failure = HttpFailure::none;
    /// 0 = no answer. Set with a failure too when it was known; after a time-out it never is.
    std::uint16_t status = 0;
    std::string body;  ///< Whole; empty with a failure.
    std::string content_type;
    /// Retry-After of any answer, in seconds from now; a date in the past is 0.
    std::optional<std::uint32_t> retry_after_seconds;
    /// For people. It never holds a token, a header, a path, a query or a byte of the server.
    std::string text;
};

using HttpFetchId = std::uint64_t;  ///< Never 0.

/// Runs on the I/O thread, once, never from inside start() or cancel(). It may start, cancel, and
/// destroy the client.
using HttpDone = std::function<void(HttpResult result)>;

/// start() and cancel() run on the I/O thread and never block. Destroying the client cancels all
/// that is under way without waiting for anything; it may be done on any thread (on another one
/// than the I/O thread a callback that has begun still ends).
class HttpClient {
  public:
    virtual ~HttpClient() = default;

    /// GET. Whatever is wrong with the request comes through the callback too.
    virtual HttpFetchId start(HttpRequest request, HttpDone done) = 0;

    /// The callback of that fetch is not called any more. Ids that are not known do nothing.
    virtual void cancel(HttpFetchId id) = 0;
};

}  // namespace graceline::driver
