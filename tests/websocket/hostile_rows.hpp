// One row of the hostile tables: bytes that are wrong from their last byte on, and the one verdict.
// Must not be used for streams whose fault shows later than it happens.
#pragma once

#include <string>
#include <vector>

#include "core/websocket/frame.hpp"
#include "tests/websocket/read_log.hpp"

namespace graceline::websocket::test {

struct HostileRow {
    std::string name;
    // Its last byte is the one that no reader may accept; all before it is fine.
    Bytes stream;
    ProtocolError error;
    // What has to come out before the fault.
    std::vector<std::string> events = {};
    Setup setup = {};
};

// Reads the row in all ways: as it is, without its last byte, and with more behind it.
void check_hostile(const HostileRow& row);

}  // namespace graceline::websocket::test
