// The stages of an opening, one after the other; waiting is the same for all of them.
// Must not set a deadline: the engine has one for the whole and calls cancel().
#include "core/driver/opening.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/driver/proxy_tunnel.hpp"
#include "core/driver/shared_buffers.hpp"

namespace graceline::driver {
namespace {

constexpr std::int64_t kMaxRetryAfterSeconds = 0xFFFFFFFF;

std::string text_of(const Tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    const std::string host = endpoint.address().is_v6() ? "[" + address + "]" : address;
    return host + ":" + std::to_string(endpoint.port());
}

std::optional<std::uint32_t> retry_after(const websocket::HandshakeResponse& response) {
    if (const auto seconds = response.retry_after_seconds()) return seconds;
    const auto date = response.retry_after_date();
    if (!date) return std::nullopt;
    // The one look at the wall clock: the server's date is of the same kind.
    const auto today = std::chrono::duration_cast<std::chrono::seconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(*date - today, 0, kMaxRetryAfterSeconds));
}

}  // namespace

Opening::Opening(std::shared_ptr<Loop> loop, std::shared_ptr<const TransportSettings> settings,
                 OpeningOwner& owner)
    : loop_(std::move(loop)), settings_(std::move(settings)), owner_(&owner) {}

void Opening::start() {
    if (settings_->secure) {
        std::string error;
        tls_context_ = TlsContext::obtain(settings_->tls, error);
        if (!tls_context_) return fail(engine::Reason::tls_failed, error);
    }
    if (uses_proxy()) {
        std::string error = proxy_error(*settings_);
        if (!error.empty()) return fail(engine::Reason::proxy_failed, std::move(error));
    }
    resolve();
}

void Opening::cancel() {
    owner_ = nullptr;
    lookup_.reset();
    if (connector_) connector_->cancel();
    connector_.reset();
    stream_.reset();
}

void Opening::resolve() {
    const std::string& host = uses_proxy() ? settings_->proxy.host : settings_->host;
    ErrorCode not_literal;
    const auto literal = boost::asio::ip::make_address(host, not_literal);
    if (!not_literal) return connect({literal});
    report(OpeningStep::resolving);
    if (owner_ == nullptr) return;
    lookup_ = Lookup::start(loop_, host, [weak = weak_from_this()](const Resolved& resolved) {
        if (const auto self = weak.lock()) self->resolved(resolved);
    });
}

void Opening::resolved(const Resolved& resolved) {
    if (owner_ == nullptr) return;
    lookup_.reset();
    if (resolved.addresses.empty()) {
        return fail(engine::Reason::resolve_failed,
                    "the host name could not be resolved: " + resolved.error);
    }
    connect(resolved.addresses);
}

void Opening::connect(const std::vector<boost::asio::ip::address>& addresses) {
    report(OpeningStep::connecting);
    if (owner_ == nullptr) return;
    const std::uint16_t port = uses_proxy() ? settings_->proxy.port : settings_->port;
    std::vector<Tcp::endpoint> endpoints;
    for (const auto& address : addresses) endpoints.emplace_back(address, port);
    connector_ = std::make_shared<Connector>(
        loop_, std::move(endpoints),
        [weak = weak_from_this()](Socket socket, const Tcp::endpoint& peer, ErrorCode error) {
            if (const auto self = weak.lock()) self->connected(std::move(socket), peer, error);
        });
    connector_->start();
}

void Opening::connected(Socket socket, const Tcp::endpoint& peer, const ErrorCode& error) {
    if (owner_ == nullptr) return;
    connector_.reset();
    if (error) {
        return fail(uses_proxy() ? engine::Reason::proxy_failed : engine::Reason::connect_failed,
                    std::string(uses_proxy() ? "the proxy" : "the host") +
                        " accepted no connection: " + error.message());
    }
    stream_ = std::make_unique<Stream>(std::move(socket), text_of(peer));
    if (uses_proxy()) {
        begin_proxy();
    } else if (settings_->secure) {
        begin_tls();
    } else {
        begin_upgrade();
    }
}

