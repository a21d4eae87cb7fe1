// Puts door, wire, TLS rules and cpprestsdk together, and judges what came of it.
// Must not wait for cpprestsdk: a line ends when we say so, the object behind it later.
#include "core/driver/cpprest/http_line.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <utility>

#include "core/driver/cpprest/basic_credentials.hpp"
#include "core/driver/cpprest/limits.hpp"
#include "core/driver/proxy_tunnel.hpp"
#include "core/websocket/http_date.hpp"
#include "core/websocket/http_text.hpp"

namespace graceline::driver::cpprest {
namespace {

std::atomic<std::size_t>& unreleased_count() {
    static std::atomic<std::size_t> count{0};
    return count;
}

/// What cpprestsdk holds as long as it may still come to the door. Whoever is second on the I/O
/// thread, its end or drop(), takes the line out of the count.
class DoorKey {
  public:
    DoorKey(std::shared_ptr<Loop> loop, std::shared_ptr<HttpDoor> door,
            std::shared_ptr<bool> released)
        : loop_(std::move(loop)), door_(std::move(door)), released_(std::move(released)) {}
    ~DoorKey() {
        loop_->post([door = std::move(door_), released = std::move(released_)] {
            door->dismantle();
            if (std::exchange(*released, true)) --unreleased_count();
        });
    }
    DoorKey(const DoorKey&) = delete;
    DoorKey& operator=(const DoorKey&) = delete;

  private:
    std::shared_ptr<Loop> loop_;
    std::shared_ptr<HttpDoor> door_;
    std::shared_ptr<bool> released_;
};

std::optional<std::uint32_t> seconds_to_wait(std::string_view retry_after) {
    if (const auto seconds = websocket::parse_decimal(retry_after)) return seconds;
    const auto date = websocket::parse_http_date(retry_after);
    if (!date) return std::nullopt;
    // The one look at the wall clock: the server's date is of the same kind.
    const auto today = std::chrono::duration_cast<std::chrono::seconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(*date - today, 0, std::numeric_limits<std::uint32_t>::max()));
}

HttpResult failure_result(HttpFailure failure, std::string text) {
    HttpResult result;
    result.failure = failure;
    result.text = std::move(text);
    return result;
}

std::shared_ptr<const TransportSettings> settings_of(const HttpSettings& shared,
                                                     const HttpAddress& origin) {
    auto settings = std::make_shared<TransportSettings>();
    settings->secure = origin.secure;
    settings->host = origin.host;
    settings->port = origin.port;
    settings->tls = shared.tls;
    settings->proxy = shared.proxy;
    return settings;
}

std::uint64_t wire_limit(std::size_t max_body_bytes) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    if (max_body_bytes > (kMost - kHttpWireAllowanceBytes) / kHttpWireFactor) return kMost;
    return max_body_bytes * kHttpWireFactor + kHttpWireAllowanceBytes;
}

}  // namespace

HttpLine::HttpLine(std::shared_ptr<Loop> loop, const HttpSettings& settings, HttpAddress origin,
                   std::function<void()> ended_idle)
    : loop_(std::move(loop)),
      settings_(settings_of(settings, origin)),
      origin_(std::move(origin)),
      ended_idle_(std::move(ended_idle)),
      released_(std::make_shared<bool>(false)),
      secured_(std::make_shared<std::atomic<bool>>(false)) {}

HttpLine::~HttpLine() {
    drop();
}

std::size_t HttpLine::unreleased() {
    return unreleased_count();
}

void HttpLine::run(SdkHttpRequest request, Done done) {
    done_ = std::move(done);
    wire_result_ = {};
    ++exchange_;
    max_wire_bytes_ = wire_limit(request.max_body_bytes);
    if (wire_) wire_->expect(max_wire_bytes_);
    if (!sdk_ && !prepare()) return;
    const ProxySettings& proxy = settings_->proxy;
    // In a tunnel the credentials were in our CONNECT.
    if (!origin_.secure && !proxy.host.empty() && !proxy.user.empty()) {
        request.headers.push_back(
            {"Proxy-Authorization", basic_credentials(proxy.user, proxy.password)});
    }
    try {
        sdk_->get(std::move(request), [loop = loop_, weak = weak_from_this(),
                                       exchange = exchange_](SdkHttpAnswer answer) {
            loop->post([weak, exchange, answer = std::move(answer)]() mutable {
                const auto self = weak.lock();
                if (self && self->exchange_ == exchange) self->answered(std::move(answer));
            });
        });
    } catch (const std::exception&) {
        finish_later(failure_result(HttpFailure::unreachable, "cpprestsdk could not be started"));
    }
}

bool HttpLine::prepare() {
    if (!settings_->proxy.host.empty()) {
        if (auto error = proxy_error(*settings_); !error.empty()) {
            finish_later(failure_result(HttpFailure::unreachable, std::move(error)));
            return false;
        }
    }
    door_ = std::make_shared<HttpDoor>(loop_);
    const bool open = door_->open([weak = weak_from_this()](Socket socket) {
        if (const auto self = weak.lock()) self->entered(std::move(socket));
    });
    if (!open) {
        finish_later(failure_result(HttpFailure::unreachable,
                                    "the system has no local port left for the connection"));
        return false;
    }
    try {
        sdk_ = SdkHttp::make(options());
    } catch (const std::exception&) {
        finish_later(failure_result(HttpFailure::unreachable, "cpprestsdk could not be started"));
        return false;
    }
    return true;
}

