// What the server of the scripted network remembers, and how it acknowledges.
// Must keep its lock short and call nobody under it: clients send under their own.
#include "tests/scripted/server.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace graceline::scripted {

namespace {

std::optional<std::string> acknowledgement(const std::string& pointer, const std::string& text) {
    using nlohmann::json;
    const auto message = json::parse(text, nullptr, false);
    const json::json_pointer where(pointer);
    if (message.is_discarded() || !message.contains(where)) return {};
    return json{{"ack", message[where]}}.dump();
}

}  // namespace

Server& Server::instance() {
    static Server& server = *new Server;
    return server;
}

Behaviour Server::behaviour() const {
    const std::lock_guard lock(mutex_);
    return behaviour_;
}

void Server::behave(const Behaviour& behaviour) {
    const std::lock_guard lock(mutex_);
    behaviour_ = behaviour;
}

Records Server::records() const {
    const std::lock_guard lock(mutex_);
    return records_;
}

std::vector<std::string> Server::take_received() {
    const std::lock_guard lock(mutex_);
    return std::exchange(records_.received, {});
}

void Server::reset() {
    const std::lock_guard lock(mutex_);
    behaviour_ = {};
    records_ = {};
}

void Server::attempted(std::string_view token) {
    const std::lock_guard lock(mutex_);
    ++records_.attempts;
    records_.token = token;
}

void Server::opened() {
    const std::lock_guard lock(mutex_);
    ++records_.connections_open;
}

void Server::gone() {
    const std::lock_guard lock(mutex_);
    --records_.connections_open;
}

void Server::pinged() {
    const std::lock_guard lock(mutex_);
    ++records_.pings;
}

void Server::closed_with(std::uint16_t code) {
    const std::lock_guard lock(mutex_);
    records_.closed_with = code;
}

std::optional<std::string> Server::received(std::string text) {
    const std::lock_guard lock(mutex_);
    std::optional<std::string> answer;
    if (behaviour_.acknowledges) answer = acknowledgement(*behaviour_.acknowledges, text);
    records_.received.push_back(std::move(text));
    return answer;
}

}  // namespace graceline::scripted
