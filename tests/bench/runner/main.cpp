// The program of one subject: runs one measurement and prints one line.
// Must not decide what is measured against what: run.py starts it once a measurement.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/bench/runner/measure.hpp"

namespace {

int usage() {
    std::cerr << "usage: bench_SUBJECT METRIC --url URL [--ca-file FILE] [--seconds S]\n"
                 "                     [--warmup S] [--count N] [--bound S]\n";
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || argc % 2 != 0) return usage();
    graceline::bench::Job job;
    job.metric = argv[1];
    try {
        for (int i = 2; i + 1 < argc; i += 2) {
            const std::string_view name = argv[i];
            const std::string value = argv[i + 1];
            if (name == "--url") {
                job.url = value;
            } else if (name == "--ca-file") {
                job.options.ca_file = value;
            } else if (name == "--seconds") {
                job.seconds = std::stod(value);
            } else if (name == "--warmup") {
                job.warmup_seconds = std::stod(value);
            } else if (name == "--count") {
                job.count = static_cast<std::uint32_t>(std::stoul(value));
            } else if (name == "--bound") {
                job.bound_seconds = std::stod(value);
            } else {
                return usage();
            }
        }
        job.options.tls = job.url.starts_with("wss://");
        if (job.url.empty()) return usage();
        if (!graceline::bench::measure(job)) {
            std::cerr << "this subject has no metric " << job.metric << '\n';
            return 3;
        }
    } catch (const graceline::bench::Unsupported& error) {
        std::cerr << error.what() << '\n';
        return 3;
    } catch (const std::exception& error) {
        std::cerr << job.metric << ": " << error.what() << '\n';
        return 1;
    }
    return EXIT_SUCCESS;
}
