// One attempt as core/client/attempt.cpp sees it: opened, read, ended.
// Must show nothing of a read that the deadline has overtaken.
#include <algorithm>
#include <utility>

#include "tests/simulation/client.hpp"

namespace graceline::simulation {

namespace in = engine::input;

void Client::opened(std::uint64_t generation, Instant now) {
    now_ = now;
    step(in::TransportOpened{generation});
    if (engine().state() != engine::ConnectionState::opening_session ||
        engine().generation() != generation) {
        answer_questions();
        run_acts();
        return;
    }
    session::OpenContext context;
    if (plan_.keeper.engine.host_provides_token) context.token = "t";
    session_.open(context);
    bool said_token = false;
    while (const auto action = session_.poll_action()) {
        if (std::holds_alternative<session::action::SendFrame>(*action)) said_token = true;
    }
    require(said_token == plan_.session.token_frame.has_value(), Invariant::token_is_asked_by_rule,
            "a connection begins without its token");
    outside_.open_session(generation);
    answer_questions();
    run_acts();
}

void Client::session_opened(std::uint64_t generation, Instant now) {
    now_ = now;
    if (engine().state() != engine::ConnectionState::opening_session ||
        engine().generation() != generation) {
        return;
    }
    sender_ = generation;
    paused_ = false;
    given_.clear();
    const auto& options = plan_.keeper.engine;
    if (engine().connections() == 0 && !options.has_cursor && !options.initial_refresh_required) {
        // SPEC: the app loads its screen after `connected`.
        truth_.app_saw_all_before(outside_.subscribed());
    }
    step(in::SessionOpened{generation, in::SessionStart::fresh, false});
    if (!engine().takes_frames(generation)) sender_ = 0;
    send_waiting();
    answer_questions();
    run_acts();
}

void Client::readable(Line& line, std::size_t most_bytes, Instant now) {
    now_ = now;
    const auto generation = line.generation;
    reading_ = generation;
    step(in::FramesRead{generation, 0});
    answer_questions();
    bool takes = engine().takes_frames(generation);
    seen_before_read_ = keeper_.seen().added();
    newest_count_ = 0;
    pending_.clear();
    newest_read_ = 0;
    const auto bytes = std::min(most_bytes, line.kernel.size());
    std::span<const std::uint8_t> input(line.kernel.data(), bytes);
    const auto frames_before = line.reader.frames();
    std::optional<engine::Failure> closed;
    while (!closed) {
        const auto event = line.reader.next(input);
        if (event.kind == websocket::ReadKind::need_more) break;
        switch (event.kind) {
            case websocket::ReadKind::message:
                if (takes) take_message(event.opcode, event.payload);
                break;
            case websocket::ReadKind::part:
                if (event.first) parts_.clear();
                parts_.append(reinterpret_cast<const char*>(event.payload.data()),
                              event.payload.size());
                require(parts_.size() <= plan_.max_message_bytes, Invariant::memory_is_bounded,
                        "a message beyond the limit is taken");
                if (event.last && takes) {
                    take_message(
                        event.opcode,
                        {reinterpret_cast<const std::uint8_t*>(parts_.data()), parts_.size()});
                }
                break;
            case websocket::ReadKind::pong:
                if (takes) step(in::PongRead{generation, event.payload});
                break;
            case websocket::ReadKind::close:
                require(event.close_code == line.closes_with, Invariant::causes_are_told_apart,
                        "another close code than the server sent");
                closed = engine::Failure{engine::Reason::closed_by_server, event.close_code, 0, {}};
                break;
            case websocket::ReadKind::failed:
                if (line.says_too_much &&
                    line.reader.error() == websocket::ProtocolError::message_too_big) {
                    closed = engine::Failure{engine::Reason::message_too_big, 1009, 0, {}};
                    break;
                }
                violated(Invariant::no_message_lost, "the codec refuses a valid server");
            case websocket::ReadKind::ping:
            case websocket::ReadKind::need_more:
                break;
        }
    }
    line.kernel.erase(line.kernel.begin(),
                      line.kernel.begin() + static_cast<std::ptrdiff_t>(bytes));
    if (takes) {
        step(in::FramesRead{generation,
                            static_cast<std::uint32_t>(line.reader.frames() - frames_before)});
        takes = engine().takes_frames(generation);
        if (takes) {
            for (const auto place : pending_) {
                if (held_now_) {
                    held_.push_back(place);
                } else {
                    show(place, false);
                }
            }
            note_news();
            if (held_now_ && !held_from_) held_from_ = {generation, seen_before_read_};
            outside_.read_here(newest_read_);
            seen_before_read_ = keeper_.seen().added();
            if (full() && !closed) {
                paused_ = line.reading_paused = true;
                step(in::ReadingPaused{generation});
            }
        } else {
            keeper_.seen().forget_live(generation, seen_before_read_);
        }
        pending_.clear();
    }
    answer_questions();
    if (closed) {
        ended(generation, *closed, now);
    } else if (line.eof && line.kernel.empty()) {
        ended(generation, line.why_eof, now);
    }
    run_acts();
}

void Client::note_news() {
    for (std::size_t i = 0; i < newest_count_; ++i) {
        keeper_.received(newest_[i].first, newest_[i].second);
    }
    newest_count_ = 0;
}

void Client::take_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload) {
    session::Message message;
    const bool for_the_app = !session_.maps_frames() || session_.map(opcode, payload, message);
    carry_out_session_actions();
    if (!for_the_app) return;
    if (!session_.maps_frames()) message.payload = payload;
    const auto text = std::string_view(reinterpret_cast<const char*>(message.payload.data()),
                                       message.payload.size());
    const auto place = outside_.place_of(text);
    newest_read_ = std::max(newest_read_, place + 1);
    if (plan_.has_ids) {
        const auto& fields = message.fields;
        require(fields.has_id && fields.has_conversation, Invariant::no_message_lost,
                "a field of a message was not read");
        if (!keeper_.seen().add(fields.conversation, fields.id, reading_)) return;
        if (newest_count_ == 0 || newest_[newest_count_ - 1].first != fields.conversation) {
            if (newest_count_ == newest_.size()) newest_.emplace_back();
            newest_[newest_count_++].first.assign(fields.conversation);
        }
        newest_[newest_count_ - 1].second.assign(fields.id);
        require(outside_.id_of(place) == fields.id, Invariant::no_message_lost,
                "an id was read wrongly");
    }
    pending_.push_back(place);
}

void Client::carry_out_session_actions() {
    while (const auto action = session_.poll_action()) {
        if (const auto* ack = std::get_if<session::action::Acknowledged>(&*action)) {
            if (keeper_.acknowledged(ack->deduplication_id)) {
                require(outside_.server_has(ack->deduplication_id), Invariant::one_fate,
                        "acknowledged, and the server never had it");
            }
            drain();
            check();
        }
    }
}

void Client::ended(std::uint64_t generation, const engine::Failure& why, Instant now) {
    now_ = now;
    if (plan_.has_ids) keeper_.seen().forget_live(generation, seen_before_read_);
    if (engine().generation() == generation) sender_ = 0;
    step(in::TransportEnded{generation, why});
    answer_questions();
    if (line_ == generation) line_ = 0;
    outside_.line_ended(generation);
    run_acts();
}

}  // namespace graceline::simulation
