// Finds the graph that starts with "disconnected" and takes its arrows.
// Must fail rather than judge by an empty graph.
#include "tests/soak/status_graph.hpp"

#include <sstream>
#include <stdexcept>

namespace graceline::tests {

StatusGraph::StatusGraph(std::string_view readme) {
    std::istringstream lines{std::string(readme)};
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string from, arrow, to;
        words >> from >> arrow >> to;
        if (from == "[*]" && to == "disconnected") inside = true;
        if (from == "```") inside = false;
        if (inside && arrow == "-->" && from != "[*]") edges_.emplace(from, to);
    }
    if (edges_.empty()) throw std::runtime_error("no graph of statuses in core/README.md");
}

bool StatusGraph::may_follow(std::string_view from, std::string_view to) const {
    return edges_.count({std::string(from), std::string(to)}) != 0;
}

}  // namespace graceline::tests
