// Runs one scenario against the scripted build, through graceline.hpp.
// Must fail on whatever it does not know.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace graceline::scenarios {

/// "step 3 {…}: expected …, got …"; nothing: the story went as it is told.
std::optional<std::string> run(const nlohmann::json& scenario);

}  // namespace graceline::scenarios
