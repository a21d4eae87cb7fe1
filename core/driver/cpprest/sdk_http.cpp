// The HTTP part's only file, with its sink, that includes cpprestsdk.
// Must not let an exception go unseen in a task: cpprestsdk ends the process for it.
#define _TURN_OFF_PLATFORM_STRING
// Its headers use names of Asio that the rest of the driver does without.
#undef BOOST_ASIO_NO_DEPRECATED
#include "core/driver/cpprest/sdk_http.hpp"

#include <cpprest/http_client.h>
#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "core/driver/cpprest/limits.hpp"
#include "core/driver/cpprest/sdk_body_sink.hpp"
#include "core/driver/cpprest/sdk_pool.hpp"
#include "core/driver/cpprest/setting_error.hpp"
#include "core/driver/exit_gate.hpp"
#include "core/websocket/http_text.hpp"

namespace graceline::driver::cpprest {
namespace {

namespace http = web::http;
using TcpSocket = boost::asio::ip::tcp::socket;
using TlsStream = boost::asio::ssl::stream<TcpSocket&>;

// Before each request, with the socket that it will use.
void prepare_socket(const SdkHttpOptions& options, void* handle) {
    // Nothing but looking: a socket that our copy of Asio opened or bound would run our copy's code
    // on cpprestsdk's threads, which know only the copy inside its own library.
    if (options.secure) {
        auto* const stream = static_cast<TlsStream*>(handle);
        // cpprestsdk's own would be the Host header, port and address literals included.
        if (!options.indicated_name.empty() && !stream->next_layer().is_open() &&
            SSL_set_tlsext_host_name(stream->native_handle(), options.indicated_name.c_str()) !=
                1) {
            throw SettingError("the server name of the TLS settings was not accepted");
        }
    }
}

http::client::http_client_config config_of(const std::shared_ptr<const SdkHttpOptions>& options) {
    http::client::http_client_config config;
    config.set_timeout(kSdkOperationTimeout);
    config.set_max_redirects(0);
    config.set_request_compressed_response(false);
    config.set_tlsext_sni_enabled(false);
    // Always on: what the settings allow is decided inside configure_tls.
    config.set_validate_certificates(true);
    config.set_nativehandle_options(
        [options](http::client::native_handle handle) { prepare_socket(*options, handle); });
    if (options->configure_tls) {
        config.set_ssl_context_callback([options](boost::asio::ssl::context& context) {
            options->configure_tls(context.native_handle());
        });
    }
    // Its credentials go into a header of ours: cpprestsdk would lose a copy of the password in
    // memory with every request.
    if (!options->proxy_url.empty()) config.set_proxy(web::web_proxy(web::uri(options->proxy_url)));
    return config;
}

std::string header_of(const http::http_response& response, const std::string& name) {
    const auto found = response.headers().find(name);
    return found == response.headers().end() ? std::string() : found->second;
}

bool is_plain(std::string_view encoding, std::string_view plain) {
    return encoding.empty() || websocket::equals_ignoring_case(encoding, plain);
}

/// One request and what becomes of it; used by one thread of the pool at a time but for the end.
class Exchange : public std::enable_shared_from_this<Exchange> {
  public:
    Exchange(std::size_t max_body_bytes, SdkHttp::Done done)
        : max_body_bytes_(max_body_bytes),
          sink_(std::make_shared<SdkBodySink>(max_body_bytes)),
          done_(std::move(done)) {}

    void run(http::client::http_client& client, const SdkHttpRequest& wanted);
    void fail(const std::exception_ptr& error);

  private:
    void judge_head(const http::http_response& response);
    void body_ended(const std::exception_ptr& error);
    void request_gone();
    void end(SdkHttpEnd how, std::string text = {});

