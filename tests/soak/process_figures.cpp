// Reads /proc/self.
// Must not count the descriptor that it reads with.
#include "tests/soak/process_figures.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace graceline::tests {

namespace {

std::size_t entries(const char* folder) {
    std::error_code error;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator at(folder, error), end; at != end;
         at.increment(error)) {
        ++count;
    }
    return count;
}

}  // namespace

ProcessFigures process_figures() {
    ProcessFigures figures;
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == "VmRSS:") status >> figures.rss_kilobytes;
    }
    status.close();
    const auto descriptors = entries("/proc/self/fd");
    figures.descriptors = descriptors > 0 ? descriptors - 1 : 0;
    figures.threads = entries("/proc/self/task");
    return figures;
}

}  // namespace graceline::tests
