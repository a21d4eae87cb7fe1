// Runs scenario files, each as one counted case; --self-test proves that each expectation can fail.
// Must end with a line that tests/checks/ctest_report.py counts.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/scenarios/cpp/runner.hpp"

namespace {

using graceline::scenarios::run;
using nlohmann::json;

struct File {
    std::string name;
    json scenario;
};

std::vector<File> files_of(const char* folder) {
    std::vector<File> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".json") continue;
        std::ifstream in(entry.path());
        files.push_back({entry.path().filename().string(), json::parse(in, nullptr, false)});
    }
    std::sort(files.begin(), files.end(), [](auto& a, auto& b) { return a.name < b.name; });
    return files;
}

/// Each value below `at`, one after the other, made into another one.
void each_change(json& root, json& at, std::vector<json>& out) {
    if (at.is_structured()) {
        for (auto& child : at) each_change(root, child, out);
        if (!at.is_array()) return;
        at.push_back(json::object());
        out.push_back(root);
        at.erase(at.size() - 1);
        return;
    }
    const json before = at;
    if (before.is_boolean()) {
        at = !before.get<bool>();
    } else if (before.is_number()) {
        at = before.get<std::int64_t>() + 1;
    } else {
        at = "something else";
    }
    out.push_back(root);
    at = before;
}

/// The scenario with one wrong expectation in step `index`, for each thing that it expects.
std::vector<json> with_mistakes(const json& scenario, std::size_t index) {
    std::vector<json> wrong;
    json copy = scenario;
    json& step = copy["steps"][index];
    for (const char* verb : {"expect", "expect_messages", "expect_events"}) {
        if (step.contains(verb)) each_change(copy, step[verb], wrong);
    }
    if (step.contains("world") && step["world"].contains("expect")) {
        each_change(copy, step["world"]["expect"], wrong);
    }
    if (step.contains("error")) {
        step.erase("error");
        wrong.push_back(copy);
    } else if (wrong.empty() && !step.contains("world") && !step.contains("forget_events") &&
               !step.contains("background_time")) {
        step["error"] = "internal";
        wrong.push_back(copy);
    }
    return wrong;
}

/// "" when every wrong expectation fails at its step, with both values in the text.
std::string check_that_it_can_fail(const File& file, int& mistakes) {
    const json& steps = file.scenario["steps"];
    for (std::size_t index = 0; index < steps.size(); ++index) {
        for (const auto& wrong : with_mistakes(file.scenario, index)) {
            ++mistakes;
            const auto failure = run(wrong);
            const auto at = "step " + std::to_string(index + 1) + " ";
            const auto says = [&](const char* text) {
                return failure && failure->find(text) != std::string::npos;
            };
            const bool both = says("expected ") && says(", got ");
            if (!failure || failure->rfind(at, 0) != 0 || !both) {
                return at + wrong["steps"][index].dump() + ": expected a failure there, got " +
                       failure.value_or("none");
            }
        }
    }
    return {};
}

/// Mistakes of the pen, which no run may pass over.
int run_slips() {
    const json create = {{"create", {{"url", "ws://127.0.0.1:1/ws"}}}};
    const std::vector<json> slips{
        {{"dance", json::object()}},
        {{"create", {{"url", "ws://127.0.0.1:1/ws"}, {"grace", 1}}}},
        {{"state", "asleep"}},
        {{"start", {{"now", true}}}},
        {{"start", json::object()}, {"connect", json::object()}},
        {{"expect", {{"mood", "good"}}}},
        {{"world", {{"dance", 1}}}},
        {{"world", {{"server", {{"dances", true}}}}}},
        {{"world", {{"cut", true}}}},
        {{"world", {{"advance_ms", 1}, {"cut", true}}}},
        {{"expect", {{"needs_refresh", true}}}, {"error", "closed"}},
    };
    int failed = 0;
    for (const auto& slip : slips) {
        const bool is_create = slip.contains("create");
        const json steps = is_create ? json{slip} : json{create, slip};
        const auto failure = run({{"name", "a: b -> c"}, {"steps", steps}});
        const std::string at = is_create ? "step 1 " : "step 2 ";
        if (failure && failure->rfind(at, 0) == 0) continue;
        std::printf("FAILED self-test: %s passed as if it were right\n", slip.dump().c_str());
        ++failed;
    }
    return failed;
}

int report(const char* what, std::size_t all, std::size_t failed) {
    if (failed == 0) {
        std::printf("All tests passed (%zu assertions in %zu test cases)\n", all, all);
        return all == 0 ? 1 : 0;
    }
    std::printf("test cases: %zu | %zu passed | %zu failed (%s)\n", all, all - failed, failed,
                what);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const bool self_test = argc > 2 && std::string(argv[1]) == "--self-test";
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s [--self-test] FOLDER [FILE]\n", argv[0]);
        return 2;
    }
    const char* const folder = argv[self_test ? 2 : 1];
    const char* const one = argc > (self_test ? 3 : 2) ? argv[self_test ? 3 : 2] : nullptr;
    auto files = files_of(folder);
    if (one != nullptr) std::erase_if(files, [&](const File& file) { return file.name != one; });
    std::size_t failed = self_test ? static_cast<std::size_t>(run_slips()) : 0;
    int mistakes = 0;
    for (const auto& file : files) {
        const auto failure =
            self_test ? check_that_it_can_fail(file, mistakes) : run(file.scenario).value_or("");
        if (failure.empty()) continue;
        ++failed;
        std::printf("FAILED %s: %s\n", file.name.c_str(), failure.c_str());
    }
    if (self_test) std::printf("%d wrong expectations, each found\n", mistakes);
    return report(self_test ? "self-test" : "scenarios", files.size(), failed);
}
