// The building blocks of the table.
// Must not use the codec's writer or Deflater.
#include "tests/servers/hostile/cases.hpp"

#include <zlib.h>

#include <stdexcept>
#include <utility>

namespace graceline::tests::hostile {

std::string hex(std::string_view text) {
    std::string bytes;
    int high = -1;
    for (const char c : text) {
        int digit = -1;
        if (c >= '0' && c <= '9') digit = c - '0';
        if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
        if (digit < 0) continue;
        if (high < 0) {
            high = digit;
        } else {
            bytes += static_cast<char>(high * 16 + digit);
            high = -1;
        }
    }
    return bytes;
}

std::string frame(int first_byte, std::string_view payload) {
    std::string bytes(1, static_cast<char>(first_byte));
    const std::size_t size = payload.size();
    const auto add_size = [&](int count) {
        for (int i = count - 1; i >= 0; --i) bytes += static_cast<char>(size >> (8 * i));
    };
    if (size < 126) {
        add_size(1);
    } else if (size < 65'536) {
        bytes += static_cast<char>(126);
        add_size(2);
    } else {
        bytes += static_cast<char>(127);
        add_size(8);
    }
    return bytes.append(payload);
}

std::string text_frame(std::string_view text) {
    return frame(0x81, text);
}

std::string close_frame(int code, std::string_view reason) {
    std::string payload;
    payload += static_cast<char>(code >> 8);
    payload += static_cast<char>(code);
    return frame(0x88, payload.append(reason));
}

std::string deflated(std::string_view payload, int level) {
    z_stream zlib{};
    if (deflateInit2(&zlib, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("no zlib");
    }
    std::string out(deflateBound(&zlib, static_cast<uLong>(payload.size())) + 64, '\0');
    zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(payload.data()));
    zlib.avail_in = static_cast<uInt>(payload.size());
    zlib.next_out = reinterpret_cast<Bytef*>(out.data());
    zlib.avail_out = static_cast<uInt>(out.size());
    deflate(&zlib, Z_SYNC_FLUSH);
    out.resize(out.size() - zlib.avail_out);
    deflateEnd(&zlib);
    if (payload.empty()) return std::string(1, '\0');
    // The four bytes of the flush are the receiver's to put back.
    out.resize(out.size() - 4);
    return out;
}

std::string compressed(std::string_view payload, int first_byte, int level) {
    return frame(first_byte, deflated(payload, level));
}

Case fault(const char* category, std::string name, std::string stream, std::string text,
           int close_sent) {
    Case one;
    one.category = category;
    one.name = std::move(name);
    one.stream = std::move(stream);
    one.end = End::terminal;
    one.reason = GRACELINE_REASON_PROTOCOL_ERROR;
    one.text = std::move(text);
    one.close_sent = one.close_code = close_sent;
    return one;
}

Case taken(const char* category, std::string name, std::string stream,
           std::vector<std::string> messages) {
    Case one;
    one.category = category;
    one.name = std::move(name);
    one.stream = std::move(stream);
    one.messages = std::move(messages);
    return one;
}

Case with_deflate(Case one) {
    one.deflate = true;
    one.answer_lines = kDeflateAnswer;
    return one;
}

}  // namespace graceline::tests::hostile
