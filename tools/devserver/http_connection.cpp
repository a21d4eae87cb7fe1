// One accepted connection while it speaks HTTP: TLS or not, requests, and the step to a WebSocket.
// Must not decide what is answered (the API does) nor speak WebSocket.
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>

#include "tools/devserver/connection.hpp"
#include "tools/devserver/limits.hpp"
#include "tools/devserver/websocket_peer.hpp"
#include "tools/devserver/wire.hpp"

namespace graceline::devserver {

namespace {

namespace http = boost::beast::http;

constexpr unsigned char kTlsHandshakeByte = 0x16;

std::string text_of(boost::beast::string_view view) {
    return {view.data(), view.size()};
}

int status_of(ErrorCode error) {
    if (error == http::error::body_limit) return 413;
    if (error == http::error::header_limit) return 431;
    return 400;
}

bool is_bad_request(ErrorCode error) {
    return error.category() == make_error_code(http::error::bad_method).category() &&
           error != http::error::end_of_stream && error != http::error::partial_message;
}

class HttpConnection final : public Peer {
  public:
    HttpConnection(Context& context, TcpSocket socket, net::ssl::context* tls, bool control)
        : context_(context),
          api_(context),
          tls_(tls),
          control_(control),
          wire_(std::move(socket)),
          count_(nullptr, [](Stats* stats) { --stats->connections_now; }),
          deadline_(wire_.get_executor()),
          delay_(wire_.get_executor()) {
        // The control port is not counted, so that a test that asks does not change the answer.
        if (!control_) {
            ++context_.stats.connections_now;
            ++context_.stats.connections_total;
            count_.reset(&context_.stats);
        }
        context_.hub.add(*this);
    }
    ~HttpConnection() override { context_.hub.remove(*this); }

    bool is_websocket() const override { return false; }
    bool is_control() const override { return control_; }
    bool is_in_room(const std::string&) const override { return false; }
    void push(const Outgoing&) override {}
    void close(const CloseOrder&) override {}
    void ping() override {}
    void cut(CutKind kind) override { end(kind == CutKind::reset); }
    void set_frozen(bool frozen) override {
        if (wire_) wire_->set_frozen(frozen);
    }

    void start() {
        if (context_.faults.silent && !control_) wire_->set_frozen(true);
        wire_->wait_thawed([self = self()] { self->begin(); });
    }

  private:
    // The wire moves on to the WebSocket; what comes late for this object must not use it then.
    struct OptionalWire {
        explicit OptionalWire(TcpSocket socket) : wire(std::in_place, std::move(socket)) {}
        explicit operator bool() const { return wire.has_value(); }
        Wire* operator->() { return &*wire; }
        Wire& operator*() { return *wire; }
        net::io_context::executor_type get_executor() { return wire->get_executor(); }
        std::optional<Wire> wire;
    };

    std::shared_ptr<HttpConnection> self() {
        return std::static_pointer_cast<HttpConnection>(shared_from_this());
    }

    void begin() {
        arm(kRequestWithin);
        if (!tls_) return read_request();
        wire_->next_layer().async_wait(TcpSocket::wait_read, [self = self()](ErrorCode error) {
            if (error) return self->end(false);
            self->choose_tls();
        });
    }

    void choose_tls() {
        unsigned char first = 0;
        ErrorCode error;
        wire_->next_layer().receive(net::buffer(&first, 1), TcpSocket::message_peek, error);
        if (error) return end(false);
        if (first != kTlsHandshakeByte) return read_request();
        wire_->start_tls(*tls_).async_handshake(net::ssl::stream_base::server,
                                                [self = self()](ErrorCode handshake_error) {
                                                    if (handshake_error) return self->end(false);
                                                    ++self->context_.stats.tls_handshakes;
                                                    SSL* ssl = self->wire_->tls()->native_handle();
                                                    if (SSL_session_reused(ssl))
                                                        ++self->context_.stats.tls_resumed;
                                                    self->read_request();
                                                });
    }

    void read_request() {
        arm(kRequestWithin);
        parser_.emplace();
        parser_->header_limit(kMaxHeaderBytes);
        parser_->body_limit(kMaxHttpBodyBytes);
        http::async_read(*wire_, buffer_, *parser_,
                         [self = self()](ErrorCode error, std::size_t) { self->on_read(error); });
    }

    void on_read(ErrorCode error) {
        if (error && !is_bad_request(error)) return end(false);
        deadline_.cancel();
        if (error) {
            keep_alive_ = false;
            return reply(error_reply(status_of(error), "request", error.message()));
        }
        const auto& message = parser_->get();
        keep_alive_ = message.keep_alive();
        const auto target = parse_target({message.target().data(), message.target().size()});
        if (!target) return reply(error_reply(400, "target", "a path with a well-formed query"));
        request_ = ApiRequest{text_of(message.method_string()),
                              target->path,
                              target->query,
                              text_of(message[http::field::authorization]),
                              text_of(message["X-Admin"]),
                              message.body(),
                              control_};
        const bool slow = context_.faults.slow_ms > 0 && !control_ && !is_admin_path(request_.path);
        if (!slow) return on_request();
        delay_.expires_after(std::chrono::milliseconds(context_.faults.slow_ms));
        delay_.async_wait([self = self()](ErrorCode) { self->on_request(); });
    }

