// The published graph of connection statuses, read from the drawing in core/README.md.
// Must not know the engine: the drawing is what was promised.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace graceline::tests {

class StatusGraph {
  public:
    /// `readme`: the text of core/README.md. Throws std::runtime_error when it holds no such graph.
    explicit StatusGraph(std::string_view readme);

    bool may_follow(std::string_view from, std::string_view to) const;
    std::size_t edges() const { return edges_.size(); }

  private:
    std::set<std::pair<std::string, std::string>, std::less<>> edges_;
};

}  // namespace graceline::tests