SdkHttpOptions HttpLine::options() {
    SdkHttpOptions options;
    const std::string door = "127.0.0.1:" + std::to_string(door_->port());
    options.secure = origin_.secure;
    if (origin_.secure) {
        options.base_url = "https://" + door;
        tls_ = std::make_shared<TlsPolicy>(
            settings_, [secured = secured_](const TlsFacts&) { secured->store(true); });
        options.indicated_name = tls_->indicated_name();
        options.configure_tls = [tls = tls_](ssl_ctx_st* context) { tls->apply(context); };
    } else if (settings_->proxy.host.empty()) {
        options.base_url = "http://" + door;
    } else {
        options.base_url = "http://" + origin_.host_header;
        options.proxy_url = "http://" + door;
    }
    options.key = std::make_shared<DoorKey>(loop_, door_, released_);
    return options;
}

void HttpLine::entered(Socket socket) {
    if (dropped_) return;
    // A second connection is cpprestsdk's own second try, when the first one had been idle.
    if (wire_) wire_->close();
    HttpWireOwner& owner = *this;
    wire_ = std::make_shared<HttpWire>(loop_, settings_, std::move(socket), owner);
    wire_->expect(max_wire_bytes_);
    wire_->open();
}

void HttpLine::wire_failed(HttpFailure failure, std::string text) {
    wire_result_ = failure_result(failure, std::move(text));
}

void HttpLine::wire_over_limit() {
    // Idle it owes us nothing; busy it is far beyond what the body may be.
    if (!busy()) return wire_ended();
    finish(failure_result(HttpFailure::too_large, "the answer is above the limit"));
}

void HttpLine::wire_ended() {
    if (busy()) return;
    worn_out_ = true;
    if (wire_) wire_->close();
    // It drops this line, and with it the function.
    if (const auto tell = ended_idle_) tell();
}

void HttpLine::answered(SdkHttpAnswer answer) {
    if (!busy()) return;
    if (answer.end != SdkHttpEnd::complete || !wire_ || !wire_->usable()) worn_out_ = true;
    finish(judged(std::move(answer)));
}

HttpResult HttpLine::judged(SdkHttpAnswer answer) const {
    HttpResult result;
    result.status = answer.status;
    result.content_type = std::move(answer.content_type);
    result.retry_after_seconds = seconds_to_wait(answer.retry_after);
    const auto failed = [&result](HttpFailure failure, std::string text) {
        result.failure = failure;
        result.text = std::move(text);
    };
    const std::string status = std::to_string(answer.status);
    switch (answer.end) {
        case SdkHttpEnd::complete:
            result.body = std::move(answer.body);
            result.text = "the server answered with status " + status;
            break;
        case SdkHttpEnd::redirected:
            failed(HttpFailure::redirected,
                   "the server redirects (status " + status + "), which is not followed");
            break;
        case SdkHttpEnd::too_large:
            failed(HttpFailure::too_large, "the body of the answer is above the limit");
            break;
        case SdkHttpEnd::encoded:
            failed(HttpFailure::protocol, "the body is encoded in a way that was not asked for");
            break;
        case SdkHttpEnd::malformed:
            failed(HttpFailure::protocol, "the server's answer is not HTTP/1.1");
            break;
        case SdkHttpEnd::setting:
            failed(HttpFailure::tls, std::move(answer.text));
            break;
        case SdkHttpEnd::lost:
            if (answer.status == 0) return lost();
            failed(HttpFailure::connection_lost, "the connection was lost inside the answer");
            break;
    }
    return result;
}

// cpprestsdk only knows that its connection ended; what ended it is known here.
HttpResult HttpLine::lost() const {
    if (wire_result_.failure != HttpFailure::none) return wire_result_;
    if (tls_) {
        auto refusal = tls_->refusal();
        if (refusal.cause.reason != engine::Reason::none) {
            return failure_result(HttpFailure::certificate_refused, std::move(refusal.text));
        }
        if (!*secured_) return failure_result(HttpFailure::tls, "the TLS handshake failed");
    } else if (wire_ && !wire_->received_nothing()) {
        return failure_result(HttpFailure::protocol, "the server's answer is not HTTP/1.1");
    }
    return failure_result(HttpFailure::connection_lost,
                          "the connection was lost before the server answered");
}

void HttpLine::finish(HttpResult result) {
    if (result.failure != HttpFailure::none) worn_out_ = true;
    if (worn_out_ && wire_) wire_->close();
    std::exchange(done_, nullptr)(std::move(result));
}

void HttpLine::finish_later(HttpResult result) {
    worn_out_ = true;
    loop_->post([weak = weak_from_this(), exchange = exchange_, result = std::move(result)] {
        const auto self = weak.lock();
        if (self && self->exchange_ == exchange && self->busy()) self->finish(result);
    });
}

void HttpLine::drop() {
    if (std::exchange(dropped_, true)) return;
    done_ = nullptr;
    ended_idle_ = nullptr;
    // First the door: cpprestsdk may try a connection again that it thinks was idle too long.
    if (door_) door_->shut();
    if (wire_) wire_->close();
    if (!sdk_) {
        if (door_) door_->dismantle();
        return;
    }
    ++unreleased_count();
    sdk_ = nullptr;
    if (std::exchange(*released_, true)) --unreleased_count();
}

}  // namespace graceline::driver::cpprest
