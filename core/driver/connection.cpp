// The life of a connection on the I/O thread: phases, writing, ending. Reading is in its own file.
// Must not call the listener from inside a call of the transport, nor after the end.
#include "core/driver/connection.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "core/websocket/frame.hpp"

namespace graceline::driver {
namespace {

// RFC 6455 7.1.5: never on the wire, stands for a connection that ended without a close frame.
constexpr std::uint16_t kCloseAbnormal = 1006;

}  // namespace

Connection::Connection(std::shared_ptr<Loop> loop,
                       std::shared_ptr<const TransportSettings> settings,
                       TransportListener& listener)
    : loop_(std::move(loop)),
      settings_(std::move(settings)),
      listener_(&listener),
      buffers_(SharedBuffers::of(loop_->context())),
      outgoing_(*this, listener.lock_of_senders()) {}

void Connection::open() {
    if (phase_ != Phase::idle) return;
    phase_ = Phase::opening;
    opening_ = std::make_shared<Opening>(loop_, settings_, *this);
    boost::asio::post(loop_->context(), [self = shared_from_this(), opening = opening_] {
        if (!self->ended()) opening->start();
    });
}

void Connection::close(std::uint16_t code, std::string_view reason) {
    if (phase_ == Phase::idle || phase_ == Phase::opening) {
        // There is nobody to say goodbye to; the listener is told all the same.
        phase_ = Phase::closing;
        free_socket(false);
        boost::asio::post(loop_->context(), [self = shared_from_this()] {
            if (self->ended()) return;
            self->finish(engine::Reason::none, 0, "closed before it was open");
        });
        return;
    }
    if (phase_ != Phase::open) return;
    phase_ = Phase::closing;
    outgoing_.close(code, reason);
    // The answer may lie behind bytes that nobody wanted.
    resume_reading();
}

void Connection::abort() {
    if (ended()) return;
    phase_ = Phase::ended;
    free_socket(false);
}

void Connection::opening_progress(OpeningStep step) {
    listener_->on_progress(step);
}

void Connection::opening_done(std::unique_ptr<Stream> stream, const Opened& opened,
                              const std::optional<websocket::NegotiatedDeflate>& deflate,
                              std::span<const std::uint8_t> rest) {
    // The opening's handlers hold the opening only, and the listener may drop the transport.
    const auto self = shared_from_this();
    opening_.reset();
    phase_ = Phase::open;
    stream_ = std::move(stream);
    reader_ = websocket::Reader(settings_->limits, deflate);
    outgoing_.begin(*stream_, settings_->write_buffer_bytes, deflate, settings_->deflate.level);
    listener_->on_opened(opened);
    if (ended() || (!rest.empty() && !walk(rest))) return;
    // The answer left room in the buffer, so the socket is empty; TLS says so itself.
    if (stream_->secure()) return read();
    wait_to_read(StreamStatus::wait_read);
}

void Connection::opening_failed(const TransportFailure& why) {
    finish(why);
}

void Connection::want_flush() {
    boost::asio::post(loop_->context(), [self = shared_from_this()] { self->flush(); });
}

void Connection::want_flush_report() {
    boost::asio::post(loop_->context(), [self = shared_from_this()] {
        if (!self->ended()) self->report_flushed(self->outgoing_.take_flush_report());
    });
}

void Connection::flush() {
    if (ended()) return;
    int error = 0;
    auto again = [self = shared_from_this()](const ErrorCode&) { self->flush(); };
    switch (outgoing_.flush(buffers_, error)) {
        case Outgoing::Flush::done:
            break;
        case Outgoing::Flush::again:
            want_flush();
            break;
        case Outgoing::Flush::wait_read:
            stream_->wait_readable(std::move(again));
            break;
        case Outgoing::Flush::wait_write:
            stream_->wait_writable(std::move(again));
            break;
        case Outgoing::Flush::lost:
            return lost(false, error);
        case Outgoing::Flush::flooded:
            watch_flood();
            break;
    }
    report_flushed(outgoing_.take_flush_report());
}

void Connection::watch_flood() {
    if (!sweep_timer_) sweep_timer_ = std::make_unique<Timer>(*loop_, [this] { sweep(); });
    sweep_timer_->arm(now() + kSweepPeriod);
}

void Connection::sweep() {
    // The listener may drop the transport.
    const auto self = shared_from_this();
    switch (outgoing_.sweep()) {
        case Outgoing::Sweep::flooded:
            watch_flood();
            return report_flushed(outgoing_.take_flush_report());
        case Outgoing::Sweep::flush:
            sweep_timer_.reset();
            return flush();
        case Outgoing::Sweep::over:
            sweep_timer_.reset();
            return report_flushed(outgoing_.take_flush_report());
    }
}

void Connection::report_flushed(std::uint64_t offset) {
    if (offset <= reported_offset_) return;
    reported_offset_ = offset;
    listener_->on_flushed(offset);
}

void Connection::lost(bool end_of_stream, int error) {
    std::string text = end_of_stream ? "the server ended the connection without a close frame"
                                     : "the connection was lost";
    if (error != 0) {
        text += ": " + ErrorCode(error, boost::system::system_category()).message();
    } else if (stream_ && stream_->secure() && !stream_->tls()->failure_text().empty()) {
        text += ": " + stream_->tls()->failure_text();
    }
    finish(engine::Reason::connection_lost, kCloseAbnormal, std::move(text));
}

void Connection::finish(engine::Reason reason, std::uint16_t close_code, std::string text) {
    TransportFailure why;
    why.cause.reason = reason;
    why.cause.close_code = close_code;
    why.text = std::move(text);
    finish(why);
}

void Connection::finish(const TransportFailure& why) {
    const auto self = shared_from_this();
    phase_ = Phase::ended;
    free_socket(true);
    listener_->on_ended(why);
}

void Connection::free_socket(bool goodbye) {
    if (opening_) opening_->cancel();
    opening_.reset();
    sweep_timer_.reset();
    // From here on no other thread is in the stream.
    outgoing_.end();
    if (goodbye && stream_ && stream_->secure()) stream_->tls()->say_goodbye();
    stream_.reset();
    reader_ = websocket::Reader();
}

}  // namespace graceline::driver
