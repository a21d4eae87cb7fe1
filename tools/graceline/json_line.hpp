// Writes one JSON object on one line.
// Must not read JSON, and must write valid JSON whatever bytes it is given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace graceline::cli {

class JsonLine {
  public:
    JsonLine& add(std::string_view key, std::string_view text);
    JsonLine& add(std::string_view key, const char* text) {
        return add(key, std::string_view(text));
    }
    JsonLine& add(std::string_view key, std::int64_t number);
    JsonLine& add_flag(std::string_view key, bool value);
    JsonLine& add_null(std::string_view key);
    /// The object, closed, without a line end.
    std::string take();

  private:
    void add_key(std::string_view key);

    std::string text_ = "{";
};

/// Bytes as base64, for payloads that are no text.
std::string base64(std::string_view bytes);

}  // namespace graceline::cli