    void on_request() {
        const bool upgrade = boost::beast::websocket::is_upgrade(parser_->get());
        const BlackHole hole = context_.faults.black_hole;
        const bool swallowed =
            !control_ && ((hole != BlackHole::off && upgrade) ||
                          (hole == BlackHole::all && !is_admin_path(request_.path)));
        if (swallowed) wire_->set_frozen(true);
        wire_->wait_thawed([self = self(), upgrade] {
            if (upgrade) return self->on_upgrade();
            self->on_http();
        });
    }

    void on_http() {
        if (auto refusal = api_.refuse(request_, false)) return reply(std::move(*refusal));
        auto wait = api_.stats_wait(request_);
        if (auto* wrong = std::get_if<ApiReply>(&wait)) return reply(std::move(*wrong));
        if (const auto* wanted = std::get_if<StatsWait>(&wait)) {
            return wait_for_stats(*wanted, std::chrono::steady_clock::now() + wanted->within);
        }
        reply(api_.handle(request_));
    }

    void wait_for_stats(const StatsWait& wanted, std::chrono::steady_clock::time_point until) {
        if (wanted.holds(context_.stats)) return reply(api_.handle(request_));
        if (std::chrono::steady_clock::now() >= until) {
            return reply(error_reply(408, wanted.field, "did not reach the value in time"));
        }
        delay_.expires_after(kStatsCheckEvery);
        delay_.async_wait(
            [self = self(), wanted, until](ErrorCode) { self->wait_for_stats(wanted, until); });
    }

    void on_upgrade() {
        auto refusal = api_.refuse(request_, true);
        WebSocketPlan plan;
        if (!refusal) refusal = plan_websocket(context_.options, request_, plan);
        if (refusal) {
            ++context_.stats.upgrades_refused;
            return reply(std::move(*refusal));
        }
        start_websocket(context_, std::move(*wire_), std::move(plan), parser_->release(),
                        std::move(count_), control_);
        wire_.wire.reset();
    }

    void reply(ApiReply answer) {
        const bool head = request_.method == "HEAD";
        response_ = {};
        response_.version(11);
        response_.result(static_cast<unsigned>(answer.status));
        response_.set(http::field::server, "graceline-devserver");
        response_.set(http::field::content_type, answer.content_type);
        response_.set(http::field::cache_control, "no-store");
        if (answer.retry_after_seconds) {
            response_.set(http::field::retry_after, std::to_string(*answer.retry_after_seconds));
        }
        if (answer.status == 401) response_.set(http::field::www_authenticate, "Bearer");
        if (answer.status == 426) response_.set(http::field::upgrade, "websocket");
        response_.keep_alive(keep_alive_);
        response_.content_length(answer.body.size());
        if (!head) response_.body() = std::move(answer.body);
        arm(kCloseWithin);
        http::async_write(*wire_, response_, [self = self()](ErrorCode error, std::size_t) {
            if (error) return self->end(false);
            if (self->keep_alive_) return self->read_request();
            self->finish();
        });
    }

    // The rest of a refused request is read and thrown away, so that the answer is not lost to a
    // reset.
    void finish() {
        arm(kCloseWithin);
        async_teardown(boost::beast::role_type::server, *wire_,
                       [self = self()](ErrorCode) { self->end(false); });
    }

    void arm(std::chrono::milliseconds within) {
        deadline_.expires_after(within);
        deadline_.async_wait([weak = weak_from_this()](ErrorCode error) {
            const auto strong = weak.lock();
            if (error || !strong) return;
            auto& connection = static_cast<HttpConnection&>(*strong);
            const bool frozen = connection.wire_ && connection.wire_->is_frozen();
            if (!frozen) connection.end(false);
        });
    }

    void end(bool abrupt) {
        if (wire_) wire_->shut(abrupt);
        deadline_.cancel();
        delay_.cancel();
    }

    Context& context_;
    Api api_;
    net::ssl::context* tls_;
    const bool control_;
    OptionalWire wire_;
    ConnectionCount count_;
    boost::beast::flat_buffer buffer_{kMaxHeaderBytes + kMaxHttpBodyBytes};
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> response_;
    ApiRequest request_;
    bool keep_alive_ = false;
    GateTimer deadline_;
    GateTimer delay_;
};

}  // namespace

void start_connection(Context& context, TcpSocket socket, net::ssl::context* tls, bool control) {
    ErrorCode ignored;
    socket.set_option(net::ip::tcp::no_delay(true), ignored);
    std::make_shared<HttpConnection>(context, std::move(socket), tls, control)->start();
}

}  // namespace graceline::devserver
