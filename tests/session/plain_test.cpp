// The plain session: its life, its frames, its fields.
// Must not test JSON beyond what plain makes of it.
#include "core/session/plain.hpp"

#include "tests/support/catch.hpp"

using namespace graceline::session;

namespace {

std::span<const std::uint8_t> bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Each action as one line, in order.
std::vector<std::string> drain(Session& session) {
    std::vector<std::string> lines;
    while (const auto next = session.poll_action()) {
        if (const auto* frame = std::get_if<action::SendFrame>(&*next)) {
            lines.push_back((frame->opcode == Opcode::text ? "text " : "binary ") +
                            text(frame->payload));
        } else if (const auto* opened = std::get_if<action::Opened>(&*next)) {
            lines.push_back(opened->start == SessionStart::fresh ? "opened fresh" : "opened");
        } else if (const auto* closing = std::get_if<action::CloseWebSocket>(&*next)) {
            lines.push_back("close " + std::to_string(closing->code));
        } else {
            lines.emplace_back("failed");
        }
    }
    return lines;
}

using Lines = std::vector<std::string>;

PlainOptions with_pointers() {
    PlainOptions options;
    options.pointers = {"/id", "/room", "/from/name", "/at"};
    return options;
}

}  // namespace

TEST_CASE("plain: open without frames -> opened at once, fresh", "[session]") {
    Plain plain({});
    CHECK(drain(plain).empty());
    plain.open({});
    CHECK(drain(plain) == Lines{"opened fresh"});
    CHECK(drain(plain).empty());
}

TEST_CASE("plain: a position is offered -> fresh all the same, for it cannot resume", "[session]") {
    Plain plain({});
    plain.open({"", "some-position", "", false});
    CHECK(drain(plain) == Lines{"opened fresh"});
    CHECK(plain.position().empty());
}

TEST_CASE("plain: token frame and subscribe frames -> in order before opened, on every connect",
          "[session]") {
    PlainOptions options;
    options.token_frame = TokenFrame{R"({"auth":")", R"("})"};
    options.frames_after_connect = {{Opcode::text, "subscribe a"}, {Opcode::binary, "\x01\x02"}};
    Plain plain(options);
    plain.open({"", "", "secret-1", false});
    CHECK(drain(plain) == Lines{R"(text {"auth":"secret-1"})", "text subscribe a",
                                "binary \x01\x02", "opened fresh"});
    // The next connect has a fresh token, and the frames come again.
    plain.open({"", "", "t2", false});
    CHECK(drain(plain) ==
          Lines{R"(text {"auth":"t2"})", "text subscribe a", "binary \x01\x02", "opened fresh"});
}

TEST_CASE("plain: a token frame but no token -> it is left out", "[session]") {
    PlainOptions options;
    options.token_frame = TokenFrame{"auth ", ""};
    Plain plain(options);
    plain.open({});
    CHECK(drain(plain) == Lines{"opened fresh"});
}

TEST_CASE("plain: opened again before the actions were drained -> only the new ones", "[session]") {
    PlainOptions options;
    options.frames_after_connect = {{Opcode::text, "hello"}};
    Plain plain(options);
    plain.open({});
    plain.open({});
    CHECK(drain(plain) == Lines{"text hello", "opened fresh"});
}

TEST_CASE("plain: suspend and logout -> 1001 and 1000, no frames", "[session]") {
    Plain plain({});
    plain.open({});
    drain(plain);
    plain.suspend_close();
    CHECK(drain(plain) == Lines{"close 1001"});
    plain.logout_close();
    CHECK(drain(plain) == Lines{"close 1000"});
}

TEST_CASE("plain: the app goes away and comes back -> nothing is sent", "[session]") {
    Plain plain(with_pointers());
    plain.open({});
    drain(plain);
    plain.on_inactive();
    CHECK(drain(plain).empty());
    plain.on_active();
    CHECK(drain(plain).empty());
}

TEST_CASE("plain: capabilities -> none, but de-duplication where there is an id", "[session]") {
    CHECK(Plain({}).capabilities() == Capabilities{});
    PlainOptions options;
    options.pointers.sender = "/from";
    CHECK(Plain(options).capabilities() == Capabilities{});
    Capabilities with_id;
    with_id.has_deduplication_id = true;
    CHECK(Plain(with_pointers()).capabilities() == with_id);
    CHECK_FALSE(Plain(with_pointers()).capabilities().tells_loss);
}

TEST_CASE("plain: no pointers -> frames pass as they are", "[session]") {
    Plain plain({});
    CHECK_FALSE(plain.maps_frames());
    Message message;
    CHECK(plain.map(Opcode::text, bytes(R"({"id":"1"})"), message));
    CHECK(text(message.payload) == R"({"id":"1"})");
    CHECK(message.fields == MessageFields{});
    CHECK(plain.counters() == Counters{});
}

TEST_CASE("plain: pointers -> the fields of a text message, its bytes untouched", "[session]") {
    Plain plain(with_pointers());
    CHECK(plain.maps_frames());
    Message message;
    const std::string json =
        R"({"id":9007199254740993,"room":"r","from":{"name":"\u00c4nn"},"at":1.5})";
    CHECK(plain.map(Opcode::text, bytes(json), message));
    CHECK(reinterpret_cast<const char*>(message.payload.data()) == json.data());
    CHECK(message.payload.size() == json.size());
    CHECK_FALSE(message.replayed);
    CHECK((message.fields.has_id && message.fields.id == "9007199254740993"));
    CHECK((message.fields.has_conversation && message.fields.conversation == "r"));
    CHECK((message.fields.has_sender && message.fields.sender == "\xC3\x84nn"));
    CHECK((message.fields.has_time && message.fields.time == "1.5"));
    CHECK(plain.counters() == Counters{1, 0, 0});
}

