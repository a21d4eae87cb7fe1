// Handles and calls of a client: checks of arguments, then one call of core/client.
// Must hold no logic of its own.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include "capi/src/guard.hpp"
#include "capi/src/handle.hpp"
#include "capi/src/options.hpp"
#include "core/websocket/utf8.hpp"

namespace graceline::capi {

graceline_status status_of(engine::Outcome outcome) {
    switch (outcome) {
        case engine::Outcome::ok:
            return GRACELINE_OK;
        case engine::Outcome::closed:
            throw ApiError(GRACELINE_E_CLOSED, "client: it was closed; create another one");
        case engine::Outcome::not_connected:
            throw ApiError(GRACELINE_E_NOT_CONNECTED, "client: there is no connection now");
        case engine::Outcome::window_over:
            throw ApiError(GRACELINE_E_WINDOW_OVER,
                           "client: the grace window in background is over; connect() opens one");
        case engine::Outcome::unknown_mark:
            invalid("mark", "must come from graceline_client_refresh_begin() of this client");
        case engine::Outcome::unknown_request:
            throw ApiError(GRACELINE_E_STATE,
                           "request_id: it was answered, has timed out, or is no longer wanted");
    }
    return GRACELINE_E_INTERNAL;
}

namespace {

/// Calls the host's free function once, when the last hook that uses the data is gone.
std::shared_ptr<void> owner_of(void* data, graceline_free_fn free_data) {
    if (!free_data) return nullptr;
    return {data, [free_data](void* each) { free_data(each); }};
}

/// The caller's options in today's size: what an older header does not know has its default.
graceline_options whole(const graceline_options* options) {
    if (!options) invalid("options", "must not be NULL");
    graceline_options all{};
    if (options->struct_size < sizeof(uint32_t) || options->struct_size > sizeof all) {
        invalid("options.struct_size", "must be set by graceline_options_init()");
    }
    graceline_options_init(&all, sizeof all);
    std::memcpy(static_cast<void*>(&all), options, options->struct_size);
    return all;
}

/// The same for a message; the first header had no de-duplication id and no expiry. `older` is
/// room for one that must be completed: a flood copies nothing.
const graceline_outgoing& whole(const graceline_outgoing* message, graceline_outgoing& older) {
    if (!message) invalid("message", "must not be NULL");
    if (message->struct_size == sizeof older) return *message;
    if (message->struct_size < offsetof(graceline_outgoing, deduplication_id) ||
        message->struct_size > sizeof older) {
        invalid("message.struct_size", "must be set by graceline_outgoing_init()");
    }
    graceline_outgoing_init(&older, sizeof older);
    std::memcpy(static_cast<void*>(&older), message, message->struct_size);
    return older;
}

client::SendRequest send_request(const graceline_outgoing& message, std::uint64_t max_bytes) {
    constexpr int64_t kMaxExpiryMs = 7 * int64_t{86'400'000};
    client::SendRequest request;
    if (!message.data && message.size != 0) {
        invalid("message.data", "must not be NULL when the size is not 0");
    }
    if (message.size > max_bytes) {
        invalid("message.size",
                "must not be above max_message_bytes (" + std::to_string(max_bytes) + ")");
    }
    request.payload = {message.data, message.size};
    if (message.kind == GRACELINE_MESSAGE_KIND_TEXT) {
        if (!websocket::is_utf8(request.payload)) {
            invalid("message.data", "a text message must be UTF-8");
        }
    } else if (message.kind == GRACELINE_MESSAGE_KIND_BINARY) {
        request.opcode = websocket::Opcode::binary;
    } else {
        invalid("message.kind", "must be a graceline_message_kind");
    }
    if (message.deduplication_id) {
        request.deduplication_id = message.deduplication_id;
        const auto plain = [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\'; };
        if (request.deduplication_id.empty() || request.deduplication_id.size() > 128 ||
            !std::ranges::all_of(request.deduplication_id, plain)) {
            invalid("message.deduplication_id",
                    "must be 1 to 128 bytes of visible ASCII without quotes and backslashes");
        }
    }
    if (message.expires_in_ms != GRACELINE_UNLIMITED) {
        if (message.expires_in_ms < 1 || message.expires_in_ms > kMaxExpiryMs) {
            invalid("message.expires_in_ms", "must be from 1 to 604800000, or GRACELINE_UNLIMITED");
        }
        request.expires_in = engine::milliseconds(message.expires_in_ms);
    }
    return request;
}

int32_t number(auto value) {
    return static_cast<int32_t>(value);
}

}  // namespace

}  // namespace graceline::capi

namespace capi = graceline::capi;
namespace engine = graceline::engine;
namespace client = graceline::client;
namespace websocket = graceline::websocket;
using capi::guard;
using capi::invalid;
using capi::required;
using capi::status_of;

extern "C" {

graceline_status graceline_client_create(const graceline_options* options,
                                         graceline_client** out_client) {
    return guard([&] {
        if (!out_client) invalid("out_client", "must not be NULL");
        *out_client = nullptr;
        const auto all = capi::whole(options);
        auto settings = capi::settings_from(all);
        auto hooks = settings.hooks;
        auto log = settings.log;
        auto handle = std::make_unique<graceline_client>();
        handle->client = client::Client::create(std::move(settings));
        // Only now, so that a create that fails frees nothing of the host's.
        if (hooks) {
            hooks->owner = capi::owner_of(all.background_time_user_data, all.background_time_free);
        }
        if (log) log->owner = capi::owner_of(all.log_user_data, all.log_free);
        *out_client = handle.release();
        return GRACELINE_OK;
    });
}

graceline_status graceline_client_start(graceline_client* handle) {
    return guard([&] { return status_of(required(handle).start()); });
}

graceline_status graceline_client_connect(graceline_client* handle) {
    return guard([&] { return status_of(required(handle).connect()); });
}

graceline_status graceline_client_disconnect(graceline_client* handle) {
    return guard([&] { return status_of(required(handle).disconnect()); });
}

void graceline_client_close(graceline_client* handle) {
    guard([&] {
        if (handle) handle->client->close();
        return GRACELINE_OK;
    });
}

void graceline_client_release(graceline_client* handle) {
    guard([&] {
        const std::unique_ptr<graceline_client> owned(handle);
        if (owned) owned->client->release();
        return GRACELINE_OK;
    });
}

graceline_status graceline_client_configure_services(graceline_client* handle,
                                                     graceline_application_state state) {
    return guard([&] {
        auto& self = required(handle);
        const int value = capi::number(state);
        if (value < GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE ||
            value > GRACELINE_APPLICATION_STATE_WILL_TERMINATE) {
            invalid("state", "must be a graceline_application_state");
        }
        return status_of(self.configure_services(static_cast<engine::ApplicationState>(value)));
    });
}

graceline_status graceline_client_background_time_expiring(graceline_client* handle) {
    return guard([&] { return status_of(required(handle).background_time_expiring()); });
}

graceline_status graceline_client_network_changed(graceline_client* handle,
                                                  graceline_network network) {
    return guard([&] {
        auto& self = required(handle);
        const int value = capi::number(network);
        if (value < GRACELINE_NETWORK_UNKNOWN || value > GRACELINE_NETWORK_METERED) {
            invalid("network", "must be a graceline_network");
        }
        return status_of(self.network_changed(static_cast<engine::Network>(value)));
    });
}

graceline_status graceline_client_ping(graceline_client* handle) {
    return guard([&] { return status_of(required(handle).ping()); });
}

graceline_status graceline_client_refresh_begin(graceline_client* handle, uint64_t* out_mark) {
    return guard([&] {
        auto& self = required(handle);
        if (!out_mark) invalid("out_mark", "must not be NULL");
        if (self.facts().closed) return status_of(engine::Outcome::closed);
        *out_mark = self.refresh_mark();
        return GRACELINE_OK;
    });
}

graceline_status graceline_client_mark_refreshed(graceline_client* handle, uint64_t mark) {
    return guard([&] { return status_of(required(handle).mark_refreshed(mark)); });
}

graceline_status graceline_client_send(graceline_client* handle, const graceline_outgoing* message,
                                       uint64_t* out_id) {
    return guard([&] {
        auto& self = required(handle);
        graceline_outgoing older;
        const auto& outgoing = capi::whole(message, older);
        const auto request = capi::send_request(outgoing, self.max_message_bytes());
        uint64_t id = 0;
        client::ArgumentError error;
        const auto outcome = self.send(request, id, error);
        if (!error.rule.empty()) invalid(std::string("message.") + error.field, error.rule);
        switch (outcome) {
            case client::SendOutcome::accepted:
                break;
            case client::SendOutcome::closed:
                return status_of(engine::Outcome::closed);
            case client::SendOutcome::not_connected:
                throw capi::ApiError(GRACELINE_E_NOT_CONNECTED,
                                     "client: no connection is wanted, so nothing would be sent; "
                                     "connect() wants one");
            case client::SendOutcome::window_over:
                return status_of(engine::Outcome::window_over);
            case client::SendOutcome::full:
                capi::set_last_error("client: the outbox is full; take the fates with poll()");
                return GRACELINE_E_FULL;
        }
        if (out_id) *out_id = id;
        return GRACELINE_OK;
    });
}

graceline_status graceline_client_set_wake_hook(graceline_client* handle, graceline_wake_fn wake,
                                                void* user_data, graceline_free_fn free_user_data) {
    return guard([&] {
        auto& self = required(handle);
        if (self.facts().closed && wake) return status_of(engine::Outcome::closed);
        if (!wake) {
            self.set_wake_hook(nullptr);
            return GRACELINE_OK;
        }
        auto hook = std::make_shared<std::function<void()>>();
        *hook = [wake, user_data, owner = capi::owner_of(user_data, free_user_data)] {
            wake(user_data);
        };
        self.set_wake_hook(std::move(hook));
        return GRACELINE_OK;
    });
}

int32_t graceline_client_wake_descriptor(graceline_client* handle) {
    int32_t descriptor = -1;
    guard([&] {
        descriptor = required(handle).queue().wake_descriptor();
        return GRACELINE_OK;
    });
    return descriptor;
}

graceline_status graceline_client_cancel_send(graceline_client* handle, uint64_t id) {
    return guard([&] {
        auto& self = required(handle);
        if (self.facts().closed) return status_of(engine::Outcome::closed);
        if (!self.cancel_send(id)) {
            throw capi::ApiError(GRACELINE_E_STATE,
                                 "id: the message is on its way, or has its fate already");
        }
        return GRACELINE_OK;
    });
}

graceline_status graceline_client_provide_token(graceline_client* handle, uint64_t request_id,
                                                const char* token, graceline_status status) {
    return guard([&] {
        auto& self = required(handle);
        const bool given = status == GRACELINE_OK;
        if (given && (!token || !*token)) {
            invalid("token", "must not be empty when the status is GRACELINE_OK");
        }
        std::string rule;
        const auto outcome = self.provide_token(request_id, given ? token : "", rule);
        if (!rule.empty()) invalid("token", rule);
        return status_of(outcome);
    });
}

graceline_status graceline_client_poll(graceline_client* handle, int64_t timeout_ms,
                                       uint32_t max_count, graceline_batch** out_batch) {
    return guard([&] {
        auto& self = required(handle);
        if (!out_batch) invalid("out_batch", "must not be NULL");
        *out_batch = nullptr;
        if (timeout_ms < -1 || timeout_ms > INT64_C(86'400'000)) {
            invalid("timeout_ms", "must be from 0 to 86400000, or GRACELINE_UNLIMITED");
        }
        // The queue is held here: another thread may release the handle's client meanwhile.
        const auto queue = self.shared_queue();
        bool ended = false;
        const auto wait_ms = client::Dispatcher::on_dispatcher_thread() ? 0 : timeout_ms;
        auto batch = queue->take(wait_ms, max_count, ended);
        if (!batch && ended) return status_of(engine::Outcome::closed);
        *out_batch = reinterpret_cast<graceline_batch*>(batch.release());
        return GRACELINE_OK;
    });
}

void graceline_shutdown(void) {
    guard([] {
        client::Client::shut_down_all();
        return GRACELINE_OK;
    });
}

}  // extern "C"