void Opening::begin_proxy() {
    stage_ = Stage::proxy;
    outgoing_ = write_connect_request(*settings_);
    proxy_head_.emplace(kMaxProxyHeadBytes);
    advance();
}

void Opening::begin_tls() {
    stage_ = Stage::tls;
    report(OpeningStep::securing);
    if (owner_ == nullptr) return;
    const std::string peer =
        server_name() + "|" + settings_->host + "|" + std::to_string(settings_->port);
    auto tls = TlsStream::make(tls_context_, stream_->handle(), server_name(), peer);
    if (!tls) return fail(engine::Reason::tls_failed, "the TLS server name cannot be used");
    stream_->use_tls(std::move(tls));
    advance();
}

void Opening::begin_upgrade() {
    stage_ = Stage::upgrade;
    report(OpeningStep::upgrading);
    if (owner_ == nullptr) return;
    websocket::HandshakeRequest request;
    request.host = settings_->host_header;
    request.target = settings_->target;
    request.headers = settings_->headers;
    request.subprotocols = settings_->subprotocols;
    request.deflate = settings_->deflate;
    platform::fill_random(request.nonce);
    if (const auto error = websocket::request_error(request)) {
        return fail(engine::Reason::handshake_invalid, "the request cannot be sent: " + *error);
    }
    outgoing_ = websocket::write_request(request);
    sent_bytes_ = 0;
    response_.emplace(request, settings_->max_header_bytes);
    advance();
}

void Opening::advance() {
    if (stage_ == Stage::tls) {
        shake_hands();
    } else {
        exchange();
    }
}

void Opening::shake_hands() {
    const StreamResult result = stream_->tls()->handshake();
    switch (result.status) {
        case StreamStatus::moved:
            return begin_upgrade();
        case StreamStatus::wait_read:
        case StreamStatus::wait_write:
            return wait(result.status);
        case StreamStatus::end_of_stream:
        case StreamStatus::failed:
            break;
    }
    TransportFailure why;
    why.cause = stream_->tls()->failure();
    why.text = text_of(why.cause.reason);
    const std::string& detail = stream_->tls()->failure_text();
    if (why.cause.reason == engine::Reason::connection_lost) {
        why.text += " during the TLS handshake";
    } else if (!detail.empty()) {
        why.text += ": " + detail;
    }
    fail(why);
}

void Opening::exchange() {
    while (sent_bytes_ < outgoing_.size()) {
        const auto* const bytes = reinterpret_cast<const std::uint8_t*>(outgoing_.data());
        const StreamResult result =
            stream_->write(bytes + sent_bytes_, outgoing_.size() - sent_bytes_);
        if (result.status == StreamStatus::moved) {
            sent_bytes_ += result.bytes;
        } else if (result.status == StreamStatus::wait_read ||
                   result.status == StreamStatus::wait_write) {
            return wait(result.status);
        } else {
            return lost(result);
        }
    }
    const std::span<std::uint8_t> buffer = SharedBuffers::of(loop_->context()).read();
    // The answer's size is limited, so this ends also with a peer that never stops sending.
    for (;;) {
        const StreamResult result = stream_->read(buffer.data(), buffer.size());
        if (result.status == StreamStatus::moved) {
            if (take_answer(buffer.first(result.bytes))) return;
        } else if (result.status == StreamStatus::wait_read ||
                   result.status == StreamStatus::wait_write) {
            return wait(result.status);
        } else {
            return lost(result);
        }
    }
}

bool Opening::take_answer(std::span<const std::uint8_t> bytes) {
    if (stage_ == Stage::proxy) return take_proxy_answer(bytes);
    switch (response_->consume(bytes)) {
        case websocket::HandshakeResponse::State::need_more:
            return false;
        case websocket::HandshakeResponse::State::accepted:
            upgraded(bytes);
            return true;
        case websocket::HandshakeResponse::State::refused:
            refused();
            return true;
        case websocket::HandshakeResponse::State::invalid:
            break;
    }
    fail(engine::Reason::handshake_invalid, websocket::to_string(response_->error()));
    return true;
}