TEST_CASE("plain: only some pointers -> only those fields", "[session]") {
    PlainOptions options;
    options.pointers.time = "/t";
    options.pointers.conversation = "/c";
    Plain plain(options);
    Message message;
    CHECK(plain.map(Opcode::text, bytes(R"({"id":"1","c":"room","t":5})"), message));
    CHECK_FALSE(message.fields.has_id);
    CHECK_FALSE(message.fields.has_sender);
    CHECK(message.fields.conversation == "room");
    CHECK(message.fields.time == "5");
    CHECK(plain.counters() == Counters{1, 0, 0});
}

TEST_CASE("plain: a field is missing -> delivered with the others, counted", "[session]") {
    Plain plain(with_pointers());
    Message message;
    CHECK(plain.map(Opcode::text, bytes(R"({"id":"1","room":null,"from":"x","at":""})"), message));
    CHECK(message.fields.id == "1");
    CHECK_FALSE(message.fields.has_conversation);
    CHECK_FALSE(message.fields.has_sender);
    CHECK((message.fields.has_time && message.fields.time.empty()));
    CHECK(plain.counters() == Counters{0, 1, 0});
}

TEST_CASE("plain: an ack -> told as one, and no message for the app", "[session]") {
    PlainOptions options;
    options.pointers.id = "/id";
    options.ack_pointer = "/ack";
    Plain plain(options);
    Message message;
    CHECK_FALSE(plain.map(Opcode::text, bytes(R"({"ack":"d-1"})"), message));
    const auto told = plain.poll_action();
    REQUIRE(told.has_value());
    REQUIRE(std::holds_alternative<action::Acknowledged>(*told));
    CHECK(std::get<action::Acknowledged>(*told).deduplication_id == "d-1");
    CHECK_FALSE(plain.poll_action().has_value());
}

TEST_CASE("plain: not JSON -> delivered raw without fields, counted", "[session]") {
    Plain plain(with_pointers());
    Message message;
    for (const std::string_view raw : {"", "hello", R"({"id":"1")", R"({"id":"1"} trailing)"}) {
        CHECK(plain.map(Opcode::text, bytes(raw), message));
        CHECK(text(message.payload) == raw);
        CHECK(message.fields == MessageFields{});
    }
    CHECK(plain.counters() == Counters{0, 0, 4});
}

TEST_CASE("plain: binary -> never looked into, not counted", "[session]") {
    Plain plain(with_pointers());
    Message message;
    CHECK(plain.map(Opcode::binary, bytes(R"({"id":"1"})"), message));
    CHECK(message.fields == MessageFields{});
    CHECK(plain.counters() == Counters{});
}

TEST_CASE("plain: two sessions with one reader -> neither disturbs the other", "[session]") {
    const auto reader = std::make_shared<JsonReader>();
    PlainOptions other;
    other.pointers.id = "/other";
    Plain one(with_pointers(), reader);
    Plain two(other, reader);
    Message message;
    CHECK(one.map(Opcode::text, bytes(R"({"id":"1","other":"2"})"), message));
    CHECK(message.fields.id == "1");
    CHECK(two.map(Opcode::text, bytes(R"({"id":"1","other":"2"})"), message));
    CHECK(message.fields.id == "2");
}

TEST_CASE("plain options: what is wrong -> field and rule, never the value", "[session]") {
    CHECK(plain_options_error({}) == std::nullopt);
    CHECK(plain_options_error(with_pointers()) == std::nullopt);

    const auto field_of = [](const PlainOptions& options) {
        const auto error = plain_options_error(options);
        return error ? error->field : std::string("valid");
    };
    auto options = with_pointers();
    options.pointers.sender = "from";
    CHECK(field_of(options) == "pointers.sender");
    CHECK(plain_options_error(options)->rule.find("RFC 6901") != std::string::npos);

    options = {};
    options.frames_after_connect.assign(kMaxFramesAfterConnect, {Opcode::text, "x"});
    CHECK(field_of(options) == "valid");
    options.frames_after_connect.push_back({Opcode::text, "x"});
    CHECK(field_of(options) == "frames_after_connect");

    options = {};
    options.frames_after_connect = {{Opcode::ping, "x"}};
    CHECK(field_of(options) == "frames_after_connect");
    options.frames_after_connect = {{Opcode::text, "\xFF"}};
    CHECK(field_of(options) == "frames_after_connect");
    options.frames_after_connect = {{Opcode::binary, "\xFF"}};
    CHECK(field_of(options) == "valid");
    options.frames_after_connect = {{Opcode::text, std::string(kMaxFrameAfterConnectBytes, 'x')}};
    CHECK(field_of(options) == "valid");
    options.frames_after_connect.front().payload += "x";
    CHECK(field_of(options) == "frames_after_connect");

    options = {};
    options.token_frame = TokenFrame{"\xFF", ""};
    CHECK(field_of(options) == "token_frame");
    options.token_frame = TokenFrame{std::string(kMaxFrameAfterConnectBytes, 'x'), "y"};
    CHECK(field_of(options) == "token_frame");
    CHECK(plain_options_error(options)->rule.find("xx") == std::string::npos);
}
