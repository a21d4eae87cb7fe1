// Framing, reserved bits, opcodes: frames whose header alone is wrong, or at the edge of right.
// Must not hold faults of what a frame carries (cases_messages.cpp, cases_control.cpp).
#include "tests/servers/hostile/cases.hpp"

namespace graceline::tests::hostile {
namespace {

constexpr const char* kReservedBits = "reserved bits that no extension gave a meaning";
constexpr const char* kReservedOpcode = "reserved opcode";
constexpr const char* kMasked = "masked frame from the server";
constexpr const char* kNotShortest = "frame length not in its shortest form";
constexpr const char* kHighestBit = "frame length with the highest bit set";
constexpr const char* kTooBig = "message above the size limit";

std::string byte(int value) {
    return std::string(1, static_cast<char>(value));
}

const std::string& open_text() {
    static const std::string text = frame(0x01, "He");
    return text;
}

Case too_big(const char* category, std::string name, std::string stream) {
    Case one = fault(category, std::move(name), std::move(stream), kTooBig, 1009);
    one.reason = GRACELINE_REASON_MESSAGE_TOO_BIG;
    return one;
}

/// A server that goes away in the middle of something.
Case cut(std::string name, std::string stream) {
    Case one;
    one.category = "framing";
    one.name = std::move(name);
    one.stream = std::move(stream);
    one.hangs_up = true;
    one.end = End::retried;
    one.reason = GRACELINE_REASON_CONNECTION_LOST;
    one.text = "ended the connection without a close frame";
    one.close_code = 1006;
    return one;
}

void add_lengths(Cases& cases) {
    constexpr const char* kCategory = "framing";
    for (const int first : {0x81, 0x82, 0x01}) {
        for (const char* length : {"7e 00 00", "7e 00 01", "7e 00 7d", "7f 00 00 00 00 00 00 00 00",
                                   "7f 00 00 00 00 00 00 00 7d", "7f 00 00 00 00 00 00 00 7e",
                                   "7f 00 00 00 00 00 00 ff ff"}) {
            cases.push_back(fault(kCategory, std::to_string(first) + ", length " + length,
                                  byte(first) + hex(length), kNotShortest));
        }
    }
    cases.push_back(fault(kCategory, "continuation, length 16 in three bytes",
                          open_text() + hex("80 7e 00 10"), kNotShortest));
    for (const char* header : {"82 7f 80 00 00 00 00 00 00 00", "81 7f ff ff ff ff ff ff ff ff",
                               "02 7f 80 00 00 00 00 00 00 05"}) {
        cases.push_back(
            fault(kCategory, std::string("length ") + header, hex(header), kHighestBit));
    }
    for (const char* header : {"82 7f 7f ff ff ff ff ff ff ff", "81 7f 00 00 00 01 00 00 00 00",
                               "01 7f 00 00 00 00 ff ff ff ff"}) {
        cases.push_back(too_big(kCategory, std::string("length ") + header, hex(header)));
    }
    cases.push_back(too_big(kCategory, "63 bits, continuation: the sum would overflow",
                            open_text() + hex("80 7f 7f ff ff ff ff ff ff ff")));
    for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65'535U, 65'536U}) {
        const std::string text(size, 't');
        const std::string seen = size > 60 ? "text:#" + std::to_string(size) : "text:" + text;
        cases.push_back(taken(kCategory, "whole message of " + std::to_string(size) + " bytes",
                              text_frame(text), {seen}));
    }
}

}  // namespace

Cases framing_cases() {
    constexpr const char* kCategory = "framing";
    Cases cases;
    for (const char* header : {"81 80", "81 85", "81 fd", "81 fe", "81 ff", "01 85", "82 81",
                               "88 82", "89 80", "8a 84", "89 fe"}) {
        cases.push_back(fault(kCategory, std::string("mask bit, ") + header, hex(header), kMasked));
    }
    cases.push_back(
        fault(kCategory, "mask bit, continuation", open_text() + hex("80 81"), kMasked));
    Case late = fault(kCategory, "mask bit, after two good messages",
                      text_frame("a") + text_frame("b") + hex("81 85"), kMasked);
    late.messages = {"text:a", "text:b"};
    cases.push_back(late);
    add_lengths(cases);
    cases.push_back(cut("gone behind the answer", ""));
    cases.push_back(cut("gone behind one byte of a header", hex("81")));
    cases.push_back(cut("gone inside a 16-bit length", hex("81 7e 01")));
    cases.push_back(cut("gone inside a 64-bit length", hex("82 7f 00 00 00 00")));
    cases.push_back(cut("gone inside a payload", hex("81 05 48 65")));
    cases.push_back(cut("gone between two fragments", open_text()));
    cases.push_back(cut("gone inside a ping", hex("89 05 48")));
    cases.push_back(cut("gone inside a close frame", hex("88 02 03")));
    Case after = cut("gone inside the second message", text_frame("one") + hex("81 05 74"));
    after.messages = {"text:one"};
    cases.push_back(after);
    Case many = taken(kCategory, "500 small messages in one piece", "", {});
    for (int i = 0; i < 500; ++i) {
        many.stream += text_frame(std::to_string(i));
        many.messages.push_back("text:" + std::to_string(i));
    }
    cases.push_back(many);
    return cases;
}

Cases reserved_bit_cases() {
    constexpr const char* kCategory = "reserved bits";
    Cases cases;
    for (int bits = 0x10; bits <= 0x70; bits += 0x10) {
        for (const int opcode : {1, 2, 8, 9, 10}) {
            cases.push_back(fault(kCategory, "first byte " + std::to_string(0x80 + bits + opcode),
                                  byte(0x80 + bits + opcode), kReservedBits));
        }
        cases.push_back(fault(kCategory, "first byte " + std::to_string(bits + 1), byte(bits + 1),
                              kReservedBits));
        cases.push_back(fault(kCategory, "inside a message, " + std::to_string(0x80 + bits),
                              open_text() + byte(0x80 + bits), kReservedBits));
    }
    for (const int bits : {0x10, 0x20, 0x30, 0x50, 0x60, 0x70}) {
        cases.push_back(with_deflate(fault(kCategory, "deflate, text with " + std::to_string(bits),
                                           byte(0x81 + bits), kReservedBits)));
    }
    for (const int opcode : {8, 9, 10}) {
        cases.push_back(
            with_deflate(fault(kCategory, "deflate, RSV1 on control " + std::to_string(opcode),
                               byte(0xC0 + opcode), kReservedBits)));
    }
    cases.push_back(with_deflate(fault(kCategory, "deflate, RSV1 on a continuation",
                                       frame(0x41, "x") + byte(0xC0), kReservedBits)));
    return cases;
}

Cases opcode_cases() {
    constexpr const char* kCategory = "opcodes";
    Cases cases;
    for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
        for (const int fin : {0x00, 0x80}) {
            const std::string name = std::to_string(fin + opcode);
            cases.push_back(fault(kCategory, name, byte(fin + opcode), kReservedOpcode));
            cases.push_back(fault(kCategory, name + " inside a message",
                                  open_text() + byte(fin + opcode), kReservedOpcode));
        }
    }
    Case late =
        fault(kCategory, "3 after a message", text_frame("good") + byte(0x83), kReservedOpcode);
    late.messages = {"text:good"};
    cases.push_back(late);
    cases.push_back(taken(kCategory, "text, binary, empty text, empty binary",
                          text_frame("t") + frame(0x82, "b") + hex("81 00 82 00"),
                          {"text:t", "binary:b", "text:", "binary:"}));
    return cases;
}

}  // namespace graceline::tests::hostile
