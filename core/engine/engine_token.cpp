// The token of a provider: asked once at a time, again after a refusal, with a time-out.
// Must not see the token itself.
#include "core/engine/engine.hpp"

namespace graceline::engine {

void Engine::ask_token() {
    if (token_.asking()) return;
    put(output::AskToken{token_.ask(now_ + options_.token_timeout)});
}

Outcome Engine::on(const input::TokenProvided& provided) {
    if (closed_) return Outcome::closed;
    if (!token_.answers(provided.request)) return Outcome::unknown_request;
    if (!provided.ok) {
        token_failed(Reason::token_failed);
        return Outcome::ok;
    }
    token_.end_question();
    token_.hold();
    put(output::TokenSettled{true});
    if (state_ == ConnectionState::awaiting_token) open_transport(cause_);
    return Outcome::ok;
}

Outcome Engine::on(const input::TokenRefused& refused) {
    if (closed_) return Outcome::closed;
    token_.drop(refused.token);
    if (!token_.host_provides()) {
        put(output::TokenSettled{false});
    } else if (token_.ready()) {
        put(output::TokenSettled{true});  // a newer one came meanwhile
    } else {
        ask_token();
    }
    return Outcome::ok;
}

void Engine::token_failed(Reason reason) {
    token_.end_question();
    put(output::TokenSettled{false});
    if (state_ == ConnectionState::awaiting_token) connection_failed({reason, 0, 0, {}});
}

/// The connection is not wanted any more: the answer would come for nobody.
void Engine::drop_token_question() {
    if (token_.end_question()) put(output::TokenSettled{false});
}

}  // namespace graceline::engine
