// One way to write down why an attempt ended.
// Must not decide what follows from it: that is the engine's table.
#pragma once

#include <string>
#include <utility>

#include "core/driver/transport.hpp"

namespace graceline::driver::cpprest {

inline TransportFailure failure_of(engine::Reason reason, std::string text) {
    TransportFailure failure;
    failure.cause.reason = reason;
    failure.text = std::move(text);
    return failure;
}

}  // namespace graceline::driver::cpprest
