// The life of one attempt, from the resolver to the last call of the listener.
// Must not wait for cpprestsdk: an attempt ends when we say so, the object behind it later.
#include "core/driver/cpprest/attempt.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "core/driver/cpprest/failure.hpp"
#include "core/driver/cpprest/reaper.hpp"
#include "core/websocket/writer.hpp"

namespace graceline::driver::cpprest {

using engine::Reason;

namespace {

constexpr std::uint16_t kCloseAbnormal = 1006;

// The reason as it may stand in a close frame: whole characters, 123 bytes.
std::string fitting_reason(std::uint16_t code, std::string_view reason) {
    constexpr std::size_t kBeforeReason = 2 + 4 + 2;  // start, mask (zero here), code
    std::array<std::uint8_t, websocket::kMaxControlFrameBytes> frame{};
    const std::size_t size = websocket::encode_close(frame.data(), code, reason, 0);
    if (size <= kBeforeReason) return {};
    return {reinterpret_cast<const char*>(frame.data()) + kBeforeReason, size - kBeforeReason};
}

// What the server's frame took on the wire.
std::size_t server_frame_bytes(std::size_t payload_bytes) {
    constexpr std::size_t kMaskBytes = 4;
    return websocket::frame_bytes(payload_bytes) - kMaskBytes;
}

}  // namespace

Attempt::Attempt(std::shared_ptr<Loop> loop, std::shared_ptr<const TransportSettings> settings,
                 TransportListener& listener)
    : loop_(std::move(loop)),
      settings_(std::move(settings)),
      listener_(&listener),
      end_watch_(loop_->context()) {}

Attempt::~Attempt() {
    release(true);
}

void Attempt::open() {
    if (state_ != State::idle) return;
    state_ = State::opening;
    if (auto refusal = refusal_of_settings()) return end_later(std::move(*refusal));
    relay_ = std::make_shared<Relay>(loop_, settings_, *this);
    relay_->open();
}

std::optional<TransportFailure> Attempt::refusal_of_settings() const {
    if (Reaper::instance().pending() >= kMaxUnreapedObjects) {
        return failure_of(Reason::connect_failed,
                          "too many earlier cpprestsdk connections are not destroyed yet");
    }
    websocket::HandshakeRequest request;
    request.host = settings_->host_header.empty() ? settings_->host : settings_->host_header;
    request.target = settings_->target;
    request.headers = settings_->headers;
    request.subprotocols = settings_->subprotocols;
    if (const auto error = websocket::request_error(request)) {
        return failure_of(Reason::handshake_invalid, "the request cannot be sent: " + *error);
    }
    return std::nullopt;
}

std::string Attempt::url() const {
    std::string authority = settings_->host_header;
    if (authority.empty()) {
        const bool bracketed = settings_->host.find(':') != std::string::npos;
        authority = (bracketed ? '[' + settings_->host + ']' : settings_->host) + ':' +
                    std::to_string(settings_->port);
    }
    return (settings_->secure ? "wss://" : "ws://") + authority + settings_->target;
}

void Attempt::relay_progress(OpeningStep step) {
    if (alive()) listener_->on_progress(step);
}

void Attempt::relay_failed(const TransportFailure& why) {
    end(why);
}

void Attempt::relay_ready() {
    if (state_ == State::opening) start_sdk();
}

void Attempt::start_sdk() {
    inbox_ = std::make_shared<Inbox>(settings_->limits.max_message_bytes,
                                     [loop = loop_, weak = weak_from_this()] {
                                         loop->post([weak] {
                                             if (const auto self = weak.lock()) self->drain();
                                         });
                                     });
    SdkOptions options;
    options.url = url();
    options.headers = settings_->headers;
    options.subprotocols = settings_->subprotocols;
    options.relay_port = relay_->port();
    options.relay_user = relay_->user();
    options.relay_password = relay_->password();
    if (settings_->secure) {
        tls_ = std::make_shared<TlsPolicy>(
            settings_, [inbox = inbox_](const TlsFacts& facts) { inbox->secured(facts); });
        options.indicated_name = tls_->indicated_name();
        options.configure_tls = [tls = tls_](ssl_ctx_st* context) { tls->apply(context); };
        ledger_.expect_records();
    }
    try {
        auto sdk = SdkClient::start(std::move(options), inbox_);
        const std::lock_guard lock(send_mutex_);
        sdk_ = std::move(sdk);
    } catch (const std::exception&) {
        end(failure_of(Reason::internal_error, "cpprestsdk could not be started"));
    }
}

void Attempt::relay_entered() {
    if (alive()) {
        listener_->on_progress(settings_->secure ? OpeningStep::securing : OpeningStep::upgrading);
    }
}

void Attempt::relay_written(std::span<const std::uint8_t> bytes) {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    {
        const std::lock_guard lock(send_mutex_);
        before = ledger_.flushed_offset();
        ledger_.written(bytes);
        after = ledger_.flushed_offset();
    }
    if (after != before && alive()) listener_->on_flushed(after);
    if (verdict_ && alive()) end(*verdict_);
}

void Attempt::relay_server_ended() {
    server_ended_ = true;
    watch_the_end();
}

void Attempt::watch_the_end() {
    if (verdict_) return;
    news_ = false;
    end_watch_.expires_after(kQuietAfterServerEnd);
    end_watch_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self || !self->alive()) return;
        // What was not given out yet may have more behind it.
        if (self->news_ || !self->all_delivered()) return self->watch_the_end();
        self->relay_->reset_client();
    });
}

