// The WebSocket part's only file that includes cpprestsdk.
// Must not call into a cpprestsdk object from its callbacks, nor wait for one but on the reaper.
#define _TURN_OFF_PLATFORM_STRING
// Its headers use names of Asio that the rest of the driver does without.
#undef BOOST_ASIO_NO_DEPRECATED
#include "core/driver/cpprest/sdk_client.hpp"

#include <cpprest/ws_client.h>

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/driver/cpprest/reaper.hpp"
#include "core/driver/cpprest/sdk_pool.hpp"

namespace graceline::driver::cpprest {

namespace {

namespace ws = web::websockets::client;
using Buffer = concurrency::streams::container_buffer<std::vector<std::uint8_t>>;

void prepare_process() {
    static std::once_flag once;
    std::call_once(once, [] {
        // First the pool: exit handlers run in reverse order.
        start_sdk_pool();
        Reaper::instance().drain_at_exit();
    });
}

ws::websocket_client_config config_of(const SdkOptions& options) {
    ws::websocket_client_config config;
    web::web_proxy proxy(web::uri("http://127.0.0.1:" + std::to_string(options.relay_port)));
    proxy.set_credentials(web::credentials(options.relay_user, options.relay_password));
    config.set_proxy(proxy);
    for (const auto& header : options.headers) config.headers().add(header.name, header.value);
    for (const auto& subprotocol : options.subprotocols) config.add_subprotocol(subprotocol);
    if (options.indicated_name.empty()) {
        config.disable_sni();
    } else {
        config.set_server_name(options.indicated_name);
    }
    // Always on: what the settings allow is decided inside configure_tls.
    config.set_validate_certificates(true);
    if (options.configure_tls) {
        config.set_ssl_context_callback(
            [configure = options.configure_tls](boost::asio::ssl::context& context) {
                configure(context.native_handle());
            });
    }
    return config;
}

// An exception that nobody looks at ends the process, so every task ends here.
template <typename Done>
void observe(const pplx::task<void>& task, Done done) {
    task.then([done = std::move(done)](pplx::task<void> result) {
        std::exception_ptr error;
        try {
            result.get();
        } catch (...) {
            error = std::current_exception();
        }
        done(error);
    });
}

SdkFailure kind_of(const std::error_code& code) {
    const std::string category = code.category().name();
    const std::string message = code.message();
    if (category == "websocketpp.processor") {
        return message == "Invalid HTTP status." ? SdkFailure::refused : SdkFailure::invalid;
    }
    // Thrown away by websocketpp: that its HTTP parser gave up.
    if (category == "websocketpp" && message == "Generic error") return SdkFailure::invalid;
    if (message.find("timeout") != std::string::npos ||
        message.find("timed out") != std::string::npos ||
        message.find("Timer Expired") != std::string::npos) {
        return SdkFailure::timed_out;
    }
    return SdkFailure::other;
}

// cpprestsdk gives the code and reason of the close frame that went out, which is an echo of the
// server's unless websocketpp itself ended the connection: then the reason is one of its own.
bool is_own_verdict(std::uint16_t code, std::string_view reason) {
    if (code != websocket::kCloseProtocolError && code != websocket::kCloseInvalidPayload &&
        code != websocket::kCloseMessageTooBig) {
        return false;
    }
    constexpr std::array<std::string_view, 15> kReasons = {
        "Generic processor error",
        "Generic protocol violation",
        "A message was too large",
        "A payload contained invalid data",
        "invalid opcode",
        "Control messages are limited to fewer than 125 characters",
        "Invalid use of reserved bits",
        "Control messages cannot be fragmented",
        "Invalid message continuation",
        "Servers may not send masked frames",
        "Payload length was not minimally encoded",
        "Invalid UTF8 encoding",
        "Reserved close code used",
        "Invalid close code used",
        "Using a close reason requires a valid close code",
    };
    return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

// Shared with the object's close handler. An object is destroyed when both nobody needs it any more
// and that handler ran: then it needs no more work of the pool, and its destructor waits for
// nothing, whichever thread holds its last internal reference.
struct EndSignal {
    std::mutex mutex;
    bool ended = false;
    std::function<void()> destroy;

    void end() {
        std::function<void()> ready;
        {
            const std::lock_guard lock(mutex);
            ended = true;
            ready.swap(destroy);
        }
        if (ready) ready();
    }
    void destroy_when_ended(std::function<void()> work) {
        {
            const std::lock_guard lock(mutex);
            if (!ended) {
                destroy = std::move(work);
                return;
            }
        }
        work();
    }
};

void pass_on(const ws::websocket_incoming_message& message, SdkEvents& events) {
    websocket::Opcode opcode{};
    switch (message.message_type()) {
        case ws::websocket_message_type::text_message:
            opcode = websocket::Opcode::text;
            break;
        case ws::websocket_message_type::binary_message:
            opcode = websocket::Opcode::binary;
            break;
        case ws::websocket_message_type::ping:
            opcode = websocket::Opcode::ping;
            break;
        case ws::websocket_message_type::pong:
            opcode = websocket::Opcode::pong;
            break;
        default:
            return;
    }
    auto buffer = message.body().streambuf();
    std::uint8_t* data = nullptr;
    std::size_t size = 0;
    if (message.length() == 0 || !buffer.acquire(data, size)) {
        return events.sdk_message(opcode, {});
    }
    events.sdk_message(opcode, {data, size});
    buffer.release(data, size);
}

class SdkClientImpl final : public SdkClient, public std::enable_shared_from_this<SdkClientImpl> {
  public:
    SdkClientImpl(SdkOptions options, std::shared_ptr<SdkEvents> events)
        : options_(std::move(options)), events_(std::move(events)) {}

    void connect();
    void send(websocket::Opcode opcode, std::span<const std::uint8_t> payload) override;
    void close(std::uint16_t code, std::string reason) override;
    void give_up() override;

    /// For the deleter, when the last reference has gone.
    static void dispose(SdkClientImpl* object);

  private:
    void connect_done(const std::exception_ptr& error);
    void never_began();
    void send_done();
    void close_now();

    const SdkOptions options_;
    const std::shared_ptr<SdkEvents> events_;
    const std::shared_ptr<EndSignal> end_ = std::make_shared<EndSignal>();
    std::unique_ptr<ws::websocket_callback_client> client_;

    std::mutex mutex_;
    bool given_up_ = false;
    bool began_ = false;  ///< connect() was called: the close handler will be, too.
    bool close_wanted_ = false;
    std::size_t sends_running_ = 0;
    std::uint16_t close_code_ = 0;
    std::string close_reason_;
};

void SdkClientImpl::connect() {
    {
        const std::lock_guard lock(mutex_);
        if (given_up_) return;
        began_ = true;
    }
    std::string failure;
    try {
        client_ = std::make_unique<ws::websocket_callback_client>(config_of(options_));
        client_->set_message_handler(
            [events = events_](const auto& message) { pass_on(message, *events); });
        client_->set_close_handler([events = events_, end = end_](ws::websocket_close_status status,
                                                                  const std::string& reason,
                                                                  const std::error_code&) {
            const auto code = static_cast<std::uint16_t>(status);
            events->sdk_closed(code, is_own_verdict(code, reason));
            end->end();
        });
        observe(client_->connect(web::uri(options_.url)),
                [self = shared_from_this()](const std::exception_ptr& error) {
                    self->connect_done(error);
                });
        return;
    } catch (const SettingError& error) {
        failure = error.what();
    } catch (const std::system_error&) {
        // It could not start its thread, and its destructor would wait for that thread for ever.
        static_cast<void>(client_.release());
        failure = "the system has no thread left for cpprestsdk";
    } catch (const std::exception&) {
        // Its own texts may quote the URL, and so a secret in the query.
        failure = "cpprestsdk does not accept the URL or a header";
    }
    never_began();
    events_->sdk_connect_failed(SdkFailure::setting, std::move(failure));
}

void SdkClientImpl::never_began() {
    const std::lock_guard lock(mutex_);
    began_ = false;
}

void SdkClientImpl::connect_done(const std::exception_ptr& error) {
    if (!error) return events_->sdk_connected();
    try {
        std::rethrow_exception(error);
    } catch (const ws::websocket_exception& exception) {
        // get_connection and its like fail before the object's thread exists.
        const bool began = std::string_view(exception.what()).starts_with("set_fail_handler");
        if (!began) never_began();
        const auto& code = exception.error_code();
        events_->sdk_connect_failed(began ? kind_of(code) : SdkFailure::setting, code.message());
    } catch (...) {
        events_->sdk_connect_failed(SdkFailure::other, "cpprestsdk failed to connect");
    }
}

void SdkClientImpl::send(websocket::Opcode opcode, std::span<const std::uint8_t> payload) {
    {
        const std::lock_guard lock(mutex_);
        if (close_wanted_) return;
        ++sends_running_;
    }
    ws::websocket_outgoing_message message;
    if (opcode == websocket::Opcode::ping) {
        message.set_ping_message(
            std::string(reinterpret_cast<const char*>(payload.data()), payload.size()));
    } else {
        // A stated size of nothing is refused; a size to be found out is not.
        const std::size_t size = payload.empty() ? SIZE_MAX : payload.size();
        const Buffer buffer(std::vector<std::uint8_t>(payload.begin(), payload.end()),
                            std::ios_base::in);
        const auto stream = buffer.create_istream();
        if (opcode == websocket::Opcode::text) {
            message.set_utf8_message(stream, size);
        } else {
            message.set_binary_message(stream, size);
        }
    }
    // A failed send needs no report: the connection is over, and its close handler says so.
    observe(client_->send(message),
            [self = shared_from_this()](const std::exception_ptr&) { self->send_done(); });
}

void SdkClientImpl::send_done() {
    {
        const std::lock_guard lock(mutex_);
        --sends_running_;
        if (sends_running_ > 0 || !close_wanted_) return;
    }
    close_now();
}

void SdkClientImpl::close(std::uint16_t code, std::string reason) {
    {
        const std::lock_guard lock(mutex_);
        if (close_wanted_) return;
        close_wanted_ = true;
        close_code_ = code;
        close_reason_ = std::move(reason);
        // What waits in cpprestsdk's own queue would be dropped by its close().
        if (sends_running_ > 0) return;
    }
    close_now();
}

void SdkClientImpl::close_now() {
    // Its lock is held while a thread is joined, so not even this call is for our threads.
    pplx::create_task([self = shared_from_this()] {
        observe(self->client_->close(static_cast<ws::websocket_close_status>(self->close_code_),
                                     self->close_reason_),
                [self](const std::exception_ptr&) {});
    });
}

void SdkClientImpl::give_up() {
    const std::lock_guard lock(mutex_);
    // Tasks of the pool may hold it a little longer, and it counts from now on.
    if (!std::exchange(given_up_, true)) Reaper::instance().announce();
}

void SdkClientImpl::dispose(SdkClientImpl* object) {
    const auto end = object->end_;
    const bool counted = object->given_up_;
    if (!object->began_) end->end();
    end->destroy_when_ended(
        [object, counted] { Reaper::instance().reap([object] { delete object; }, counted); });
}

}  // namespace

std::shared_ptr<SdkClient> SdkClient::start(SdkOptions options, std::shared_ptr<SdkEvents> events) {
    prepare_process();
    const std::shared_ptr<SdkClientImpl> client(
        new SdkClientImpl(std::move(options), std::move(events)), &SdkClientImpl::dispose);
    pplx::create_task([client] { client->connect(); });
    return client;
}

}  // namespace graceline::driver::cpprest
