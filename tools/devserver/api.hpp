// The HTTP paths of the dev server: what is answered to a request, and who may ask.
// Must not read or write a socket: requests and replies are values.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tools/devserver/faults.hpp"
#include "tools/devserver/hub.hpp"
#include "tools/devserver/options.hpp"
#include "tools/devserver/stats.hpp"
#include "tools/devserver/store.hpp"
#include "tools/devserver/text.hpp"
#include "tools/devserver/tokens.hpp"

namespace graceline::devserver {

// Everything the connections share. One thread uses it.
struct Context {
    explicit Context(Options given)
        : options(std::move(given)), store(options.id_key), tokens(options.tokens) {}

    Options options;
    Store store;
    Hub hub;
    Faults faults;
    Stats stats;
    TokenSet tokens;
    // The listening socket follows the refuse switch.
    std::function<void()> on_faults_changed = [] {};
};

struct ApiRequest {
    std::string method;
    std::string path;
    Query query;
    std::string authorization;
    std::string admin_key;
    std::string body;
    bool control = false;  // came in on the control port
};

struct ApiReply {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::optional<std::int64_t> retry_after_seconds;
};

// A message that a client published through its WebSocket.
struct PublishOutcome {
    std::optional<Published> published;
    std::optional<FieldError> error;
    bool too_many_rooms = false;
};

// GET /stats?wait_for=NAME&at_least=N|equals=N[&timeout_ms=T]: answered once it holds.
struct StatsWait {
    std::string field;
    std::int64_t value = 0;
    bool exact = false;
    std::chrono::milliseconds within{0};

    bool holds(const Stats& stats) const;
};

// The paths that stay reachable whatever the switches say.
bool is_admin_path(std::string_view path);
ApiReply error_reply(int status, std::string_view field, std::string_view rule);

class Api {
  public:
    explicit Api(Context& context) : context_(context) {}

    // A refusal before anything else: token, then (not on the control port) the status switch.
    std::optional<ApiReply> refuse(const ApiRequest& request, bool upgrade);
    ApiReply handle(const ApiRequest& request);
    // Nothing when the request waits for nothing; a reply when it is wrong.
    std::variant<std::monostate, StatsWait, ApiReply> stats_wait(const ApiRequest& request) const;
    // Checks, stores and (unless a duplicate) pushes to the room.
    PublishOutcome publish(NewMessage message);

  private:
    ApiReply get_messages(const Query& query);
    ApiReply post_messages(const ApiRequest& request);
    ApiReply get_conversations(const Query& query);
    ApiReply faults(const ApiRequest& request);
    ApiReply post_faults(const std::string& body);
    ApiReply faults_reply() const;

    Context& context_;
};

}  // namespace graceline::devserver