void Attempt::schedule_drain() {
    if (std::exchange(drain_scheduled_, true)) return;
    loop_->post([weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->drain_scheduled_ = false;
        self->drain();
    });
}

// One read at most, so that other clients of the loop get their turn.
void Attempt::drain() {
    if (!alive()) return;
    const auto self = shared_from_this();
    learn_facts();
    if (!alive()) return;
    if (connect_failure_ && state_ == State::opening) {
        return end(opening_failure(*connect_failure_, failure_text_));
    }
    if (verdict_) return;
    if (sdk_connected_ && state_ == State::opening) opened();
    if (state_ != State::open && state_ != State::closing) return;
    if (all_delivered()) take_messages();
    if (discarding_) next_message_ = batch_.messages.size();
    if (!all_delivered() && !listener_full_ && !deliver_read()) return;
    const bool more = !all_delivered() || inbox_->waiting_bytes() > 0;
    if (more && !listener_full_) schedule_drain();
    if (!more && close_code_) return end(closing_cause(*close_code_));
    adjust_reading();
}

void Attempt::take_messages() {
    inbox_->take_messages(batch_);
    next_message_ = 0;
    news_ = news_ || !batch_.messages.empty();
}

void Attempt::learn_facts() {
    auto facts = inbox_->take_facts();
    if (facts.connected) sdk_connected_ = true;
    if (facts.close_code) {
        close_code_ = facts.close_code;
        own_verdict_ = facts.own_verdict;
    }
    if (facts.connect_failure) {
        connect_failure_ = facts.connect_failure;
        failure_text_ = std::move(facts.failure_text);
    }
    if (!facts.secured) return;
    secured_ = true;
    tls_version_ = facts.secured->version;
    {
        const std::lock_guard lock(send_mutex_);
        ledger_.set_record_overhead(facts.secured->record_overhead);
    }
    if (state_ == State::opening) listener_->on_progress(OpeningStep::upgrading);
}

void Attempt::opened() {
    state_ = State::open;
    {
        const std::lock_guard lock(send_mutex_);
        sendable_ = true;
    }
    Opened facts;
    facts.tls_version = tls_version_;
    facts.peer = relay_->peer();
    listener_->on_opened(facts);
}

// False when the attempt is over.
bool Attempt::deliver_read() {
    if (!listener_->on_read_begin()) {
        discarding_ = true;
        next_message_ = batch_.messages.size();
        return alive();
    }
    std::uint32_t frames = 0;
    std::size_t bytes = 0;
    while (alive() && !all_delivered() && frames < kMaxReadMessages && bytes < kMaxReadBytes) {
        const auto& message = batch_.messages[next_message_++];
        ++frames;
        bytes += server_frame_bytes(message.size);
        if (!deliver(message)) return false;
    }
    if (!alive()) return false;
    const bool goes_on = listener_->on_read_end(frames, bytes);
    // Once closing, the answer is waited for, whatever comes before it.
    listener_full_ = !goes_on && state_ == State::open;
    return alive();
}

bool Attempt::deliver(const Received& message) {
    if (message.too_big) {
        auto why = failure_of(Reason::message_too_big, engine::text_of(Reason::message_too_big));
        why.cause.close_code = websocket::kCloseMessageTooBig;
        end_with_close_frame(std::move(why));
        return false;
    }
    const std::span<const std::uint8_t> payload(batch_.bytes.data() + message.begin, message.size);
    switch (message.opcode) {
        case websocket::Opcode::text:
        case websocket::Opcode::binary:
            listener_->on_message(message.opcode, payload);
            break;
        case websocket::Opcode::pong:
            listener_->on_pong(payload);
            break;
        default:
            break;  // websocketpp has answered the ping.
    }
    return alive();
}

void Attempt::adjust_reading() {
    if (!alive()) return;
    const std::size_t undelivered = all_delivered() ? 0 : batch_.bytes.size();
    const bool full = undelivered + inbox_->waiting_bytes() > kMaxInboxBytes;
    relay_->set_reading(!listener_full_ && (!full || state_ == State::closing));
}

void Attempt::resume_reading() {
    if (!alive() || !listener_full_) return;
    listener_full_ = false;
    schedule_drain();
}

SendResult Attempt::send(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
                         std::uint64_t& out_offset) {
    const std::lock_guard lock(send_mutex_);
    if (!sendable_) return SendResult::not_open;
    const std::size_t held =
        ledger_.pending_bytes() + ledger_.pending_messages() * kSendOverheadBytes;
    if (held != 0 &&
        held + websocket::frame_bytes(payload.size()) > settings_->write_buffer_bytes) {
        return SendResult::full;
    }
    out_offset = ledger_.data_queued(payload.size());
    // Under the lock, so that the order of offsets is the order on the wire. It only enqueues.
    sdk_->send(opcode, payload);
    return SendResult::accepted;
}

