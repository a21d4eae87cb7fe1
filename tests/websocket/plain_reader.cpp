// The plain decoder: one loop over frames, judged in the order in which their bytes come.
// Must not be clever: it is read to be believed.
#include "tests/websocket/plain_reader.hpp"

#include <algorithm>

namespace graceline::websocket::test {
namespace {

struct Form {
    std::uint32_t bytes;
    std::uint32_t lead_bits;
    std::uint32_t least;
    std::uint32_t greatest;
};

// True when a code point between low and high is a Unicode scalar value of this form.
bool any_scalar_value(const Form& form, std::uint32_t low, std::uint32_t high) {
    const std::uint32_t from = std::max(low, form.least);
    const std::uint32_t to = std::min(high, form.greatest);
    if (from > to) return false;
    const bool all_surrogates = from >= 0xD800 && to <= 0xDFFF;
    return !all_surrogates;
}

Utf8Verdict plain_character(std::span<const std::uint8_t>& text) {
    const std::uint32_t lead = text[0];
    text = text.subspan(1);
    Form form{};
    if (lead < 0x80) return Utf8Verdict::complete;
    if (lead / 0x20 == 6) {
        form = {2, lead % 0x20, 0x80, 0x7FF};
    } else if (lead / 0x10 == 14) {
        form = {3, lead % 0x10, 0x800, 0xFFFF};
    } else if (lead / 0x08 == 30) {
        form = {4, lead % 0x08, 0x10000, 0x10FFFF};
    } else {
        return Utf8Verdict::wrong;
    }
    std::uint32_t low = form.lead_bits;
    std::uint32_t high = form.lead_bits;
    for (std::uint32_t i = 1; i < form.bytes; ++i) {
        low = low * 64;
        high = high * 64 + 63;
    }
    std::uint32_t weight = 1;
    for (std::uint32_t i = 1; i < form.bytes; ++i) weight *= 64;
    for (std::uint32_t i = 1; i < form.bytes; ++i) {
        if (!any_scalar_value(form, low, high)) return Utf8Verdict::wrong;
        if (text.empty()) return Utf8Verdict::open;
        const std::uint32_t byte = text[0];
        if (byte / 64 != 2) return Utf8Verdict::wrong;
        text = text.subspan(1);
        weight /= 64;
        low += byte % 64 * weight;
        high = low + weight - 1;
    }
    return any_scalar_value(form, low, high) ? Utf8Verdict::complete : Utf8Verdict::wrong;
}

// Walks over the stream; every take fails at its end.
class PlainReader {
  public:
    PlainReader(const Limits& limits, const Bytes& stream) : limits_(limits), stream_(stream) {}

    ReadLog run() {
        while (log_.error == ProtocolError::none && !over_) {
            if (!frame()) break;
        }
        log_.in_message = open_ && log_.error == ProtocolError::none;
        return log_;
    }

  private:
    bool has(std::size_t bytes) const { return stream_.size() - at_ >= bytes; }
    bool fail(ProtocolError error) {
        log_.error = error;
        return false;
    }

    // False when the stream ends inside the frame or the frame is wrong.
    bool frame() {
        if (!has(1)) return false;
        const int first = stream_[at_++];
        const bool fin = first >= 0x80;
        const int opcode = first % 16;
        if (first / 16 % 8 != 0) return fail(ProtocolError::reserved_bits);
        const bool control = opcode >= 8 && opcode <= 10;
        if (!control && opcode > 2) return fail(ProtocolError::reserved_opcode);
        if (control && !fin) return fail(ProtocolError::control_fragmented);
        if (!control && opcode == 0 && !open_) return fail(ProtocolError::unexpected_continuation);
        if (!control && opcode != 0 && open_) return fail(ProtocolError::expected_continuation);
        if (!control && opcode != 0) fragments_ = 0;
        if (!control && fragments_ >= limits_.max_fragments) {
            return fail(ProtocolError::too_many_fragments);
        }
        std::uint64_t length = 0;
        if (!read_length(control, length)) return false;
        if (control) return control_frame(opcode, static_cast<std::size_t>(length));
        return data_frame(opcode, fin, length);
    }

