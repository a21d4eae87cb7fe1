// What stands behind the opaque handles.
// Must not be included by anything outside capi/src.
#pragma once

#include <memory>

#include "capi/src/guard.hpp"
#include "core/client/client.hpp"
#include "graceline/graceline.h"

struct graceline_client {
    std::shared_ptr<graceline::client::Client> client;
};

/// The client as long as a host holds it or it has work; the paging state for both.
struct graceline_messages_request {
    std::weak_ptr<graceline::client::Client> client;
    std::shared_ptr<graceline::client::HistoryRequest> request;
};
struct graceline_conversations_request {
    std::weak_ptr<graceline::client::Client> client;
    std::shared_ptr<graceline::client::HistoryRequest> request;
};

namespace graceline::capi {

inline client::Client& required(graceline_client* handle) {
    if (!handle) invalid("client", "must not be NULL");
    return *handle->client;
}

/// Maps what the engine answered; the texts say what to do.
graceline_status status_of(engine::Outcome outcome);

}  // namespace graceline::capi
