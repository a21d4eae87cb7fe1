// Turns message numbers into opaque unique ids and back, so that no client can order by id.
// Must not be taken for cryptography: it only hides the order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace graceline::devserver {

class MessageIds {
  public:
    explicit MessageIds(std::uint64_t key) : key_(key) {}

    std::string to_id(std::uint64_t number) const;
    // nullopt when the text is no id at all; any number may come back for a made-up id.
    std::optional<std::uint64_t> to_number(std::string_view id) const;

  private:
    std::uint64_t key_;
};

}  // namespace graceline::devserver
