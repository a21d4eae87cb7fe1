// What the host sends: at once where nothing is in the way, else through the outbox; and its token.
// Must not copy a payload that goes to the connection at once.
#include <chrono>
#include <utility>

#include "core/client/client.hpp"
#include "core/client/surely.hpp"

namespace graceline::client {

SendOutcome Client::send(const SendRequest& request, std::uint64_t& out_id,
                         ArgumentError& out_error) {
    Turn turn(*this);
    if (engine().task().deadline()) {
        // The deadline is checked on this thread too: a write after it would be a lie (SPEC 5).
        step(engine::input::FramesRead{engine().generation(), 0}, driver::now(), turn);
    }
    switch (keeper_.may_send(request.payload.size(), queue_->fates_unread())) {
        case keeper::Sending::closed:
            return SendOutcome::closed;
        case keeper::Sending::not_connected:
            return SendOutcome::not_connected;
        case keeper::Sending::window_over:
            return SendOutcome::window_over;
        case keeper::Sending::full:
            // The fates that make room need not wait for the I/O thread.
            if (sender_) settle(sender_->flush_now());
            return SendOutcome::full;
        case keeper::Sending::wait:
            return keep_and_send(request, out_id, out_error, turn);
        case keeper::Sending::now:
            break;
    }
    if (outgoing_id_ || !sender_) return keep_and_send(request, out_id, out_error, turn);
    keeper_.make_room();  // once the connection has the message, nothing may fail
    std::uint64_t offset = 0;
    switch (sender_->send(request.opcode, request.payload, offset)) {
        case driver::SendResult::accepted:
            out_id = keeper_.passed(offset);
            return SendOutcome::accepted;
        case driver::SendResult::written:
            // This thread did the writing, so it sees to what became of it as well.
            out_id = keeper_.passed(offset);
            settle(offset);
            return SendOutcome::accepted;
        case driver::SendResult::full:
            return SendOutcome::full;
        case driver::SendResult::not_open:
            break;  // its end is on the way to the engine
    }
    return keep_and_send(request, out_id, out_error, turn);
}

SendOutcome Client::keep_and_send(const SendRequest& request, std::uint64_t& out_id,
                                  ArgumentError& out_error, Turn& turn) {
    engine::Outgoing message;
    if (!prepare(request, message, out_error)) return SendOutcome::accepted;
    out_id = keeper_.keep(std::move(message));
    send_waiting();
    plan_wake_up(turn);  // it may expire
    return SendOutcome::accepted;
}

bool Client::prepare(const SendRequest& request, engine::Outgoing& message,
                     ArgumentError& out_error) {
    message.binary = request.opcode == websocket::Opcode::binary;
    message.payload.assign(reinterpret_cast<const char*>(request.payload.data()),
                           request.payload.size());
    message.deduplication_id = request.deduplication_id;
    if (request.expires_in) message.expires_at = driver::now() + *request.expires_in;
    if (outgoing_id_ && !message.binary) {
        if (message.deduplication_id.empty()) {
            message.deduplication_id = settings_.id_prefix + std::to_string(++ids_chosen_);
        }
        if (auto rule = outgoing_id_->write(message.deduplication_id, message.payload)) {
            out_error = {"data", std::move(*rule)};
            return false;
        }
        if (message.payload.size() > max_message_bytes()) {
            out_error = {"size", "must leave room for the de-duplication id"};
            return false;
        }
    }
    if (keeper_.outbox().has_acks()) {
        if (message.deduplication_id.empty()) {
            out_error = {"deduplication_id", "must be given where the server acknowledges by it"};
            return false;
        }
        if (keeper_.outbox().knows(message.deduplication_id)) {
            out_error = {"deduplication_id", "must not be that of a message still on its way"};
            return false;
        }
    }
    return true;
}

/// Everything up to this offset of the open connection's stream is in the kernel.
void Client::settle(std::uint64_t flushed) {
    surely([&] {
        Questions none;  // fates ask the host nothing
        keeper_.flushed(flushed);
        drain_keeper(none);
    });
}

/// Gives the connection what waits, as far as it takes it.
void Client::send_waiting() {
    while (sender_) {
        const auto* message = keeper_.to_send();
        if (message == nullptr) return;
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(message->payload.data());
        const auto opcode = message->binary ? websocket::Opcode::binary : websocket::Opcode::text;
        std::uint64_t offset = 0;
        const auto result = sender_->send(opcode, {bytes, message->payload.size()}, offset);
        const bool written = result == driver::SendResult::written;
        if (!written && result != driver::SendResult::accepted) {
            return;  // full: on_flushed comes back here
        }
        keeper_.given(offset);
        if (written) settle(offset);
    }
}

bool Client::cancel_send(std::uint64_t id) {
    Turn turn(*this);
    const bool cancelled = keeper_.cancel_send(id);
    drain(turn);
    return cancelled;
}

void Client::acknowledged(std::string_view deduplication_id) {
    Turn turn(*this);
    if (!keeper_.acknowledged(deduplication_id)) log(LogLevel::debug, "an ack of no open message");
    drain(turn);
}

engine::Outcome Client::provide_token(std::uint64_t request, std::string_view token,
                                      std::string& out_rule) {
    Turn turn(*this);
    if (engine().closed()) return engine::Outcome::closed;
    if (!engine().token().answers(request)) return engine::Outcome::unknown_request;
    out_rule = token_error(settings_.token_rule, token);
    if (out_rule.empty() && !token.empty()) {
        out_rule = request_rule(*settings_.transport, settings_.token_rule, token);
    }
    if (!out_rule.empty()) return engine::Outcome::ok;
    const bool ok = !token.empty();
    if (ok) {
        token_ = token;
        transport_settings_ = with_token(*settings_.transport, settings_.token_rule, token_);
    }
    const auto outcome = step(engine::input::TokenProvided{request, ok}, driver::now(), turn);
    answer(turn.end());
    return outcome;
}

std::shared_ptr<const driver::TransportSettings> Client::transport_settings() const {
    const std::lock_guard lock(mutex_);
    return transport_settings_;
}

std::string Client::session_token() const {
    const std::lock_guard lock(mutex_);
    return settings_.token_rule.placement == TokenPlacement::first_frame ? token_ : std::string();
}

}  // namespace graceline::client
