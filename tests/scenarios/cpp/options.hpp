// The members of a "create" step as options of graceline.hpp.
// Must refuse a member that it does not know.
#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "graceline/graceline.hpp"

namespace graceline::scenarios {

/// What the hooks of `background_time` answer, and how often they were called.
struct HostTime {
    std::mutex mutex;
    bool grants = true;
    std::int64_t remaining_ms = GRACELINE_UNLIMITED;
    std::uint64_t begun = 0;
    std::uint64_t ended = 0;
};

/// {"grants": …, "remaining_ms": …}; what is not named keeps its value.
void set_host_time(HostTime& time, const nlohmann::json& from);

Options options_from(const nlohmann::json& from, const std::shared_ptr<HostTime>& time);

}  // namespace graceline::scenarios
