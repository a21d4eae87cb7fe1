// Tables over protocol errors and close codes.
// Must not hold state and must not allocate.
#include "core/websocket/frame.hpp"

namespace graceline::websocket {

std::uint16_t close_code_for(ProtocolError error) {
    switch (error) {
        case ProtocolError::none:
            return kCloseNormal;
        case ProtocolError::reserved_bits:
        case ProtocolError::reserved_opcode:
        case ProtocolError::masked_server_frame:
        case ProtocolError::non_minimal_length:
        case ProtocolError::length_too_large:
        case ProtocolError::control_fragmented:
        case ProtocolError::control_too_long:
        case ProtocolError::unexpected_continuation:
        case ProtocolError::expected_continuation:
        case ProtocolError::invalid_close_payload:
        case ProtocolError::invalid_close_code:
            return kCloseProtocolError;
        case ProtocolError::invalid_utf8:
        case ProtocolError::inflate_failed:
            return kCloseInvalidPayload;
        case ProtocolError::too_many_fragments:
            return kClosePolicyViolation;
        case ProtocolError::message_too_big:
        case ProtocolError::inflate_ratio:
            return kCloseMessageTooBig;
    }
    return kCloseProtocolError;
}

const char* to_string(ProtocolError error) {
    switch (error) {
        case ProtocolError::none:
            return "no protocol error";
        case ProtocolError::reserved_bits:
            return "frame with reserved bits that no extension gave a meaning";
        case ProtocolError::reserved_opcode:
            return "frame with a reserved opcode";
        case ProtocolError::masked_server_frame:
            return "masked frame from the server";
        case ProtocolError::non_minimal_length:
            return "frame length not in its shortest form";
        case ProtocolError::length_too_large:
            return "frame length with the highest bit set";
        case ProtocolError::control_fragmented:
            return "fragmented control frame";
        case ProtocolError::control_too_long:
            return "control frame above 125 bytes";
        case ProtocolError::unexpected_continuation:
            return "continuation frame outside of a message";
        case ProtocolError::expected_continuation:
            return "new message inside an unfinished one";
        case ProtocolError::too_many_fragments:
            return "message with too many fragments";
        case ProtocolError::message_too_big:
            return "message above the size limit";
        case ProtocolError::invalid_utf8:
            return "text that is not UTF-8";
        case ProtocolError::invalid_close_payload:
            return "close frame with a payload of one byte";
        case ProtocolError::invalid_close_code:
            return "close frame with a code that must not be sent";
        case ProtocolError::inflate_failed:
            return "compressed message that does not inflate";
        case ProtocolError::inflate_ratio:
            return "compressed message above the ratio limit";
    }
    return "unknown protocol error";
}

bool close_code_valid_on_wire(std::uint16_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

}  // namespace graceline::websocket
