// A request object of the host: where its paging stands, and the question under way.
// Must only be touched under its client's lock.
#pragma once

#include <cstdint>
#include <string>

#include "core/history/walk.hpp"

namespace graceline::client {

class Client;

struct HistoryRequest {
    HistoryRequest(history::WalkOptions options, const history::SourceOptions& source)
        : walk(std::move(options), source) {}

    history::Walk walk;
    std::uint64_t under_way = 0;  ///< 0: none.
};

}  // namespace graceline::client
