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

void Line::arrive_too_much(std::size_t limit) {
    says_too_much = true;
    const std::vector<std::uint8_t> much(limit - 10, 't');
    const auto begin = kernel.size();
    arrive(websocket::Opcode::text, much);
    kernel[begin] &= 0x7F;
    arrive(websocket::Opcode::continuation, std::span(much).first(20));
}

void Line::arrive(websocket::Opcode opcode, std::span<const std::uint8_t> payload) {
    constexpr std::uint8_t kFinal = 0x80;
    constexpr std::size_t kLongestShort = 125;
    constexpr std::size_t kLongestMiddle = 0xFFFF;
    kernel.push_back(kFinal | static_cast<std::uint8_t>(opcode));
    if (payload.size() <= kLongestShort) {
        kernel.push_back(static_cast<std::uint8_t>(payload.size()));
    } else {
        const bool middle = payload.size() <= kLongestMiddle;
        kernel.push_back(middle ? 126 : 127);
        for (int byte = middle ? 1 : 7; byte >= 0; --byte) {
            kernel.push_back(static_cast<std::uint8_t>(std::uint64_t{payload.size()} >> 8 * byte));
        }
    }
    kernel.insert(kernel.end(), payload.begin(), payload.end());
}

}  // namespace graceline::simulation
