// Pings, pongs and close frames: what is answered, what is echoed, what ends the connection.
// Must not hold reserved bits of control frames (cases_frames.cpp).
#include "tests/servers/hostile/cases.hpp"

namespace graceline::tests::hostile {
namespace {

constexpr const char* kFragmented = "fragmented control frame";
constexpr const char* kTooLong = "control frame above 125 bytes";
constexpr const char* kPayload = "close frame with a payload of one byte";
constexpr const char* kCode = "close frame with a code that must not be sent";
constexpr const char* kUtf8 = "text that is not UTF-8";

Case pinged(std::string name, std::string stream, std::vector<std::string> pongs,
            std::vector<std::string> messages = {}) {
    Case one = taken("ping/pong", std::move(name), std::move(stream), std::move(messages));
    one.pongs = std::move(pongs);
    return one;
}

Case closed(int code, std::string reason, End end, graceline_reason why) {
    Case one;
    one.category = "close";
    one.name = "code " + std::to_string(code);
    one.stream = code == 1005 ? hex("88 00") : close_frame(code, reason);
    one.end = end;
    one.reason = why;
    one.text = "closed the connection with code " + std::to_string(code);
    one.close_sent = one.close_code = code;
    return one;
}

void add_codes(Cases& cases) {
    using enum End;
    constexpr auto kClosed = GRACELINE_REASON_CLOSED_BY_SERVER;
    for (const int code : {1000, 1001, 1005, 1011, 1014, 3001, 3999, 4000, 4404, 4999}) {
        cases.push_back(closed(code, "", retried, kClosed));
    }
    for (const int code : {1002, 1003, 1007, 1009, 1010}) {
        cases.push_back(closed(code, "", terminal, kClosed));
    }
    for (const int code : {1012, 1013}) cases.push_back(closed(code, "", throttled, kClosed));
    for (const int code : {1008, 3000, 3003, 4401, 4403}) {
        cases.push_back(closed(code, "", terminal, GRACELINE_REASON_AUTH_REFUSED));
    }
    for (const int code :
         {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 9999, 65'535}) {
        cases.push_back(fault("close", "code " + std::to_string(code) + " on the wire",
                              close_frame(code), kCode));
    }
}

}  // namespace

Cases ping_pong_cases() {
    constexpr const char* kCategory = "ping/pong";
    Cases cases;
    cases.push_back(pinged("empty ping", hex("89 00"), {""}));
    cases.push_back(pinged("ping with text", frame(0x89, "hello"), {"hello"}));
    const std::string all_ones(125, '\xFF');
    cases.push_back(pinged("ping of 125 bytes", frame(0x89, all_ones), {all_ones}));
    cases.push_back(
        pinged("ping with NULs", frame(0x89, std::string(3, '\0')), {std::string(3, '\0')}));
    cases.push_back(
        pinged("ping before a message", frame(0x89, "1") + text_frame("m"), {"1"}, {"text:m"}));
    cases.push_back(
        pinged("ping after a message", text_frame("m") + frame(0x89, "2"), {"2"}, {"text:m"}));
    cases.push_back(pinged("ping between two fragments",
                           frame(0x01, "Hel") + frame(0x89, "3") + frame(0x80, "lo"), {"3"},
                           {"text:Hello"}));
    Case several = pinged("ten pings", "", {});
    for (int i = 0; i < 10; ++i) {
        several.stream += frame(0x89, std::to_string(i));
        several.pongs.push_back(std::to_string(i));
    }
    several.pongs_may_be_fewer = true;
    cases.push_back(several);
    Case flood = pinged("2,000 pings", "", {"last"});
    for (int i = 0; i < 1'999; ++i) flood.stream += frame(0x89, std::string(100, 'p'));
    flood.stream += frame(0x89, "last");
    flood.pongs_may_be_fewer = true;
    cases.push_back(flood);
    cases.push_back(pinged("pong that nobody asked for", frame(0x8A, "x"), {}));
    cases.push_back(pinged("empty pong that nobody asked for", hex("8a 00"), {}));
    cases.push_back(pinged("pong of 125 bytes", frame(0x8A, all_ones), {}));
    cases.push_back(pinged("pong that looks like an answer to a probe",
                           frame(0x8A, hex("70 01 00 00 00 00 00 00 00")), {}));
    Case pongs = pinged("500 pongs", "", {});
    for (int i = 0; i < 500; ++i) pongs.stream += frame(0x8A, "p");
    cases.push_back(pongs);
    for (const char* header : {"09", "0a", "08"}) {
        cases.push_back(
            fault(kCategory, std::string("not final, ") + header, hex(header), kFragmented));
        cases.push_back(fault(kCategory, std::string("not final inside a message, ") + header,
                              frame(0x01, "He") + hex(header), kFragmented));
    }
    for (const char* header : {"89 7e", "8a 7e", "89 7f", "8a 7f"}) {
        cases.push_back(
            fault(kCategory, std::string("too long, ") + header, hex(header), kTooLong));
        cases.push_back(fault(kCategory, std::string("too long inside a message, ") + header,
                              frame(0x02, "He") + hex(header), kTooLong));
    }
    return cases;
}

Cases close_cases() {
    constexpr const char* kCategory = "close";
    Cases cases;
    add_codes(cases);
    Case reason = closed(1000, "so long", End::retried, GRACELINE_REASON_CLOSED_BY_SERVER);
    reason.name = "code 1000 with a reason";
    cases.push_back(reason);
    Case longest =
        closed(4000, std::string(123, 'r'), End::retried, GRACELINE_REASON_CLOSED_BY_SERVER);
    longest.name = "code 4000 with the longest reason";
    cases.push_back(longest);
    Case after = closed(1001, "bye", End::retried, GRACELINE_REASON_CLOSED_BY_SERVER);
    after.name = "messages behind a close frame are not read";
    after.stream = text_frame("a") + after.stream + text_frame("b") + hex("ff ff ff");
    after.messages = {"text:a"};
    cases.push_back(after);
    Case inside = closed(1001, "", End::retried, GRACELINE_REASON_CLOSED_BY_SERVER);
    inside.name = "inside a message, which is dropped";
    inside.stream = frame(0x01, "half") + inside.stream;
    cases.push_back(inside);
    Case twice = closed(1000, "", End::retried, GRACELINE_REASON_CLOSED_BY_SERVER);
    twice.name = "two close frames: the first counts";
    twice.stream += close_frame(4401);
    cases.push_back(twice);
    cases.push_back(fault(kCategory, "payload of one byte", hex("88 01 03"), kPayload));
    cases.push_back(fault(kCategory, "payload of one byte, 0xff", hex("88 01 ff"), kPayload));
    for (const char* header : {"88 7e", "88 7f"}) {
        cases.push_back(
            fault(kCategory, std::string("too long, ") + header, hex(header), kTooLong));
    }
    for (const char* bytes : {"ff", "c3", "ed a0 80", "c0 80", "62 79 65 80"}) {
        cases.push_back(fault(kCategory, std::string("reason ") + bytes,
                              close_frame(1000, hex(bytes)), kUtf8, 1007));
    }
    Case secret =
        closed(4000, "your token is t0ken", End::retried, GRACELINE_REASON_CLOSED_BY_SERVER);
    secret.name = "the server's own words reach no text";
    secret.text = "the server closed the connection with code 4000";
    cases.push_back(secret);
    return cases;
}

}  // namespace graceline::tests::hostile
