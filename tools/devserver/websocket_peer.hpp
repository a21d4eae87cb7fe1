// The step from an HTTP upgrade request to a WebSocket that serves rooms or echoes.
// Must not be included by anything but the two files that compile Beast.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/devserver/api.hpp"
#include "tools/devserver/wire.hpp"

namespace graceline::devserver {

// Counts the connection for as long as it lives.
using ConnectionCount = std::unique_ptr<Stats, void (*)(Stats*)>;

enum class WebSocketKind { json, raw, echo };

struct WebSocketPlan {
    WebSocketKind kind = WebSocketKind::json;
    std::vector<std::string> rooms;
    std::string user;
};

// Fills the plan, or tells why there can be no WebSocket.
std::optional<ApiReply> plan_websocket(const Options& options, const ApiRequest& request,
                                       WebSocketPlan& plan);

void start_websocket(Context& context, Wire wire, WebSocketPlan plan,
                     boost::beast::http::request<boost::beast::http::string_body> request,
                     ConnectionCount count, bool control);

}  // namespace graceline::devserver
