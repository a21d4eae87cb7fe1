// Walks over the words of a command line: options with values, and the rest.
// Must not know which options there are.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace graceline::cli {

/// The command line breaks a rule; the text is for people and holds no value of an option.
struct UsageError {
    std::string text;
};

class ArgumentCursor {
  public:
    explicit ArgumentCursor(std::vector<std::string> words) : words_(std::move(words)) {}

    /// Moves to the next word; false at the end. Throws UsageError when the option before it was
    /// given a value (--name=value) that nobody took.
    bool next();
    /// The option with its dashes, or "" when the word is none.
    const std::string& option() const { return option_; }
    /// The word when it is no option.
    const std::string& word() const { return word_; }

    // The value of the current option; each throws UsageError when it is missing or breaks the
    // rule.
    std::string value();
    std::chrono::milliseconds duration();
    /// As duration(), or "unlimited".
    std::chrono::milliseconds duration_or_unlimited();
    std::int64_t number(std::int64_t low, std::int64_t high);

  private:
    std::vector<std::string> words_;
    std::size_t at_ = 0;
    std::string option_;
    std::string word_;
    std::string attached_;
    bool has_attached_ = false;
    bool options_over_ = false;
};

}  // namespace graceline::cli
