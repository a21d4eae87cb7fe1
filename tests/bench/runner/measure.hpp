// The measurements, written once for all subjects.
// Must not know any client library: it sees subjects/client.hpp only.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/subjects/client.hpp"

namespace graceline::bench {

using Values = std::vector<std::pair<std::string, double>>;

struct Job {
    std::string metric;
    std::string url;
    Options options;
    double seconds = 1.0;  // For rates and for wake-ups.
    double warmup_seconds = 0.2;
    std::uint32_t count = 100;  // For round trips and connects; the number of idle clients.
    double bound_seconds = 20;  // For release: longer than that is reported as "longer".
};

// One line on standard output, read by run.py.
void print_result(const std::string& metric, const Values& values, const std::string& note = {});

// The value at `fraction` of the sorted samples.
double quantile(std::vector<double>& samples, double fraction);

// Ends the process without teardown: only `release` measures what destructors cost.
[[noreturn]] void leave(int code = 0);

// False when there is no such metric.
bool measure(const Job& job);

}  // namespace graceline::bench
