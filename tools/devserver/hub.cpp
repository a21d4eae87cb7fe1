// Knows every open connection and hands out messages, cuts, closes and freezes to them.
// Must not know what a connection is made of: it sees peers only.
#include "tools/devserver/hub.hpp"

#include <nlohmann/json.hpp>

namespace graceline::devserver {

std::string message_json(const Message& message) {
    nlohmann::ordered_json json = {{"id", message.id},
                                   {"conversation", message.conversation},
                                   {"sender", message.sender},
                                   {"time", message.time},
                                   {"body", message.body}};
    if (!message.client_id.empty()) json["client_id"] = message.client_id;
    return json.dump();
}

std::vector<std::shared_ptr<Peer>> Hub::peers() const {
    std::vector<std::shared_ptr<Peer>> result;
    result.reserve(peers_.size());
    for (Peer* peer : peers_) result.push_back(peer->shared_from_this());
    return result;
}

std::vector<std::shared_ptr<Peer>> Hub::websockets(const std::optional<std::string>& room) const {
    auto result = peers();
    std::erase_if(result, [&room](const auto& peer) {
        return !peer->is_websocket() || (room && !peer->is_in_room(*room));
    });
    return result;
}

void Hub::push(const MessagePtr& message) {
    const Outgoing outgoing{std::make_shared<const std::string>(message_json(*message)),
                            std::make_shared<const std::string>(message->body)};
    for (const auto& peer : websockets(message->conversation)) peer->push(outgoing);
}

void Hub::carry_out(const FaultChange& change) {
    // Orders come before a freeze, so that one POST can close and then go silent; a cut is last
    // of the orders because nothing can follow it.
    for (const auto& peer : websockets(change.room)) {
        if (peer->is_control()) continue;
        if (change.ping) peer->ping();
        if (change.close) peer->close(*change.close);
        if (change.cut) peer->cut(*change.cut);
    }
    if (change.black_hole && *change.black_hole != BlackHole::off) {
        for (const auto& peer : websockets({})) {
            if (!peer->is_control()) peer->set_frozen(true);
        }
    }
    const bool thaw = (change.black_hole && *change.black_hole == BlackHole::off) ||
                      (change.silent && !*change.silent) ||
                      (change.frozen_after_upgrade && !*change.frozen_after_upgrade);
    if (thaw) thaw_all();
}

void Hub::close_websockets(const CloseOrder& order) {
    for (const auto& peer : websockets({})) peer->close(order);
}

void Hub::thaw_all() {
    for (const auto& peer : peers()) peer->set_frozen(false);
}

void Hub::cut_all() {
    for (const auto& peer : peers()) peer->cut(CutKind::fin);
}

}  // namespace graceline::devserver
