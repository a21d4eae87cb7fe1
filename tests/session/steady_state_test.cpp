// Once warm, a message costs no allocation.
// Must not measure time.
#include "core/session/plain.hpp"
#include "tests/session/allocation_counter.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::session;
using graceline::session::testing::allocations;

namespace {

std::string message_of(std::size_t size) {
    const std::string head = R"({"id":"m-\u00e4-17","room":"r\n1","from":"Ann","at":1795451685,)"
                             R"("tags":[1,2.5,true,{"x":null}],"text":")";
    const std::string tail = "\"}";
    return head +
           std::string(size > head.size() + tail.size() ? size - head.size() - tail.size() : 0,
                       'x') +
           tail;
}

}  // namespace

TEST_CASE("steady state: messages no larger than an earlier one -> no allocation", "[session]") {
    PlainOptions options;
    options.pointers = {"/id", "/room", "/from", "/at"};
    Plain plain(options);
    Message message;
    const std::string texts[] = {message_of(100 * 1024), message_of(100),       message_of(1024),
                                 std::string("{broken"), std::string(200, '['), std::string("{}")};
    const auto feed = [&] {
        for (const auto& json : texts) {
            plain.map(Opcode::text,
                      {reinterpret_cast<const std::uint8_t*>(json.data()), json.size()}, message);
        }
    };
    const auto before_first = allocations();
    feed();
    CHECK(allocations() > before_first);  // The counter counts.

    const auto before = allocations();
    for (int i = 0; i < 1000; ++i) feed();
    CHECK(allocations() == before);
    CHECK(plain.counters().mapped == 3 * 1001);
    CHECK(plain.counters().incomplete == 1001);
    CHECK(plain.counters().unreadable == 2 * 1001);
}

TEST_CASE("steady state: reconnects with the same frames -> no allocation", "[session]") {
    PlainOptions options;
    options.token_frame = TokenFrame{"auth ", ""};
    options.frames_after_connect = {{Opcode::text, "subscribe"}};
    Plain plain(options);
    const auto reconnect = [&] {
        plain.open({"", "", "a token that is longer than any small string buffer", false});
        while (plain.poll_action()) {
        }
    };
    reconnect();
    const auto before = allocations();
    for (int i = 0; i < 100; ++i) reconnect();
    CHECK(allocations() == before);
}
