// The path of bytes from a transport to the queue, and of its facts to the engine.
// Must copy a payload once, and take the client's lock once a read, not once a message.
#include "core/client/attempt.hpp"

#include <chrono>
#include <utility>

#include "core/driver/asio_transport.hpp"
#ifdef GRACELINE_CPPREST_WEBSOCKET
#include "core/driver/cpprest/cpprest_transport.hpp"
#endif

namespace graceline::client {

namespace {

std::uint32_t flags_of(websocket::Opcode opcode) {
    return opcode == websocket::Opcode::text ? message_flag::kText : message_flag::kBinary;
}

}  // namespace

Attempt::Attempt(std::shared_ptr<Client> client, engine::Generation generation)
    : client_(std::move(client)), generation_(generation) {}

void Attempt::open() {
    auto settings = client_->transport_settings();
#ifdef GRACELINE_CPPREST_WEBSOCKET
    if (client_->settings_.transport_kind == TransportKind::cpprest) {
        transport_ = driver::make_cpprest_transport(client_->loop_, std::move(settings), *this);
        transport_->open();
        return;
    }
#endif
    transport_ = driver::make_asio_transport(client_->loop_, std::move(settings), *this);
    transport_->open();
}

void Attempt::on_progress(driver::OpeningStep step) {
    using Step = engine::input::TransportProgress::Step;
    client_->apply(engine::input::TransportProgress{generation_, static_cast<Step>(step)});
    if (!client_->settings_.log) return;
    const std::lock_guard lock(client_->mutex_);
    client_->log(LogLevel::debug, std::string("attempt ") + std::to_string(generation_) + ": " +
                                      to_string(client_->engine().phase()));
}

void Attempt::on_opened(const driver::Opened& opened) {
    {
        Client::Turn turn(*client_);
        client_->opened_ = opened;
        client_->cause_text_.clear();
        client_->step(engine::input::TransportOpened{generation_}, driver::now(), turn);
        client_->answer(turn.end());
    }
    auto& session = *client_->session_;
    maps_frames_ = session.maps_frames();
    has_ids_ = session.capabilities().has_deduplication_id;
    session::OpenContext context;
    context.subprotocol = opened.subprotocol;
    const std::string token = client_->session_token();
    context.token = token;
    session.open(context);
    carry_out_session_actions();
}

void Attempt::carry_out_session_actions() {
    struct Visitor {
        Attempt& attempt;
        void operator()(const session::action::SendFrame& frame) const {
            std::uint64_t offset = 0;
            const std::lock_guard lock(attempt.client_->mutex_);
            attempt.transport_->send(frame.opcode, frame.payload, offset);
        }
        void operator()(const session::action::Opened& opened) const {
            attempt.session_opened(opened);
        }
        void operator()(const session::action::Failed& failed) const {
            attempt.session_failed(failed);
        }
        void operator()(const session::action::Acknowledged& ack) const {
            attempt.client_->acknowledged(ack.deduplication_id);
        }
        void operator()(const session::action::CloseWebSocket& close) const {
            attempt.transport_->close(close.code, "");
        }
    };
    while (const auto action = client_->session_->poll_action()) {
        std::visit(Visitor{*this}, *action);
    }
}

void Attempt::session_opened(const session::action::Opened& opened) {
    Client::Turn turn(*client_);
    client_->sender_ = transport_;
    client_->step(engine::input::SessionOpened{generation_, opened.start}, driver::now(), turn);
    if (!client_->engine().takes_frames(generation_)) client_->sender_.reset();
    client_->answer(turn.end());
}

void Attempt::session_failed(const session::action::Failed& failed) {
    on_ended({failed.cause, failed.text});
    client_->loop_->post([self = shared_from_this()] { self->transport_->abort(); });
}

void Attempt::close(bool suspend) {
    if (suspend) {
        client_->session_->suspend_close();
    } else {
        client_->session_->logout_close();
    }
    carry_out_session_actions();
}

bool Attempt::on_read_begin() {
    read_at_ = driver::now();
    read_at_ms_ = std::chrono::floor<engine::milliseconds>(read_at_.time_since_epoch()).count();
    Client::Turn turn(*client_);
    // No frames yet: the step is for the deadline and for late timers, before anything is read.
    client_->step(engine::input::FramesRead{generation_, 0}, read_at_, turn);
    const bool takes = client_->engine().takes_frames(generation_);
    if (!takes) ++client_->statistics_.discarded_reads;
    if (has_ids_) seen_before_read_ = client_->keeper_.seen().added();
    newest_count_ = 0;
    return takes;
}

bool Attempt::is_new(const FieldViews& fields) {
    if (!has_ids_ || fields.id.empty()) return true;
    if (!client_->keeper_.seen().add(fields.conversation, fields.id, generation_)) {
        ++duplicates_;
        return false;
    }
    if (newest_count_ == 0 || newest_[newest_count_ - 1].conversation != fields.conversation) {
        if (newest_count_ == newest_.size()) newest_.emplace_back();
        newest_[newest_count_++].conversation.assign(fields.conversation);
    }
    newest_[newest_count_ - 1].id.assign(fields.id);
    return true;
}

/// What was read is in the queue now, so that the position may move. Under the client's lock.
void Attempt::note_newest() {
    for (std::size_t i = 0; i < newest_count_; ++i) {
        client_->keeper_.received(newest_[i].conversation, newest_[i].id);
    }
    newest_count_ = 0;
    client_->statistics_.duplicates_dropped += std::exchange(duplicates_, 0);
}

bool Attempt::map(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
                  session::Message& message, FieldViews& fields) {
    const bool for_the_app = client_->session_->map(opcode, payload, message);
    const auto view = [](bool present, std::string_view text) {
        return present ? text : std::string_view{};
    };
    const auto& from = message.fields;
    fields.id = view(from.has_id, from.id);
    fields.conversation = view(from.has_conversation, from.conversation);
    fields.sender = view(from.has_sender, from.sender);
    fields.time = view(from.has_time, from.time);
    return for_the_app;
}

void Attempt::on_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload) {
    auto& writer = client_->queue_->writer();
    if (!maps_frames_) {
        writer.add(flags_of(opcode), payload, read_at_ms_);
        return;
    }
    session::Message message;
    FieldViews fields;
    if (map(opcode, payload, message, fields) && is_new(fields)) {
        writer.add(flags_of(opcode), message.payload, read_at_ms_, &fields);
    }
    carry_out_session_actions();
}

