// Durations as people write them: 500ms, 2s, 1.5s, 1m, 2h.
// Must not know what a duration is used for.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace graceline::cli {

/// No duration on a command line may be longer.
inline constexpr std::chrono::milliseconds kMaxDuration{24 * 3'600'000};

inline constexpr std::string_view kDurationRule =
    "a number with a unit, 500ms, 2s, 1.5s, 1m or 2h, at most 24h";

/// Nothing when the text is no duration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// As short as it can be said: "500ms", "2s", "1.5s".
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace graceline::cli
