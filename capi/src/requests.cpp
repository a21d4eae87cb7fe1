// Requests for older messages and for conversations, the host's own pages, and the position.
// Must hold no logic of its own.
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "capi/src/checks.hpp"
#include "capi/src/guard.hpp"
#include "capi/src/handle.hpp"
#include "core/client/client.hpp"

namespace graceline::capi {

namespace {

constexpr std::size_t kMaxTextBytes = session::kMaxFieldBytes;

template <class Options, class Init>
Options whole(const Options* options, Init init) {
    Options all{};
    init(&all, static_cast<uint32_t>(sizeof all));
    if (!options) return all;
    if (options->struct_size < sizeof(uint32_t) || options->struct_size > sizeof all) {
        invalid("options.struct_size", "must be set by its init function");
    }
    std::memcpy(static_cast<void*>(&all), options, options->struct_size);
    return all;
}

std::string bounded(const char* field, const char* text) {
    std::string copy = text_or_empty(text);
    if (copy.size() > kMaxTextBytes) invalid(field, "must not be longer than 1024 bytes");
    return copy;
}

template <class Handle>
void create(graceline_client* client, history::WalkOptions options, Handle** out_request) {
    if (!out_request) invalid("out_request", "must not be NULL");
    *out_request = nullptr;
    auto& self = required(client);
    const auto* source = self.history_source();
    if (!source) {
        throw ApiError(GRACELINE_E_UNSUPPORTED, "client: it was created without options.history");
    }
    if (const auto error = history::error_in(options, *source)) {
        if (error->field == "kind") {
            throw ApiError(GRACELINE_E_UNSUPPORTED, "history: " + error->rule);
        }
        invalid("options." + error->field, error->rule);
    }
    auto handle = std::make_unique<Handle>();
    handle->client = client->client;
    handle->request = std::make_shared<client::HistoryRequest>(std::move(options), *source);
    *out_request = handle.release();
}

template <class Handle>
graceline_status fetch(Handle* handle, history::Direction direction, uint64_t* out_request_id) {
    if (!handle) invalid("request", "must not be NULL");
    const auto client = handle->client.lock();
    if (!client) throw ApiError(GRACELINE_E_CLOSED, "request: its client was released");
    uint64_t number = 0;
    switch (client->fetch(handle->request, direction, number)) {
        case client::Client::Fetched::ok:
            break;
        case client::Client::Fetched::closed:
            return status_of(engine::Outcome::closed);
        case client::Client::Fetched::window_over:
            return status_of(engine::Outcome::window_over);
        case client::Client::Fetched::full:
            throw ApiError(GRACELINE_E_FULL,
                           "request: 32 requests are under way or not read; take events first");
        case client::Client::Fetched::unsupported:
            throw ApiError(GRACELINE_E_UNSUPPORTED,
                           "request: the history has no pages in this direction");
        case client::Client::Fetched::under_way:
            throw ApiError(GRACELINE_E_STATE,
                           "request: a fetch of this object is under way; wait for its "
                           "REQUEST_COMPLETED event, or cancel it");
    }
    if (out_request_id) *out_request_id = number;
    return GRACELINE_OK;
}

template <class Handle>
graceline_status cancel(Handle* handle) {
    if (!handle) invalid("request", "must not be NULL");
    const auto client = handle->client.lock();
    if (!client || !client->cancel_fetch(*handle->request)) {
        throw ApiError(GRACELINE_E_STATE, "request: no fetch of this object is under way");
    }
    return GRACELINE_OK;
}

template <class Handle>
graceline_status release(Handle* handle) {
    const std::unique_ptr<Handle> owned(handle);
    if (!owned) return GRACELINE_OK;
    if (const auto client = owned->client.lock()) client->cancel_fetch(*owned->request);
    return GRACELINE_OK;
}

}  // namespace

}  // namespace graceline::capi

namespace capi = graceline::capi;
namespace history = graceline::history;
using capi::guard;
using capi::invalid;

