// Entry of graceline-devserver: command line, process limits, exit code.
// Must not hold any behaviour of the server.
#include <sys/resource.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <random>

#include "tools/devserver/server.hpp"

namespace {

// A thousand test clients need more descriptors than the usual soft limit gives.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
    namespace devserver = graceline::devserver;
    auto parsed = devserver::parse_options({argv + 1, argv + argc});
    if (std::holds_alternative<devserver::OptionsHelp>(parsed)) {
        std::cout << devserver::options_help();
        return 0;
    }
    if (const auto* error = std::get_if<devserver::OptionsError>(&parsed)) {
        std::cerr << "graceline-devserver: " << error->text << "\nTry --help.\n";
        return 2;
    }
    auto options = std::move(std::get<devserver::Options>(parsed));
    std::random_device entropy;
    while (options.id_key == 0) options.id_key = (std::uint64_t{entropy()} << 32) | entropy();
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return devserver::run_server(std::move(options));
    } catch (const std::exception& error) {
        std::cerr << "graceline-devserver: " << error.what() << '\n';
        return 1;
    }
}
