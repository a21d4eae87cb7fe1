// Small text work of the dev server: UTF-8, percent encoding, queries, numbers, time stamps.
// Must not know HTTP messages, sockets or the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graceline::devserver {

// A bad input, told to the client as 400 with the field and the rule it breaks.
struct FieldError {
    std::string field;
    std::string rule;
};

bool is_utf8(std::string_view text);
// A name is 1 to max_bytes bytes of UTF-8 without control characters.
bool is_name(std::string_view text, std::size_t max_bytes);
// Digits only, no sign, no space.
std::optional<std::int64_t> parse_number(std::string_view text);
// "2026-01-31T12:00:00.000Z", from the system clock.
std::string utc_now();

// The decoded name=value pairs of a query string, in their order.
class Query {
  public:
    // nullopt: a broken percent sequence.
    static std::optional<Query> parse(std::string_view text);

    std::optional<std::string> first(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;

  private:
    std::vector<std::pair<std::string, std::string>> pairs_;
};

struct Target {
    std::string path;
    Query query;
};
// Splits and decodes a request target; nullopt when it is not "/path[?query]".
std::optional<Target> parse_target(std::string_view target);

}  // namespace graceline::devserver
