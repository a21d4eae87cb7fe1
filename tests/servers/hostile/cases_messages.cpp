// Fragmentation, UTF-8 and limits: frames that are right one by one and wrong together.
// Must not hold compressed messages (cases_deflate.cpp).
#include "tests/servers/hostile/cases.hpp"

namespace graceline::tests::hostile {
namespace {

constexpr const char* kUnexpected = "continuation frame outside of a message";
constexpr const char* kExpected = "new message inside an unfinished one";
constexpr const char* kFragments = "message with too many fragments";
constexpr const char* kTooBig = "message above the size limit";
constexpr const char* kUtf8 = "text that is not UTF-8";

Case limited(Case one, std::int64_t bytes, std::int32_t fragments = 4'096) {
    one.max_message_bytes = bytes;
    one.max_fragments = fragments;
    return one;
}

Case too_big(std::string name, std::string stream) {
    Case one = fault("limits", std::move(name), std::move(stream), kTooBig, 1009);
    one.reason = GRACELINE_REASON_MESSAGE_TOO_BIG;
    return one;
}

/// "Hello" in this many fragments, of which the first ones are empty.
std::string pieces(int count) {
    std::string stream = frame(0x01, "");
    for (int i = 2; i < count; ++i) stream += hex("00 00");
    return stream + frame(0x80, "Hello");
}

}  // namespace

Cases fragmentation_cases() {
    constexpr const char* kCategory = "fragmentation";
    Cases cases;
    const std::string open_text = frame(0x01, "He");
    const std::string open_binary = frame(0x02, "He");
    const auto add_fault = [&](const char* name, std::string stream, const char* text,
                               std::vector<std::string> before = {},
                               std::vector<std::string> pongs = {}) {
        Case one = fault(kCategory, name, std::move(stream), text);
        one.messages = std::move(before);
        one.pongs = std::move(pongs);
        cases.push_back(one);
    };
    add_fault("continuation first", hex("80"), kUnexpected);
    add_fault("continuation first, not final", hex("00"), kUnexpected);
    add_fault("continuation after a whole message", text_frame("Hello") + hex("80"), kUnexpected,
              {"text:Hello"});
    add_fault("continuation after a ping", hex("89 00 80"), kUnexpected, {}, {""});
    add_fault("continuation after the last fragment", open_text + frame(0x80, "llo") + hex("00"),
              kUnexpected, {"text:Hello"});
    add_fault("text inside text", open_text + hex("81"), kExpected);
    add_fault("text inside text, not final", open_text + hex("01"), kExpected);
    add_fault("binary inside text", open_text + hex("82"), kExpected);
    add_fault("text inside binary", open_binary + hex("81"), kExpected);
    add_fault("binary inside binary after a continuation",
              open_binary + frame(0x00, "l") + hex("82"), kExpected);
    add_fault("text inside text after a ping", open_text + hex("89 00 81"), kExpected, {}, {""});
    add_fault("text inside an empty fragment", hex("01 00 81"), kExpected);
    const auto add_taken = [&](const char* name, std::string stream, const char* message) {
        cases.push_back(taken(kCategory, name, std::move(stream), {message}));
    };
    add_taken("two fragments", open_text + frame(0x80, "llo"), "text:Hello");
    add_taken("binary, two fragments", open_binary + frame(0x80, "llo"), "binary:Hello");
    add_taken("all in the last fragment", hex("01 00") + frame(0x80, "Hello"), "text:Hello");
    add_taken("all in the first fragment", frame(0x01, "Hello") + hex("80 00"), "text:Hello");
    add_taken("only empty fragments", hex("02 00 00 00 80 00"), "binary:");
    add_taken("100 fragments", pieces(100), "text:Hello");
    std::string letters = frame(0x01, "a");
    for (int i = 0; i < 48; ++i) letters += frame(0x00, "a");
    add_taken("50 fragments of a letter", letters + frame(0x80, "a"),
              "text:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    Case between =
        taken(kCategory, "pings and pongs between all fragments",
              frame(0x01, "H") + frame(0x89, "1") + frame(0x00, "") + frame(0x00, "ell") +
                  frame(0x8A, "2") + frame(0x89, "3") + frame(0x80, "o"),
              {"text:Hello"});
    between.pongs = {"1", "3"};
    between.pongs_may_be_fewer = true;
    cases.push_back(between);
    return cases;
}

Cases utf8_cases() {
    constexpr const char* kCategory = "UTF-8";
    Cases cases;
    for (const char* bytes :
         {"80",       "bf",       "61 80",       "c3 bc 80",    "e2 82 ac 80", "c0 80",
          "c1 bf",    "e0 80 af", "e0 9f bf",    "f0 80 80 af", "f0 8f bf bf", "ed a0 80",
          "ed bf bf", "ed b0 80", "f4 90 80 80", "f5 80 80 80", "f8 88 80 80", "fc 84 80 80",
          "fe",       "ff",       "c3 61",       "c3 c3",       "e2 61 61",    "e2 82 61",
          "f0 61",    "f0 9f 61", "f0 9f 98 61", "f4 8f bf c0", "ef bb bf ff", "00 c0"}) {
        cases.push_back(fault(kCategory, bytes, text_frame(hex(bytes)), kUtf8, 1007));
        Case piece = fault(kCategory, std::string(bytes) + ", in the second fragment",
                           frame(0x01, "good ") + frame(0x80, hex(bytes)), kUtf8, 1007);
        cases.push_back(piece);
    }
    for (const char* bytes : {"c2", "e0 a0", "e2 82", "f0", "f0 9f 98", "f4 8f bf", "61 c3"}) {
        cases.push_back(fault(kCategory, std::string("ends inside a character, ") + bytes,
                              text_frame(hex(bytes)), kUtf8, 1007));
        cases.push_back(fault(kCategory,
                              std::string("ends inside a character, empty last fragment, ") + bytes,
                              frame(0x01, hex(bytes)) + hex("80 00"), kUtf8, 1007));
    }
    Case late =
        fault(kCategory, "fault behind 40,000 good bytes",
              text_frame("first") + text_frame(std::string(40'000, 'a') + hex("ff")), kUtf8, 1007);
    late.messages = {"text:first"};
    cases.push_back(late);
    for (const char* bytes : {"00", "7f", "c2 80", "df bf", "e0 a0 80", "ed 9f bf", "ef bf bf",
                              "f0 90 80 80", "f4 8f bf bf", "ef bb bf 61", "f0 9f 98 80"}) {
        const std::string text = hex(bytes);
        cases.push_back(
            taken(kCategory, std::string("good, ") + bytes, text_frame(text), {"text:" + text}));
        std::string cut = frame(0x01, text.substr(0, 1));
        for (std::size_t i = 1; i < text.size(); ++i) cut += frame(0x00, text.substr(i, 1));
        cases.push_back(taken(kCategory, std::string("good, byte by byte, ") + bytes,
                              cut + hex("80 00"), {"text:" + text}));
    }
    cases.push_back(taken(kCategory, "binary may hold anything", frame(0x82, hex("ff c0 80 ed a0")),
                          {"binary:" + hex("ff c0 80 ed a0")}));
    return cases;
}

Cases limit_cases() {
    constexpr const char* kCategory = "limits";
    Cases cases;
    cases.push_back(limited(too_big("126 of 125 bytes", hex("81 7e 00 7e")), 125));
    cases.push_back(
        limited(too_big("65,536 of 65,535 bytes", hex("82 7f 00 00 00 00 00 01 00 00")), 65'535));
    cases.push_back(too_big("1 MiB and a byte of 1 MiB", hex("82 7f 00 00 00 00 00 10 00 01")));
    cases.push_back(limited(
        too_big("100 and 26 of 125 bytes", frame(0x02, std::string(100, 'a')) + hex("80 1a")),
        125));
    cases.push_back(limited(too_big("three fragments, the last one byte too much",
                                    frame(0x01, std::string(100, 'a')) +
                                        frame(0x00, std::string(25, 'b')) + hex("80 01")),
                            125));
    Case late = limited(
        too_big("after a message that fits", text_frame(std::string(50, 'x')) + hex("81 7e 00 7e")),
        125);
    late.messages = {"text:" + std::string(50, 'x')};
    cases.push_back(late);
    const auto many = [&](const char* name, std::string stream, std::int32_t fragments) {
        cases.push_back(
            limited(fault(kCategory, name, std::move(stream), kFragments, 1008), 1'000, fragments));
    };
    many("two of one fragment", frame(0x01, "a") + hex("80"), 1);
    many("three of two fragments", frame(0x01, "a") + frame(0x00, "b") + hex("80"), 2);
    many("three of two fragments, all empty", hex("01 00 00 00 00"), 2);
    std::string all = hex("01 00");
    for (int i = 1; i < 4'096; ++i) all += hex("00 00");
    many("4,097 of 4,096 fragments", all + hex("80"), 4'096);
    cases.push_back(limited(taken(kCategory, "exactly 125 of 125 bytes",
                                  text_frame(std::string(125, 'x')), {"text:#125"}),
                            125));
    cases.push_back(
        limited(taken(kCategory, "exactly 125 of 125 bytes in two fragments",
                      frame(0x01, std::string(100, 'x')) + frame(0x80, std::string(25, 'x')),
                      {"text:#125"}),
                125));
    cases.push_back(taken(kCategory, "exactly 1 MiB", frame(0x82, std::string(1'048'576, 'x')),
                          {"binary:#1048576"}));
    cases.push_back(limited(taken(kCategory, "two of two fragments",
                                  frame(0x01, "He") + frame(0x80, "llo"), {"text:Hello"}),
                            1'000, 2));
    cases.push_back(limited(
        taken(kCategory, "4,096 of 4,096 fragments", pieces(4'096), {"text:Hello"}), 1'000, 4'096));
    return cases;
}

}  // namespace graceline::tests::hostile
