// Writes a de-duplication id into an outgoing JSON object, so that a server can know it again.
// Must not touch anything else of the message.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/session/json_fields.hpp"

namespace graceline::session {

inline constexpr std::size_t kMaxMemberNameBytes = 128;

class OutgoingId {
  public:
    /// The rule that a member name breaks; nothing: valid.
    static std::optional<std::string> error_in(std::string_view member);

    /// `member` has no error_in().
    explicit OutgoingId(std::string_view member);

    /// Makes `id` the first member of the object. Returns the rule that `payload` breaks: it is one
    /// JSON object without that member. `id` needs no escape in JSON.
    std::optional<std::string> write(std::string_view id, std::string& payload);

  private:
    std::string prefix_;  ///< "member":"
    JsonPlan plan_;
    JsonReader reader_;
};

}  // namespace graceline::session