bool Opening::take_proxy_answer(std::span<const std::uint8_t> bytes) {
    switch (proxy_head_->consume(bytes)) {
        case websocket::ResponseHead::State::need_more:
            return false;
        case websocket::ResponseHead::State::invalid:
            fail(engine::Reason::proxy_failed, std::string("the proxy's answer is not HTTP: ") +
                                                   websocket::to_string(proxy_head_->error()));
            return true;
        case websocket::ResponseHead::State::complete:
            break;
    }
    const int status = proxy_head_->status();
    if (status < 200 || status > 299) {
        fail(proxy_refusal(status));
    } else if (!bytes.empty()) {
        // Nothing can come through a tunnel before we spoke.
        fail(engine::Reason::proxy_failed, "the proxy sent bytes behind its answer");
    } else if (settings_->secure) {
        begin_tls();
    } else {
        begin_upgrade();
    }
    return true;
}

void Opening::upgraded(std::span<const std::uint8_t> rest) {
    Opened opened;
    opened.subprotocol = response_->subprotocol();
    opened.deflate = response_->deflate().has_value();
    opened.peer = stream_->peer();
    if (const TlsStream* const tls = stream_->tls()) {
        opened.tls_resumed = tls->resumed();
        opened.tls_version = tls->version();
    }
    const auto self = shared_from_this();
    std::exchange(owner_, nullptr)
        ->opening_done(std::move(stream_), opened, response_->deflate(), rest);
}

void Opening::refused() {
    TransportFailure why;
    why.cause.reason = engine::Reason::http_status;
    why.cause.http_status = static_cast<std::uint16_t>(response_->http_status());
    why.cause.retry_after_seconds = retry_after(*response_);
    why.text =
        "the server answered the upgrade with status " + std::to_string(response_->http_status());
    fail(why);
}

void Opening::wait(StreamStatus direction) {
    auto handler = [self = shared_from_this()](const ErrorCode& error) {
        if (self->owner_ == nullptr) return;
        if (error) return self->lost({StreamStatus::failed, 0, error.value()});
        self->advance();
    };
    if (direction == StreamStatus::wait_read) {
        stream_->wait_readable(std::move(handler));
    } else {
        stream_->wait_writable(std::move(handler));
    }
}

// The caller looks at owner_ afterwards: the owner may have cancelled.
void Opening::report(OpeningStep step) {
    owner_->opening_progress(step);
}

void Opening::lost(const StreamResult& result) {
    if (refused_by_tls(result)) {
        return fail(engine::Reason::tls_failed, std::string(text_of(engine::Reason::tls_failed)) +
                                                    ": " + stream_->tls()->failure_text());
    }
    const bool proxy = stage_ == Stage::proxy;
    std::string text = proxy ? "the proxy" : "the server";
    if (result.status == StreamStatus::end_of_stream) {
        text += " closed the connection before it answered";
    } else {
        text = "the connection was lost before " + text + " answered";
        if (result.error != 0) {
            text += ": " + ErrorCode(result.error, boost::system::system_category()).message();
        }
    }
    fail(proxy ? engine::Reason::proxy_failed : engine::Reason::connection_lost, std::move(text));
}

/// With TLS 1.3 a server that refuses the client's certificate says so when the handshake is over
/// for the client, perhaps behind the write that failed.
bool Opening::refused_by_tls(const StreamResult& result) {
    if (result.status != StreamStatus::failed || !stream_ || !stream_->secure()) return false;
    std::uint8_t byte = 0;
    if (stream_->tls()->failure_text().empty()) stream_->read(&byte, 1);
    return !stream_->tls()->failure_text().empty();
}

void Opening::fail(engine::Reason reason, std::string text) {
    TransportFailure why;
    why.cause.reason = reason;
    why.text = std::move(text);
    fail(why);
}

void Opening::fail(const TransportFailure& why) {
    const auto self = shared_from_this();
    OpeningOwner* const owner = std::exchange(owner_, nullptr);
    cancel();
    if (owner != nullptr) owner->opening_failed(why);
}

std::string Opening::server_name() const {
    return settings_->tls.server_name.empty() ? settings_->host : settings_->tls.server_name;
}

}  // namespace graceline::driver
