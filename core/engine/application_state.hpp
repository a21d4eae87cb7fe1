// The app states that a host reports and the network as it sees it, in the field's own words.
// Must not say what follows from them: engine_application.cpp does.
#pragma once

#include <cstdint>

namespace graceline::engine {

enum class ApplicationState : std::uint8_t {
    did_become_active,
    will_resign_active,
    did_background,
    will_enter_foreground,
    will_terminate,
};

/// Where the library believes the app to be.
enum class Presence : std::uint8_t { foreground, resigned, background, terminated };

enum class Network : std::uint8_t { unknown, off, available, metered };

constexpr Presence presence_after(ApplicationState state) {
    switch (state) {
        case ApplicationState::did_become_active:
        case ApplicationState::will_enter_foreground:
            return Presence::foreground;
        case ApplicationState::will_resign_active:
            return Presence::resigned;
        case ApplicationState::did_background:
            return Presence::background;
        case ApplicationState::will_terminate:
            return Presence::terminated;
    }
    return Presence::foreground;
}

}  // namespace graceline::engine
