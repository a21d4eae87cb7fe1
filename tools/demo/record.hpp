// What happened in the demo, on one clock: the raw material of the lanes, the summary and the SVG.
// Must not decide anything, and must not draw.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graceline/graceline.hpp"

namespace graceline::demo {

/// Milliseconds since the demo began.
using Ms = std::int64_t;

/// What is seen at one moment.
struct Sample {
    Ms at = 0;
    ApplicationState state = ApplicationState::did_become_active;
    ConnectionStatus status = ConnectionStatus::disconnected;
    Ms window_left = 0;  // -1: not armed or unlimited
    bool task_enabled = false;
    bool needs_refresh = false;
};

template <class T>
struct Span {
    T value;
    Ms begin = 0;
    Ms end = 0;
};

struct Scene {
    std::string title;
    std::string short_title;
    Ms begin = 0;
    Ms end = 0;
};

enum class MarkKind { fault, verdict_skip, verdict_refresh, catch_up, app_refresh };

/// Something that happened at one moment and that people should find in the picture.
struct Mark {
    MarkKind kind;
    Ms at = 0;
    std::string text;
};

/// A return, and what was said about it.
struct Return {
    std::string scene;
    Ms at = 0;
    ReturnVerdict verdict = ReturnVerdict::none;
    Reason reason = Reason::none;
    bool task_enabled = false;
    bool needs_refresh = false;
};

struct WindowPoint {
    Ms at = 0;
    Ms left = 0;
};

struct Record {
    Ms grace = 0;
    Ms end = 0;
    std::vector<Scene> scenes;
    std::vector<Span<ApplicationState>> states;
    std::vector<Span<ConnectionStatus>> statuses;
    std::vector<Span<bool>> task_enabled;
    std::vector<Span<bool>> needs_refresh;
    // Only while a deadline is armed; runs are divided by a point with nothing left.
    std::vector<WindowPoint> window;
    std::vector<Mark> marks;
    std::vector<Return> returns;
    // When messages came that a catch-up had fetched.
    std::vector<Ms> replays;

    void add(const Sample& sample);
};

}  // namespace graceline::demo
