// The published graphs: drawn in core/README.md, compared with the code edge by edge.
// Must write the drawing when GRACELINE_WRITE_GRAPH names a file, so that nobody draws by hand.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "core/engine/phase.hpp"
#include "tests/support/catch.hpp"

using namespace graceline::engine;

namespace {

std::string connection_graph() {
    std::string text = "```mermaid\nstateDiagram-v2\n    [*] --> idle\n";
    for (int a = 0; a < kConnectionStates; ++a) {
        for (int b = 0; b < kConnectionStates; ++b) {
            const auto from = static_cast<ConnectionState>(a);
            const auto to = static_cast<ConnectionState>(b);
            if (!may_follow(from, to)) continue;
            text += std::string("    ") + to_string(from) + " --> " + to_string(to) + "\n";
        }
    }
    return text + "```\n";
}

std::string status_graph() {
    constexpr int kStatuses = 4;
    std::string text = "```mermaid\nstateDiagram-v2\n    [*] --> disconnected\n";
    for (int a = 0; a < kStatuses; ++a) {
        for (int b = 0; b < kStatuses; ++b) {
            const auto from = static_cast<ConnectionStatus>(a);
            const auto to = static_cast<ConnectionStatus>(b);
            if (a == b || !may_follow(from, to)) continue;
            text += std::string("    ") + to_string(from) + " --> " + to_string(to) + "\n";
        }
    }
    return text + "```\n";
}

}  // namespace

TEST_CASE("graph: drawing in core/README.md -> the edges of the code", "[engine]") {
    if (const char* path = std::getenv("GRACELINE_WRITE_GRAPH")) {
        std::ofstream(path) << connection_graph() << "\n" << status_graph();
    }
    std::ifstream file(GRACELINE_CORE_README);
    REQUIRE(file);
    std::stringstream readme;
    readme << file.rdbuf();
    CHECK(readme.str().find(connection_graph()) != std::string::npos);
    CHECK(readme.str().find(status_graph()) != std::string::npos);
}
