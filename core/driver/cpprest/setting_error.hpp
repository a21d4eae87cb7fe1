// How a setting is refused that cannot be honoured.
// Must not carry the setting's value: its text is shown.
#pragma once

#include <stdexcept>

namespace graceline::driver::cpprest {

/// A setting that cannot be honoured; its text may be shown.
class SettingError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace graceline::driver::cpprest
