// Turns message numbers into opaque unique ids and back: a keyed Feistel network, then base 32.
// Must not be taken for cryptography: it only hides the order.
#include "tools/devserver/message_ids.hpp"

namespace graceline::devserver {

namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kIdLength = 13;  // 13 * 5 bits hold the 64
constexpr int kRounds = 4;

std::uint32_t mix_half(std::uint32_t half, std::uint64_t key, int round) {
    std::uint64_t x = half + key + static_cast<std::uint64_t>(round) * 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 31)) * 0xD6E8FEB86659FD93U;
    x = (x ^ (x >> 29)) * 0xA0761D6478BD642FU;
    return static_cast<std::uint32_t>(x >> 32);
}

}  // namespace

std::string MessageIds::to_id(std::uint64_t number) const {
    auto left = static_cast<std::uint32_t>(number >> 32);
    auto right = static_cast<std::uint32_t>(number);
    for (int round = 0; round < kRounds; ++round) {
        const std::uint32_t next = left ^ mix_half(right, key_, round);
        left = right;
        right = next;
    }
    std::uint64_t mixed = (static_cast<std::uint64_t>(left) << 32) | right;
    std::string id(kIdLength, 'a');
    for (char& digit : id) {
        digit = kAlphabet[mixed & 31U];
        mixed >>= 5;
    }
    return id;
}

std::optional<std::uint64_t> MessageIds::to_number(std::string_view id) const {
    if (id.size() != kIdLength) return std::nullopt;
    std::uint64_t mixed = 0;
    for (std::size_t i = kIdLength; i-- > 0;) {
        const auto digit = kAlphabet.find(id[i]);
        if (digit == std::string_view::npos) return std::nullopt;
        if (i == kIdLength - 1 && digit > 15) return std::nullopt;
        mixed = (mixed << 5) | digit;
    }
    auto left = static_cast<std::uint32_t>(mixed >> 32);
    auto right = static_cast<std::uint32_t>(mixed);
    for (int round = kRounds; round-- > 0;) {
        const std::uint32_t previous = right ^ mix_half(left, key_, round);
        right = left;
        left = previous;
    }
    return (static_cast<std::uint64_t>(left) << 32) | right;
}

}  // namespace graceline::devserver
