// Every committed input once through its target: found faults stay found, in every build.
// Must not fuzz; the inputs are what they are.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/targets.hpp"
#include "tests/support/catch.hpp"

namespace graceline::fuzz {
namespace {

using Target = void (*)(const std::uint8_t*, std::size_t);

std::vector<std::uint8_t> read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("fuzz: committed inputs, each through its target -> every promise holds", "[fuzz]") {
    const std::vector<std::pair<const char*, Target>> targets = {
        {"frames", frames},   {"handshake", handshake}, {"inflate", inflate},  {"json", json},
        {"options", options}, {"pages", pages},         {"sequence", sequence}};
    for (const auto& [name, target] : targets) {
        const std::filesystem::path folder = std::filesystem::path(GRACELINE_FUZZ_CORPORA) / name;
        std::size_t inputs = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            const auto bytes = read(entry.path());
            INFO(entry.path().string());
            target(bytes.data(), bytes.size());
            ++inputs;
        }
        target(nullptr, 0);
        INFO(name);
        CHECK(inputs > 0);
    }
}

}  // namespace graceline::fuzz
