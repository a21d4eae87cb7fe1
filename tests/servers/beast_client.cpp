// A blocking WebSocket client on Boost.Beast for the tests of the dev server.
// Must not be used to test Graceline itself: it is the independent other side.
#include "tests/servers/beast_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <functional>

namespace graceline::tests {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using ErrorCode = boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr int kCodeNone = 1005;
constexpr int kCodeAbnormal = 1006;

struct Message {
    std::string bytes;
    bool binary = false;
};

}  // namespace

class BeastClient::Impl {
  public:
    virtual ~Impl() = default;
    virtual void send(std::string_view bytes, bool binary) = 0;
    virtual void close(int code, std::string_view reason) = 0;
    virtual void start_read() = 0;
    virtual void start_ping() = 0;
    virtual std::shared_ptr<ssl_session_st> session() = 0;

    bool run_until(const std::function<bool()>& done, std::chrono::milliseconds within) {
        const auto until = Clock::now() + within;
        while (!done() && Clock::now() < until) {
            io.restart();
            io.run_one_until(until);
        }
        return done();
    }

    net::io_context io{1};
    websocket::response_type response;
    std::deque<Message> messages;
    bool open = false;
    bool reading = false;
    bool ended = false;
    bool last_binary = false;
    int pongs = 0;
    int end_code = kCodeAbnormal;
    std::string end_reason;
};

namespace {

using TcpStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<TcpStream>;

template <class Next>
class StreamImpl final : public BeastClient::Impl {
  public:
    explicit StreamImpl(const BeastClientOptions& options) : tls_(net::ssl::context::tls_client) {
        constexpr bool kTls = std::is_same_v<Next, TlsStream>;
        if constexpr (kTls) {
            tls_.load_verify_file(options.ca_file);
            tls_.set_verify_mode(net::ssl::verify_peer);
            stream_ = std::make_unique<websocket::stream<Next>>(io, tls_);
            auto& tls = stream_->next_layer();
            tls.set_verify_callback(net::ssl::host_name_verification("localhost"));
            SSL_set_tlsext_host_name(tls.native_handle(), "localhost");
            if (options.session) SSL_set_session(tls.native_handle(), options.session.get());
        } else {
            stream_ = std::make_unique<websocket::stream<Next>>(io);
        }
        connect(options);
    }

    void send(std::string_view bytes, bool binary) override {
        stream_->binary(binary);
        bool done = false;
        stream_->async_write(net::buffer(bytes.data(), bytes.size()),
                             [&done](ErrorCode, std::size_t) { done = true; });
        if (!run_until([&done] { return done; }, kClientWait)) abandon();
    }

    void close(int code, std::string_view reason) override {
        websocket::close_reason sent(static_cast<websocket::close_code>(code));
        sent.reason.assign(reason.data(), reason.size());
        bool done = false;
        stream_->async_close(sent, [&done](ErrorCode) { done = true; });
        if (!run_until([&done] { return done; }, kClientWait)) abandon();
        open = false;
    }

    void start_read() override {
        if (reading || ended) return;
        reading = true;
        stream_->async_read(buffer_, [this](ErrorCode error, std::size_t) {
            reading = false;
            if (error) return on_end(error);
            messages.push_back({beast::buffers_to_string(buffer_.data()), stream_->got_binary()});
            buffer_.consume(buffer_.size());
        });
    }

    void start_ping() override {
        stream_->async_ping("are you there", [](ErrorCode) {});
    }

    std::shared_ptr<ssl_session_st> session() override {
        if constexpr (std::is_same_v<Next, TlsStream>) {
            return {SSL_get1_session(stream_->next_layer().native_handle()), SSL_SESSION_free};
        }
        return nullptr;
    }

  private:
    void connect(const BeastClientOptions& options) {
        const net::ip::tcp::endpoint endpoint(net::ip::address_v4::loopback(), options.port);
        auto& tcp = beast::get_lowest_layer(*stream_);
        if (!step(options, [&](auto done) { tcp.async_connect(endpoint, done); })) return;
        if constexpr (std::is_same_v<Next, TlsStream>) {
            auto& tls = stream_->next_layer();
            if (!step(options, [&](auto done) {
                    tls.async_handshake(net::ssl::stream_base::client, done);
                })) {
                return;
            }
        }
        configure(options);
        open = step(options, [&](auto done) {
            stream_->async_handshake(response, "localhost", options.target, done);
        });
        ended = !open;
    }

