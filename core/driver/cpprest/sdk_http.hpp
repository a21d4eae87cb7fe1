// One use of cpprestsdk's http_client for one origin, without showing it.
// Must not be destroyed but through its shared_ptr: the last one sends it to the pool.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/websocket/handshake.hpp"

struct ssl_ctx_st;

namespace graceline::driver::cpprest {

struct SdkHttpOptions {
    /// Whom cpprestsdk takes for the server: the door, or the server itself behind a proxy.
    std::string base_url;
    /// The door once more when a proxy stands behind it that wants the absolute form; else empty.
    std::string proxy_url;
    bool secure = false;
    std::string indicated_name;  ///< SNI; empty = none.
    /// Called for each TLS connection with its context; throws SettingError.
    std::function<void(ssl_ctx_st*)> configure_tls;
    /// Destroyed when cpprestsdk has let go of everything.
    std::shared_ptr<void> key;
};

struct SdkHttpRequest {
    std::string host_header;
    std::string target;
    std::vector<websocket::Header> headers;
    std::size_t max_body_bytes = 0;
};

enum class SdkHttpEnd : std::uint8_t {
    complete,
    redirected,
    too_large,
    encoded,    ///< Compressed, which nobody asked for.
    malformed,  ///< Not HTTP.
    setting,    ///< A setting was not accepted; nothing was sent. The text names it.
    lost
};

struct SdkHttpAnswer {
    SdkHttpEnd end = SdkHttpEnd::lost;
    std::uint16_t status = 0;
    std::string content_type;
    std::string retry_after;
    std::string body;
    std::string text;
};

class SdkHttp {
  public:
    using Done = std::function<void(SdkHttpAnswer answer)>;

    /// Starts the pool when nothing has before; may throw when the system has no thread left.
    static std::shared_ptr<SdkHttp> make(SdkHttpOptions options);

    virtual ~SdkHttp() = default;

    /// Any thread, one at a time; never blocks. `done` is called once, on a thread of the pool, and
    /// must only pass on. After a complete answer the connection is free for the next request.
    virtual void get(SdkHttpRequest request, Done done) = 0;
};

}  // namespace graceline::driver::cpprest
