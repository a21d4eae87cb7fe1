// The engine's facts for all threads: written under the client's lock, read without any.
// Must never block a reader.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "core/engine/facts.hpp"

namespace graceline::client {

/// A sequence lock over words that are atomics themselves, so that no race is undefined.
class Snapshot {
  public:
    void publish(const engine::Facts& facts) {
        std::array<std::uint64_t, kWords> words{};
        std::memcpy(words.data(), &facts, sizeof facts);
        const auto version = version_.load(std::memory_order_relaxed);
        version_.store(version + 1, std::memory_order_relaxed);
        for (std::size_t i = 0; i < kWords; ++i) {
            // release: whoever sees this word sees the odd version before it
            words_[i].store(words[i], std::memory_order_release);
        }
        version_.store(version + 2, std::memory_order_release);
    }

    engine::Facts read() const {
        std::array<std::uint64_t, kWords> words;
        for (;;) {
            const auto before = version_.load(std::memory_order_acquire);
            for (std::size_t i = 0; i < kWords; ++i) {
                // acquire keeps the second look at the version behind these loads
                words[i] = words_[i].load(std::memory_order_acquire);
            }
            if ((before & 1U) == 0 && version_.load(std::memory_order_relaxed) == before) break;
        }
        engine::Facts facts;
        std::memcpy(static_cast<void*>(&facts), words.data(), sizeof facts);
        return facts;
    }

  private:
    static constexpr std::size_t kWords = (sizeof(engine::Facts) + 7) / 8;
    std::atomic<std::uint64_t> version_{0};
    std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace graceline::client
