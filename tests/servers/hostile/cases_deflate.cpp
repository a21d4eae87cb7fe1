// permessage-deflate: answers that do not fit the offer, payloads that do not inflate, bombs.
// Must not compress with the codec's own Deflater.
#include "tests/servers/hostile/cases.hpp"

namespace graceline::tests::hostile {
namespace {

constexpr const char* kCategory = "deflate";
constexpr const char* kParameters = "extension parameters that do not fit the offer";
constexpr const char* kExtension = "extension that was not offered";
constexpr const char* kInflate = "compressed message that does not inflate";
constexpr const char* kRatio = "compressed message above the ratio limit";
constexpr const char* kTooBig = "message above the size limit";
constexpr const char* kUtf8 = "text that is not UTF-8";

Case answered(const std::string& value, const char* text) {
    Case one;
    one.category = kCategory;
    one.name = "answer '" + value + "'";
    one.deflate = true;
    one.answer_lines = "Sec-WebSocket-Extensions: " + value + "\r\n";
    if (text == nullptr) {
        one.stream = compressed("Hello");
        one.messages = {"text:Hello"};
        return one;
    }
    one.end = End::terminal;
    one.reason = GRACELINE_REASON_HANDSHAKE_INVALID;
    one.text = text;
    return one;
}

Case bad(std::string name, std::string stream, const char* text, int code) {
    return with_deflate(fault(kCategory, std::move(name), std::move(stream), text, code));
}

Case good(std::string name, std::string stream, std::vector<std::string> messages) {
    return with_deflate(taken(kCategory, std::move(name), std::move(stream), std::move(messages)));
}

void add_answers(Cases& cases) {
    const std::string name = "permessage-deflate";
    for (const char* rest : {"", "; server_no_context_takeover", "; client_no_context_takeover",
                             "; server_max_window_bits=15", "; server_max_window_bits=9",
                             "; client_max_window_bits=9", " ; server_max_window_bits = \"15\""}) {
        cases.push_back(answered(name + rest, nullptr));
    }
    for (const char* rest : {"; ",
                             ";",
                             "; ; server_no_context_takeover",
                             ",",
                             " server_no_context_takeover",
                             "; mystery",
                             "; mystery=1",
                             "; server_no_context_takeover=1",
                             "; client_no_context_takeover=true",
                             "; server_no_context_takeover; server_no_context_takeover",
                             "; client_max_window_bits",
                             "; server_max_window_bits",
                             "; server_max_window_bits=",
                             "; server_max_window_bits=\"",
                             "; server_max_window_bits=7",
                             "; server_max_window_bits=16",
                             "; server_max_window_bits=010",
                             "; server_max_window_bits=-9",
                             "; server_max_window_bits=99999999999999999999",
                             "; server_max_window_bits=9; server_max_window_bits=9",
                             "; client_max_window_bits=7",
                             "; client_max_window_bits=16",
                             "; =9"}) {
        cases.push_back(answered(name + rest, kParameters));
    }
    for (const char* value :
         {"permessage-deflate, permessage-deflate", "permessage-deflate, x-other",
          "x-webkit-deflate-frame", "permessage-bzip2"}) {
        cases.push_back(answered(value, kExtension));
    }
}

void add_payloads(Cases& cases) {
    for (const char* payload : {"07", "06 00", "00 05 00 fa fe 48 65", "f2 48 cd c9 c9",
                                "f2 48 cd c9 c9 07", "f2 00 11 00 00", "05 e0 81", "ff ff ff ff",
                                "ed fd 01 00 00", "f2 48 cd c9 c9 07 00 00 00 ff ff 07"}) {
        cases.push_back(
            bad(std::string("payload ") + payload, frame(0xC2, hex(payload)), kInflate, 1007));
    }
    cases.push_back(bad("empty compressed message", hex("c1 00"), kInflate, 1007));
    Case late = bad("damage behind a good message", compressed("one") + frame(0xC1, hex("07")),
                    kInflate, 1007);
    late.messages = {"text:one"};
    cases.push_back(late);
    for (const char* text : {"ff", "61 62 c3", "ed a0 80", "e2 82"}) {
        cases.push_back(
            bad(std::string("text that inflates to ") + text, compressed(hex(text)), kUtf8, 1007));
    }
    const std::string hello = deflated("Hello");
    cases.push_back(good("a message", compressed("Hello"), {"text:Hello"}));
    cases.push_back(good("binary", compressed("Hello", 0xC2), {"binary:Hello"}));
    cases.push_back(good("an empty message", compressed(""), {"text:"}));
    cases.push_back(good("stored, not compressed", compressed("Hello", 0xC1, 0), {"text:Hello"}));
    cases.push_back(good("a plain message beside", text_frame("plain") + compressed("Hello"),
                         {"text:plain", "text:Hello"}));
    cases.push_back(good("two fragments",
                         frame(0x41, hello.substr(0, 3)) + frame(0x80, hello.substr(3)),
                         {"text:Hello"}));
    Case pinged =
        good("a ping between the fragments",
             frame(0x41, hello.substr(0, 3)) + frame(0x89, "p") + frame(0x80, hello.substr(3)),
             {"text:Hello"});
    pinged.pongs = {"p"};
    cases.push_back(pinged);
    cases.push_back(good("final blocks in the middle",
                         frame(0xC1, hex("f3 48 cd c9 c9 07 00 00 04 00 fb ff 20 79 6f 75 00")),
                         {"text:Hello you"}));
    cases.push_back(good("a reference into the message before",
                         hex("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00"),
                         {"text:Hello", "text:Hello"}));
    Case fresh = bad("a reference into a window that was given up",
                     hex("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00"), kInflate, 1007);
    fresh.answer_lines =
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
    fresh.messages = {"text:Hello"};
    cases.push_back(fresh);
}

void add_bombs(Cases& cases) {
    cases.push_back(bad("bomb, 20 MiB of zeros in 20 KB",
                        compressed(std::string(std::size_t{20} << 20, '\0'), 0xC2, 9), kRatio,
                        1009));
    cases.push_back(bad("bomb, 70,000 blanks", compressed(std::string(70'000, ' ')), kRatio, 1009));
    Case varied =
        bad("inflates to 125 bytes and one", compressed(std::string(126, 'x')), kTooBig, 1009);
    varied.reason = GRACELINE_REASON_MESSAGE_TOO_BIG;
    varied.max_message_bytes = 125;
    cases.push_back(varied);
    Case fits =
        good("inflates to exactly 125 bytes", compressed(std::string(125, 'x')), {"text:#125"});
    fits.max_message_bytes = 125;
    cases.push_back(fits);
    Case announced = bad("announces more than any message of 125 bytes needs", hex("c2 7e 10 00"),
                         kTooBig, 1009);
    announced.reason = GRACELINE_REASON_MESSAGE_TOO_BIG;
    announced.max_message_bytes = 125;
    cases.push_back(announced);
    cases.push_back(
        good("60,000 blanks are no bomb", compressed(std::string(60'000, ' ')), {"text:#60000"}));
}

}  // namespace

Cases deflate_cases() {
    Cases cases;
    add_answers(cases);
    add_payloads(cases);
    add_bombs(cases);
    return cases;
}

}  // namespace graceline::tests::hostile