extern "C" {

graceline_status graceline_client_provide_page(graceline_client* client, uint64_t request_id,
                                               int32_t http_status, int64_t retry_after_ms,
                                               const char* body, size_t size) {
    return guard([&] {
        auto& self = capi::required(client);
        if (http_status != 0) capi::in_range("http_status", http_status, 100, 599);
        if (!body && size != 0) invalid("body", "must not be NULL when the size is not 0");
        if (!self.history_source()) {
            throw capi::ApiError(GRACELINE_E_STATE, "request_id: nobody waits for this page");
        }
        if (size > self.history_page_bytes()) {
            invalid("size", "must not be above history.page_bytes");
        }
        std::optional<uint32_t> retry_after;
        if (retry_after_ms != GRACELINE_UNLIMITED) {
            const auto ms = capi::in_range("retry_after_ms", retry_after_ms, 0, 86'400'000);
            retry_after = static_cast<uint32_t>((ms + 999) / 1'000);
        }
        return capi::status_of(self.provide_page(request_id, static_cast<uint16_t>(http_status),
                                                 retry_after, std::string(body ? body : "", size)));
    });
}

graceline_status graceline_client_last_message_id(const graceline_client* client,
                                                  const char* conversation, char* buffer,
                                                  size_t size, size_t* out_size) {
    return guard([&] {
        if (!client) invalid("client", "must not be NULL");
        if (!out_size) invalid("out_size", "must not be NULL");
        const auto id = client->client->last_message_id(conversation ? conversation : "");
        *out_size = id ? id->size() + 1 : 0;
        if (!buffer || !id) return GRACELINE_OK;
        if (size < *out_size) invalid("size", "must be at least *out_size");
        std::memcpy(buffer, id->c_str(), *out_size);
        return GRACELINE_OK;
    });
}

graceline_status graceline_messages_request_create(
    graceline_client* client, const graceline_messages_request_options* options,
    graceline_messages_request** out_request) {
    return guard([&] {
        const auto all = capi::whole(options, graceline_messages_request_options_init);
        history::WalkOptions walk;
        walk.limit = static_cast<uint32_t>(capi::in_range("options.limit", all.limit, 1, 100));
        walk.conversation = capi::bounded("options.conversation", all.conversation);
        walk.start_id = capi::bounded("options.start_message_id", all.start_message_id);
        walk.start_time = capi::bounded("options.start_time", all.start_time);
        capi::create(client, std::move(walk), out_request);
        return GRACELINE_OK;
    });
}

graceline_status graceline_messages_request_fetch_previous(graceline_messages_request* request,
                                                           uint64_t* out_request_id) {
    return guard(
        [&] { return capi::fetch(request, history::Direction::previous, out_request_id); });
}

graceline_status graceline_messages_request_fetch_next(graceline_messages_request* request,
                                                       uint64_t* out_request_id) {
    return guard([&] { return capi::fetch(request, history::Direction::next, out_request_id); });
}

graceline_status graceline_messages_request_cancel(graceline_messages_request* request) {
    return guard([&] { return capi::cancel(request); });
}

void graceline_messages_request_release(graceline_messages_request* request) {
    guard([&] { return capi::release(request); });
}

graceline_status graceline_conversations_request_create(
    graceline_client* client, const graceline_conversations_request_options* options,
    graceline_conversations_request** out_request) {
    return guard([&] {
        const auto all = capi::whole(options, graceline_conversations_request_options_init);
        history::WalkOptions walk;
        walk.kind = history::Kind::conversations;
        walk.limit = static_cast<uint32_t>(capi::in_range("options.limit", all.limit, 1, 50));
        capi::create(client, std::move(walk), out_request);
        return GRACELINE_OK;
    });
}

graceline_status graceline_conversations_request_fetch_next(
    graceline_conversations_request* request, uint64_t* out_request_id) {
    return guard([&] { return capi::fetch(request, history::Direction::next, out_request_id); });
}

graceline_status graceline_conversations_request_cancel(graceline_conversations_request* request) {
    return guard([&] { return capi::cancel(request); });
}

void graceline_conversations_request_release(graceline_conversations_request* request) {
    guard([&] { return capi::release(request); });
}

}  // extern "C"