    bool read_length(bool control, std::uint64_t& length) {
        if (!has(1)) return false;
        length = stream_[at_++];
        if (length >= 128) return fail(ProtocolError::masked_server_frame);
        if (control && length > 125) return fail(ProtocolError::control_too_long);
        if (length <= 125) return true;
        const std::size_t bytes = length == 126 ? 2 : 8;
        if (!has(bytes)) return false;
        length = 0;
        for (std::size_t i = 0; i < bytes; ++i) length = length * 256 + stream_[at_++];
        if (length >= std::uint64_t{1} << 63) return fail(ProtocolError::length_too_large);
        if (length < (bytes == 2 ? 126U : 65'536U)) return fail(ProtocolError::non_minimal_length);
        return true;
    }

    bool data_frame(int opcode, bool fin, std::uint64_t length) {
        if (opcode != 0) {
            open_ = true;
            text_ = opcode == 1;
            message_.clear();
        }
        ++fragments_;
        if (length > limits_.max_message_bytes - message_.size()) {
            return fail(ProtocolError::message_too_big);
        }
        const std::size_t size = std::min<std::size_t>(length, stream_.size() - at_);
        const auto from = stream_.begin() + static_cast<std::ptrdiff_t>(at_);
        message_.insert(message_.end(), from, from + static_cast<std::ptrdiff_t>(size));
        at_ += size;
        const bool whole = size == length;
        const Utf8Verdict verdict = text_ ? plain_utf8(message_) : Utf8Verdict::complete;
        const bool must_be_complete = whole && fin;
        if (verdict == Utf8Verdict::wrong ||
            (must_be_complete && verdict != Utf8Verdict::complete)) {
            return fail(ProtocolError::invalid_utf8);
        }
        if (!whole) return false;
        ++log_.frames;
        if (!fin) return true;
        open_ = false;
        log_.events.push_back((text_ ? "text:" : "binary:") + text_of(message_));
        return true;
    }

    bool control_frame(int opcode, std::size_t length) {
        if (!has(length)) return false;
        const std::string payload = text_of(std::span(stream_).subspan(at_, length));
        at_ += length;
        ++log_.frames;
        if (opcode == 9) log_.events.push_back("ping:" + payload);
        if (opcode == 10) log_.events.push_back("pong:" + payload);
        return opcode != 8 || close(payload);
    }

    bool close(const std::string& payload) {
        int code = 1005;
        std::string reason;
        if (payload.size() == 1) return fail(ProtocolError::invalid_close_payload);
        if (payload.size() >= 2) {
            code = static_cast<unsigned char>(payload[0]) * 256 +
                   static_cast<unsigned char>(payload[1]);
            reason = payload.substr(2);
            const bool unassigned = code < 1000 || code > 4999 || (code > 1014 && code < 3000);
            if (unassigned || (code >= 1004 && code <= 1006)) {
                return fail(ProtocolError::invalid_close_code);
            }
            if (plain_utf8(bytes_of(reason)) != Utf8Verdict::complete) {
                return fail(ProtocolError::invalid_utf8);
            }
        }
        log_.events.push_back("close " + std::to_string(code) + ":" + reason);
        over_ = true;
        return true;
    }

    const Limits limits_;
    const Bytes& stream_;
    std::size_t at_ = 0;
    ReadLog log_;
    bool over_ = false;
    bool open_ = false;
    bool text_ = false;
    std::uint32_t fragments_ = 0;
    Bytes message_;
};

}  // namespace

Utf8Verdict plain_utf8(std::span<const std::uint8_t> text) {
    while (!text.empty()) {
        const Utf8Verdict verdict = plain_character(text);
        if (verdict != Utf8Verdict::complete) return verdict;
    }
    return Utf8Verdict::complete;
}

ReadLog plain_read(const Limits& limits, const Bytes& stream) {
    return PlainReader(limits, stream).run();
}

}  // namespace graceline::websocket::test