    void configure(const BeastClientOptions& options) {
        stream_->set_option(websocket::stream_base::decorator(
            [headers = options.headers](websocket::request_type& request) {
                for (const auto& [name, value] : headers) request.set(name, value);
            }));
        websocket::permessage_deflate deflate;
        deflate.client_enable = options.deflate;
        stream_->set_option(deflate);
        stream_->read_message_max(64U * 1024 * 1024);
        stream_->control_callback([this](websocket::frame_type type, beast::string_view) {
            if (type == websocket::frame_type::pong) ++pongs;
        });
    }

    // One asynchronous step of the connect; false when it fails or takes too long.
    template <class Start>
    bool step(const BeastClientOptions& options, Start start) {
        bool done = false;
        ErrorCode result;
        start([&done, &result](ErrorCode error) {
            done = true;
            result = error;
        });
        if (!run_until([&done] { return done; }, options.connect_within)) abandon();
        return done && !result;
    }

    // The handlers refer to the stack, so what is under way must end before they go.
    void abandon() {
        ended = true;
        beast::get_lowest_layer(*stream_).socket().close();
        io.restart();
        io.run();
    }

    void on_end(ErrorCode error) {
        ended = true;
        open = false;
        if (error != websocket::error::closed) return;
        const auto& received = stream_->reason();
        end_code = received.code == websocket::close_code::none ? kCodeNone : received.code;
        end_reason.assign(received.reason.data(), received.reason.size());
    }

    net::ssl::context tls_;
    std::unique_ptr<websocket::stream<Next>> stream_;
    beast::flat_buffer buffer_;
};

}  // namespace

BeastClient::BeastClient(BeastClientOptions options) {
    if (options.ca_file.empty()) {
        impl_ = std::make_unique<StreamImpl<TcpStream>>(options);
    } else {
        impl_ = std::make_unique<StreamImpl<TlsStream>>(options);
    }
}

BeastClient::~BeastClient() = default;

bool BeastClient::is_open() const {
    return impl_->open;
}

int BeastClient::status() const {
    // Beast presets 200 in an answer that never came; the version tells them apart.
    const bool answered = impl_->open || impl_->response.find("Server") != impl_->response.end();
    return answered ? static_cast<int>(impl_->response.result_int()) : 0;
}

std::string BeastClient::response_header(std::string_view name) const {
    const auto value = impl_->response[beast::string_view(name.data(), name.size())];
    return {value.data(), value.size()};
}

std::optional<std::string> BeastClient::receive(std::chrono::milliseconds within) {
    impl_->run_until(
        [this] {
            if (impl_->messages.empty()) impl_->start_read();
            return !impl_->messages.empty() || impl_->ended;
        },
        within);
    if (impl_->messages.empty()) return std::nullopt;
    auto message = std::move(impl_->messages.front());
    impl_->messages.pop_front();
    impl_->last_binary = message.binary;
    return std::move(message.bytes);
}

bool BeastClient::last_was_binary() const {
    return impl_->last_binary;
}

bool BeastClient::ping_answered(std::chrono::milliseconds within) {
    const int before = impl_->pongs;
    impl_->start_ping();
    return impl_->run_until(
        [this, before] {
            impl_->start_read();
            return impl_->pongs > before;
        },
        within);
}

bool BeastClient::wait_end(std::chrono::milliseconds within) {
    return impl_->run_until(
        [this] {
            impl_->start_read();
            impl_->messages.clear();
            return impl_->ended;
        },
        within);
}

int BeastClient::end_code() const {
    return impl_->end_code;
}

std::string BeastClient::end_reason() const {
    return impl_->end_reason;
}

void BeastClient::send(std::string_view text, bool binary) {
    impl_->send(text, binary);
}

void BeastClient::close(int code, std::string_view reason) {
    impl_->close(code, reason);
}

std::shared_ptr<ssl_session_st> BeastClient::session() const {
    return impl_->session();
}

}  // namespace graceline::tests
