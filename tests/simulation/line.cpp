// Writes what a server writes.
// Must write valid frames only: hostile ones are another layer's business.
#include "tests/simulation/line.hpp"

namespace graceline::simulation {

void Line::arrive(websocket::Opcode opcode, std::span<const std::uint8_t> payload) {
    constexpr std::uint8_t kFinal = 0x80;
    constexpr std::size_t kLongestShort = 125;
    kernel.push_back(kFinal | static_cast<std::uint8_t>(opcode));
    if (payload.size() <= kLongestShort) {
        kernel.push_back(static_cast<std::uint8_t>(payload.size()));
    } else {
        kernel.push_back(126);
        kernel.push_back(static_cast<std::uint8_t>(payload.size() >> 8U));
        kernel.push_back(static_cast<std::uint8_t>(payload.size() & 0xFFU));
    }
    kernel.insert(kernel.end(), payload.begin(), payload.end());
}

}  // namespace graceline::simulation
