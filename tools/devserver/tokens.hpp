// The access tokens the server accepts.
// Must never print, return or log a token.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tools/devserver/limits.hpp"

namespace graceline::devserver {

class TokenSet {
  public:
    explicit TokenSet(std::vector<std::string> initial)
        : initial_(std::move(initial)), tokens_(initial_), required_(!initial_.empty()) {}

    // Once a token was ever given, a request needs one, even when all have been revoked since.
    bool required() const { return required_; }
    bool accepts(std::string_view token) const {
        return std::find(tokens_.begin(), tokens_.end(), token) != tokens_.end();
    }
    std::size_t count() const { return tokens_.size(); }

    // false: kMaxTokenCount reached.
    bool add(const std::string& token) {
        required_ = true;
        if (accepts(token)) return true;
        if (tokens_.size() >= kMaxTokenCount) return false;
        tokens_.push_back(token);
        return true;
    }
    void revoke(const std::string& token) { std::erase(tokens_, token); }
    void reset() {
        tokens_ = initial_;
        required_ = !initial_.empty();
    }

  private:
    std::vector<std::string> initial_;
    std::vector<std::string> tokens_;
    bool required_;
};

}  // namespace graceline::devserver