    const std::size_t max_body_bytes_;
    const std::shared_ptr<SdkBodySink> sink_;
    std::mutex mutex_;
    SdkHttp::Done done_;  ///< Null once it was called.
    SdkHttpAnswer answer_;
    bool complete_ = false;
    bool request_gone_ = false;
};

void Exchange::run(http::client::http_client& client, const SdkHttpRequest& wanted) {
    http::http_request request(http::methods::GET);
    request.set_request_uri(web::uri(wanted.target));
    request.headers().add(http::header_names::host, wanted.host_header);
    for (const auto& header : wanted.headers) request.headers().add(header.name, header.value);
    request.set_response_stream(
        concurrency::streams::ostream(concurrency::streams::streambuf<uint8_t>(sink_)));
    // The progress itself is of no interest. The handler dies with the request, and that with
    // cpprestsdk's last use of it: only then is the connection back in its pool.
    const std::shared_ptr<void> lifetime(
        nullptr, [self = shared_from_this()](void*) { self->request_gone(); });
    request.set_progress_handler(
        [lifetime](http::message_direction::direction, utility::size64_t) {});
    client.request(request).then(
        [self = shared_from_this()](const pplx::task<http::http_response>& head) {
            try {
                self->judge_head(head.get());
            } catch (...) {
                self->fail(std::current_exception());
            }
        });
}

void Exchange::judge_head(const http::http_response& response) {
    const auto status = response.status_code();
    answer_.status = status;
    answer_.content_type = header_of(response, http::header_names::content_type);
    answer_.retry_after = header_of(response, http::header_names::retry_after);
    if (status < 200 || status > 599) return end(SdkHttpEnd::malformed);
    if (status < 400 && status > 299) return end(SdkHttpEnd::redirected);
    if (!is_plain(header_of(response, http::header_names::content_encoding), "identity") ||
        !is_plain(header_of(response, http::header_names::transfer_encoding), "chunked")) {
        return end(SdkHttpEnd::encoded);
    }
    const auto length = header_of(response, http::header_names::content_length);
    const auto announced = websocket::parse_decimal(length);
    if (announced && *announced > max_body_bytes_) return end(SdkHttpEnd::too_large);
    if (!length.empty() && !announced) return end(SdkHttpEnd::malformed);
    response.content_ready().then(
        [self = shared_from_this()](const pplx::task<http::http_response>& body) {
            std::exception_ptr error;
            try {
                body.get();
            } catch (...) {
                error = std::current_exception();
            }
            self->body_ended(error);
        });
}

void Exchange::body_ended(const std::exception_ptr& error) {
    if (sink_->overflowed()) return end(SdkHttpEnd::too_large);
    if (error) return fail(error);
    {
        const std::lock_guard lock(mutex_);
        complete_ = true;
        if (!request_gone_) return;
    }
    end(SdkHttpEnd::complete);
}

void Exchange::request_gone() {
    {
        const std::lock_guard lock(mutex_);
        request_gone_ = true;
        if (!complete_) return;
    }
    end(SdkHttpEnd::complete);
}

void Exchange::fail(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const SettingError& exception) {
        end(SdkHttpEnd::setting, exception.what());
    } catch (const std::exception& exception) {
        // Its texts are only looked at: some quote the URL.
        const std::string_view text = exception.what();
        end(text.starts_with("Invalid") ? SdkHttpEnd::malformed : SdkHttpEnd::lost);
    } catch (...) {
        end(SdkHttpEnd::lost);
    }
}

void Exchange::end(SdkHttpEnd how, std::string text) {
    SdkHttp::Done done;
    {
        const std::lock_guard lock(mutex_);
        done.swap(done_);
    }
    if (!done) return;
    answer_.end = how;
    answer_.text = std::move(text);
    if (how == SdkHttpEnd::complete) answer_.body = sink_->take();
    done(std::move(answer_));
}

class SdkHttpImpl final : public SdkHttp, public std::enable_shared_from_this<SdkHttpImpl> {
  public:
    explicit SdkHttpImpl(SdkHttpOptions options)
        : options_(std::make_shared<const SdkHttpOptions>(std::move(options))) {}

    void get(SdkHttpRequest request, Done done) override;

    /// For the deleter: the pool may be in the middle of something, and our threads do not wait.
    static void dispose(SdkHttpImpl* object) {
        const PoolStay stay;
        if (!stay) return;  // The process ends, and the object with it.
        pplx::create_task([object] { delete object; });
    }

  private:
    void run(const SdkHttpRequest& request, const std::shared_ptr<Exchange>& exchange);

    const std::shared_ptr<const SdkHttpOptions> options_;
    std::unique_ptr<http::client::http_client> client_;  ///< Threads of the pool only.
};

void SdkHttpImpl::get(SdkHttpRequest request, Done done) {
    const PoolStay stay;
    if (!stay) return;
    auto exchange = std::make_shared<Exchange>(request.max_body_bytes, std::move(done));
    pplx::create_task([self = shared_from_this(), request = std::move(request),
                       exchange = std::move(exchange)] { self->run(request, exchange); });
}

void SdkHttpImpl::run(const SdkHttpRequest& request, const std::shared_ptr<Exchange>& exchange) {
    const ExitGuard guard;
    if (!guard) return;
    try {
        if (!client_) {
            client_ = std::make_unique<http::client::http_client>(web::uri(options_->base_url),
                                                                  config_of(options_));
        }
        exchange->run(*client_, request);
    } catch (...) {
        exchange->fail(std::current_exception());
    }
}

}  // namespace

std::shared_ptr<SdkHttp> SdkHttp::make(SdkHttpOptions options) {
    start_sdk_pool();
    return {new SdkHttpImpl(std::move(options)), &SdkHttpImpl::dispose};
}

}  // namespace graceline::driver::cpprest