void Attempt::on_part(const websocket::ReadEvent& part) {
    auto& writer = client_->queue_->writer();
    if (part.first) {
        part_opcode_ = part.opcode;
        writer.begin_parts(static_cast<std::size_t>(part.expected_bytes));
    }
    writer.add_part(part.payload);
    if (!part.last) return;
    if (!maps_frames_) {
        writer.end_parts(flags_of(part_opcode_), read_at_ms_);
        return;
    }
    session::Message message;
    FieldViews fields;
    if (map(part_opcode_, writer.parts(), message, fields) && is_new(fields)) {
        writer.end_parts(flags_of(part_opcode_), read_at_ms_, &fields);
    } else {
        writer.drop_parts();
    }
    carry_out_session_actions();
}

void Attempt::on_pong(std::span<const std::uint8_t> payload) {
    client_->apply(engine::input::PongRead{generation_, payload});
}

bool Attempt::on_read_end(std::uint32_t frames, std::size_t bytes) {
    auto& queue = *client_->queue_;
    Client::Turn turn(*client_);
    auto& statistics = client_->statistics_;
    client_->step(engine::input::FramesRead{generation_, frames}, read_at_, turn);
    if (!client_->engine().takes_frames(generation_)) {
        // The window closed on another thread while these bytes were walked.
        queue.discard();
        client_->keeper_.seen().forget_live(generation_, seen_before_read_);
        ++statistics.discarded_reads;
        return false;
    }
    statistics.frames_received += frames;
    statistics.bytes_received += bytes;
    note_newest();
    if (client_->keeper_.holding() && !client_->held_from_) {
        client_->held_from_ = {generation_, seen_before_read_};
    }
    seen_before_read_ = client_->keeper_.seen().added();
    const bool room = queue.commit();
    statistics.messages_received = queue.writer().added_count();
    if (!room) {
        ++statistics.reading_paused;
        client_->step(engine::input::ReadingPaused{generation_}, read_at_, turn);
    }
    return room;
}

void Attempt::on_flushed(std::uint64_t offset) {
    Client::Turn turn(*client_);
    client_->keeper_.flushed(offset);
    client_->drain(turn);
}

void Attempt::on_ended(const driver::TransportFailure& why) {
    {
        Client::Turn turn(*client_);
        client_->queue_->discard();
        if (has_ids_) client_->keeper_.seen().forget_live(generation_, seen_before_read_);
        if (client_->engine().generation() == generation_) {
            client_->cause_text_ = why.text;
            client_->sender_.reset();
        }
        client_->step(engine::input::TransportEnded{generation_, why.cause}, driver::now(), turn);
        client_->cause_text_.clear();
        client_->answer(turn.end());
    }
    client_->loop_->post(
        [self = shared_from_this()] { self->client_->drop_attempt(self->generation_); });
}

}  // namespace graceline::client
