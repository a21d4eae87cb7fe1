// What the demo plays: the scenes, and the pace that is in proportion to the window.
// Must not show anything itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "tools/demo/stage.hpp"

namespace graceline::demo {

/// Sets the times of the client in proportion to the window, so that a window of 3 s behaves as one
/// of 30 s does, ten times faster.
void set_pace(Options& options, std::chrono::milliseconds grace);

/// How often a message is published.
std::chrono::milliseconds publish_interval(std::chrono::milliseconds grace);

/// The dev server's control port, when the server is ours.
struct Backstage {
    std::uint16_t control_port = 0;
};

/// Plays all scenes, or as far as the user lets it.
void play_scenes(Stage& stage, std::chrono::milliseconds grace,
                 const std::optional<Backstage>& backstage);

}  // namespace graceline::demo
