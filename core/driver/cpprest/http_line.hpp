// One connection to one origin with all that belongs to it, for one exchange at a time.
// Must not know of other lines, of queues or of time.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/driver/cpprest/http_door.hpp"
#include "core/driver/cpprest/http_request.hpp"
#include "core/driver/cpprest/http_wire.hpp"
#include "core/driver/cpprest/sdk_http.hpp"
#include "core/driver/cpprest/tls_policy.hpp"
#include "core/driver/http.hpp"

namespace graceline::driver::cpprest {

/// I/O thread only. Calls of the two functions never come from inside a call, nor after drop().
class HttpLine final : public std::enable_shared_from_this<HttpLine>, private HttpWireOwner {
  public:
    using Done = std::function<void(HttpResult result)>;

    HttpLine(std::shared_ptr<Loop> loop, const HttpSettings& settings, HttpAddress origin,
             std::function<void()> ended_idle);
    ~HttpLine();

    /// One at a time, and only while usable().
    void run(SdkHttpRequest request, Done done);

    /// Ends it: the server's socket is free when it returns, cpprestsdk lets go later.
    void drop();

    const HttpAddress& origin() const { return origin_; }
    bool busy() const { return static_cast<bool>(done_); }
    /// It can carry a (further) exchange.
    bool usable() const { return !dropped_ && !worn_out_; }

    /// Any thread. Lines that were dropped while cpprestsdk still holds them.
    static std::size_t unreleased();

  private:
    void wire_failed(HttpFailure failure, std::string text) override;
    void wire_over_limit() override;
    void wire_ended() override;

    bool prepare();
    SdkHttpOptions options();
    void entered(Socket socket);
    void answered(SdkHttpAnswer answer);
    HttpResult judged(SdkHttpAnswer answer) const;
    HttpResult lost() const;
    void finish(HttpResult result);
    void finish_later(HttpResult result);

    std::shared_ptr<Loop> loop_;
    std::shared_ptr<const TransportSettings> settings_;
    HttpAddress origin_;
    std::function<void()> ended_idle_;
    std::shared_ptr<bool> released_;  ///< cpprestsdk has let go, or drop() was called.
    std::shared_ptr<HttpDoor> door_;
    std::shared_ptr<HttpWire> wire_;
    std::shared_ptr<TlsPolicy> tls_;
    std::shared_ptr<std::atomic<bool>> secured_;  ///< The handshake was done.
    std::shared_ptr<SdkHttp> sdk_;
    Done done_;
    std::uint64_t exchange_ = 0;
    std::uint64_t max_wire_bytes_ = 0;
    HttpResult wire_result_;
    bool worn_out_ = false;
    bool dropped_ = false;
};

}  // namespace graceline::driver::cpprest
