// Opens at once, sends the host's frames, and reads fields where pointers were given.
// Must not drop a message: without fields it is still delivered.
#include "core/session/plain.hpp"

#include <utility>

#include "core/websocket/utf8.hpp"

namespace graceline::session {

namespace {

struct NamedPointer {
    const char* name;
    const std::optional<std::string>* pointer;
};

std::array<NamedPointer, 5> named(const PlainOptions& options) {
    const auto& pointers = options.pointers;
    return {{{"pointers.id", &pointers.id},
             {"pointers.conversation", &pointers.conversation},
             {"pointers.sender", &pointers.sender},
             {"pointers.time", &pointers.time},
             {"ack_pointer", &options.ack_pointer}}};
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::optional<OptionError> plain_options_error(const PlainOptions& options) {
    if (options.frames_after_connect.size() > kMaxFramesAfterConnect) {
        return OptionError{"frames_after_connect",
                           "at most " + std::to_string(kMaxFramesAfterConnect) + " frames"};
    }
    const auto size_rule =
        "a frame is at most " + std::to_string(kMaxFrameAfterConnectBytes) + " bytes long";
    for (const auto& frame : options.frames_after_connect) {
        if (frame.opcode != Opcode::text && frame.opcode != Opcode::binary) {
            return OptionError{"frames_after_connect", "a frame is text or binary"};
        }
        if (frame.payload.size() > kMaxFrameAfterConnectBytes) {
            return OptionError{"frames_after_connect", size_rule};
        }
        if (frame.opcode == Opcode::text && !websocket::is_utf8(bytes_of(frame.payload))) {
            return OptionError{"frames_after_connect", "a text frame is UTF-8"};
        }
    }
    if (const auto& frame = options.token_frame) {
        if (frame->before.size() + frame->after.size() > kMaxFrameAfterConnectBytes) {
            return OptionError{"token_frame", size_rule};
        }
        if (!websocket::is_utf8(bytes_of(frame->before)) ||
            !websocket::is_utf8(bytes_of(frame->after))) {
            return OptionError{"token_frame", "a text frame is UTF-8"};
        }
    }
    for (const auto& [name, pointer] : named(options)) {
        if (!*pointer) continue;
        if (auto error = pointer_error(**pointer)) return OptionError{name, std::move(*error)};
    }
    return std::nullopt;
}

Plain::Plain(PlainOptions options, std::shared_ptr<JsonReader> reader)
    : token_frame_(std::move(options.token_frame)),
      frames_after_connect_(std::move(options.frames_after_connect)),
      reader_(std::move(reader)) {
    capabilities_.has_deduplication_id = options.pointers.id.has_value();
    capabilities_.has_acks = options.ack_pointer.has_value();
    JsonPlanOptions plan;
    std::size_t field = 0;
    for (const auto& [name, pointer] : named(options)) {
        if (*pointer) {
            field_of_[plan.fields.size()] = field;
            plan.fields.push_back(**pointer);
        }
        ++field;
    }
    if (plan.fields.empty()) {
        reader_.reset();
        return;
    }
    plan_.emplace(plan);
    if (!reader_) reader_ = std::make_shared<JsonReader>();
}

void Plain::open(const OpenContext& context) {
    actions_.clear();
    if (token_frame_ && !context.token.empty()) {
        first_frame_.assign(token_frame_->before);
        first_frame_.append(context.token);
        first_frame_.append(token_frame_->after);
        actions_.put(action::SendFrame{Opcode::text, bytes_of(first_frame_)});
    }
    for (const auto& frame : frames_after_connect_) {
        actions_.put(action::SendFrame{frame.opcode, bytes_of(frame.payload)});
    }
    actions_.put(action::Opened{SessionStart::fresh, engine::Reason::none, std::nullopt});
}

void Plain::suspend_close() {
    constexpr std::uint16_t kCloseGoingAway = 1001;
    close(kCloseGoingAway);
}

void Plain::logout_close() {
    close(websocket::kCloseNormal);
}

void Plain::close(std::uint16_t code) {
    actions_.clear();
    actions_.put(action::CloseWebSocket{code});
}

bool Plain::map(Opcode opcode, std::span<const std::uint8_t> payload, Message& out) {
    out = Message{payload, {}, false};
    if (!plan_ || opcode != Opcode::text) return true;

    std::array<JsonText, kFields> texts;
    const auto found = std::span(texts).first(plan_->fields());
    const auto result = reader_->read(
        *plan_, {reinterpret_cast<const char*>(payload.data()), payload.size()}, found);
    if (result != JsonResult::ok) {
        ++counters_.unreadable;
        return true;
    }
    std::string_view ack;
    bool is_ack = false;
    std::array<std::string_view*, kFields> targets{&out.fields.id, &out.fields.conversation,
                                                   &out.fields.sender, &out.fields.time, &ack};
    std::array<bool*, kFields> present{&out.fields.has_id, &out.fields.has_conversation,
                                       &out.fields.has_sender, &out.fields.has_time, &is_ack};
    bool complete = true;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!found[i]) {
            if (field_of_[i] != kAckField) complete = false;
            continue;
        }
        *targets[field_of_[i]] = *found[i];
        *present[field_of_[i]] = true;
    }
    if (is_ack) {
        actions_.put(action::Acknowledged{ack});
        return false;
    }
    ++(complete ? counters_.mapped : counters_.incomplete);
    return true;
}

}  // namespace graceline::session
