// Checks the rows of the hostile tables.
// Must not hold rows.
#include "tests/websocket/hostile_rows.hpp"

#include "tests/support/catch.hpp"

namespace graceline::websocket::test {

void check_hostile(const HostileRow& row) {
    INFO(row.name);
    const ReadLog log = read_all_ways(row.setup, row.stream);
    CHECK(log.error == row.error);
    CHECK(log.events == row.events);
    // The fault is noticed with the byte that makes it one: not later, and not before.
    CHECK(read_bytewise(row.setup, row.stream).failed_within == row.stream.size());
    const Bytes before(row.stream.begin(), row.stream.end() - 1);
    CHECK(read_all_ways(row.setup, before).error == ProtocolError::none);
    // Nothing behind the fault counts.
    const Bytes after = join({row.stream, text_frame("more"), text_frame("and more")});
    CHECK(read_all_ways(row.setup, after) == log);
}

}  // namespace graceline::websocket::test