void Attempt::ping(std::span<const std::uint8_t> payload) {
    const std::lock_guard lock(send_mutex_);
    const std::size_t limit = settings_->write_buffer_bytes + kMaxWaitingControlBytes;
    if (!sendable_ || ledger_.unsent_bytes() > limit) return;
    payload = payload.first(std::min(payload.size(), websocket::kMaxControlPayloadBytes));
    ledger_.control_queued(payload.size());
    sdk_->send(websocket::Opcode::ping, payload);
}

void Attempt::close(std::uint16_t code, std::string_view reason) {
    if (state_ == State::idle || state_ == State::opening) {
        // cpprestsdk's close() would never complete here.
        if (relay_) relay_->close();
        if (inbox_) inbox_->silence();
        return end_later(failure_of(Reason::none, "closed before it was open"));
    }
    if (state_ != State::open) return;
    state_ = State::closing;
    listener_full_ = false;
    own_close_code_ = code;
    schedule_drain();
    const std::lock_guard lock(send_mutex_);
    sendable_ = false;
    sdk_->close(code, fitting_reason(code, reason));
}

void Attempt::abort() {
    const auto self = shared_from_this();
    release(true);
}

TransportFailure Attempt::opening_failure(SdkFailure failure, const std::string& text) const {
    if (tls_) {
        auto refusal = tls_->refusal();
        if (refusal.cause.reason != Reason::none) return refusal;
    }
    switch (failure) {
        case SdkFailure::setting:
            return failure_of(settings_->secure ? Reason::tls_failed : Reason::internal_error,
                              text);
        case SdkFailure::refused:
            // Without the status the engine must not take it for final.
            return failure_of(Reason::connection_lost,
                              "the server refused the WebSocket upgrade; cpprestsdk does not tell "
                              "the status");
        case SdkFailure::invalid:
            return failure_of(Reason::handshake_invalid,
                              engine::text_of(Reason::handshake_invalid));
        case SdkFailure::timed_out:
            return failure_of(Reason::connect_timeout,
                              "a time-out of cpprestsdk itself was reached");
        case SdkFailure::other:
            break;
    }
    if (settings_->secure && !secured_) {
        return failure_of(Reason::tls_failed, engine::text_of(Reason::tls_failed));
    }
    return failure_of(Reason::connection_lost, "the connection was lost during the upgrade");
}

TransportFailure Attempt::closing_cause(std::uint16_t code) const {
    TransportFailure why;
    // A TLS connection that ends without close_notify, as most do, hides what came before; the
    // end is taken for the answer to our close frame then, as websocketpp does without TLS.
    if (state_ == State::closing && server_ended_ && !own_verdict_) code = own_close_code_;
    if (code == kCloseAbnormal || code == 0) {
        why = failure_of(Reason::connection_lost, engine::text_of(Reason::connection_lost));
        code = kCloseAbnormal;
    } else if (own_verdict_) {
        const bool too_big = code == websocket::kCloseMessageTooBig;
        const auto reason = too_big ? Reason::message_too_big : Reason::protocol_error;
        why = failure_of(reason, engine::text_of(reason));
    } else if (state_ == State::closing) {
        why = failure_of(Reason::none, "the connection was closed");
    } else {
        why = failure_of(Reason::closed_by_server,
                         "the server closed the connection with code " + std::to_string(code));
    }
    why.cause.close_code = code;
    return why;
}

void Attempt::end_with_close_frame(TransportFailure why) {
    const std::uint16_t code = why.cause.close_code;
    verdict_ = std::move(why);
    {
        const std::lock_guard lock(send_mutex_);
        sendable_ = false;
        // After close() its own frame is on the way, and there can be no second one.
        if (state_ == State::open) sdk_->close(code, {});
    }
    relay_->set_reading(false);
    end_watch_.expires_after(kLastFrameLimit);
    end_watch_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self && self->alive()) self->end(*self->verdict_);
    });
}

void Attempt::end_later(TransportFailure why) {
    loop_->post([weak = weak_from_this(), why = std::move(why)] {
        if (const auto self = weak.lock()) self->end(why);
    });
}

void Attempt::end(const TransportFailure& why) {
    if (!alive()) return;
    const auto self = shared_from_this();
    TransportListener* const listener = listener_;
    release(false);
    listener->on_ended(why);
}

void Attempt::release(bool at_once) {
    if (!alive()) return;
    state_ = State::ended;
    listener_ = nullptr;
    if (relay_ && at_once) relay_->close();
    if (relay_ && !at_once) relay_->finish();
    if (inbox_) inbox_->silence();
    end_watch_.cancel();
    std::shared_ptr<SdkClient> sdk;
    {
        const std::lock_guard lock(send_mutex_);
        sendable_ = false;
        sdk = std::exchange(sdk_, nullptr);
    }
    if (sdk) sdk->give_up();
}

}  // namespace graceline::driver::cpprest
