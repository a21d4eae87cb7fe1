// Writes what a server writes.
// Must write valid frames only: hostile ones are another layer's business.
#include "tests/simulation/line.hpp"

namespace graceline::simulation {

namespace {
/// One text in so many comes as two frames with a ping between them.
constexpr std::size_t kFragmentEvery = 7;
}  // namespace

void Line::arrive_text(std::string_view text) {
    const std::span whole(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    if (++texts_ % kFragmentEvery != 0) return arrive(websocket::Opcode::text, whole);
    const auto half = whole.size() / 2;
    const auto begin = kernel.size();
    arrive(websocket::Opcode::text, whole.first(half));
    kernel[begin] &= 0x7F;  // not the last frame
    arrive(websocket::Opcode::ping, {});
    arrive(websocket::Opcode::continuation, whole.subspan(half));
}

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
