// The frame state machine: one short path for complete small frames, one for everything else.
// Must not let a result depend on how the bytes were cut: checks go header byte by header byte.
#include "core/websocket/reader.hpp"

#include <algorithm>
#include <cstring>

#include "core/websocket/inflater.hpp"

namespace graceline::websocket {
namespace {

constexpr std::uint8_t kFinBit = 0x80;
constexpr std::uint8_t kRsv1Bit = 0x40;
constexpr std::uint8_t kRsvBits = 0x70;
constexpr std::uint8_t kOpcodeBits = 0x0F;
constexpr std::uint8_t kControlBit = 0x08;
constexpr std::uint8_t kMaskBit = 0x80;
constexpr std::uint8_t kLengthBits = 0x7F;
constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;
constexpr std::uint8_t kFinalText = kFinBit | static_cast<std::uint8_t>(Opcode::text);
constexpr std::uint8_t kFinalBinary = kFinBit | static_cast<std::uint8_t>(Opcode::binary);
// DEFLATE may make a message longer: by 5 bytes a stored block, and by the empty blocks of flushes.
constexpr std::uint64_t kCompressedSlackBytes = 1024;

std::uint64_t big_endian(const std::uint8_t* bytes, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = (value << 8) | bytes[i];
    return value;
}

bool is_data_opcode(std::uint8_t opcode) {
    return opcode <= 2;
}
bool is_control_opcode(std::uint8_t opcode) {
    return opcode >= 8 && opcode <= 10;
}

}  // namespace

Reader::Reader(const Limits& limits, const std::optional<NegotiatedDeflate>& deflate)
    : limits_(limits), deflate_negotiated_(deflate.has_value()) {
    if (deflate) deflate_ = *deflate;
}

Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

ReadEvent Reader::next(std::span<const std::uint8_t>& input) {
    // The frame nearly all servers nearly always send: final, uncompressed, outside of a message,
    // all there. Everything else, errors included, goes the long way, which must agree with this.
    const std::size_t size = input.size();
    if (phase_ == Phase::header && header_have_ == 0 && !in_message_ && size >= 4) {
        const std::uint8_t* const bytes = input.data();
        const std::uint8_t first = bytes[0];
        bool usual = first == kFinalText || first == kFinalBinary;
        std::size_t header = 2;
        std::size_t length = bytes[1];
        if (length >= kLength16) {
            usual = usual && length == kLength16;
            header = 4;
            length = static_cast<std::size_t>(bytes[2]) << 8 | bytes[3];
            usual = usual && length >= kLength16;
        }
        if (usual && size - header >= length && length <= limits_.max_message_bytes &&
            limits_.max_fragments != 0) {
            const std::span payload(bytes + header, length);
            if (first == kFinalText && !is_utf8(payload)) {
                return fail(ProtocolError::invalid_utf8, input);
            }
            input = std::span(bytes + header + length, size - header - length);
            ++frames_;
            ReadEvent event;
            event.kind = ReadKind::message;
            event.opcode = first == kFinalText ? Opcode::text : Opcode::binary;
            event.first = true;
            event.last = true;
            event.payload = payload;
            return event;
        }
    }
    return next_slow(input);
}

ReadEvent Reader::next_slow(std::span<const std::uint8_t>& input) {
    for (;;) {
        ReadEvent event;
        switch (phase_) {
            case Phase::finished:
                input = {};
                return event;
            case Phase::header: {
                const ProtocolError error = read_header(input);
                if (error != ProtocolError::none) return fail(error, input);
                if (phase_ == Phase::header) return event;
                break;
            }
            case Phase::payload:
                if (remaining_ != 0 && input.empty()) return event;
                event = read_payload(input);
                break;
            case Phase::compressed:
                if (remaining_ != 0 && input.empty() && !inflate_pending_) return event;
                event = read_compressed(input);
                break;
            case Phase::control:
                event = read_control(input);
                if (event.kind == ReadKind::need_more) return event;
                break;
        }
        if (event.kind != ReadKind::need_more) return event;
    }
}

ProtocolError Reader::read_header(std::span<const std::uint8_t>& input) {
    while (!input.empty()) {
        const std::uint8_t byte = input.front();
        input = input.subspan(1);
        header_[header_have_++] = byte;
        ProtocolError error = ProtocolError::none;
        if (header_have_ == 1) {
            header_need_ = 2;
            error = check_first_byte(byte);
        } else if (header_have_ == 2) {
            error = check_second_byte(byte);
            if ((byte & kLengthBits) == kLength16) header_need_ = 4;
            if ((byte & kLengthBits) == kLength64) header_need_ = 10;
        }
        if (error != ProtocolError::none) return error;
        if (header_have_ == header_need_) return begin_frame();
    }
    return ProtocolError::none;
}

ProtocolError Reader::check_first_byte(std::uint8_t byte) const {
    const std::uint8_t opcode = byte & kOpcodeBits;
    const bool starts_message = is_data_opcode(opcode) && opcode != 0;
    const std::uint8_t allowed = deflate_negotiated_ && starts_message ? kRsv1Bit : 0;
    if ((byte & kRsvBits & ~allowed) != 0) return ProtocolError::reserved_bits;
    if (is_control_opcode(opcode)) {
        return (byte & kFinBit) != 0 ? ProtocolError::none : ProtocolError::control_fragmented;
    }
    if (!is_data_opcode(opcode)) return ProtocolError::reserved_opcode;
    if (starts_message && in_message_) return ProtocolError::expected_continuation;
    if (!starts_message && !in_message_) return ProtocolError::unexpected_continuation;
    const std::uint32_t before = in_message_ ? fragments_ : 0;
    return before < limits_.max_fragments ? ProtocolError::none : ProtocolError::too_many_fragments;
}

ProtocolError Reader::check_second_byte(std::uint8_t byte) const {
    if ((byte & kMaskBit) != 0) return ProtocolError::masked_server_frame;
    const bool control = (header_[0] & kControlBit) != 0;
    if (control && byte > kMaxControlPayloadBytes) return ProtocolError::control_too_long;
    return ProtocolError::none;
}

ProtocolError Reader::begin_frame() {
    std::uint64_t length = header_[1];
    if (length == kLength16) {
        length = big_endian(&header_[2], 2);
        if (length < kLength16) return ProtocolError::non_minimal_length;
    } else if (length == kLength64) {
        length = big_endian(&header_[2], 8);
        if ((length >> 63) != 0) return ProtocolError::length_too_large;
        if (length <= 0xFFFF) return ProtocolError::non_minimal_length;
    }
    if ((header_[0] & kControlBit) != 0) {
        control_have_ = 0;
        control_need_ = static_cast<std::uint8_t>(length);
        phase_ = Phase::control;
        return ProtocolError::none;
    }
    return begin_data_frame(length);
}

ProtocolError Reader::begin_data_frame(std::uint64_t length) {
    if (!in_message_) {
        in_message_ = true;
        message_opcode_ = static_cast<Opcode>(header_[0] & kOpcodeBits);
        message_compressed_ = (header_[0] & kRsv1Bit) != 0;
        message_bytes_ = 0;
        fragments_ = 0;
        part_given_ = false;
        utf8_.reset();
        if (message_compressed_) {
            if (!inflater_) {
                inflater_ = std::make_unique<Inflater>(deflate_, limits_.max_message_bytes);
            }
            inflater_->begin_message();
            inflate_pending_ = false;
        }
    }
    // The sum cannot overflow: a length has 63 bits, and what was admitted before is within a
    // limit.
    if (message_compressed_ ? compressed_too_long(length)
                            : length > limits_.max_message_bytes - message_bytes_) {
        return ProtocolError::message_too_big;
    }
    ++fragments_;
    message_bytes_ += length;
    frame_length_ = length;
    remaining_ = length;
    fin_ = (header_[0] & kFinBit) != 0;
    phase_ = message_compressed_ ? Phase::compressed : Phase::payload;
    return ProtocolError::none;
}

// More compressed bytes than a message within the limit could need.
bool Reader::compressed_too_long(std::uint64_t length) const {
    constexpr std::uint64_t kCeiling = std::uint64_t{1} << 62;
    const std::uint64_t plain = std::min(limits_.max_message_bytes, kCeiling);
    const std::uint64_t limit = plain + plain / 8 + kCompressedSlackBytes;
    return length > limit - message_bytes_;
}

void Reader::end_frame() {
    ++frames_;
    header_have_ = 0;
    phase_ = Phase::header;
    if (fin_) in_message_ = false;
}

ReadEvent Reader::part(std::span<const std::uint8_t> payload, bool last) {
    ReadEvent event;
    event.kind = ReadKind::part;
    event.opcode = message_opcode_;
    event.first = !part_given_;
    event.last = last;
    event.payload = payload;
    if (event.first && fin_ && !message_compressed_) event.expected_bytes = frame_length_;
    part_given_ = true;
    return event;
}

ReadEvent Reader::read_payload(std::span<const std::uint8_t>& input) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
    const auto chunk = input.first(size);
    const bool frame_ends = size == remaining_;
    const bool last = frame_ends && fin_;
    if (message_opcode_ == Opcode::text && (!utf8_.feed(chunk) || (last && !utf8_.complete()))) {
        return fail(ProtocolError::invalid_utf8, input);
    }
    input = input.subspan(size);
    remaining_ -= size;
    if (frame_ends) end_frame();
    if (chunk.empty() && !last) return {};
    ReadEvent event = part(chunk, last);
    if (event.first && last && fragments_ == 1) {
        event.kind = ReadKind::message;
        event.expected_bytes = 0;
    }
    return event;
}

