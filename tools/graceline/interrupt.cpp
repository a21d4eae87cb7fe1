// Turns SIGINT and SIGTERM into a question that loops can ask.
// Must not do anything in the signal handler but set the flag.
#include "tools/graceline/interrupt.hpp"

#include <csignal>

namespace graceline::cli {

namespace {

volatile std::sig_atomic_t interrupt_flag = 0;

extern "C" void on_interrupt(int signal) {
    interrupt_flag = 1;
    // A second press must work even when the first one finds the program busy.
    std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
}

bool interrupted() {
    return interrupt_flag != 0;
}

}  // namespace graceline::cli
