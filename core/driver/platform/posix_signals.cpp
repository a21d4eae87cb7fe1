// Which signals our own threads do not take.
// Must leave open what garbage collectors send to each thread they know: they wait for its answer.
#include "core/driver/platform/posix_signals.hpp"

#include <pthread.h>
#include <signal.h>

namespace graceline::driver::platform {

namespace {

/// Faults of the thread itself (a blocked one ends the process without asking the runtime that
/// handles it), and what Mono, Boehm's collector and Go stop a thread with.
constexpr int kThreadsOwn[] = {SIGSEGV, SIGBUS, SIGFPE,  SIGILL, SIGTRAP,
                               SIGABRT, SIGSYS, SIGXCPU, SIGURG};

}  // namespace

void keep_host_signals_off() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int signal : kThreadsOwn) sigdelset(&blocked, signal);
#ifdef SIGPWR
    sigdelset(&blocked, SIGPWR);
#endif
#ifdef SIGRTMIN
    // .NET and Mono take theirs from the real-time ones.
    for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) sigdelset(&blocked, signal);
#endif
    // Added to what the host blocks in all its threads, so as to wait for it in one.
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
}

}  // namespace graceline::driver::platform
