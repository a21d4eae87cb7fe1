// Walks over the words of a command line: options with values, and the rest.
// Must not know which options there are.
#include "tools/graceline/argument_cursor.hpp"

#include <charconv>

#include "graceline/graceline.hpp"
#include "tools/graceline/duration.hpp"

namespace graceline::cli {

bool ArgumentCursor::next() {
    if (has_attached_) throw UsageError{option_ + " takes no value"};
    option_.clear();
    word_.clear();
    if (at_ == words_.size()) return false;
    const std::string& word = words_[at_++];
    if (!options_over_ && word == "--") {
        options_over_ = true;
        return next();
    }
    // A lone "-" is a word: it often stands for the standard input.
    if (options_over_ || word.size() < 2 || word[0] != '-') {
        word_ = word;
        return true;
    }
    const std::size_t equals = word[1] == '-' ? word.find('=') : std::string::npos;
    option_ = word.substr(0, equals);
    if (equals != std::string::npos) {
        has_attached_ = true;
        attached_ = word.substr(equals + 1);
    }
    return true;
}

std::string ArgumentCursor::value() {
    if (has_attached_) {
        has_attached_ = false;
        return std::move(attached_);
    }
    if (at_ == words_.size()) throw UsageError{option_ + " needs a value"};
    return words_[at_++];
}

std::chrono::milliseconds ArgumentCursor::duration() {
    if (const auto parsed = parse_duration(value())) return *parsed;
    throw UsageError{option_ + " needs a duration: " + std::string(kDurationRule)};
}

std::chrono::milliseconds ArgumentCursor::duration_or_unlimited() {
    const std::string text = value();
    if (text == "unlimited") return kUnlimited;
    if (const auto parsed = parse_duration(text)) return *parsed;
    throw UsageError{option_ + " needs 'unlimited' or a duration: " + std::string(kDurationRule)};
}

std::int64_t ArgumentCursor::number(std::int64_t low, std::int64_t high) {
    const std::string text = value();
    std::int64_t result = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    if (error != std::errc{} || end != text.data() + text.size() || result < low || result > high) {
        throw UsageError{option_ + " needs a whole number from " + std::to_string(low) + " to " +
                         std::to_string(high)};
    }
    return result;
}

}  // namespace graceline::cli
