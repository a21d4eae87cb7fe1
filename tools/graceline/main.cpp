// Entry of the command line `graceline`: which command, and what an error means for the exit code.
// Must not hold any behaviour of a command.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tools/graceline/commands.hpp"
#include "tools/graceline/interrupt.hpp"
#include "tools/graceline/run.hpp"

namespace {

using namespace graceline::cli;

void prepare(ClientArguments& arguments) {
    load_files(arguments);
    apply_history(arguments);
}

struct Runner {
    int operator()(HelpCommand) const {
        std::fputs(help_text().c_str(), stdout);
        return kExitDone;
    }
    int operator()(VersionCommand) const {
        std::printf("graceline %s (ABI %u)\n%s\n", graceline_version_text(),
                    graceline_abi_version(), graceline_build_features());
        return kExitDone;
    }
    int operator()(ListenCommand& command) const {
        prepare(command.client);
        return listen(std::move(command));
    }
    int operator()(SendCommand& command) const {
        prepare(command.client);
        return send(std::move(command));
    }
    int operator()(HistoryCommand& command) const {
        prepare(command.client);
        return history(std::move(command));
    }
    int operator()(SimulateCommand& command) const {
        prepare(command.client);
        return simulate(std::move(command));
    }
};

int complain(const char* text, int exit_code) {
    std::fprintf(stderr, "graceline: %s\n", text);
    if (exit_code == kExitUsage) std::fputs("Try graceline --help.\n", stderr);
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Command command = parse_arguments({argv + 1, argv + argc});
        catch_interrupts();
        return std::visit(Runner{}, command);
    } catch (const UsageError& error) {
        return complain(error.text.c_str(), kExitUsage);
    } catch (const graceline::Error& error) {
        const bool usage = error.status() == graceline::Status::invalid_argument ||
                           error.status() == graceline::Status::unsupported;
        return complain(error.what(), usage ? kExitUsage : kExitLibrary);
    } catch (const std::exception& error) {
        return complain(error.what(), kExitLibrary);
    }
}