ReadEvent Reader::read_compressed(std::span<const std::uint8_t>& input) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
    auto chunk = input.first(size);
    const bool ends_here = fin_ && size == remaining_;
    const Inflater::Step step = inflater_->step(chunk, ends_here);
    const std::size_t used = size - chunk.size();
    input = input.subspan(used);
    remaining_ -= used;
    inflate_pending_ = step.pending;

    const bool frame_ends = remaining_ == 0 && !step.pending;
    const bool last = frame_ends && fin_;
    const bool ended_well = last && step.error == ProtocolError::none;
    if (message_opcode_ == Opcode::text &&
        (!utf8_.feed(step.output) || (ended_well && !utf8_.complete()))) {
        return fail(ProtocolError::invalid_utf8, input);
    }
    if (step.error != ProtocolError::none) return fail(step.error, input);
    if (frame_ends) end_frame();
    if (step.output.empty() && !last) return {};
    return part(step.output, last);
}

ReadEvent Reader::read_control(std::span<const std::uint8_t>& input) {
    std::span<const std::uint8_t> payload;
    if (control_have_ == 0 && input.size() >= control_need_) {
        payload = input.first(control_need_);
        input = input.subspan(control_need_);
    } else {
        const std::size_t size =
            std::min<std::size_t>(input.size(), std::size_t{control_need_} - control_have_);
        if (size != 0) std::memcpy(control_.data() + control_have_, input.data(), size);
        input = input.subspan(size);
        control_have_ = static_cast<std::uint8_t>(control_have_ + size);
        if (control_have_ != control_need_) return {};
        payload = std::span(control_).first(control_need_);
    }
    const auto opcode = static_cast<Opcode>(header_[0] & kOpcodeBits);
    header_have_ = 0;
    phase_ = Phase::header;
    ++frames_;
    if (opcode == Opcode::close) {
        ReadEvent event = close_event(payload);
        if (event.kind == ReadKind::failed) return fail(event.error, input);
        phase_ = Phase::finished;
        inflater_.reset();
        input = {};
        return event;
    }
    ReadEvent event;
    event.kind = opcode == Opcode::ping ? ReadKind::ping : ReadKind::pong;
    event.opcode = opcode;
    event.payload = payload;
    return event;
}

ReadEvent Reader::close_event(std::span<const std::uint8_t> payload) {
    ReadEvent event;
    event.kind = ReadKind::close;
    event.opcode = Opcode::close;
    event.close_code = kCloseNoStatus;
    if (payload.empty()) return event;
    if (payload.size() < 2) {
        event.error = ProtocolError::invalid_close_payload;
    } else {
        event.close_code = static_cast<std::uint16_t>(big_endian(payload.data(), 2));
        event.payload = payload.subspan(2);
        if (!close_code_valid_on_wire(event.close_code)) {
            event.error = ProtocolError::invalid_close_code;
        } else if (!is_utf8(event.payload)) {
            event.error = ProtocolError::invalid_utf8;
        }
    }
    if (event.error != ProtocolError::none) event.kind = ReadKind::failed;
    return event;
}

ReadEvent Reader::fail(ProtocolError error, std::span<const std::uint8_t>& input) {
    phase_ = Phase::finished;
    in_message_ = false;
    error_ = error;
    inflater_.reset();
    input = {};
    ReadEvent event;
    event.kind = ReadKind::failed;
    event.error = error;
    return event;
}

}  // namespace graceline::websocket
